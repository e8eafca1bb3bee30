import { assert, assertEquals } from "@std/assert";
import type { Timed, Timer } from "../../../core/base/clock.ts";
import { seededRandom } from "../../../core/base/random.ts";
import { TimerWheel } from "../../../core/base/timer_wheel.ts";

const SPAN_6_LEVELS_MS = 64 ** 6;

/** Writes down what fires and when. */
class Recorder implements Timed {
  readonly fired: string[] = [];
  onFired: ((name: string) => void) | undefined;

  constructor(readonly wheel: TimerWheel) {}

  onTimer(name: string): void {
    this.fired.push(`${this.wheel.now()} ${name}`);
    this.onFired?.(name);
  }
}

function setUp(startMs = 0): { wheel: TimerWheel; recorder: Recorder } {
  const wheel = new TimerWheel(startMs);
  return { wheel, recorder: new Recorder(wheel) };
}

Deno.test("timers fire in due order, each in its own millisecond", () => {
  const { wheel, recorder } = setUp();
  for (const afterMs of [5_000, 64, 0, 1, 63, 65, 4_096, 300_000, 500]) {
    wheel.schedule(afterMs, recorder, "t");
  }
  wheel.advance(1_000_000);
  assertEquals(recorder.fired, [
    "0 t",
    "1 t",
    "63 t",
    "64 t",
    "65 t",
    "500 t",
    "4096 t",
    "5000 t",
    "300000 t",
  ]);
  assertEquals(wheel.pending, 0);
  assertEquals(wheel.now(), 1_000_000);
});

Deno.test("fractions of a millisecond never fire early", () => {
  const { wheel, recorder } = setUp(10.7);
  wheel.schedule(0.2, recorder, "t");
  wheel.advance(10.9);
  assertEquals(recorder.fired, []);
  wheel.advance(11);
  assertEquals(recorder.fired, ["11 t"]);
});

Deno.test("a cancelled timer does not fire; cancelling twice or too late is harmless", () => {
  const { wheel, recorder } = setUp();
  const timer = wheel.schedule(10, recorder, "cancelled");
  const other = wheel.schedule(10, recorder, "other");
  assert(timer.pending);
  wheel.cancel(timer);
  wheel.cancel(timer);
  wheel.cancel(undefined);
  assertEquals(timer.pending, false);
  wheel.advance(20);
  wheel.cancel(other);
  assertEquals(recorder.fired, ["10 other"]);
  assertEquals(wheel.pending, 0);
});

Deno.test("timers set and cancelled by a timer that fires", () => {
  const { wheel, recorder } = setUp();
  const later: Timer[] = [];
  recorder.onFired = (name) => {
    if (name !== "first") return;
    wheel.cancel(later[0]);
    wheel.schedule(0, recorder, "same millisecond");
    wheel.schedule(100, recorder, "after");
  };
  wheel.schedule(7, recorder, "first");
  later.push(wheel.schedule(7, recorder, "cancelled by the first"));
  wheel.advance(1_000);
  assertEquals(recorder.fired, ["7 first", "7 same millisecond", "107 after"]);
  assertEquals(wheel.pending, 0);
});

Deno.test("time may leap over many timers, and never goes back", () => {
  const { wheel, recorder } = setUp(123_456_789);
  wheel.schedule(86_400_000, recorder, "day");
  wheel.advance(0);
  assertEquals(wheel.now(), 123_456_789);
  wheel.advance(123_456_789 + 10 * 86_400_000);
  assertEquals(recorder.fired, [`${123_456_789 + 86_400_000} day`]);
});

Deno.test("a delay longer than the wheel is cut, an infinite one too", () => {
  const { wheel, recorder } = setUp(SPAN_6_LEVELS_MS - 1);
  wheel.schedule(Infinity, recorder, "never");
  wheel.schedule(-5, recorder, "at once");
  wheel.advance(SPAN_6_LEVELS_MS);
  assertEquals(recorder.fired, [`${SPAN_6_LEVELS_MS - 1} at once`]);
  assertEquals(wheel.pending, 1);
});

Deno.test("a driver is told when to wake up sooner, and never too late", () => {
  const sooner: number[] = [];
  const wheel = new TimerWheel(0, {
    wallTimeMs: 1_000_000,
    onSooner: (dueMs) => sooner.push(dueMs),
  });
  const recorder = new Recorder(wheel);
  wheel.schedule(500, recorder, "a");
  wheel.schedule(900, recorder, "b");
  wheel.schedule(100, recorder, "c");
  assertEquals(sooner, [500, 100]);
  // It sleeps until nextDueMs() and finds every timer in its millisecond.
  for (let next = wheel.nextDueMs(); next !== undefined;) {
    wheel.advance(next);
    next = wheel.nextDueMs();
  }
  assertEquals(recorder.fired, ["100 c", "500 a", "900 b"]);
  assertEquals(wheel.wallTime(), 1_000_900);
});

Deno.test("against a naive scheduler, at random", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = seededRandom(seed);
    const startMs = Math.floor(random.fraction() * SPAN_6_LEVELS_MS);
    const { wheel, recorder } = setUp(startMs);
    const naive = new Map<string, number>();
    const timers: { name: string; timer: Timer }[] = [];
    const expected: string[] = [];
    for (let step = 0; step < 400; step++) {
      const choice = random.fraction();
      if (choice < 0.6) {
        const name = String(step);
        // Of every order of magnitude, so that every level is used.
        const afterMs = Math.floor(
          random.fraction() * 64 ** (1 + Math.floor(random.fraction() * 5)),
        );
        timers.push({ name, timer: wheel.schedule(afterMs, recorder, name) });
        naive.set(name, wheel.now() + afterMs);
      } else if (choice < 0.75 && timers.length > 0) {
        const at = Math.floor(random.fraction() * timers.length);
        const { name, timer } = timers[at]!;
        assertEquals(timer.pending, naive.has(name));
        wheel.cancel(timer);
        naive.delete(name);
      } else {
        const exponent = Math.floor(random.fraction() * 5);
        const toMs = wheel.now() +
          Math.floor(random.fraction() * 64 ** exponent);
        expected.push(...naiveAdvance(naive, toMs));
        wheel.advance(toMs);
      }
      assertEquals(wheel.pending, naive.size, `seed ${seed} step ${step}`);
    }
    const end = startMs + SPAN_6_LEVELS_MS;
    expected.push(...naiveAdvance(naive, end));
    wheel.advance(end);
    assertDueOrder(recorder.fired);
    assertEquals(
      recorder.fired.toSorted(),
      expected.toSorted(),
      `seed ${seed}`,
    );
    assertEquals(wheel.pending, 0);
  }
});

/** What is due until then, as the recorder writes it down, taken out of the map. */
function naiveAdvance(naive: Map<string, number>, toMs: number): string[] {
  const due = [...naive].filter(([, dueMs]) => dueMs <= toMs);
  for (const [name] of due) naive.delete(name);
  return due.map(([name, dueMs]) => `${dueMs} ${name}`);
}

function assertDueOrder(fired: readonly string[]): void {
  const times = fired.map((line) => Number(line.split(" ")[0]));
  assertEquals(times, times.toSorted((a, b) => a - b));
}
