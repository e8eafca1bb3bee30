/**
 * Room for the datagrams of one `recvmmsg` or `sendmmsg`: their bytes, addresses and the kernel's `mmsghdr` of each, laid
 * out once and used for ever. Linux on 64 bits lays them out alike on x86-64 and arm64, glibc and musl:
 *
 * ```
 * struct mmsghdr { struct msghdr { void *name; u32 namelen; iovec *iov; u64 iovlen; void *control; u64 controllen;
 *                                  int flags; } hdr; u32 len; };                                           // 64 bytes
 * struct iovec { void *base; u64 len; };                                                                   // 16 bytes
 * ```
 *
 * Hot path: nothing is allocated for a datagram, and headers are written as 32-bit words.
 *
 * @module
 */

import type { Libc } from "./libc.ts";
import { NAME_BYTES } from "./socket_name.ts";

/** How many datagrams one call receives or sends at most. */
export const BATCH = 64;
/** Bytes kept for ancillary data: a header of 16 and one number. */
const CONTROL_BYTES = 32;
const HEADER_BYTES = 64;
const VECTOR_BYTES = 16;

/** Words (of 4 bytes) within a `mmsghdr`. */
const NAME_LENGTH = 2;
const CONTROL_LENGTH = 10;
const FLAGS = 12;
const LENGTH = 14;

/** What is common to both directions. */
abstract class Batch {
  /** What `recvmmsg` and `sendmmsg` are given. */
  readonly headers: Uint8Array<ArrayBuffer>;
  /** All datagrams' bytes. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** All addresses, {@linkcode NAME_BYTES} each. */
  readonly names: Uint8Array<ArrayBuffer>;
  protected readonly words: Uint32Array<ArrayBuffer>;
  protected readonly vectors: BigUint64Array<ArrayBuffer>;
  protected readonly control: ArrayBuffer;
  protected readonly base: bigint;

  protected constructor(libc: Libc, size: number, withControl: boolean) {
    const headers = new ArrayBuffer(BATCH * HEADER_BYTES);
    const vectors = new ArrayBuffer(BATCH * VECTOR_BYTES);
    const names = new ArrayBuffer(BATCH * NAME_BYTES);
    const bytes = new ArrayBuffer(size);
    this.control = new ArrayBuffer(withControl ? BATCH * CONTROL_BYTES : 8);
    this.headers = new Uint8Array(headers);
    this.words = new Uint32Array(headers);
    this.vectors = new BigUint64Array(vectors);
    this.names = new Uint8Array(names);
    this.bytes = new Uint8Array(bytes);
    this.base = libc.addressOf(bytes);
    const long = new BigUint64Array(headers);
    const name = libc.addressOf(names);
    const vector = libc.addressOf(vectors);
    const control = libc.addressOf(this.control);
    for (let at = 0; at < BATCH; at++) {
      const first = at * HEADER_BYTES / 8;
      long[first] = name + BigInt(at * NAME_BYTES);
      long[first + 2] = vector + BigInt(at * VECTOR_BYTES);
      long[first + 3] = 1n;
      if (withControl) long[first + 4] = control + BigInt(at * CONTROL_BYTES);
    }
  }
}

/** Datagrams received together. */
export class ReceiveBatch extends Batch {
  readonly #slotBytes: number;
  readonly #controlWords: Uint32Array<ArrayBuffer>;

  /** `slotBytes` is the longest datagram; what is longer is cut. */
  constructor(libc: Libc, slotBytes: number) {
    super(libc, BATCH * slotBytes, true);
    this.#slotBytes = slotBytes;
    this.#controlWords = new Uint32Array(this.control);
    for (let at = 0; at < BATCH; at++) {
      this.vectors[2 * at] = this.base + BigInt(at * slotBytes);
      this.vectors[2 * at + 1] = BigInt(slotBytes);
    }
    this.reset(BATCH);
  }

  /** Makes the first `count` places ready to be received into: the kernel has written over their lengths. */
  reset(count: number): void {
    const { words } = this;
    for (let first = 0; first < count * 16; first += 16) {
      words[first + NAME_LENGTH] = NAME_BYTES;
      words[first + CONTROL_LENGTH] = CONTROL_BYTES;
    }
  }

  /** The bytes of one datagram, in place: good until the next is received into it. */
  datagram(at: number): Uint8Array<ArrayBuffer> {
    const start = at * this.#slotBytes;
    return this.bytes.subarray(start, start + this.words[at * 16 + LENGTH]!);
  }

  /** How long one is. */
  lengthOf(at: number): number {
    return this.words[at * 16 + LENGTH]!;
  }

  /** Where one came from, to keep. */
  name(at: number): Uint8Array<ArrayBuffer> {
    const start = at * NAME_BYTES;
    return this.names.slice(start, start + this.words[at * 16 + NAME_LENGTH]!);
  }

  /**
   * How many datagrams the kernel has dropped on this socket since it was opened, before this one; undefined when it
   * says nothing, as it does while none are.
   */
  dropped(at: number): number | undefined {
    // A cmsghdr {u64 length; int level; int type} and a 32-bit count. SO_RXQ_OVFL is the one option asked for.
    return this.words[at * 16 + CONTROL_LENGTH]! >= 20
      ? this.#controlWords[at * CONTROL_BYTES / 4 + 4]
      : undefined;
  }
}

/** Datagrams to be sent together. */
export class SendBatch extends Batch {
  #count = 0;
  #used = 0;

  /** `size` is how many bytes of datagrams it has room for. */
  constructor(libc: Libc, size: number) {
    super(libc, size, false);
  }

  get count(): number {
    return this.#count;
  }

  /** Takes one datagram, or says that it has no room for it. */
  add(bytes: Uint8Array, name: Uint8Array): boolean {
    const at = this.#count;
    const { length } = bytes;
    if (at === BATCH || this.#used + length > this.bytes.length) return false;
    this.bytes.set(bytes, this.#used);
    this.names.set(name, at * NAME_BYTES);
    this.vectors[2 * at] = this.base + BigInt(this.#used);
    this.vectors[2 * at + 1] = BigInt(length);
    const first = at * 16;
    this.words[first + NAME_LENGTH] = name.length;
    this.words[first + FLAGS] = 0;
    this.#used += length;
    this.#count++;
    return true;
  }

  /** The `mmsghdr`s from one of them on. */
  from(at: number): Uint8Array<ArrayBuffer> {
    return at === 0 ? this.headers : this.headers.subarray(at * HEADER_BYTES);
  }

  /** One datagram's bytes and name, to keep. */
  copy(at: number): { bytes: Uint8Array; name: Uint8Array } {
    const start = Number(this.vectors[2 * at]! - this.base);
    const end = start + Number(this.vectors[2 * at + 1]!);
    const name = at * NAME_BYTES;
    const nameBytes = this.words[at * 16 + NAME_LENGTH]!;
    return {
      bytes: this.bytes.slice(start, end),
      name: this.names.slice(name, name + nameBytes),
    };
  }

  clear(): void {
    this.#count = 0;
    this.#used = 0;
  }
}
