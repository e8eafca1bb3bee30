/**
 * When keep-alives are due, so that thousands of them never fall together: every address has a phase of its own in the
 * interval, and each keep-alive a little jitter on top of it, which does not add up.
 *
 * @module
 */

import type { Random } from "../base/random.ts";

/** The golden ratio's fraction: however many phases are drawn, they lie evenly. */
const STEP = 0.618033988749895;
/** At most this many go out in a second when all begin at once, or the interval's own pace where that is more. */
const FIRST_PER_SECOND = 50;
/** The part of the interval that a keep-alive may be late. */
const JITTER = 0.1;

/** Gives phases: by their number alone, so that a run can be told; only the jitter is drawn. */
export class Spread {
  readonly #random: Random;
  #next = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** The next phase, from 0 to 1. */
  phase(): number {
    const phase = this.#next;
    this.#next = (phase + STEP) % 1;
    return phase;
  }

  /** How long the first one of `count` waits. */
  firstMs(phase: number, { count, intervalMs }: {
    count: number;
    intervalMs: number;
  }): number {
    return phase * Math.min(intervalMs, (count / FIRST_PER_SECOND) * 1000);
  }

  /** How long the next one waits: to the phase's next place in the interval that is not too near. */
  nextMs(phase: number, { nowMs, intervalMs }: {
    nowMs: number;
    intervalMs: number;
  }): number {
    const offsetMs = phase * intervalMs;
    const from = nowMs + intervalMs / 2 - offsetMs;
    const dueMs = Math.ceil(from / intervalMs) * intervalMs + offsetMs;
    return dueMs - nowMs + this.#random.fraction() * JITTER * intervalMs;
  }
}
