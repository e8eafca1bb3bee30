/**
 * The memory of one engine instance: values read where they lie, without asking the engine.
 *
 * This is a hot path. A function of the engine that is not called is code that need not be fetched into a cold cache.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Pointer, ValueLayout } from "./engine.ts";

/** Texts of up to so many characters are remembered, and so many of them. */
const SHORT_CHARS = 32;
const REMEMBERED = 64;
/** The engine writes half a surrogate pair as three bytes, none of which is UTF-8. */
const HALF_PAIR = /[\ud800-\udfff]/gu;
const HALF_PAIR_READ = "\ufffd\ufffd\ufffd";

/** See the module comment. */
export class EngineMemory {
  readonly #memory: WebAssembly.Memory;
  #layout: ValueLayout = {
    numberTag: NaN,
    textTag: NaN,
    lengthAt: 0,
    charactersAt: 0,
  };
  #words: Int32Array;
  #bytes: Buffer;
  /** Short texts by where they lay: mostly names of header fields, which stand in the script. */
  readonly #short: string[] = Array.from({ length: REMEMBERED }, () => "");

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
    this.#words = new Int32Array(memory.buffer);
    this.#bytes = Buffer.from(memory.buffer);
  }

  /** How values lie; until it is known none is found. */
  set layout(layout: ValueLayout) {
    this.#layout = layout;
  }

  /** The memory as words; a view dies when the memory grows. */
  get words(): Int32Array {
    if (this.#words.byteLength === 0) this.#renew();
    return this.#words;
  }

  get bytes(): Buffer {
    if (this.#bytes.byteLength === 0) this.#renew();
    return this.#bytes;
  }

  /** A value that is a whole number of 32 bits; undefined for any other. */
  number(value: Pointer): number | undefined {
    const words = this.words;
    const at = value >> 2;
    return words[at + 1] === this.#layout.numberTag ? words[at] : undefined;
  }

  /** Makes a value the number, in place of another number; false when it is none of 32 bits. */
  putNumber(value: Pointer, number: number): boolean {
    if ((number | 0) !== number) return false;
    const words = this.words;
    words[value >> 2] = number;
    words[(value >> 2) + 1] = this.#layout.numberTag;
    return true;
  }

  /** A value that is a text in one piece, as all short ones are; undefined for any other. */
  text(value: Pointer): string | undefined {
    const words = this.words;
    const { textTag, lengthAt, charactersAt } = this.#layout;
    if (words[(value >> 2) + 1] !== textTag) return undefined;
    const place = words[value >> 2]!;
    const length = words[(place + lengthAt) >> 2]!;
    const first = place + charactersAt;
    if (length < 0) return this.#wide(first, length & 0x7fffffff);
    if (length <= SHORT_CHARS) return this.#remembered(first, length);
    return this.bytes.toString("latin1", first, first + length);
  }

  /** Writes a text and a NUL; false, with some of it written, where it is not all ASCII. */
  putAscii(at: Pointer, text: string): boolean {
    const { bytes } = this;
    const { length } = text;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) return false;
      bytes[at + i] = code;
    }
    bytes[at + length] = 0;
    return true;
  }

  /** The text that lies there up to its NUL; undefined where it is not all ASCII. A decoder costs more than the text. */
  ascii(at: Pointer): string | undefined {
    const { bytes } = this;
    const text = bytes.toString("latin1", at, bytes.indexOf(0, at));
    for (let i = 0; i < text.length; i++) {
      if (text.charCodeAt(i) > 0x7f) return undefined;
    }
    return text;
  }

  /** The text that lay there before, if it is still the same: that makes no new one. */
  #remembered(first: Pointer, length: number): string {
    const { bytes } = this;
    const slot = (first >> 3) & (REMEMBERED - 1);
    const known = this.#short[slot]!;
    if (known.length === length) {
      let i = 0;
      while (i < length && bytes[first + i] === known.charCodeAt(i)) i++;
      if (i === length) return known;
    }
    return this.#short[slot] = bytes
      .toString("latin1", first, first + length);
  }

  #wide(first: Pointer, length: number): string {
    const text = this.bytes.toString("utf16le", first, first + 2 * length);
    return text.isWellFormed()
      ? text
      : text.replaceAll(HALF_PAIR, HALF_PAIR_READ);
  }

  #renew(): void {
    this.#words = new Int32Array(this.#memory.buffer);
    this.#bytes = Buffer.from(this.#memory.buffer);
  }
}
