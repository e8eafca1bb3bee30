import { assertEquals, assertMatch } from "@std/assert";
import { Log } from "../../app/log.ts";
import { OperatorObserver } from "../../app/operator_observer.ts";
import type { CallSummary } from "../../core/call/policy.ts";

function setUp(): { observer: OperatorObserver; lines: string[] } {
  const lines: string[] = [];
  const log = new Log({
    level: "debug",
    format: "text",
    write: (line) => lines.push(line.replace(/^\S+ /, "")),
    wallTime: () => 0,
  });
  return { observer: new OperatorObserver(log), lines };
}

const SUMMARY: CallSummary = {
  id: "c1",
  from: "carrier",
  to: "pbx",
  startedAtMs: 1_000,
  answeredAtMs: 5_000,
  endedAtMs: 17_260,
  status: 200,
  endedBy: "b",
  cause: "BYE",
};

Deno.test("a call that is over is one line, its seconds those of talking", () => {
  const { observer, lines } = setUp();
  observer.callEnded(SUMMARY);
  observer.callEnded({
    ...SUMMARY,
    to: undefined,
    answeredAtMs: undefined,
    status: 486,
  });
  assertEquals(lines, [
    "info  call ended call=c1 from=carrier to=pbx status=200 cause=BYE by=b seconds=12.3",
    "info  call ended call=c1 from=carrier status=486 cause=BYE by=b seconds=0",
  ]);
});

Deno.test("records from below keep their level and fields", () => {
  const { observer, lines } = setUp();
  observer.log({ level: "warn", text: "odd", fields: { trunk: "pbx" } });
  assertEquals(lines, ["warn  odd trunk=pbx"]);
});

Deno.test("what was thrown is counted and logged; the counters come in order", () => {
  const { observer, lines } = setUp();
  observer.count("calls", 2);
  observer.fault("a timer failed", new TypeError("broken"));
  observer.fault("a timer failed", "nothing more");
  observer.logCounters();
  assertMatch(
    lines[0] ?? "",
    /^error a timer failed error="TypeError: broken\\n +at /,
  );
  assertEquals(lines.slice(1), [
    'error a timer failed error="nothing more"',
    "debug counters app_faults=2 calls=2",
  ]);
});
