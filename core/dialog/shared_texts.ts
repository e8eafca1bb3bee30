/** Texts that peers send alike: whoever keeps one for long keeps the copy that all have. */

import { detached } from "../message/bytes.ts";

/** See the file's text. Bounded: forgotten texts are merely copied once more. */
export class SharedTexts {
  readonly #most: number;
  readonly #texts = new Map<string, string>();

  constructor(most: number) {
    this.#most = most;
  }

  /** The same text, detached from its message. */
  of(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    const copy = detached(text);
    if (copy.length > MAX_CHARS) return copy;
    if (this.#texts.size >= this.#most) this.#texts.clear();
    this.#texts.set(copy, copy);
    return copy;
  }
}

/** Longer ones are rare, and no two alike. */
const MAX_CHARS = 256;
