/**
 * Memory given back to the system after a busy spell. The engine collects when it allocates, so a process that has
 * fallen silent would keep what its last thousand calls needed; one collection, once nothing is left of them, hands it
 * back.
 *
 * @module
 */

import v8 from "node:v8";
import vm from "node:vm";
import type { Clock, Timed, Timer } from "../core/base/clock.ts";

/** What the watch needs. */
export interface IdleMemoryOptions {
  readonly clock: Clock;
  /** True when no call, dialog or transaction is left. */
  readonly isIdle: () => boolean;
  /** Collects all there is to collect. Default: the engine's own collector, where it can be had. */
  readonly collect?: () => void;
}

/** So many calls are worth a collection: it takes some 50 ms. */
const BUSY_CALLS = 500;
/** A little more than a transaction lives after its final response (64*T1). */
const LOOK_AFTER_MS = 33_000;

/** Watches for the end of busy spells. */
export class IdleMemory implements Timed {
  readonly #clock: Clock;
  readonly #isIdle: () => boolean;
  readonly #collect: () => void;
  #ended = 0;
  #timer: Timer | undefined;

  constructor(options: IdleMemoryOptions) {
    this.#clock = options.clock;
    this.#isIdle = options.isIdle;
    this.#collect = options.collect ?? engineCollector();
  }

  /** A call has ended. */
  callEnded(): void {
    if (++this.#ended < BUSY_CALLS || this.#timer !== undefined) return;
    this.#timer = this.#clock.schedule(LOOK_AFTER_MS, this, "look");
  }

  onTimer(_name: string): void {
    this.#timer = undefined;
    if (this.#isIdle()) {
      this.#ended = 0;
      this.#collect();
    } else {
      this.#timer = this.#clock.schedule(LOOK_AFTER_MS, this, "look");
    }
  }
}

/** The engine's `gc`, which a new context has once the flag is set; nothing where it has not. */
function engineCollector(): () => void {
  v8.setFlagsFromString("--expose-gc");
  const collect: unknown = vm.runInNewContext("globalThis.gc");
  return typeof collect === "function" ? () => void collect() : () => {};
}
