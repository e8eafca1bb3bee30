import type { Clock } from "./clock.ts";
import {
  DEFAULT_STORE_LIMITS,
  incremented,
  type Store,
  StoreError,
  type StoreLimits,
  type StoreOptions,
} from "./store.ts";

interface Entry {
  readonly value: string;
  /** Undefined: never. */
  readonly expiresAtMs: number | undefined;
}

/**
 * A {@linkcode Store} that ends with its process. When it is full it forgets what has an expiry, the oldest first;
 * what has none stays, and nothing more is taken.
 */
export class MemoryStore implements Store {
  readonly #clock: Clock;
  readonly #limits: StoreLimits;
  readonly #lasting: Map<string, Entry> = new Map();
  readonly #expiring: Map<string, Entry> = new Map();
  #chars = 0;

  constructor(clock: Clock, limits: StoreLimits = DEFAULT_STORE_LIMITS) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Entries held, expired ones that nobody asked for included. */
  get size(): number {
    return this.#lasting.size + this.#expiring.size;
  }

  get(key: string): string | undefined {
    return this.#entry(key)?.value;
  }

  set(key: string, value: string, options: StoreOptions = {}): void {
    this.#put(key, { value, expiresAtMs: this.#after(options) });
  }

  increment(key: string, by: number, options: StoreOptions = {}): number {
    const entry = this.#entry(key);
    const sum = incremented(key, entry?.value, by);
    const expiresAtMs = entry === undefined
      ? this.#after(options)
      : entry.expiresAtMs;
    this.#put(key, { value: String(sum), expiresAtMs });
    return sum;
  }

  compareAndSet(
    key: string,
    change: { from: string | undefined; to: string },
    options: StoreOptions = {},
  ): boolean {
    if (this.get(key) !== change.from) return false;
    this.set(key, change.to, options);
    return true;
  }

  delete(key: string): boolean {
    const isThere = this.#entry(key) !== undefined;
    this.#remove(key);
    return isThere;
  }

  #after({ expiresMs }: StoreOptions): number | undefined {
    return expiresMs === undefined ? undefined : this.#clock.now() + expiresMs;
  }

  #entry(key: string): Entry | undefined {
    const entry = this.#lasting.get(key) ?? this.#expiring.get(key);
    if (entry === undefined || !this.#isExpired(entry)) return entry;
    this.#remove(key);
    return undefined;
  }

  #isExpired({ expiresAtMs }: Entry): boolean {
    return expiresAtMs !== undefined && expiresAtMs <= this.#clock.now();
  }

  #put(key: string, entry: Entry): void {
    const before = this.#entry(key);
    const more = entry.value.length -
      (before === undefined ? -key.length : before.value.length);
    if (!this.#makeRoom(before === undefined ? 1 : 0, more, key)) {
      throw new StoreError(
        `Cannot keep ${JSON.stringify(key)}: the store is full`,
      );
    }
    this.#remove(key);
    const kind = entry.expiresAtMs === undefined
      ? this.#lasting
      : this.#expiring;
    kind.set(key, entry);
    this.#chars += key.length + entry.value.length;
  }

  /** Forgets others until so much more fits; false when it never will. */
  #makeRoom(entries: number, chars: number, key: string): boolean {
    const fits = () =>
      this.size + entries <= this.#limits.entries &&
      this.#chars + chars <= this.#limits.chars;
    if (fits()) return true;
    for (const other of this.#expiring.keys()) {
      if (fits()) break;
      if (other !== key) this.#remove(other);
    }
    return fits();
  }

  #remove(key: string): void {
    const entry = this.#lasting.get(key) ?? this.#expiring.get(key);
    if (entry === undefined) return;
    this.#chars -= key.length + entry.value.length;
    this.#lasting.delete(key);
    this.#expiring.delete(key);
  }
}
