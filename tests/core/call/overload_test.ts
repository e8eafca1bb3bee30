/** Overload control on a virtual clock: a simulated server that gets through so many calls a second, and no more. */

import { assert, assertEquals } from "@std/assert";
import type { LogRecord } from "../../../core/base/observer.ts";
import { CountingObserver } from "../../../core/base/observer.ts";
import { TimerWheel } from "../../../core/base/timer_wheel.ts";
import { type DelayGauge, Overload } from "../../../core/call/overload.ts";

const STEP_MS = 5;
const GAUGE_MS = 25;
/** What a refused call costs, as a share of a call. */
const REFUSAL = 0.1;

class Logging extends CountingObserver {
  readonly lines: LogRecord[] = [];

  override log(record: LogRecord): void {
    this.lines.push(record);
  }
}

/** A queue of work; what is refused is work, too. */
class Simulated implements DelayGauge {
  readonly clock = new TimerWheel();
  readonly observer = new Logging();
  readonly overload: Overload;
  readonly #perSecond: number;
  #report: ((delayMs: number) => void) | undefined;
  #queue = 0;
  #due = 0;
  /** A delay that all of this step has, whatever the queue. */
  pauseMs = 0;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.overload = new Overload(
      { maxDelayMs: 5, retryAfterSeconds: 5 },
      { clock: this.clock, gauge: this, observer: this.observer },
    );
  }

  start(onDelay: (delayMs: number) => void): void {
    this.#report = onDelay;
  }

  stop(): void {
    this.#report = undefined;
  }

  get measures(): boolean {
    return this.#report !== undefined;
  }

  /** Offers that many calls a second; how many a second were admitted. */
  offer(perSecond: number, seconds: number): number {
    let admitted = 0;
    const perStep = this.#perSecond * STEP_MS / 1000;
    for (let ms = 0; ms < seconds * 1000; ms += STEP_MS) {
      this.#due += perSecond * STEP_MS / 1000;
      for (; this.#due >= 1; this.#due--) {
        const isAdmitted = !this.overload.refusesAnother() &&
          this.overload.admits();
        if (isAdmitted) admitted++;
        this.#queue += isAdmitted ? 1 : REFUSAL;
      }
      this.#queue = Math.max(0, this.#queue - perStep);
      this.clock.advance(this.clock.now() + STEP_MS);
      if (ms % GAUGE_MS === 0) {
        const waitsMs = this.#queue / this.#perSecond * 1000;
        this.#report?.(Math.max(waitsMs, this.pauseMs));
      }
    }
    return admitted / seconds;
  }

  get changes(): string[] {
    return this.observer.lines.map(({ text }) => text.split(":")[0]!);
  }
}

Deno.test("overload: below the peak every call is admitted, and nothing is said", () => {
  const server = new Simulated(1000);
  assertEquals(server.offer(900, 30), 900);
  assertEquals(server.changes, []);
  assertEquals(server.overload.state.refused, 0);
});

Deno.test("overload: at twice the peak more than 80 % of it is served, and what is admitted does not wait", () => {
  const server = new Simulated(1000);
  server.offer(2000, 10);
  const goodput = server.offer(2000, 60);
  assert(goodput > 800, `${goodput} of 1000`);
  assert(goodput < 1000, `${goodput} of 1000`);
  assert(server.overload.state.delayMs < 20);
  assertEquals(server.changes, ["overload"]);
});

Deno.test("overload: at five times the peak as much is left as refusing leaves", () => {
  const server = new Simulated(1000);
  server.offer(5000, 10);
  const goodput = server.offer(5000, 60);
  // 5000 refusals cost 500 calls, and each that is admitted instead costs 0.9 more.
  assert(goodput > 450, `${goodput} of 1000`);
});

Deno.test("overload: it ends once nobody is refused for three seconds, with a line that says so", () => {
  const server = new Simulated(1000);
  server.offer(2000, 20);
  assertEquals(server.overload.state.shedding, true);
  assertEquals(server.offer(500, 20), 500);
  assertEquals(server.overload.state.shedding, false);
  assertEquals(server.changes, ["overload", "overload is over"]);
  const { fields } = server.observer.lines[1]!;
  assertEquals(fields?.refused, server.overload.state.refused);
  assertEquals(server.observer.counters.get("overload_begun"), 1);
  assertEquals(
    server.observer.counters.get("overload_refused"),
    server.overload.state.refused,
  );
});

Deno.test("overload: load that swings about the peak every second does not make it flap", () => {
  const server = new Simulated(1000);
  for (let swing = 0; swing < 30; swing++) {
    server.offer(1400, 1);
    server.offer(800, 1);
  }
  assert(server.changes.length <= 1, server.changes.join());
});

Deno.test("overload: where every message waits four times too long, one window is proof enough", () => {
  const flooded = new Simulated(1000);
  flooded.offer(3000, 0.45);
  assertEquals(flooded.changes, ["overload"]);
  const busy = new Simulated(1000);
  busy.offer(1030, 0.65);
  assertEquals(busy.changes, []);
});

Deno.test("overload: a pause of the process is no overload", () => {
  const server = new Simulated(1000);
  server.offer(500, 5);
  server.pauseMs = 150;
  server.offer(500, 0.15);
  server.pauseMs = 0;
  assertEquals(server.offer(500, 5), 500);
  assertEquals(server.changes, []);
});

Deno.test("overload: a rate that nobody needs does not rise", () => {
  const server = new Simulated(1000);
  server.offer(2000, 20);
  // The window that is half over.
  server.offer(500, 0.4);
  const { perSecond = 0 } = server.overload.state;
  server.offer(500, 2);
  assertEquals(server.overload.state.perSecond, perSecond);
});

Deno.test("overload: a server that gets through nothing keeps a few calls", () => {
  const server = new Simulated(1000);
  server.pauseMs = 10_000;
  server.offer(1000, 30);
  const admitted = server.offer(1000, 10);
  assert(admitted >= 4.5 && admitted <= 5.5, `${admitted}`);
});

Deno.test("overload: nothing is measured until a call comes, nor after the last", () => {
  const server = new Simulated(1000);
  assertEquals(server.measures, false);
  server.offer(10, 1);
  assertEquals(server.measures, true);
  server.offer(0, 5);
  assertEquals(server.measures, false);
  server.offer(10, 1);
  assertEquals(server.measures, true);
  server.overload.close();
  assertEquals(server.measures, false);
});
