/**
 * Randomness that nobody can guess, for the network.
 *
 * Hot path: every Via, tag and Call-ID takes a token. Asking the system costs about a microsecond however little is
 * wanted, so a block is fetched at once and used up.
 *
 * @module
 */

import type { Random } from "../core/base/random.ts";

/** A letter or digit for each value of five bits. */
const DIGITS = new TextEncoder().encode("0123456789abcdefghijklmnopqrstuv");
const BLOCK_BYTES = 8_192;
/** Five bits of each byte are used: 80 in all. */
const TOKEN_BYTES = 16;

/** The randomness of the process; `fill` overwrites all it is given and is the system's generator by default. */
export class SystemRandom implements Random {
  readonly #block = new Uint8Array(BLOCK_BYTES);
  readonly #fill: (block: Uint8Array<ArrayBuffer>) => void;
  #used = BLOCK_BYTES;

  constructor(
    fill: (block: Uint8Array<ArrayBuffer>) => void = (block) => {
      crypto.getRandomValues(block);
    },
  ) {
    this.#fill = fill;
  }

  fraction(): number {
    const at = this.#take(4);
    const block = this.#block;
    const bits = (block[at]! << 24 | block[at + 1]! << 16 |
      block[at + 2]! << 8 | block[at + 3]!) >>> 0;
    return bits / 2 ** 32;
  }

  token(): string {
    const at = this.#take(TOKEN_BYTES);
    // One call makes one flat string; adding letter by letter would make a chain of sixteen.
    return String.fromCharCode(
      this.#digit(at),
      this.#digit(at + 1),
      this.#digit(at + 2),
      this.#digit(at + 3),
      this.#digit(at + 4),
      this.#digit(at + 5),
      this.#digit(at + 6),
      this.#digit(at + 7),
      this.#digit(at + 8),
      this.#digit(at + 9),
      this.#digit(at + 10),
      this.#digit(at + 11),
      this.#digit(at + 12),
      this.#digit(at + 13),
      this.#digit(at + 14),
      this.#digit(at + 15),
    );
  }

  #digit(at: number): number {
    return DIGITS[this.#block[at]! & 31]!;
  }

  #take(bytes: number): number {
    if (this.#used + bytes > BLOCK_BYTES) {
      this.#fill(this.#block);
      this.#used = 0;
    }
    const at = this.#used;
    this.#used += bytes;
    return at;
  }
}
