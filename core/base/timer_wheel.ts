/**
 * A hierarchical timer wheel: six levels of 64 slots, one millisecond a slot at the lowest. Setting and
 * cancelling cost the same whatever the number of timers, and an idle wheel costs nothing. Each timer sits in
 * the level of the highest base-64 digit in which its due time differs from now, and moves down as time comes
 * nearer, so every timer fires in its own millisecond.
 *
 * This is a hot path (some ten timers a call): slots are intrusive linked lists, and nothing is allocated
 * but the timer itself.
 *
 * @module
 */

import type { Clock, Timed, Timer } from "./clock.ts";

const BITS = 6;
const SLOTS = 1 << BITS;
const LEVELS = 6;
const SPAN: readonly number[] = Array.from(
  { length: LEVELS + 1 },
  (_, level) => SLOTS ** level,
);
/** Two years: anything later is as good as never, and the top level must not wrap. */
const MAX_DELAY_MS = SLOTS ** LEVELS - SLOTS ** (LEVELS - 1);

/** One timer, or the head of a slot's ring. */
class Entry implements Timer {
  next: Entry = this;
  previous: Entry = this;
  level = -1;
  slot = 0;

  constructor(
    readonly dueMs: number,
    /** Let go once it is of no more use: a handle that someone keeps shall not keep its owner. */
    public owner: Timed | undefined,
    readonly name: string,
  ) {}

  get pending(): boolean {
    return this.next !== this;
  }
}

/** The {@linkcode Clock} of a process: time moves only by {@linkcode TimerWheel.advance}. */
export class TimerWheel implements Clock {
  #now: number;
  #count = 0;
  readonly #slots: Entry[][] = [];
  /** Which slots of a level hold timers, as two words of 32 bits each. */
  readonly #low = new Int32Array(LEVELS);
  readonly #high = new Int32Array(LEVELS);
  readonly #wallOffsetMs: number;
  readonly #onSooner: ((dueMs: number) => void) | undefined;
  #announcedMs = Infinity;

  /**
   * `startMs` is the first value of `now()`. `wallTimeMs` is the calendar time at that moment. `onSooner` is
   * told when a timer was set that is due before all others, so that a driver can shorten its sleep.
   */
  constructor(
    startMs = 0,
    options: { wallTimeMs?: number; onSooner?: (dueMs: number) => void } = {},
  ) {
    this.#now = Math.floor(startMs);
    this.#wallOffsetMs = (options.wallTimeMs ?? 0) - this.#now;
    this.#onSooner = options.onSooner;
    for (let level = 0; level < LEVELS; level++) {
      this.#slots.push(
        Array.from({ length: SLOTS }, () => new Entry(0, undefined, "")),
      );
    }
  }

  now(): number {
    return this.#now;
  }

  wallTime(): number {
    return this.#now + this.#wallOffsetMs;
  }

  /** How many timers are pending: the leak check at the end of every test. */
  get pending(): number {
    return this.#count;
  }

  schedule(afterMs: number, owner: Timed, name: string): Timer {
    const delay = Math.min(Math.max(0, Math.ceil(afterMs)), MAX_DELAY_MS);
    const entry = new Entry(this.#now + delay, owner, name);
    this.#count++;
    this.#insert(entry);
    if (this.#onSooner !== undefined && entry.dueMs < this.#announcedMs) {
      this.#announcedMs = entry.dueMs;
      this.#onSooner(entry.dueMs);
    }
    return entry;
  }

  cancel(timer: Timer | undefined): void {
    if (!(timer instanceof Entry) || !timer.pending) return;
    this.#unlink(timer);
    timer.owner = undefined;
    this.#count--;
  }

  /**
   * When {@linkcode TimerWheel.advance} has next something to do, or undefined when no timer is pending. It may
   * be earlier than the first timer (one is to move down a level), never later.
   */
  nextDueMs(): number | undefined {
    for (let level = 0; level < LEVELS; level++) {
      const slot = this.#firstSlot(level);
      if (slot >= 0) return this.#slotTime(level, slot);
    }
    return undefined;
  }

  /** Moves time to `toMs`, firing each timer on the way in its own millisecond, in due order. */
  advance(toMs: number): void {
    const target = Math.floor(toMs);
    try {
      for (;;) {
        const due = this.nextDueMs();
        if (due === undefined || due > target) break;
        if (due > this.#now) this.#now = due;
        this.#runSlots();
      }
      if (target > this.#now) this.#now = target;
    } finally {
      this.#announcedMs = this.nextDueMs() ?? Infinity;
    }
  }

  /** Empties the slots whose time is now, the highest level first, so that timers move down before they fire. */
  #runSlots(): void {
    for (let level = LEVELS - 1; level > 0; level--) {
      const slot = Math.floor(this.#now / SPAN[level]!) % SLOTS;
      this.#drain(level, slot, false);
    }
    this.#drain(0, this.#now % SLOTS, true);
  }

  #drain(level: number, slot: number, fire: boolean): void {
    const head = this.#slots[level]![slot]!;
    if (head.next === head) return;
    // A ring of its own, so that a timer set meanwhile for this same millisecond waits for the next round.
    const ring = new Entry(0, undefined, "");
    ring.next = head.next;
    ring.previous = head.previous;
    ring.next.previous = ring;
    ring.previous.next = ring;
    head.next = head.previous = head;
    this.#mark(level, slot, false);
    try {
      for (let entry = ring.next; entry !== ring; entry = ring.next) {
        entry.level = -1;
        this.#unlink(entry);
        if (fire) {
          this.#count--;
          const { owner } = entry;
          entry.owner = undefined;
          owner?.onTimer(entry.name);
        } else {
          this.#insert(entry);
        }
      }
    } finally {
      // Empty, unless an owner threw: then the others still get their turn.
      for (let entry = ring.next; entry !== ring; entry = ring.next) {
        entry.level = -1;
        this.#unlink(entry);
        this.#insert(entry);
      }
    }
  }

  #insert(entry: Entry): void {
    let level = 0;
    while (
      level < LEVELS - 1 &&
      Math.floor(this.#now / SPAN[level + 1]!) !==
        Math.floor(entry.dueMs / SPAN[level + 1]!)
    ) level++;
    const slot = Math.floor(entry.dueMs / SPAN[level]!) % SLOTS;
    const head = this.#slots[level]![slot]!;
    entry.level = level;
    entry.slot = slot;
    entry.previous = head.previous;
    entry.next = head;
    head.previous.next = entry;
    head.previous = entry;
    this.#mark(level, slot, true);
  }

  #unlink(entry: Entry): void {
    entry.previous.next = entry.next;
    entry.next.previous = entry.previous;
    entry.next = entry.previous = entry;
    if (entry.level < 0) return;
    const head = this.#slots[entry.level]![entry.slot]!;
    if (head.next === head) this.#mark(entry.level, entry.slot, false);
  }

  #mark(level: number, slot: number, occupied: boolean): void {
    const words = slot < 32 ? this.#low : this.#high;
    const bit = 1 << (slot & 31);
    if (occupied) words[level]! |= bit;
    else words[level]! &= ~bit;
  }

  /** The first occupied slot of a level at or after now, or after wrapping; -1 when the level is empty. */
  #firstSlot(level: number): number {
    const low = this.#low[level]!;
    const high = this.#high[level]!;
    if (low === 0 && high === 0) return -1;
    const from = Math.floor(this.#now / SPAN[level]!) % SLOTS;
    const ahead = lowestBit(low, high, from);
    return ahead >= 0 ? ahead : lowestBit(low, high, 0);
  }

  /** When a slot's time begins. */
  #slotTime(level: number, slot: number): number {
    const span = SPAN[level]!;
    const turn = SPAN[level + 1]!;
    const start = Math.floor(this.#now / turn) * turn + slot * span;
    const current = Math.floor(this.#now / span) % SLOTS;
    if (slot === current) return Math.max(start, this.#now);
    return slot > current ? start : start + turn;
  }
}

/** The lowest set bit at or above `from` in a 64-bit set given as two words, or -1. */
function lowestBit(low: number, high: number, from: number): number {
  if (from < 32) {
    const word = low & (-1 << from);
    if (word !== 0) return 31 - Math.clz32(word & -word);
    return high === 0 ? -1 : 63 - Math.clz32(high & -high);
  }
  const word = high & (-1 << (from - 32));
  return word === 0 ? -1 : 63 - Math.clz32(word & -word);
}
