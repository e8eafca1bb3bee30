/** Keys of a telephone, how they come and how they leave. */

const KEYS = [
  ..."0123456789*#ABCD",
  "flash",
] as readonly Key[];

/** A key that was pressed; `flash` is the hook, pressed for a moment. */
export type Key =
  | "0"
  | "1"
  | "2"
  | "3"
  | "4"
  | "5"
  | "6"
  | "7"
  | "8"
  | "9"
  | "*"
  | "#"
  | "A"
  | "B"
  | "C"
  | "D"
  | "flash";

/** How a key was heard. */
export type HeardKind = "rfc4733" | "info" | "inband" | "kpml";

/** How a key is passed on: `info` is application/dtmf-relay, `info-dtmf` application/dtmf. */
export type SendKind = "rfc4733" | "info" | "info-dtmf" | "inband" | "kpml";

/** A key that went down and up. */
export interface KeyPress {
  readonly key: Key;
  readonly durationMs: number;
  readonly kind: HeardKind;
}

/** Where those who hear keys tell of them. */
export interface KeyListener {
  /** A key is down; how long it will be is not known yet. Its `keyUp` follows before the next `keyDown` of this kind. */
  keyDown(key: Key, kind: HeardKind): void;
  /** The key that was down is up again; without a `keyDown` of its kind before, a press that was heard as a whole. */
  keyUp(press: KeyPress): void;
}

/** RFC 4733 §3.2, and 16 of RFC 2833 §3.10: the key of an event code, undefined where it is no key. */
export function keyOfEvent(event: number): Key | undefined {
  return KEYS[event];
}

/** The event code of a key. */
export function eventOfKey(key: Key): number {
  return KEYS.indexOf(key);
}

/** The key that a single character names, in either case. */
export function keyOfCharacter(character: string): Key | undefined {
  const found = KEYS.indexOf(character.toUpperCase() as Key);
  return found < 0 ? undefined : KEYS[found];
}

/** The character of a key: `!` for flash. */
export function characterOfKey(key: Key): string {
  return key === "flash" ? "!" : key;
}

/**
 * What is wrong with a row of keys, in words: its first character that is no key. The keys in it are not told, since
 * they may be somebody's code.
 */
export function keysProblem(text: unknown): string {
  if (typeof text !== "string" || text === "") {
    return `${JSON.stringify(text)} is no row of keys`;
  }
  const wrong = [...text].find((one) => keysOf(one) === undefined);
  return wrong === undefined
    ? `${text.length} keys are too many`
    : `${JSON.stringify(wrong)} is no key`;
}

/** The keys in a row of characters, `!` among them; undefined where one is none. */
export function keysOf(text: string): Key[] | undefined {
  const keys: Key[] = [];
  for (const character of text) {
    const key = character === "!" ? "flash" : keyOfCharacter(character);
    if (key === undefined) return undefined;
    keys.push(key);
  }
  return keys;
}
