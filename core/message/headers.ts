/**
 * Header fields of one message: an ordered list of lines, each as it came or as we wrote it.
 *
 * Hot path: a line is cut from the text of its message and its value is looked at only when asked for; names are
 * interned keys, so that a search compares pointers.
 *
 * @module
 */

import { trimmed, trimmedPart } from "./bytes.ts";
import { headerKey, headerName } from "./header_name.ts";

const CRLF = "\r\n";

/** One header field, immutable, so that messages may share it. */
export class HeaderLine {
  readonly #text: string;
  /** After the colon. */
  readonly #valueAt: number;
  /** Whether the CRLF that ends the line is in the text: sent on, it then takes one string and not three. */
  #isEnded = false;
  #value: string | undefined;

  /**
   * `raw` is the whole line without its last CRLF, folds included; `key` is as {@linkcode headerKey} gives it, `valueAt`
   * where the colon ends.
   */
  constructor(
    readonly key: string,
    raw: string,
    valueAt: number = raw.indexOf(":") + 1,
  ) {
    this.#text = raw;
    this.#valueAt = valueAt;
  }

  /** A line without folds, with the CRLF that ends it. */
  static ended(key: string, text: string, valueAt?: number): HeaderLine {
    const line = new HeaderLine(key, text, valueAt);
    line.#isEnded = true;
    return line;
  }

  /**
   * A line of our own making: `Name: value`.
   *
   * @throws {TypeError} when the value has a line break: it would end the line and begin another one.
   */
  static of(name: string, value: string): HeaderLine {
    if (value.includes("\n") || value.includes("\r")) {
      throw new TypeError(
        `Cannot write header field: the value of "${name}" has a line break`,
      );
    }
    const line = new HeaderLine(headerKey(name), `${name}: ${value}`);
    line.#value = trimmed(value);
    return line;
  }

  /** The whole line without its last CRLF, folds included. */
  get raw(): string {
    return this.#isEnded ? this.#text.slice(0, -CRLF.length) : this.#text;
  }

  /** The line as it is sent, with its CRLF. */
  get wire(): string {
    return this.#isEnded ? this.#text : this.#text + CRLF;
  }

  /** How long it is as it is sent. */
  get bytes(): number {
    return this.#text.length + (this.#isEnded ? 0 : CRLF.length);
  }

  /** The name as written, compact form included. */
  get name(): string {
    return this.#text.slice(0, this.#valueAt - 1).trimEnd();
  }

  /** The value, unfolded and without the spaces around it (RFC 3261 section 7.3.1). */
  get value(): string {
    return this.#value ??= this.#isEnded
      ? trimmedPart(this.#text, this.#valueAt, this.#text.length - CRLF.length)
      : valueOf(this.#text, this.#valueAt);
  }
}

/** An ordered list of header fields; names are case-insensitive and compact forms are known. */
export class Headers {
  readonly #lines: HeaderLine[];

  constructor(lines: HeaderLine[] = []) {
    this.#lines = lines;
  }

  /** The lines in order. They are not to be changed in place. */
  get lines(): readonly HeaderLine[] {
    return this.#lines;
  }

  /** The value of the first line of that name. */
  get(name: string): string | undefined {
    return this.first(headerKey(name))?.value;
  }

  /** The values of all lines of that name, a line each: comma lists are not taken apart. */
  getAll(name: string): string[] {
    const key = headerKey(name);
    const values: string[] = [];
    for (const line of this.#lines) {
      if (line.key === key) values.push(line.value);
    }
    return values;
  }

  has(name: string): boolean {
    return this.first(headerKey(name)) !== undefined;
  }

  /** The first line with that key (not name): for callers that know it. */
  first(key: string): HeaderLine | undefined {
    for (const line of this.#lines) if (line.key === key) return line;
    return undefined;
  }

  /** Adds a line at the end. */
  append(name: string, value: string): this {
    this.#lines.push(HeaderLine.of(name, value));
    return this;
  }

  /** Adds a line, of another message perhaps, at the end. */
  add(line: HeaderLine): this {
    this.#lines.push(line);
    return this;
  }

  /** Adds a line before all others of its name, or at the top. */
  prepend(name: string, value: string): this {
    const line = HeaderLine.of(name, value);
    const at = this.#lines.findIndex((other) => other.key === line.key);
    this.#lines.splice(Math.max(0, at), 0, line);
    return this;
  }

  /** Replaces the first line of that name in its place and removes its others; appends where there was none. */
  set(name: string, value: string): this {
    const key = headerKey(name);
    const at = this.#lines.findIndex((line) => line.key === key);
    if (at < 0) return this.append(name, value);
    const spelling = this.#lines[at]!.name;
    this.#lines[at] = HeaderLine.of(spelling, value);
    for (let i = this.#lines.length - 1; i > at; i--) {
      if (this.#lines[i]!.key === key) this.#lines.splice(i, 1);
    }
    return this;
  }

  /** Puts another value in the place of one line, or takes it out (undefined); gives the new line. No other changes. */
  replace(line: HeaderLine, value: string | undefined): HeaderLine | undefined {
    const at = this.#lines.indexOf(line);
    if (at < 0) return undefined;
    if (value === undefined) {
      this.#lines.splice(at, 1);
      return undefined;
    }
    const fresh = HeaderLine.of(line.name, value);
    this.#lines[at] = fresh;
    return fresh;
  }

  /** Removes all lines of that name; says how many there were. */
  delete(name: string): number {
    const key = headerKey(name);
    const before = this.#lines.length;
    for (let i = before - 1; i >= 0; i--) {
      if (this.#lines[i]!.key === key) this.#lines.splice(i, 1);
    }
    return before - this.#lines.length;
  }

  /** Gives all lines of a name another one, values and places kept; says how many there were. */
  rename(from: string, to: string): number {
    const key = headerKey(from);
    let count = 0;
    for (let i = 0; i < this.#lines.length; i++) {
      const line = this.#lines[i]!;
      if (line.key !== key) continue;
      this.#lines[i] = HeaderLine.of(to, line.value);
      count++;
    }
    return count;
  }

  /** Another list with the same lines. */
  clone(): Headers {
    // Filled one by one, since the engine then leaves room for more, as a copied array has none.
    const lines: HeaderLine[] = [];
    for (const line of this.#lines) lines.push(line);
    return new Headers(lines);
  }

  /** The usual spelling of a key, for lines we write. */
  static nameOf(key: string): string {
    return headerName(key);
  }
}

/** The value that begins at `from`, in one line and without the white space around it. */
function valueOf(line: string, from: number): string {
  const value = trimmedPart(line, from, line.length);
  return value.includes("\n") ? unfold(value) : value;
}

/** §7.3.1: "The line break and the whitespace at the beginning of the next line are treated as a single SP character." */
function unfold(text: string): string {
  let value = "";
  for (const piece of text.split("\n")) {
    const part = trimmed(piece);
    if (part === "") continue;
    value = value === "" ? part : `${value} ${part}`;
  }
  return value;
}
