import { assertEquals } from "@std/assert";
import { HookCoverage } from "../../app/coverage.ts";

Deno.test("coverage names each hook of each script, and those that never ran", () => {
  const coverage = new HookCoverage();
  coverage.declare("route.ts", ["onInvite", 'inbound["18x INVITE"]']);
  for (let run = 0; run < 3; run++) {
    coverage.noted({
      script: `route.ts#${run + 1}`,
      hook: "onInvite",
      place: "route.ts:1:8",
      call: "1",
      usedMs: 0.1,
    });
  }
  assertEquals(coverage.table(), [
    "route.ts: 1 of 2 hooks ran",
    "  onInvite               3",
    '  inbound["18x INVITE"]  never',
  ]);
});

Deno.test("coverage without scripts has nothing to say", () => {
  assertEquals(new HookCoverage().table(), []);
});
