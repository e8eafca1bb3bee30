/** The examples that run by one command against real peers, as their first lines say; they listen where those say. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { peerTest, start } from "./support/peer.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

/** What each needs, and what it says when all went well. */
const EXAMPLES: readonly (readonly [
  name: string,
  programs: readonly string[],
  said: string,
])[] = [
  ["12_pbx_registers", ["sipp"], "the PBX registered, and a call reached it"],
  ["13_dual_registration", ["sipp"], "one to the first again"],
  ["14_dtmf", ["sipp"], "the PBX heard 123# (INFO)"],
  ["15_rtpengine", ["sipp", "rtpengine"], "the carrier heard 56* (RTP)"],
];

for (const [name, programs, said] of EXAMPLES) {
  peerTest(`example ${name}`, programs, async () => {
    await using process = start(Deno.execPath(), [
      ...["run", "-A", `examples/${name}/run.ts`],
    ], { withinMs: 60_000, cwd: ROOT });
    const { code, output } = await process.ended;
    assertStringIncludes(output, said);
    assertEquals(code, 0, output);
  });
}
