/**
 * What a script costs: crossing into the sandbox and back, reading and writing headers, against the same hooks as
 * plain functions. `deno bench -A bench/micro/script_bench.ts`
 */

import {
  fakeCall,
  fakeLeg,
  FakeMessage,
} from "../../tests/scripts/fake_views.ts";
import { OFFER } from "../../tests/core/sdp/samples.ts";
import { memoryFiles, testWorld } from "../../tests/scripts/world.ts";
import { MessagePlanes } from "../../core/call/message_hooks.ts";
import { toBytes } from "../../core/message/bytes.ts";
import { parseMessage } from "../../core/message/parse.ts";
import { ScriptHost } from "../../scripts/revisions.ts";

const SCRIPT = `
import { route } from "legwork";
export const inbound = {
  OPTIONS: () => {},
  INVITE: (message) => {
    const { headers } = message;
    headers.get("User-Agent");
    headers.get("P-Asserted-Identity");
    headers.set("X-Note", "rewritten by a script");
  },
  BYE: (message) => { message.headers.get("User-Agent"); },
  INFO: (message) => { message.headers.set("X-Note", "rewritten by a script"); },
  UPDATE: (message) => {
    message.address("P-Asserted-Identity").host = "carrier.example";
  },
  ACK: (message) => { message.sdp.media[0].codecs.keep("PCMA", "PCMU"); },
};
export function onInvite(call) {
  return route(call.from.user === "bob" ? "pbx" : "carrier");
}
`;

const world = await testWorld();
const host = await ScriptHost.load(
  world,
  memoryFiles({ "route.ts": SCRIPT }),
  "route.ts",
);
const policy = host.acquire();
const inbound = policy.inbound!;
const message = new FakeMessage();
const planes = new MessagePlanes(policy, world.observer);
const bare = new MessagePlanes({}, world.observer);
const parsed = parseMessage(toBytes(
  "UPDATE sip:bob@192.0.2.1 SIP/2.0\r\n" +
    "Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK1\r\n" +
    "From: <sip:alice@192.0.2.2>;tag=a\r\nTo: <sip:bob@192.0.2.1>;tag=b\r\n" +
    "Call-ID: c\r\nCSeq: 1 UPDATE\r\nContent-Length: 0\r\n\r\n",
));
if (!parsed.ok) throw new Error("the message is wrong");
const request = parsed.message;
const leg = fakeLeg();
const call = fakeCall();
const WITH_SDP = {
  headers: [["Content-Type", "application/sdp"]] as [string, string][],
  body: OFFER,
};

Deno.bench("empty hook", () => {
  inbound.OPTIONS!(message, leg);
});
Deno.bench("hook that reads one header", () => {
  inbound.BYE!(message, leg);
});
Deno.bench("hook that sets one header", () => {
  inbound.INFO!(message, leg);
});
Deno.bench("hook that reads two headers and sets one", () => {
  inbound.INVITE!(message, leg);
});
Deno.bench("the same three steps without a sandbox", () => {
  const { headers } = message;
  headers.get("User-Agent");
  headers.get("P-Asserted-Identity");
  headers.set("X-Note", "rewritten by a script");
});
Deno.bench("hook that gives an identity another host", () => {
  inbound.UPDATE!(message, leg);
});
Deno.bench(
  "hook that keeps two of five codecs, with a message made for it",
  () => {
    inbound.ACK!(new FakeMessage("ACK", 0, WITH_SDP), leg);
  },
);
Deno.bench("the same without a sandbox", () => {
  const fresh = new FakeMessage("ACK", 0, WITH_SDP);
  fresh.sdp!.media[0]!.codecs.keep("PCMA", "PCMU");
});
Deno.bench("onInvite that reads the caller and routes", () => {
  policy.onInvite!(call);
});

const LONG_SCRIPT = [
  `import { type Call, reject, route } from "legwork";`,
  `interface Rule { readonly prefix: string; readonly trunk: string }`,
  ...Array.from(
    { length: 190 },
    (_, i) =>
      `export const rule${i}: Rule = { prefix: "+49${i}", trunk: "t${
        i % 7
      }" };`,
  ),
  `export function onInvite(call: Call) {`,
  `  if (call.from.user === "anonymous") return reject(433);`,
  `  return route(rule0.trunk);`,
  `}`,
  `export const outbound = {`,
  `  INVITE: (message: { headers: Map<string, string> }) => message.headers.set("X-A", "b"),`,
  `};`,
].join("\n");

Deno.bench("load and end a script of 20 lines", async () => {
  await load(SCRIPT);
});
Deno.bench("load and end a script of 200 lines", async () => {
  await load(LONG_SCRIPT);
});

Deno.bench("absent hook: a message that no pattern matches", () => {
  planes.inbound(request, { leg });
});
Deno.bench("the same without a script", () => {
  bare.inbound(request, { leg });
});

async function load(script: string): Promise<void> {
  const other = await ScriptHost.load(
    world,
    memoryFiles({ "route.ts": script }),
    "route.ts",
  );
  other.dispose();
}
