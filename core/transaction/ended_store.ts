/**
 * What ended transactions leave for the half minute in which doubles of their messages may come: a record each, in memory
 * that the collector does not see. Thousands of them are alive at any time under load; as objects they would be copied
 * twice each before they are old.
 *
 * A record is nine numbers in one array, and bytes in a chunk: its key, a tag, what is to be sent again, and a text. Records
 * that wait equally long end in the order they came: they are a lane, with one timer and chunks that come free as a whole.
 *
 * @module
 */

import type { Clock, Timed, Timer } from "../base/clock.ts";
import { fromBytes, writeBytes } from "../message/bytes.ts";
import {
  type Chunk,
  ChunkPool,
  isText,
  KEY_HEAD_BYTES,
  readInt,
  writeKey,
  writeText,
} from "./ended_chunk.ts";
import type { TransactionKey } from "./transaction_key.ts";

/** What is kept of a transaction besides its key. */
export interface Ended<Held> {
  /** How long it waits. */
  readonly waitMs: number;
  /** The To tag of its final response. */
  readonly tag?: string | undefined;
  /** What is sent again: copied. */
  readonly bytes?: Uint8Array | undefined;
  /** A byte string: what something rare is made from. */
  readonly text?: string | undefined;
  /** It absorbs ACKs. */
  readonly confirmed?: boolean;
  readonly held?: Held | undefined;
}

/** The numbers of a record. */
const FIELDS = 9;
/** The next record of its bucket; of a free record, the next free one. */
const NEXT = 0;
/** The record of its lane that came after it. */
const YOUNGER = 1;
const HASH = 2;
/** Where its bytes begin in its chunk: the key, the tag, what is to be sent, the text. */
const AT = 3;
const KEY_LENGTH = 4;
const TAG_LENGTH = 5;
const BODY_LENGTH = 6;
const TEXT_LENGTH = 7;
const FLAGS = 8;

const CONFIRMED = 1;
/** Taken out before its time: it waits in its lane, and is found no more. */
const REMOVED = 2;

const NONE = -1;
const FEWEST_RECORDS = 64;
/** So much later than its time a record may be thrown out, so that many go at once; it is never found past its time. */
const SLACK_MS = 100;

/** See the module's text. A record is named by its number, which is good until it has waited its time or is removed. */
export class EndedStore<Held> {
  readonly #clock: Clock;
  readonly #onGone: (held: Held) => void;
  readonly #lanes: Lane[] = [];
  readonly #pool = new ChunkPool();
  #records = new Int32Array(0);
  #endsMs = new Float64Array(0);
  /** The first record of each hash's bucket; as many as there is room for records. */
  #buckets = new Int32Array(0);
  #chunks: (Chunk | undefined)[] = [];
  #held: (Held | undefined)[] = [];
  #free = NONE;
  #size = 0;

  /** `onGone` is given what was held for a record that has waited its time. */
  constructor(clock: Clock, onGone: (held: Held) => void) {
    this.#clock = clock;
    this.#onGone = onGone;
  }

  /** How many records there are. */
  get size(): number {
    return this.#size;
  }

  /** Keeps a record from now on; gives its number. */
  add(key: TransactionKey, method: string, ended: Ended<Held>): number {
    if (this.#free === NONE) this.#grow();
    const record = this.#free;
    const { waitMs, confirmed, held } = ended;
    const lane = this.#laneOf(waitMs);
    const keyLength = KEY_HEAD_BYTES + key.id.length + key.name.length +
      method.length;
    const chunk = this.#pool.room(lane.chunk, keyLength + lengthOf(ended));
    lane.chunk = chunk;

    const records = this.#records;
    const base = record * FIELDS;
    this.#free = records[base + NEXT]!;
    const bucket = key.hash & (this.#buckets.length - 1);
    records[base + NEXT] = this.#buckets[bucket]!;
    this.#buckets[bucket] = record;
    records[base + YOUNGER] = NONE;
    records[base + HASH] = key.hash;
    records[base + AT] = chunk.used;
    records[base + KEY_LENGTH] = keyLength;
    records[base + FLAGS] = confirmed === true ? CONFIRMED : 0;
    this.#endsMs[record] = this.#clock.now() + waitMs;
    this.#chunks[record] = chunk;
    this.#held[record] = held;
    chunk.records++;
    chunk.used = writeText(
      chunk.bytes,
      writeKey(chunk.bytes, chunk.used, key),
      method,
    );
    this.#write(record, ended);
    if (lane.newest === NONE) lane.oldest = record;
    else records[lane.newest * FIELDS + YOUNGER] = record;
    lane.newest = record;
    this.#size++;
    lane.timer ??= this.#clock.schedule(waitMs, lane, "ended");
    return record;
  }

  /** Keeps something else with a record from now on; its time, which is to be as long, goes on. */
  replace(record: number, ended: Omit<Ended<Held>, "confirmed">): void {
    const lane = this.#laneOf(ended.waitMs);
    const old = this.#chunks[record]!;
    const base = record * FIELDS;
    const at = this.#records[base + AT]!;
    const keyLength = this.#records[base + KEY_LENGTH]!;
    // Nothing has come after it, in the main: then it is written over.
    if (old === lane.chunk && old.used === this.#endOf(record)) old.used = at;
    const chunk = this.#pool.room(lane.chunk, keyLength + lengthOf(ended));
    lane.chunk = chunk;
    if (chunk !== old || chunk.used !== at) {
      chunk.bytes.set(old.bytes.subarray(at, at + keyLength), chunk.used);
      this.#records[base + AT] = chunk.used;
    }
    chunk.records++;
    this.#pool.leave(old, lane.chunk);
    this.#chunks[record] = chunk;
    this.#held[record] = ended.held;
    chunk.used += keyLength;
    this.#write(record, ended);
  }

  /** The record of a key and method; -1 when there is none. */
  find(key: TransactionKey, method: string): number {
    if (this.#size === 0) return NONE;
    let record = this.#buckets[key.hash & (this.#buckets.length - 1)]!;
    while (record !== NONE) {
      if (this.#matches(record, key) && this.#isOf(record, key, method)) break;
      record = this.#records[record * FIELDS + NEXT]!;
    }
    return record;
  }

  /** The record of a key and any method but this one; -1 when there is none. */
  findOther(key: TransactionKey, method: string): number {
    if (this.#size === 0) return NONE;
    let record = this.#buckets[key.hash & (this.#buckets.length - 1)]!;
    while (record !== NONE) {
      if (this.#matches(record, key) && !this.#isOf(record, key, method)) break;
      record = this.#records[record * FIELDS + NEXT]!;
    }
    return record;
  }

  isConfirmed(record: number): boolean {
    return (this.#records[record * FIELDS + FLAGS]! & CONFIRMED) !== 0;
  }

  /** The To tag, "" where none was given. */
  tag(record: number): string {
    const base = record * FIELDS;
    const start = this.#records[base + AT]! + this.#records[base + KEY_LENGTH]!;
    return this.#text(record, start, this.#records[base + TAG_LENGTH]!);
  }

  /** A copy of what is to be sent again; undefined where there is nothing. */
  bytes(record: number): Uint8Array | undefined {
    const length = this.#records[record * FIELDS + BODY_LENGTH]!;
    if (length === 0) return undefined;
    const end = this.#endOf(record) -
      this.#records[record * FIELDS + TEXT_LENGTH]!;
    return this.#chunks[record]!.bytes.slice(end - length, end);
  }

  /** The text, "" where none was given. */
  text(record: number): string {
    const length = this.#records[record * FIELDS + TEXT_LENGTH]!;
    return this.#text(record, this.#endOf(record) - length, length);
  }

  held(record: number): Held | undefined {
    return this.#held[record];
  }

  /** Holds something else from now on, or nothing; without effect where all is forgotten. */
  hold(record: number, held: Held | undefined): void {
    if (record < this.#held.length) this.#held[record] = held;
  }

  /** Takes a record out before its time. */
  remove(record: number): void {
    this.#unlink(record);
    this.#records[record * FIELDS + FLAGS]! |= REMOVED;
    this.#held[record] = undefined;
    this.#size--;
    if (this.#size === 0) this.clear();
  }

  /** Forgets all, and gives the memory back. */
  clear(): void {
    for (const lane of this.#lanes) {
      this.#clock.cancel(lane.timer);
      lane.oldest = lane.newest = NONE;
    }
    this.#lanes.length = 0;
    this.#pool.clear();
    this.#chunks = [];
    this.#held = [];
    this.#records = new Int32Array(0);
    this.#endsMs = new Float64Array(0);
    this.#buckets = new Int32Array(0);
    this.#free = NONE;
    this.#size = 0;
  }

  /** Throws out what has waited its time. */
  #expire(lane: Lane): void {
    const now = this.#clock.now();
    try {
      while (lane.oldest !== NONE && this.#endsMs[lane.oldest]! <= now) {
        const record = lane.oldest;
        lane.oldest = this.#records[record * FIELDS + YOUNGER]!;
        if (lane.oldest === NONE) lane.newest = NONE;
        const held = this.#held[record];
        this.#drop(record, lane);
        if (held !== undefined) this.#onGone(held);
      }
    } finally {
      lane.timer = undefined;
      if (lane.oldest !== NONE) {
        const dueMs = Math.min(
          this.#endsMs[lane.oldest]! + SLACK_MS,
          this.#endsMs[lane.newest]!,
        );
        lane.timer = this.#clock.schedule(dueMs - now, lane, "ended");
      } else if (this.#size === 0) this.clear();
    }
  }

  #drop(record: number, lane: Lane): void {
    const base = record * FIELDS;
    if ((this.#records[base + FLAGS]! & REMOVED) === 0) {
      this.#unlink(record);
      this.#size--;
    }
    this.#pool.leave(this.#chunks[record]!, lane.chunk);
    this.#chunks[record] = undefined;
    this.#held[record] = undefined;
    this.#records[base + NEXT] = this.#free;
    this.#free = record;
  }

  #unlink(record: number): void {
    const records = this.#records;
    const next = records[record * FIELDS + NEXT]!;
    const bucket = records[record * FIELDS + HASH]! &
      (this.#buckets.length - 1);
    let at = this.#buckets[bucket]!;
    if (at === record) {
      this.#buckets[bucket] = next;
      return;
    }
    for (;;) {
      const after = records[at * FIELDS + NEXT]!;
      if (after === record) break;
      at = after;
    }
    records[at * FIELDS + NEXT] = next;
  }

  /** What is kept besides the key, where its chunk is used up to. */
  #write(
    record: number,
    { tag = "", bytes, text = "" }: Omit<Ended<Held>, "waitMs">,
  ): void {
    const base = record * FIELDS;
    const chunk = this.#chunks[record]!;
    let at = writeText(chunk.bytes, chunk.used, tag);
    if (bytes !== undefined) {
      chunk.bytes.set(bytes, at);
      at += bytes.length;
    }
    if (text !== "") at += writeBytes(text, chunk.bytes, at);
    chunk.used = at;
    this.#records[base + TAG_LENGTH] = tag.length;
    this.#records[base + BODY_LENGTH] = bytes?.length ?? 0;
    this.#records[base + TEXT_LENGTH] = text.length;
  }

  /** Where its bytes end in its chunk. */
  #endOf(record: number): number {
    const records = this.#records;
    const base = record * FIELDS;
    return records[base + AT]! + records[base + KEY_LENGTH]! +
      records[base + TAG_LENGTH]! + records[base + BODY_LENGTH]! +
      records[base + TEXT_LENGTH]!;
  }

  #text(record: number, start: number, length: number): string {
    return fromBytes(this.#chunks[record]!.bytes, start, start + length);
  }

  /** The key is the same, and its time has not come. */
  #matches(record: number, key: TransactionKey): boolean {
    const records = this.#records;
    const base = record * FIELDS;
    if (records[base + HASH] !== key.hash) return false;
    const { bytes } = this.#chunks[record]!;
    const at = records[base + AT]!;
    const idAt = at + KEY_HEAD_BYTES;
    return readInt(bytes, at) === key.id.length &&
      readInt(bytes, at + 4) === key.name.length &&
      readInt(bytes, at + 8) === key.number &&
      isText(bytes, idAt, key.id) &&
      isText(bytes, idAt + key.id.length, key.name) &&
      this.#endsMs[record]! > this.#clock.now();
  }

  #isOf(record: number, key: TransactionKey, method: string): boolean {
    const base = record * FIELDS;
    const before = KEY_HEAD_BYTES + key.id.length + key.name.length;
    const length = this.#records[base + KEY_LENGTH]! - before;
    const at = this.#records[base + AT]! + before;
    return length === method.length &&
      isText(this.#chunks[record]!.bytes, at, method);
  }

  #laneOf(waitMs: number): Lane {
    for (const lane of this.#lanes) if (lane.waitMs === waitMs) return lane;
    const lane = new Lane(waitMs, (which) => this.#expire(which));
    this.#lanes.push(lane);
    return lane;
  }

  /** Room for twice as many records. */
  #grow(): void {
    const before = this.#endsMs.length;
    const room = Math.max(FEWEST_RECORDS, 2 * before);
    const records = new Int32Array(room * FIELDS);
    records.set(this.#records);
    const endsMs = new Float64Array(room);
    endsMs.set(this.#endsMs);
    const buckets = new Int32Array(room).fill(NONE);
    for (let record = 0; record < before; record++) {
      const base = record * FIELDS;
      if ((records[base + FLAGS]! & REMOVED) !== 0) continue;
      const bucket = records[base + HASH]! & (room - 1);
      records[base + NEXT] = buckets[bucket]!;
      buckets[bucket] = record;
    }
    // All are taken, or there would be no need for more.
    for (let record = room - 1; record >= before; record--) {
      records[record * FIELDS + NEXT] = this.#free;
      this.#free = record;
    }
    this.#records = records;
    this.#endsMs = endsMs;
    this.#buckets = buckets;
  }
}

/** Records that wait equally long, the oldest first. */
class Lane implements Timed {
  readonly waitMs: number;
  oldest = NONE;
  newest = NONE;
  /** Where the next record's bytes go. */
  chunk: Chunk | undefined;
  timer: Timer | undefined;
  readonly #onDue: (lane: Lane) => void;

  constructor(waitMs: number, onDue: (lane: Lane) => void) {
    this.waitMs = waitMs;
    this.#onDue = onDue;
  }

  onTimer(_name: string): void {
    this.#onDue(this);
  }
}

/** How many bytes it takes besides the key. */
function lengthOf(
  { tag = "", bytes, text = "" }: Omit<Ended<unknown>, "waitMs">,
): number {
  return tag.length + (bytes?.length ?? 0) + text.length;
}
