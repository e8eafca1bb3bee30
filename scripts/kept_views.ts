/**
 * The objects that message hooks are handed: made once and handed out again and again, as long as each is as it was
 * made and nobody but the sandbox holds it. Whatever a hook keeps, or gives a property or another prototype, stays its
 * own and is of no use any more; the next hook then gets new ones. To make them costs more than all else of an entry.
 *
 * @module
 */

import type { Machine } from "./machine.ts";
import type { HostArguments } from "./machine_host.ts";

/** The frame, the message, its headers, the leg: everything else that a hook can reach holds the frame. */
const OBJECTS = 4;

/** See the module comment. */
export class KeptViews {
  readonly #machine: Machine;
  readonly #words: readonly number[];
  /** Where the words are that tell, and what they were. */
  readonly #at: number[] = [];
  readonly #made: number[] = [];

  /** `words` are those that tell of an object; without any nothing is ever handed out again. */
  constructor(machine: Machine, words: readonly number[]) {
    this.#machine = machine;
    this.#words = words;
  }

  /** True while they may be handed out as they are. */
  get untouched(): boolean {
    const { words } = this.#machine;
    const made = this.#made;
    const at = this.#at;
    for (let i = 0; i < made.length; i++) {
      if (words[at[i]!] !== made[i]) return false;
    }
    return made.length > 0;
  }

  /** Those there were are given up. */
  drop(): void {
    this.#made.length = 0;
  }

  /** New ones are being made: arguments of a host call, after the operation. */
  take(args: HostArguments): void {
    this.#at.length = 0;
    for (let i = 1; i <= OBJECTS; i++) {
      const first = args.place(i) >> 2;
      for (const word of this.#words) this.#at.push(first + word);
    }
  }

  /** They are made: nobody holds them but the sandbox, nothing has been done to them. */
  settle(): void {
    const { words } = this.#machine;
    for (const at of this.#at) this.#made.push(words[at]!);
  }
}
