/**
 * A map for what comes and goes all the time: calls, dialogs, transactions.
 *
 * The engine's Map makes itself a new table each time that its old one is full of gaps, and the old one points to the new
 * one. Once a table has become old, every later table is reached from it, dead as it is, and so is whatever stood in
 * them: a young collection then takes each call there ever was for a living one, copies it twice, and leaves it to the
 * next full collection. Here an entry that is taken out points to nothing, and nothing points to it.
 *
 * @module
 */

import { textHash } from "./text_hash.ts";

const FEWEST_BUCKETS = 8;
/** More buckets than this are given back when the map is empty. */
const MOST_SPARE_BUCKETS = 4096;

/** One key and its value. */
class Entry<Key, Value> {
  key: Key | undefined;
  value: Value | undefined;
  readonly hash: number;
  /** The next of its bucket. */
  chain: Entry<Key, Value> | undefined;
  /** The ring of all, in the order in which they were added. */
  next: Entry<Key, Value> = this;
  previous: Entry<Key, Value> = this;

  constructor(
    hash: number,
    key: Key | undefined,
    value: Value | undefined,
  ) {
    this.hash = hash;
    this.key = key;
    this.value = value;
  }
}

/**
 * See the module's text. Keys are to be such that no peer can choose those that are added: tokens of our own, or salted
 * hashes.
 */
export class ChurnMap<Key extends string | number, Value> {
  #buckets: (Entry<Key, Value> | undefined)[] = emptyBuckets(FEWEST_BUCKETS);
  readonly #ring = new Entry<Key, Value>(0, undefined, undefined);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: Key): Value | undefined {
    return this.#find(hashOf(key), key)?.value;
  }

  has(key: Key): boolean {
    return this.#find(hashOf(key), key) !== undefined;
  }

  set(key: Key, value: Value): this {
    const hash = hashOf(key);
    const known = this.#find(hash, key);
    if (known !== undefined) {
      known.value = value;
      return this;
    }
    if (this.#size >= this.#buckets.length) this.#grow();
    const entry = new Entry<Key, Value>(hash, key, value);
    const at = hash & (this.#buckets.length - 1);
    entry.chain = this.#buckets[at];
    this.#buckets[at] = entry;
    const ring = this.#ring;
    entry.previous = ring.previous;
    entry.next = ring;
    ring.previous.next = entry;
    ring.previous = entry;
    this.#size++;
    return this;
  }

  /** Takes a key out; false where it is not there. */
  delete(key: Key): boolean {
    const hash = hashOf(key);
    const at = hash & (this.#buckets.length - 1);
    let before: Entry<Key, Value> | undefined;
    let entry = this.#buckets[at];
    while (entry !== undefined && entry.key !== key) {
      before = entry;
      entry = entry.chain;
    }
    if (entry === undefined) return false;
    if (before === undefined) this.#buckets[at] = entry.chain;
    else before.chain = entry.chain;
    entry.previous.next = entry.next;
    entry.next.previous = entry.previous;
    entry.next = entry.previous = entry;
    entry.key = entry.value = entry.chain = undefined;
    this.#size--;
    if (this.#size === 0 && this.#buckets.length > MOST_SPARE_BUCKETS) {
      this.#buckets = emptyBuckets(FEWEST_BUCKETS);
    }
    return true;
  }

  /** All values in the order in which their keys were added. */
  values(): Value[] {
    const values: Value[] = [];
    const ring = this.#ring;
    for (let one = ring.next; one !== ring; one = one.next) {
      values.push(one.value!);
    }
    return values;
  }

  clear(): void {
    this.#buckets = emptyBuckets(FEWEST_BUCKETS);
    const ring = this.#ring;
    ring.next = ring.previous = ring;
    this.#size = 0;
  }

  #find(hash: number, key: Key): Entry<Key, Value> | undefined {
    let entry = this.#buckets[hash & (this.#buckets.length - 1)];
    while (entry !== undefined && entry.key !== key) entry = entry.chain;
    return entry;
  }

  /** Twice as many buckets. */
  #grow(): void {
    const buckets = emptyBuckets<Entry<Key, Value>>(2 * this.#buckets.length);
    const ring = this.#ring;
    for (let one = ring.next; one !== ring; one = one.next) {
      const at = one.hash & (buckets.length - 1);
      one.chain = buckets[at];
      buckets[at] = one;
    }
    this.#buckets = buckets;
  }
}

function emptyBuckets<One>(count: number): (One | undefined)[] {
  return new Array<One | undefined>(count).fill(undefined);
}

function hashOf(key: string | number): number {
  return typeof key === "number" ? key : textHash(key, 0);
}
