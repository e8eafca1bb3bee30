/**
 * The bytes of ended transactions' records: chunks of memory that are filled one record after the other and come free as
 * a whole, and what is written into them.
 *
 * @module
 */

import type { TransactionKey } from "./transaction_key.ts";

/** Two lengths and a number of four bytes each. */
export const KEY_HEAD_BYTES = 12;

const CHUNK_BYTES = 32 * 1024;
/** Empty chunks kept for the next ones. */
const MOST_SPARE = 8;

/** Bytes of records, one after the other. */
export class Chunk {
  readonly bytes: Uint8Array;
  used = 0;
  /** How many records are in it. */
  records = 0;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
  }
}

/** Chunks of one size, used one after the other. */
export class ChunkPool {
  readonly #spare: Chunk[] = [];

  /** The chunk in use, or the next one where so many bytes do not fit. */
  room(current: Chunk | undefined, bytes: number): Chunk {
    if (
      current !== undefined && current.used + bytes <= current.bytes.length
    ) return current;
    if (current?.records === 0) this.#keep(current);
    return bytes > CHUNK_BYTES
      ? new Chunk(bytes)
      : this.#spare.pop() ?? new Chunk(CHUNK_BYTES);
  }

  /** One record less is in a chunk. */
  leave(chunk: Chunk, current: Chunk | undefined): void {
    if (--chunk.records > 0) return;
    chunk.used = 0;
    if (chunk !== current) this.#keep(chunk);
  }

  /** Gives the memory back. */
  clear(): void {
    this.#spare.length = 0;
  }

  #keep(chunk: Chunk): void {
    if (
      chunk.bytes.length === CHUNK_BYTES && this.#spare.length < MOST_SPARE
    ) this.#spare.push(chunk);
  }
}

/** A key; gives where it ends. */
export function writeKey(
  bytes: Uint8Array,
  at: number,
  key: TransactionKey,
): number {
  writeInt(bytes, at, key.id.length);
  writeInt(bytes, at + 4, key.name.length);
  writeInt(bytes, at + 8, key.number);
  return writeText(bytes, writeText(bytes, at + 12, key.id), key.name);
}

function writeInt(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >> 8;
  bytes[at + 2] = value >> 16;
  bytes[at + 3] = value >> 24;
}

/** A number of four bytes. */
export function readInt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 |
    bytes[at + 3]! << 24;
}

/** A short text, in which every character is a byte; gives where it ends. */
export function writeText(bytes: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
  return at + text.length;
}

/** True where the text stands there. */
export function isText(bytes: Uint8Array, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    if (bytes[at + i] !== text.charCodeAt(i)) return false;
  }
  return true;
}
