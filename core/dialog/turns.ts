/**
 * Our requests within a dialog and whose turn it is: one INVITE at a time, the others wait (RFC 3261 section 14.1).
 *
 * @module
 */

import type { Outgoing } from "./outgoing.ts";

/** The requests of one session. */
export class Turns {
  /** In progress. */
  #running: Outgoing[] = [];
  /** INVITEs that wait for another to end. */
  #waiting: Outgoing[] = [];

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
    this.#running.push(outgoing);
    outgoing.start();
  }

  /** It has to wait. */
  wait(outgoing: Outgoing): void {
    this.#waiting.push(outgoing);
  }

  /** Sends what has waited longest; false when nothing waits. */
  startNext(): boolean {
    const next = this.#waiting.shift();
    if (next === undefined) return false;
    this.start(next);
    return true;
  }

  /** It came to its end, or need not begin. */
  done(outgoing: Outgoing): void {
    remove(this.#running, outgoing);
    remove(this.#waiting, outgoing);
  }

  /** The dialog is over. */
  abandon(): void {
    for (const outgoing of [...this.#running, ...this.#waiting]) {
      outgoing.abandon();
    }
    this.#waiting = [];
  }
}

function remove(list: Outgoing[], outgoing: Outgoing): void {
  const at = list.indexOf(outgoing);
  if (at >= 0) list.splice(at, 1);
}
