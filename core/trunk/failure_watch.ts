/**
 * Who keeps guessing passwords is made to wait, longer each time: RFC 3261 leaves open how a server defends itself, and
 * 503 with Retry-After is its only refusal that says "later" to a device that means well. While it lasts no password is
 * looked at, so that guesses come at the pace of the waits.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";

/** How much is borne. */
export interface FailureLimits {
  /** Wrong passwords in a row before the first wait. */
  readonly free: number;
  /** The first wait; each further failure doubles it. */
  readonly firstWaitSeconds: number;
  readonly longestWaitSeconds: number;
  /** A quiet time after which all is forgotten. */
  readonly forgetSeconds: number;
}

interface Record {
  failures: number;
  waitUntilMs: number;
  lastMs: number;
}

/** Most offenders remembered; those that have been quiet the longest are forgotten first. */
const MOST_REMEMBERED = 10_000;

/** Failures by whatever key: a source, a user name. */
export class FailureWatch {
  readonly #clock: Clock;
  readonly #limits: FailureLimits;
  readonly #most: number;
  /** The one that has been quiet the longest first. */
  readonly #records = new Map<string, Record>();

  constructor(
    clock: Clock,
    limits: FailureLimits,
    options: { most?: number } = {},
  ) {
    this.#clock = clock;
    this.#limits = limits;
    this.#most = options.most ?? MOST_REMEMBERED;
  }

  /** Keys remembered. */
  get size(): number {
    return this.#records.size;
  }

  /** How long it still has to wait, in whole seconds; 0: it may try. */
  waitSeconds(key: string): number {
    const record = this.#records.get(key);
    if (record === undefined) return 0;
    return Math.max(
      0,
      Math.ceil((record.waitUntilMs - this.#clock.now()) / 1000),
    );
  }

  /** Notes a failure. Gives the wait where one begins with it, else 0; `isFirst` is true for the first wait of a row. */
  failed(key: string): { waitSeconds: number; isFirst: boolean } {
    const nowMs = this.#clock.now();
    const before = this.#records.get(key);
    const { free, firstWaitSeconds, longestWaitSeconds, forgetSeconds } =
      this.#limits;
    const kept = before !== undefined &&
      nowMs - before.lastMs < forgetSeconds * 1000;
    const failures = kept ? before.failures + 1 : 1;
    const over = failures - free;
    const waitSeconds = over <= 0
      ? 0
      : Math.min(longestWaitSeconds, firstWaitSeconds * 2 ** (over - 1));
    this.#records.delete(key);
    this.#records.set(key, {
      failures,
      waitUntilMs: nowMs + waitSeconds * 1000,
      lastMs: nowMs,
    });
    this.#forget();
    return { waitSeconds, isFirst: over === 1 };
  }

  /** The right password was given. */
  succeeded(key: string): void {
    this.#records.delete(key);
  }

  #forget(): void {
    const quietMs = this.#clock.now() - this.#limits.forgetSeconds * 1000;
    for (const [key, { lastMs }] of this.#records) {
      if (lastMs > quietMs && this.#records.size <= this.#most) return;
      this.#records.delete(key);
    }
  }
}
