import { match, strictEqual } from "node:assert";
import { legwork } from "./support/legwork.ts";
import { peerTest, start } from "./support/peer.ts";

peerTest("sipsak: OPTIONS is answered with what we can", [
  "sipsak",
], async () => {
  await using server = await legwork({ servers: ["sip:127.0.0.1:9"] });
  // sipsak 0.9.8.1 cuts the last digit off a port of five digits in the
  // request URI: an OPTIONS is ours by where it arrived, not by its URI.
  await using sipsak = start("sipsak", [
    "-vvv",
    "-s",
    `sip:legwork@127.0.0.1:${server.port}`,
  ], { withinMs: 10_000 });
  const { code, output } = await sipsak.ended;
  strictEqual(code, 0, output);
  const reply = output.slice(output.indexOf("message received"));
  match(reply, /^SIP\/2\.0 200 /m);
  // §11.2: Allow, Accept, Accept-Encoding, Accept-Language, and Supported
  // header fields SHOULD be present in a 200 (OK) response to an OPTIONS.
  match(reply, /^Allow: .*INVITE/m);
  match(reply, /^Accept: .*application\/sdp/m);
  match(reply, /^Supported:/m);
});
