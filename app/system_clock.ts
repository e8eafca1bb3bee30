/**
 * Real time for `core/`: the timer wheel, woken by one timer of the host.
 *
 * The wheel itself only knows the moment of the last wake-up, so a timer set in between is put that much further
 * ahead. Nothing fires while other code runs: timers fire in a wake-up of their own.
 *
 * @module
 */

import type { Clock, Timed, Timer } from "../core/base/clock.ts";
import { TimerWheel } from "../core/base/timer_wheel.ts";

/** The host's own clock and timer; `Wake` is what it knows a wake-up by. */
export interface HostTime<Wake = unknown> {
  /** Monotonic milliseconds, fractions allowed. */
  now(): number;
  /** Milliseconds since 1970. */
  wallTime(): number;
  /** Calls `wake` once, `afterMs` from now. */
  wakeAfter(afterMs: number, wake: () => void): Wake;
  /** Forgets a wake-up. */
  forget(handle: Wake): void;
}

/** The time of the process. */
export const PROCESS_TIME: HostTime<ReturnType<typeof setTimeout>> = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  wakeAfter: (afterMs, wake) => setTimeout(wake, afterMs),
  forget: (handle) => clearTimeout(handle),
};

/** Settings of a {@linkcode SystemClock}. */
export interface SystemClockOptions {
  readonly host?: HostTime;
  /** Hears what a timer's owner threw; time goes on. Default: thrown again, to nobody in particular. */
  readonly onFault?: (error: unknown) => void;
}

/** How close two wake-ups may come: a timer is late by no more than this, and a busy process wakes no oftener. */
const GRAIN_MS = 20;
/** The host keeps delays in 31 bits. */
const MAX_SLEEP_MS = 2 ** 31 - 1;

/** See the module comment. */
export class SystemClock implements Clock {
  readonly #host: HostTime;
  readonly #wheel: TimerWheel;
  readonly #onFault: (error: unknown) => void;
  readonly #wake = (): void => this.#onWake();
  #handle: unknown;
  #armedForMs = Infinity;
  #lastWakeMs = -Infinity;
  #stopped = false;

  constructor(options: SystemClockOptions = {}) {
    this.#host = options.host ?? PROCESS_TIME;
    this.#onFault = options.onFault ?? ((error) => reportError(error));
    this.#wheel = new TimerWheel(this.#host.now(), {
      onSooner: (dueMs) => this.#arm(dueMs),
    });
  }

  now(): number {
    return Math.floor(this.#host.now());
  }

  wallTime(): number {
    return this.#host.wallTime();
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#wheel.pending;
  }

  schedule(afterMs: number, owner: Timed, name: string): Timer {
    const sinceWakeMs = Math.max(0, this.#host.now() - this.#wheel.now());
    return this.#wheel.schedule(
      Math.max(0, afterMs) + sinceWakeMs,
      owner,
      name,
    );
  }

  cancel(timer: Timer | undefined): void {
    this.#wheel.cancel(timer);
  }

  /** No timer fires any more. */
  stop(): void {
    this.#stopped = true;
    this.#disarm();
  }

  #arm(dueMs: number): void {
    // A wake-up that is early costs less than taking it back: it looks again when it comes.
    if (this.#stopped || this.#armedForMs <= dueMs) return;
    this.#disarm();
    const wakeMs = Math.max(dueMs, this.#lastWakeMs + GRAIN_MS);
    const afterMs = Math.ceil(wakeMs - this.#host.now());
    this.#armedForMs = dueMs;
    this.#handle = this.#host.wakeAfter(
      Math.min(Math.max(0, afterMs), MAX_SLEEP_MS),
      this.#wake,
    );
  }

  #disarm(): void {
    if (this.#handle !== undefined) this.#host.forget(this.#handle);
    this.#handle = undefined;
    this.#armedForMs = Infinity;
  }

  #onWake(): void {
    this.#handle = undefined;
    // Until this wake-up is over there is no need of another.
    this.#armedForMs = -Infinity;
    this.#lastWakeMs = this.#host.now();
    try {
      this.#wheel.advance(this.#lastWakeMs);
    } catch (error) {
      this.#onFault(error);
    }
    this.#armedForMs = Infinity;
    const next = this.#wheel.nextDueMs();
    if (next !== undefined) this.#arm(next);
  }
}
