/** Keys between real peers: INFO made anew for the other side, and keys that an operator sends. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { legwork } from "./support/legwork.ts";
import { peerTest, start } from "./support/peer.ts";
import { pause } from "./support/ports.ts";
import { call, callee } from "./support/sipp.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

peerTest(
  "SIPp: keys by INFO in the body that each side knows, and by an operator",
  [
    "sipp",
  ],
  async () => {
    await using called = await callee({ scenario: "callee_keys", calls: 1 });
    await using server = await legwork({
      servers: [`sip:127.0.0.1:${called.port}`],
      pbx: "dtmf: {send: info-dtmf}",
      caller: "dtmf: {receive: info}",
    });
    const calling = call(server.port, { scenario: "caller_keys", calls: 1 });
    const id = await callId(server.port);
    // After the caller's own.
    await pause(700);
    const sent = await command("dtmf", id, "b", "42", `${server.port}`);
    assertEquals(sent, { code: 0, output: "2 keys for leg b\n" });
    const wrong = await command("dtmf", id, "b", "4x", `${server.port}`);
    assertEquals(wrong.code, 2);
    assertStringIncludes(wrong.output, 'keys "4x", wanted 1 to 64 of 0 to 9');
    const nobody = await command("dtmf", "nobody", "b", "4", `${server.port}`);
    assertEquals(nobody.code, 1);
    assertStringIncludes(nobody.output, "nobody: no running call of that name");
    await calling;
    await called.finished();
  },
);

peerTest("SIPp: a gateway tells its keys by KPML", ["sipp"], async () => {
  await using called = await callee({ scenario: "callee_keys", calls: 1 });
  await using server = await legwork({
    servers: [`sip:127.0.0.1:${called.port}`],
    pbx: "dtmf: {send: info-dtmf}",
    caller: "dtmf: {receive: kpml, send: kpml}",
  });
  await call(server.port, { scenario: "caller_kpml", calls: 1 });
  await called.finished();
});

/** The identifier of the call that runs, once there is one. */
async function callId(port: number): Promise<string> {
  for (let tries = 0; tries < 50; tries++) {
    const { output } = await command("calls", `${port}`);
    const found = /^(\w+) .*answered/m.exec(output)?.[1];
    if (found !== undefined) return found;
    await pause(50);
  }
  throw new Error("no call was answered");
}

/** Asks the server; the last argument is its port. */
async function command(
  ...args: string[]
): Promise<{ code: number; output: string }> {
  const port = args.pop() ?? "";
  const all = ["run", "-P", "mod.ts", ...args, "--control", port];
  await using process = start(Deno.execPath(), all, {
    withinMs: 20_000,
    cwd: ROOT,
  });
  const { code, output } = await process.ended;
  const lines = output.split("\n").filter((line) =>
    !line.startsWith("Warning")
  );
  return { code, output: lines.join("\n") };
}
