/**
 * How much processor time a hook has used, from looks at a clock now and then. Steps that take long are looked at
 * closely, and those that do not cost little to watch.
 *
 * @module
 */

/** Steps until the first look, and most between two. */
const FIRST_STEPS = 16;
const MOST_STEPS = 8_192;
/** What one look to the next should take. */
const QUICK_MS = 0.1;
const SLOW_MS = 0.5;
/** How many looks it takes at least to use up a limit. */
const GAPS = 4;

/** See the module comment. */
export class CpuMeter {
  readonly #cpuNow: () => number;
  #limitMs = 0;
  #usedMs = -1;
  #lookedMs = 0;
  #steps = FIRST_STEPS;

  constructor(cpuNow: () => number) {
    this.#cpuNow = cpuNow;
  }

  /** The limit in force. */
  get limitMs(): number {
    return this.#limitMs;
  }

  /** What was used since the start; it is looked at now and then, so that a short hook has used none. */
  get usedMs(): number {
    return Math.max(0, this.#usedMs);
  }

  /** Whether the limit has been used up since the start. */
  get exceeded(): boolean {
    return this.#usedMs >= this.#limitMs;
  }

  /** Begins anew; gives the steps until the first look, which is when the time begins to count. */
  start(limitMs: number): number {
    this.#limitMs = limitMs;
    this.#usedMs = -1;
    return this.#steps = FIRST_STEPS;
  }

  /** Looks at the clock; gives the steps until the next look, or 0 when the limit is used up. */
  look(): number {
    const now = this.#cpuNow();
    const passedMs = now - this.#lookedMs;
    this.#lookedMs = now;
    if (this.#usedMs < 0) {
      this.#usedMs = 0;
      return this.#steps;
    }
    // A long gap may be the machine's doing and not the script's: it counts in part, and it takes several to fault.
    this.#usedMs += Math.min(passedMs, this.#limitMs / GAPS);
    if (this.exceeded) return 0;
    if (passedMs > SLOW_MS) this.#steps = Math.max(1, this.#steps >> 2);
    else if (passedMs < QUICK_MS && this.#steps < MOST_STEPS) this.#steps *= 2;
    return this.#steps;
  }
}
