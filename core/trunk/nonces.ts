/**
 * Nonces that need no memory until they are used: each carries the time it was made and a code that only we can make.
 *
 * @module
 */

import { createHmac } from "node:crypto";
import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";

/** What a nonce turned out to be. */
export type NonceVerdict =
  /** Ours, in time, and this count is higher than all before. */
  | "fresh"
  /** Ours, but too old, or its count was used before: the client may try again with another one. */
  | "stale"
  /** Not ours. */
  | "forged";

/** Most nonces whose counts are remembered; the oldest go first, and count as stale from then on. */
const MOST_REMEMBERED = 50_000;

/** Makes and checks nonces. */
export class Nonces {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #lifeMs: number;
  readonly #most: number;
  readonly #secret: string;
  /** The highest count of each nonce that was used, the longest unused first. */
  readonly #counts = new Map<string, number>();
  /** Nonces made before that have been forgotten, so their counts prove nothing. */
  #forgottenBeforeMs = -1;

  constructor(
    world: { clock: Clock; random: Random },
    options: { lifeSeconds: number; most?: number },
  ) {
    this.#clock = world.clock;
    this.#random = world.random;
    this.#lifeMs = options.lifeSeconds * 1000;
    this.#most = options.most ?? MOST_REMEMBERED;
    this.#secret = `${world.random.token()}${world.random.token()}`;
  }

  /** Nonces whose counts are remembered. */
  get size(): number {
    return this.#counts.size;
  }

  /** A new one. */
  make(): string {
    const made = this.#clock.now().toString(16).padStart(12, "0");
    const text = `${made}.${this.#random.token()}`;
    return `${text}.${this.#code(text)}`;
  }

  /** What one is, by its text alone. */
  judge(nonce: string): NonceVerdict {
    const match = /^(([0-9a-f]{12})\.[0-9a-z]{1,64})\.([0-9a-f]{32})$/.exec(
      nonce,
    );
    if (match === null || match[3] !== this.#code(match[1]!)) return "forged";
    const madeMs = parseInt(match[2]!, 16);
    if (this.#clock.now() - madeMs > this.#lifeMs) return "stale";
    return madeMs <= this.#forgottenBeforeMs && !this.#counts.has(nonce)
      ? "stale"
      : "fresh";
  }

  /** Takes the count of a request whose credentials are right; "stale" when it is no higher than one before. */
  use(nonce: string, count: number): NonceVerdict {
    const verdict = this.judge(nonce);
    if (verdict !== "fresh") return verdict;
    // RFC 7616 §3.4: the nonce count lets a server detect replays by keeping its own copy of it.
    const highest = this.#counts.get(nonce) ?? 0;
    if (count <= highest) return "stale";
    this.#counts.delete(nonce);
    this.#counts.set(nonce, count);
    this.#forget();
    return "fresh";
  }

  #forget(): void {
    for (const nonce of this.#counts.keys()) {
      const madeMs = parseInt(nonce.slice(0, 12), 16);
      const old = this.#clock.now() - madeMs > this.#lifeMs;
      if (!old && this.#counts.size <= this.#most) return;
      this.#counts.delete(nonce);
      if (!old) {
        this.#forgottenBeforeMs = Math.max(this.#forgottenBeforeMs, madeMs);
      }
    }
  }

  #code(text: string): string {
    return createHmac("sha256", this.#secret).update(text, "latin1")
      .digest("hex").slice(0, 32);
  }
}
