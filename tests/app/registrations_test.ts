/** `legwork registrations`, and a registrar's file over the death of its process. */

import { assertEquals, assertMatch } from "@std/assert";
import {
  digestCredentials,
  parseChallenge,
} from "../../core/message/digest.ts";
import { digestSecret } from "../../core/message/digest_check.ts";
import { Folder, legwork, start } from "./support/cli.ts";

const YAML = `listen: udp:127.0.0.1:0
registrar:
  domains: [example.com]
  users: {bob: {ha1: ${
  digestSecret("MD5", {
    username: "bob",
    realm: "example.com",
    password: "secret",
  })
}}}
  file: registrations.sqlite
`;

Deno.test("registrations are listed, outlive kill -9, and are removed by hand", async () => {
  using folder = new Folder({
    "legwork.yaml": YAML,
  });
  const run = async () => {
    const running = start(["run", "legwork.yaml"], {
      cwd: folder.path,
      permissions: [`--allow-write=/tmp/legwork,${folder.path}`],
    });
    const port = /:(\d+)$/.exec(await running.line() ?? "")?.[1] ?? "";
    const ask = (...args: string[]) =>
      legwork(["registrations", ...args, "--control", port]);
    return { running, port: Number(port), ask };
  };
  const first = await run();
  assertEquals((await first.ask()).out, ["0 registrations"]);
  assertEquals(await register(first.port), 200);
  const { out } = await first.ask();
  const line =
    /^sip:bob@example\.com {2}sip:bob@192\.0\.2\.7 {2}from udp:127\.0\.0\.1:\d+ {2}expires in \d+ s {2}q 0\.5 {2}agent "phone \\"7\\""$/;
  assertMatch(out[0] ?? "", line);
  assertEquals(out[1], "1 registration");
  first.running.process.kill("SIGKILL");
  await first.running.ended();

  const second = await run();
  assertMatch((await second.ask()).out[0] ?? "", line);
  const wrong = await second.ask("--remove", "bob", "--contact", "sip:x@y");
  assertEquals([wrong.code, wrong.err], [1, [
    "sip:x@y: nothing is registered",
  ]]);
  assertEquals((await second.ask("--remove", "bob")).out, [
    "1 registration removed",
  ]);
  assertEquals((await second.ask()).out, ["0 registrations"]);
  await second.running[Symbol.asyncDispose]();
});

/** Registers as bob over UDP; the final status. */
async function register(port: number): Promise<number> {
  const socket = Deno.listenDatagram({
    transport: "udp",
    hostname: "127.0.0.1",
    port: 0,
  });
  const to = { transport: "udp", hostname: "127.0.0.1", port } as const;
  let authorization = "";
  let status = 0;
  for (let cseq = 1; cseq <= 2; cseq++) {
    await socket.send(
      new TextEncoder().encode([
        "REGISTER sip:example.com SIP/2.0",
        `Via: SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bK${cseq}`,
        "From: <sip:bob@example.com>;tag=1",
        "To: <sip:bob@example.com>",
        "Call-ID: 1",
        `CSeq: ${cseq} REGISTER`,
        "Contact: <sip:bob@192.0.2.7>;q=0.5",
        'User-Agent: phone "7"',
        ...(authorization === "" ? [] : [`Authorization: ${authorization}`]),
        "Content-Length: 0",
        "",
        "",
      ].join("\r\n")),
      to,
    );
    const [bytes] = await socket.receive();
    const text = new TextDecoder().decode(bytes);
    status = Number(text.slice(8, 11));
    const challenge = parseChallenge(
      /^WWW-Authenticate: (.*)$/m.exec(text)?.[1]?.trim() ?? "",
    );
    if (challenge === undefined) break;
    authorization = digestCredentials(challenge, {
      username: "bob",
      password: "secret",
      method: "REGISTER",
      uri: "sip:example.com",
      count: 1,
      cnonce: "c",
    });
  }
  socket.close();
  return status;
}
