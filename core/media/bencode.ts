/**
 * Bencoding, as rtpengine's ng protocol uses it: integers, byte strings, lists and dictionaries. Text is byte strings,
 * one character a byte.
 *
 * @module
 */

/** What can be written and read. */
export type Bencoded =
  | number
  | string
  | readonly Bencoded[]
  | BencodedDictionary;

/** Keys to values; order is kept. */
export interface BencodedDictionary {
  readonly [key: string]: Bencoded;
}

/** Lists and dictionaries within each other: deeper text is refused. */
const MAX_DEPTH = 32;
/** Longest number of digits: all that stays exact. */
const MAX_DIGITS = 15;

/** Writes a value. */
export function encode(value: Bencoded): string {
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) {
      throw new RangeError(`Cannot encode number: ${value} is no whole number`);
    }
    return `i${value}e`;
  }
  if (typeof value === "string") return `${value.length}:${value}`;
  if (isList(value)) return `l${value.map(encode).join("")}e`;
  const entries = Object.entries(value)
    .map(([key, item]) => encode(key) + encode(item));
  return `d${entries.join("")}e`;
}

/** Reads a value that is the whole text; undefined when it is anything else. */
export function decode(text: string): Bencoded | undefined {
  const reader = new Reader(text);
  const value = reader.value(0);
  return value !== undefined && reader.atEnd ? value : undefined;
}

/** A dictionary, or undefined for any other value. */
export function dictionary(
  value: Bencoded | undefined,
): BencodedDictionary | undefined {
  return typeof value === "object" && !isList(value) ? value : undefined;
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get atEnd(): boolean {
    return this.#at === this.#text.length;
  }

  value(depth: number): Bencoded | undefined {
    if (depth > MAX_DEPTH) return undefined;
    switch (this.#text[this.#at]) {
      case "i":
        this.#at++;
        return this.#number("e");
      case "l":
        this.#at++;
        return this.#list(depth);
      case "d":
        this.#at++;
        return this.#dictionary(depth);
    }
    return this.#string();
  }

  #list(depth: number): Bencoded[] | undefined {
    const items: Bencoded[] = [];
    while (this.#text[this.#at] !== "e") {
      const item = this.value(depth + 1);
      if (item === undefined) return undefined;
      items.push(item);
    }
    this.#at++;
    return items;
  }

  #dictionary(depth: number): BencodedDictionary | undefined {
    // A peer's keys must not reach what objects inherit.
    const found: Record<string, Bencoded> = Object.create(null);
    while (this.#text[this.#at] !== "e") {
      const key = this.#string();
      const item = key === undefined ? undefined : this.value(depth + 1);
      if (key === undefined || item === undefined) return undefined;
      found[key] = item;
    }
    this.#at++;
    return found;
  }

  #string(): string | undefined {
    const length = this.#number(":");
    if (length === undefined || length < 0) return undefined;
    const end = this.#at + length;
    if (end > this.#text.length) return undefined;
    const value = this.#text.slice(this.#at, end);
    this.#at = end;
    return value;
  }

  /** The digits up to `end`, which is taken too. */
  #number(end: string): number | undefined {
    const stop = this.#text.indexOf(end, this.#at);
    if (stop < 0 || stop - this.#at > MAX_DIGITS) return undefined;
    const digits = this.#text.slice(this.#at, stop);
    if (!/^(?:0|-?[1-9][0-9]*)$/.test(digits)) return undefined;
    this.#at = stop + 1;
    return Number(digits);
  }
}

function isList(value: Bencoded): value is readonly Bencoded[] {
  return Array.isArray(value);
}
