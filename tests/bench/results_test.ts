/** Saved runs: read back, refused where they are broken, compared as ratios. */

import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  kbPerCall,
  percentile,
  toFloor,
  toSavedHeld,
  toSavedRate,
} from "../../bench/ratio.ts";
import { cpuChart, hookLines, rateRow } from "../../bench/report.ts";
import {
  BenchError,
  formatResults,
  type HeldCell,
  parseResults,
  type RateCell,
  type Results,
} from "../../bench/results.ts";

Deno.test("a saved run is read back as it was", () => {
  const saved = run([cell("floor", 100), cell("ours", 500)]);
  assertEquals(parseResults(formatResults(saved), "a"), saved);
});

Deno.test("a broken run is refused in one line that names it", () => {
  const wrong = [
    ["{", "not JSON"],
    ["[]", "the whole"],
    [formatResults(run([])).replace('"format": 1', '"format": 2'), "format"],
    [formatResults(run([cell("a", -1)])), "rates.0.cpuMicrosPerCall"],
  ];
  for (const [text = "", at = ""] of wrong) {
    const { message } = assertThrows(() => parseResults(text, "x"), BenchError);
    assertStringIncludes(message, 'saved run "x"');
    assertStringIncludes(message, at);
    assertEquals(message.split("\n").length, 1);
  }
});

Deno.test("a machine twice as slow compares as the same", () => {
  const saved = run([cell("floor", 100), cell("ours", 500)]);
  const slow = run([cell("floor", 200), cell("ours", 1000)]);
  const dearer = run([cell("floor", 200), cell("ours", 1500)]);
  assertEquals(toFloor(cell("ours", 1000), slow), 5);
  assertEquals(toSavedRate(cell("ours", 1000), { run: slow, saved }), 1);
  assertEquals(toSavedRate(cell("ours", 1500), { run: dearer, saved }), 1.5);
});

Deno.test("what cannot be compared has no ratio", () => {
  const saved = run([cell("floor", 100), cell("ours", 500)]);
  const now = run([cell("floor", 0), cell("ours", 500)]);
  const other = { ...saved, floor: "another" };
  const ours = cell("ours", 500);
  assertEquals(toFloor(ours, now), undefined);
  assertEquals(toFloor({ ...ours, perSecond: 7 }, saved), undefined);
  assertEquals(toSavedRate(ours, { run: now, saved }), undefined);
  assertEquals(toSavedRate(ours, { run: saved, saved: other }), undefined);
  assertEquals(toSavedRate(cell("new", 5), { run: saved, saved }), undefined);
  assertEquals(toSavedRate(cell("floor", 9), { run: saved, saved }), undefined);
});

Deno.test("a figure with failed calls is none", () => {
  const lost = { ...cell("ours", 500), completed: 98, failed: 2 };
  const saved = run([cell("floor", 100), lost]);
  assertEquals(toFloor(lost, saved), undefined);
  assertEquals(
    toSavedRate(cell("ours", 500), { run: saved, saved }),
    undefined,
  );
  assertEquals(cpuChart(saved).lines[1]?.points, []);
  assertEquals(toFloor({ ...lost, completed: 9998 }, saved), 5);
});

Deno.test("memory is compared by the held call", () => {
  const now = run([]);
  const saved = { ...now, held: [held(20_000)] };
  assertEquals(kbPerCall(held(20_000)), 10);
  assertEquals(toSavedHeld(held(30_000), { run: now, saved }), 2);
  const other = { ...held(1), calls: 5 };
  assertEquals(toSavedHeld(other, { run: now, saved }), undefined);
  const full = { ...now, quick: false };
  assertEquals(toSavedHeld(held(30_000), { run: full, saved }), undefined);
});

Deno.test("percentiles are by nearest rank", () => {
  const sorted = Array.from({ length: 200 }, (_, index) => index + 1);
  assertEquals(percentile(sorted, 0.5), 100);
  assertEquals(percentile(sorted, 0.99), 198);
  assertEquals(percentile([7], 0.99), 7);
  assertEquals(percentile([], 0.5), undefined);
});

Deno.test("a row has what is known, and a dash for what is not", () => {
  const ours = { ...cell("ours", 500), setupMs: { p50: 1, p99: 4 } };
  assertEquals(
    rateRow(ours, { run: run([cell("floor", 100), ours]) }),
    "| ours | 200/s | 0 | 0 | 1 / 4 | 500 | 5.00 |  |",
  );
  assertEquals(
    rateRow(cell("ours", 500), { run: run([]), saved: run([]) }),
    "| ours | 200/s | 0 | 0 | - | 500 | - |  | - |",
  );
});

Deno.test("the hook is compared with no script, each way of UDP by itself", () => {
  const rates = [
    ...[cell("no script, plain", 400), cell("one hook, plain", 500)],
    cell("one hook, batched", 300),
  ];
  assertEquals(hookLines(rates), [
    "one hook to no script, plain: 1.25 at 200/s (bar: 1.35)",
  ]);
});

function cell(server: string, cpuMicrosPerCall: number): RateCell {
  const counts = { completed: 9, failed: 0, retransmitted: 0 };
  return { server, perSecond: 200, ...counts, cpuMicrosPerCall, setupMs: null };
}

function held(heldKb: number): HeldCell {
  const counts = { failed: 0, retransmitted: 0 };
  return { server: "ours", calls: 1000, ...counts, beforeKb: 10_000, heldKb };
}

function run(rates: RateCell[]): Results {
  return {
    format: 1,
    madeAt: "2026-01-02T03:04:05.000Z",
    quick: true,
    machine: { cores: 2, cpu: "a CPU", kernel: "6", deno: "2" },
    floor: "floor",
    rates,
    held: [],
  };
}
