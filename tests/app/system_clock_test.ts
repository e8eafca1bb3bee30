import { assert, assertEquals } from "@std/assert";
import { type HostTime, SystemClock } from "../../app/system_clock.ts";

/** A timer is late by no more than this. */
const GRAIN_MS = 20;

/** A host whose time moves when told, and that counts what is asked of it. */
class FakeHost implements HostTime<number> {
  ms = 1_000.25;
  armed = 0;
  #wakes = new Map<number, { atMs: number; wake: () => void }>();

  now(): number {
    return this.ms;
  }

  wallTime(): number {
    return 1_700_000_000_000 + this.ms;
  }

  wakeAfter(afterMs: number, wake: () => void): number {
    this.armed++;
    this.#wakes.set(this.armed, { atMs: this.ms + afterMs, wake });
    return this.armed;
  }

  forget(handle: number): void {
    this.#wakes.delete(handle);
  }

  get waiting(): number {
    return this.#wakes.size;
  }

  /** Lets time pass, waking whoever asked for it. */
  pass(ms: number): void {
    const endMs = this.ms + ms;
    for (;;) {
      const [next] = [...this.#wakes].filter(([, { atMs }]) => atMs <= endMs)
        .sort(([, a], [, b]) => a.atMs - b.atMs);
      if (next === undefined) break;
      this.#wakes.delete(next[0]);
      this.ms = Math.max(this.ms, next[1].atMs);
      next[1].wake();
    }
    this.ms = endMs;
  }
}

function setUp(): {
  host: FakeHost;
  clock: SystemClock;
  fired: string[];
  faults: unknown[];
  owner: { onTimer(name: string): void };
} {
  const host = new FakeHost();
  const fired: string[] = [];
  const faults: unknown[] = [];
  const clock = new SystemClock({ host, onFault: (e) => faults.push(e) });
  const owner = {
    onTimer(name: string): void {
      fired.push(`${name} ${Math.round(host.ms)}`);
    },
  };
  return { host, clock, fired, faults, owner };
}

Deno.test("timers fire when due, never before, at most a grain late", () => {
  const { host, clock, fired, owner } = setUp();
  clock.schedule(500, owner, "A");
  clock.schedule(32_000, owner, "B");
  host.pass(499);
  assertEquals(fired, []);
  host.pass(10);
  assertEquals(fired, ["A 1501"]);
  host.pass(32_000);
  assertEquals(fired.length, 2);
  const at = Number(fired[1]?.split(" ")[1]);
  assert(at >= 33_000 && at <= 33_000 + GRAIN_MS + 1, `${at}`);
  assertEquals(clock.pending, 0);
});

Deno.test("a timer set long after the last wake-up counts from its own moment", () => {
  const { host, clock, fired, owner } = setUp();
  host.pass(60_000);
  clock.schedule(500, owner, "A");
  host.pass(499);
  assertEquals(fired, []);
  host.pass(7);
  assertEquals(fired.length, 1);
});

Deno.test("a later timer does not disturb the wake-up that is set", () => {
  const { host, clock, owner } = setUp();
  clock.schedule(100, owner, "A");
  for (let i = 0; i < 1000; i++) clock.schedule(200 + i, owner, "B");
  assertEquals(host.armed, 1);
  clock.schedule(50, owner, "C");
  assertEquals([host.armed, host.waiting], [2, 1]);
});

Deno.test("an idle clock asks for nothing", () => {
  const { host, clock, owner } = setUp();
  clock.cancel(clock.schedule(100, owner, "A"));
  host.pass(1_000_000);
  const { armed } = host;
  host.pass(1_000_000);
  assertEquals([host.armed - armed, host.waiting], [0, 0]);
});

Deno.test("a thousand timers a second wake the host far less often", () => {
  const { host, clock, fired, owner } = setUp();
  for (let i = 0; i < 1000; i++) clock.schedule(i, owner, "A");
  host.pass(1100);
  assertEquals(fired.length, 1000);
  assert(host.armed <= 210, `${host.armed}`);
});

Deno.test("what a timer's owner throws is reported, and time goes on", () => {
  const { host, clock, fired, faults, owner } = setUp();
  const broken = {
    onTimer(): void {
      throw new TypeError("broken");
    },
  };
  clock.schedule(10, broken, "A");
  clock.schedule(10, owner, "B");
  clock.schedule(20, owner, "C");
  host.pass(50);
  assertEquals(faults.length, 1);
  assertEquals(fired.map((text) => text[0]), ["B", "C"]);
  assertEquals(clock.pending, 0);
  clock.schedule(10, broken, "D");
  host.pass(50);
  clock.schedule(10, owner, "E");
  host.pass(50);
  assertEquals(fired.at(-1)?.[0], "E");
});

Deno.test("a timer may set timers, due at once too", () => {
  const { host, clock, fired, owner } = setUp();
  const again = {
    onTimer(): void {
      clock.schedule(0, owner, "B");
    },
  };
  clock.schedule(10, again, "A");
  host.pass(50);
  assertEquals(fired.length, 1);
});

Deno.test("a stopped clock leaves nothing behind at the host", () => {
  const { host, clock, fired, owner } = setUp();
  clock.schedule(10, owner, "A");
  clock.stop();
  clock.schedule(5, owner, "B");
  host.pass(100);
  assertEquals([host.waiting, fired.length], [0, 0]);
});
