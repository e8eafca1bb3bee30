/**
 * Keys that a hook wants sent: they leave once it has returned, as all that it does takes effect together; of a hook
 * that failed nothing leaves.
 *
 * @module
 */

import { type Key, keysOf, keysProblem, type SendKind } from "../media/key.ts";
import type { PassedKey } from "../media/dtmf_translator.ts";

/** What of a call's keys a policy can reach. */
export interface CallKeysAccess {
  readonly collected: Readonly<Record<"a" | "b", string>> | undefined;
  collect(): void;
  inject(to: "a" | "b", keys: readonly PassedKey[]): void;
}

/** How keys are sent; see {@linkcode KeysView.sendKeys}. */
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

/** What a policy sees of the keys of one call, and the keys that its running hook wants sent. */
export class KeysView {
  readonly #call: { readonly keys?: CallKeysAccess };
  #staged: { to: "a" | "b"; keys: PassedKey[] }[] | undefined;

  constructor(call: { readonly keys?: CallKeysAccess }) {
    this.#call = call;
  }

  get keys(): Readonly<Record<"a" | "b", string>> {
    return this.#access.collected ?? { a: "", b: "" };
  }

  collectKeys(): void {
    this.#access.collect();
  }

  /** @throws {TypeError} for what is no row of keys, {@linkcode RangeError} for too many or too long ones. */
  sendKeys(leg: "a" | "b", text: string, options: KeyOptions = {}): void {
    const to: string = leg;
    if (to !== "a" && to !== "b") {
      throw new TypeError(`Cannot send keys: ${to} is no leg, wanted a or b`);
    }
    const keys = passedKeys(text, options);
    const staged = this.#staged ??= [];
    const before = staged.reduce((sum, { keys }) => sum + keys.length, 0);
    if (before + keys.length > MOST_KEYS) {
      throw new RangeError(
        `Cannot send keys: at most ${MOST_KEYS} from one hook`,
      );
    }
    staged.push({ to, keys });
  }

  /** What the hook wanted sent leaves, or, when it failed, does not. */
  settleKeys(failed: boolean): void {
    const staged = this.#staged;
    this.#staged = undefined;
    if (staged === undefined || failed) return;
    for (const { to, keys } of staged) this.#access.inject(to, keys);
  }

  get #access(): CallKeysAccess {
    const { keys } = this.#call;
    if (keys === undefined) throw new TypeError("This call has no keys");
    return keys;
  }
}

/** A hook of the call with this view has returned, or failed. */
export function settleKeys(
  view: object | undefined,
  { failed }: { failed: boolean },
): void {
  if (view instanceof KeysView) view.settleKeys(failed);
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
        keysProblem(text)
      }, wanted 0 to 9, *, #, A to D and ! for flash`,
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
