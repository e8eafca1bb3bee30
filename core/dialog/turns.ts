/**
 * Our requests within a dialog and whose turn it is: one INVITE at a time, the others wait (RFC 3261 section 14.1).
 *
 * @module
 */

import type { Outgoing } from "./outgoing.ts";

/** No list of its own for the many that have none: a list that was ever used keeps room for more. */
const NONE: readonly Outgoing[] = [];

/** The requests of one session. */
export class Turns {
  /** In progress. */
  #running: readonly Outgoing[] = NONE;
  /** INVITEs that wait for another to end. */
  #waiting: readonly Outgoing[] = NONE;

  get running(): readonly Outgoing[] {
    return this.#running;
  }

  /** How many INVITEs wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  get inviteInProgress(): boolean {
    return this.#running.some(({ method }) => method === "INVITE");
  }

  /** Sends it: its turn has come. */
  start(outgoing: Outgoing): void {
    this.#running = [...this.#running, outgoing];
    outgoing.start();
  }

  /** It has to wait. */
  wait(outgoing: Outgoing): void {
    this.#waiting = [...this.#waiting, outgoing];
  }

  /** Sends what has waited longest; false when nothing waits. */
  startNext(): boolean {
    const [next] = this.#waiting;
    if (next === undefined) return false;
    this.#waiting = without(this.#waiting, next);
    this.start(next);
    return true;
  }

  /** It came to its end, or need not begin. */
  done(outgoing: Outgoing): void {
    this.#running = without(this.#running, outgoing);
    this.#waiting = without(this.#waiting, outgoing);
  }

  /** The dialog is over. */
  abandon(): void {
    for (const outgoing of [...this.#running, ...this.#waiting]) {
      outgoing.abandon();
    }
    this.#waiting = NONE;
  }
}

function without(
  list: readonly Outgoing[],
  outgoing: Outgoing,
): readonly Outgoing[] {
  if (!list.includes(outgoing)) return list;
  return list.length === 1 ? NONE : list.filter((one) => one !== outgoing);
}
