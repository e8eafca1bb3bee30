import { legwork } from "./support/legwork.ts";
import { pause } from "./support/ports.ts";
import { peerTest } from "./support/peer.ts";
import { call, callee } from "./support/sipp.ts";

const CALLS = 60;
const SAVES = 8;

function version(number: number): string {
  return `import { route, store } from "legwork";
export async function onInvite() {
  await store.increment("calls");
  return route("pbx");
}
export const outbound = {
  "*": (message) => message.headers.set("X-Revision", "${number}"),
};
`;
}

peerTest("SIPp: a script is saved every second, no call fails", [
  "sipp",
], async () => {
  await using called = await callee({ scenario: "callee_basic", calls: CALLS });
  await using server = await legwork({
    servers: [`sip:127.0.0.1:${called.port}`],
    script: version(0),
  });
  const calls = call(server.port, { scenario: "caller_basic", calls: CALLS });
  for (let save = 1; save <= SAVES; save++) {
    await pause(1_000);
    await Deno.writeTextFile(server.script, version(save));
  }
  await calls;
  await called.finished();
  const loaded = server.log().match(/script loaded/g)?.length ?? 0;
  if (loaded < SAVES - 1 || /fault|not loaded/.test(server.log())) {
    throw new Error(
      `${loaded} of ${SAVES} saves were loaded:\n${server.log()}`,
    );
  }
});
