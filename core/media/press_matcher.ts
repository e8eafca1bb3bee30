import type { Clock } from "../base/clock.ts";
import type { HeardKind, Key } from "./key.ts";

/** A key that was heard lately, and who told of it. */
interface Heard {
  readonly key: Key;
  readonly kinds: Set<HeardKind>;
  /** When it was last heard of; Infinity while it is down. */
  lastMs: number;
}

/**
 * How long after a press another kind may still tell of the same one: an INFO lost twice comes 1.5 s later, by
 * RFC 3261 §17.1.2.2.
 */
const WINDOW_MS = 2000;
/** More presses than anybody makes in the window. */
const MOST_HEARD = 32;

/**
 * Makes one press of what several kinds tell: an INFO and an RTP event, an event and its tone. The rule: of two
 * reports by different kinds, with the same key, within two seconds of each other, the later is the same press,
 * and each press takes one report of each kind. So a key pressed twice stays two keys, whichever kind comes first;
 * what was heard is as often as the kind that told most often.
 */
export class PressMatcher {
  readonly #clock: Clock;
  readonly #heard: Heard[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A key was heard by `kind`: true when it is one that is known already. */
  isRepeat(key: Key, kind: HeardKind): boolean {
    this.#forget();
    const same = this.#heard.find((heard) =>
      heard.key === key && !heard.kinds.has(kind)
    );
    if (same === undefined) {
      if (this.#heard.length === MOST_HEARD) this.#heard.shift();
      this.#heard.push({ key, kinds: new Set([kind]), lastMs: Infinity });
      return false;
    }
    same.kinds.add(kind);
    return true;
  }

  /** The key heard by `kind` is up, or was heard as a whole. */
  ended(key: Key, kind: HeardKind): void {
    const now = this.#clock.now();
    for (const heard of this.#heard) {
      if (heard.key === key && heard.kinds.has(kind)) {
        heard.lastMs = Math.min(heard.lastMs, now);
      }
    }
  }

  #forget(): void {
    const oldestMs = this.#clock.now() - WINDOW_MS;
    let kept = 0;
    for (const heard of this.#heard) {
      if (heard.lastMs >= oldestMs) this.#heard[kept++] = heard;
    }
    this.#heard.length = kept;
  }
}
