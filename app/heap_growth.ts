/**
 * How far the heap grows before the engine marks all that lives in it. By itself the engine lets a small heap grow by
 * little and so collects it every few seconds; while it marks, calls wait. A small heap may therefore grow to four times
 * what lives; a large one, where that would be gigabytes, is left to the engine.
 *
 * @module
 */

import v8 from "node:v8";
import type { Clock, Timed } from "../core/base/clock.ts";

/** What the watch needs. */
export interface HeapGrowthOptions {
  readonly clock: Clock;
  /** The bytes of the heap in use. Default: the engine's figure. */
  readonly usedBytes?: () => number;
  /** Sets by how many per cent of what lives the heap grows; 0: the engine decides. Default: the engine's flag. */
  readonly setPercent?: (percent: number) => void;
}

/** A heap below this is small: some ten thousand calls that are up. */
const SMALL_BYTES = 256 * 1024 * 1024;
const PERCENT = 300;
/** The engine collects a heap of that size less often, and reads the figure when it has. */
const LOOK_EVERY_MS = 10_000;

/** Watches the size of the heap from now on. */
export class HeapGrowth implements Timed {
  readonly #clock: Clock;
  readonly #usedBytes: () => number;
  readonly #setPercent: (percent: number) => void;
  #percent = 0;

  constructor(options: HeapGrowthOptions) {
    this.#clock = options.clock;
    this.#usedBytes = options.usedBytes ??
      (() => v8.getHeapStatistics().used_heap_size);
    this.#setPercent = options.setPercent ?? setEnginePercent;
    this.onTimer();
  }

  onTimer(): void {
    const percent = this.#usedBytes() < SMALL_BYTES ? PERCENT : 0;
    if (percent !== this.#percent) this.#setPercent(percent);
    this.#percent = percent;
    this.#clock.schedule(LOOK_EVERY_MS, this, "look");
  }
}

function setEnginePercent(percent: number): void {
  v8.setFlagsFromString(`--heap-growing-percent=${percent}`);
}
