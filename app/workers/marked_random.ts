/** Randomness whose tokens say which worker made them. */

import type { Random } from "../../core/base/random.ts";

/** Puts a mark before each token; nothing of the token is lost. */
export class MarkedRandom implements Random {
  readonly #random: Random;
  readonly #mark: string;

  constructor(random: Random, mark: string) {
    this.#random = random;
    this.#mark = mark;
  }

  fraction(): number {
    return this.#random.fraction();
  }

  token(): string {
    return this.#mark + this.#random.token();
  }
}
