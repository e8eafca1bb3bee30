/**
 * The ports of a relay, in pairs: an even one for RTP and the next for RTCP (RFC 3550 section 11). A pair that is given
 * back rests for a while, so that what is still on its way to one call is not taken for another's.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";

/** What a pool is made of. */
export interface PortPoolOptions {
  readonly clock: Clock;
  readonly from: number;
  /** The last one. */
  readonly to: number;
  /** How long a pair rests. */
  readonly quarantineMs?: number;
}

const QUARANTINE_MS = 10_000;

/** See the module's text. */
export class PortPool {
  readonly #clock: Clock;
  readonly #quarantineMs: number;
  readonly #first: number;
  readonly #count: number;
  /** Pairs never used come first; then those that rest, the longest first. */
  #fresh = 0;
  readonly #resting: { port: number; freeAtMs: number }[] = [];
  #restingFrom = 0;
  #inUse = 0;

  constructor(options: PortPoolOptions) {
    this.#clock = options.clock;
    this.#quarantineMs = options.quarantineMs ?? QUARANTINE_MS;
    this.#first = options.from + options.from % 2;
    this.#count = Math.max(0, Math.floor((options.to - this.#first + 1) / 2));
  }

  /** Ports in use. */
  get inUse(): number {
    return 2 * this.#inUse;
  }

  /** Pairs altogether. */
  get pairs(): number {
    return this.#count;
  }

  /** The even port of a free pair; undefined when all are in use or rest. */
  take(): number | undefined {
    const port = this.#next();
    if (port !== undefined) this.#inUse++;
    return port;
  }

  /** Gives a pair back. */
  give(port: number): void {
    this.#inUse--;
    this.#resting.push({
      port,
      freeAtMs: this.#clock.now() + this.#quarantineMs,
    });
  }

  #next(): number | undefined {
    if (this.#fresh < this.#count) return this.#first + 2 * this.#fresh++;
    const oldest = this.#resting[this.#restingFrom];
    if (oldest === undefined || oldest.freeAtMs > this.#clock.now()) {
      return undefined;
    }
    this.#restingFrom++;
    if (this.#restingFrom > this.#count) {
      this.#resting.splice(0, this.#restingFrom);
      this.#restingFrom = 0;
    }
    return oldest.port;
  }
}
