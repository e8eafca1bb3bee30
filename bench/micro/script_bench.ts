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
Deno.bench("load and end a script", async () => {
  const other = await ScriptHost.load(
    world,
    memoryFiles({ "route.ts": SCRIPT }),
    "route.ts",
  );
  other.dispose();
});
