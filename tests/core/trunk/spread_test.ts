import { assert, assertEquals } from "@std/assert";
import { seededRandom } from "../../../core/base/random.ts";
import { Spread } from "../../../core/trunk/spread.ts";

Deno.test("spread: each is due once an interval, a tenth late at most, and jitter does not add up", () => {
  const spread = new Spread(seededRandom(7));
  const phase = spread.phase();
  const intervalMs = 30_000;
  let nowMs = spread.firstMs(phase, { count: 1, intervalMs });
  assert(nowMs <= 20, `the first of one was due after ${nowMs} ms`);
  nowMs += spread.nextMs(phase, { nowMs, intervalMs });
  for (let turn = 0; turn < 10_000; turn++) {
    const waitMs = spread.nextMs(phase, { nowMs, intervalMs });
    assert(waitMs >= 27_000 && waitMs <= 33_000, `${waitMs} ms`);
    nowMs += waitMs;
    const late = (nowMs - phase * intervalMs) % intervalMs;
    assert(late < 3_001, `${late} ms behind its place`);
  }
});

Deno.test("spread: another pace finds its place again, never twice at once", () => {
  const spread = new Spread(seededRandom(3));
  const phase = spread.phase();
  let nowMs = 123_456;
  for (const intervalMs of [30_000, 5_000, 30_000, 60_000, 1_000, 30_000]) {
    const waitMs = spread.nextMs(phase, { nowMs, intervalMs });
    assert(waitMs >= intervalMs / 2 && waitMs <= 1.6 * intervalMs, `${waitMs}`);
    nowMs += waitMs;
  }
});

Deno.test("spread: few begin at once, many over their interval", () => {
  const spread = new Spread(seededRandom(5));
  const firsts = (count: number) =>
    Array.from(
      { length: count },
      () => spread.firstMs(spread.phase(), { count, intervalMs: 30_000 }),
    );
  assert(Math.max(...firsts(10)) <= 200);
  const many = firsts(10_000);
  assert(Math.max(...many) <= 30_000);
  const busiest = Math.max(
    ...Array.from(
      { length: 30 },
      (_, second) =>
        many.filter((ms) => Math.floor(ms / 1000) === second).length,
    ),
  );
  assertEquals(busiest <= 340, true, `${busiest} in one second`);
});
