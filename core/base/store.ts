/**
 * What calls share: values by key, each with an expiry if it is given one. The port that memory, a file or a server
 * stands behind; tests/contract/store_test.ts says what all of them do.
 *
 * @module
 */

import { LegworkError } from "./errors.ts";

/** How long a value is kept. */
export interface StoreOptions {
  /** From now on. Default: until it is deleted. */
  readonly expiresMs?: number | undefined;
}

/**
 * Keys and values are text without NUL; an expired one is as if it had never been. Each method takes effect at once or not at all, whoever
 * else uses the same store. All of them throw, or reject with, {@linkcode StoreError}.
 */
export interface Store {
  get(key: string): Answered<string | undefined>;
  /** Puts a value, and its expiry, in place of what is there. */
  set(key: string, value: string, options?: StoreOptions): Answered<void>;
  /**
   * Adds a whole number to the whole number that is there (0 where there is none) and gives the sum. The expiry is
   * that of the first addition: a window in which is counted.
   */
  increment(
    key: string,
    by: number,
    options?: StoreOptions,
  ): Answered<number>;
  /** Puts `to` where `from` is (undefined: where nothing is); says whether it did. */
  compareAndSet(
    key: string,
    change: { from: string | undefined; to: string },
    options?: StoreOptions,
  ): Answered<boolean>;
  /** Says whether there was one. */
  delete(key: string): Answered<boolean>;
}

/** Now or later. */
export type Answered<T> = T | Promise<T>;

/** How much a store holds. */
export interface StoreLimits {
  readonly entries: number;
  /** Characters of all keys and values. */
  readonly chars: number;
}

/** The bounds of a store where none are given. */
export const DEFAULT_STORE_LIMITS: StoreLimits = {
  entries: 100_000,
  chars: 16_777_216,
};

/** A store that cannot do what it was asked. */
export class StoreError extends LegworkError {
  override readonly name = "StoreError";

  constructor(message: string) {
    super("STORE", message);
  }
}

/** The sum of an increment; throws {@linkcode StoreError} for what is no whole number. */
export function incremented(
  key: string,
  value: string | undefined,
  by: number,
): number {
  const sum = Number(value ?? "0") + by;
  if (/^-?\d+$/.test(value ?? "0") && Number.isSafeInteger(sum)) return sum;
  throw new StoreError(
    `Cannot increment ${JSON.stringify(key)}: it holds no whole number`,
  );
}
