/**
 * Keys that a hook wants sent: they leave once it has returned, as all that it does takes effect together; of a hook
 * that failed nothing leaves.
 *
 * @module
 */

import { type Key, keysOf, type SendKind } from "../media/key.ts";
import type { PassedKey } from "../media/dtmf_translator.ts";

/** What of a call's keys a policy can reach. */
export interface CallKeysAccess {
  readonly collected: Readonly<Record<"a" | "b", string>> | undefined;
  collect(): void;
  inject(to: "a" | "b", keys: readonly PassedKey[]): void;
}

/** How keys are sent; see {@linkcode StagedKeys.add}. */
export interface KeyOptions {
  /** How long each is, in milliseconds. Default: 160. */
  readonly durationMs?: number;
  /** How they go. Default: as the leg's trunk says. */
  readonly as?: SendKind;
}

/** Most keys that one hook may send. */
const MOST_KEYS = 64;
const USUAL_DURATION_MS = 160;
const LONGEST_DURATION_MS = 10_000;

/** Keys for a leg. */
export interface KeysFor {
  readonly to: "a" | "b";
  readonly keys: readonly PassedKey[];
}

/** The keys that the running hook of one call wants sent. */
export class StagedKeys {
  readonly #staged: KeysFor[] = [];

  /** @throws {TypeError} for what is no row of keys, {@linkcode RangeError} for too many or too long ones. */
  add(to: string, text: string, options: KeyOptions = {}): void {
    const keys = passedKeys(text, options);
    if (to !== "a" && to !== "b") {
      throw new TypeError(`Cannot send keys: ${to} is no leg, wanted a or b`);
    }
    const before = this.#staged.reduce((sum, { keys }) => sum + keys.length, 0);
    if (before + keys.length > MOST_KEYS) {
      throw new RangeError(
        `Cannot send keys: at most ${MOST_KEYS} from one hook`,
      );
    }
    this.#staged.push({ to, keys });
  }

  /** All of them, which are no longer kept. */
  take(): KeysFor[] {
    return this.#staged.splice(0);
  }
}

/** The keys of a row of characters, `!` for flash. */
export function passedKeys(
  text: string,
  { durationMs = USUAL_DURATION_MS, as }: KeyOptions = {},
): PassedKey[] {
  const keys: Key[] | undefined = keysOf(String(text));
  if (keys === undefined || keys.length === 0) {
    throw new TypeError(
      `Cannot send keys: ${
        JSON.stringify(String(text).slice(0, 40))
      } is no row of keys, wanted 0 to 9, *, #, A to D and ! for flash`,
    );
  }
  if (keys.length > MOST_KEYS) {
    throw new RangeError(`Cannot send keys: at most ${MOST_KEYS} at once`);
  }
  if (!(durationMs > 0 && durationMs <= LONGEST_DURATION_MS)) {
    throw new RangeError(
      `Cannot send keys: ${durationMs} ms, wanted 1 to ${LONGEST_DURATION_MS}`,
    );
  }
  return keys.map((key) => ({
    key,
    durationMs,
    ...(as === undefined ? {} : { as }),
  }));
}
