/**
 * The one way into a loaded script: the function inside that calls hooks, and the values it is called with, most of
 * which stay from one call to the next.
 *
 * @module
 */

import type { Pointer } from "./engine.ts";
import { KeptViews } from "./kept_views.ts";
import type { Machine } from "./machine.ts";
import type { HostArguments } from "./machine_host.ts";
import { RETURNS, SHAPES } from "./operations.ts";

/** See the module comment. */
export class GuestEntry {
  readonly #machine: Machine;
  readonly #run: Pointer;
  readonly #kept: KeptViews;
  readonly #arguments: Pointer[] = [];
  readonly #numbers: Pointer[] = [];
  /** The number of the hook that runs, as a value that stays. */
  #id: Pointer;

  /** `run` is the dispatcher's, `words` tell of an object whether it was touched. */
  constructor(machine: Machine, run: Pointer, words: readonly number[]) {
    this.#machine = machine;
    this.#run = run;
    this.#kept = new KeptViews(machine, words);
    this.#id = machine.newNumber(0);
  }

  /** Views for message hooks are being made. */
  take(args: HostArguments): void {
    this.#kept.take(args);
  }

  /** Calls a hook, or brings an errand back; gives one of {@linkcode RETURNS}. Throws `MachineError`. */
  enter(
    hook: number,
    { frame, shape, extra }: {
      frame: number;
      shape: number;
      extra: string | undefined;
    },
  ): number {
    const machine = this.#machine;
    const id = this.#id = machine.renumbered(this.#id, frame);
    if (shape === SHAPES.message) {
      const which = this.#number(hook);
      if (!this.#kept.untouched && !this.#keepAnew(which, id)) {
        return RETURNS.fault;
      }
      return this.#called(which, id, shape);
    }
    const text = extra === undefined ? 0 : machine.newText(extra);
    const isErrand = shape === SHAPES.errand;
    const which = isErrand ? machine.newNumber(hook) : this.#number(hook);
    try {
      return this.#called(which, id, shape, text);
    } finally {
      if (!machine.broken) {
        if (isErrand) machine.free(which);
        if (text !== 0) machine.free(text);
      }
    }
  }

  /** Frees what stays from call to call. */
  dispose(): void {
    for (const value of [this.#run, this.#id, ...this.#numbers]) {
      if (value !== undefined) this.#machine.free(value);
    }
  }

  #called(which: Pointer, id: Pointer, shape: number, text = 0): number {
    const args = this.#arguments;
    args.length = 0;
    args.push(which, id, this.#number(shape));
    if (text !== 0) args.push(text);
    return this.#machine.callForNumber(this.#run, args);
  }

  /** New views for message hooks; false when that fails, which is the doing of the hook that wants them. */
  #keepAnew(which: Pointer, id: Pointer): boolean {
    this.#kept.drop();
    if (this.#called(which, id, SHAPES.keep) !== RETURNS.nothing) return false;
    this.#kept.settle();
    return true;
  }

  /** A small number as a value that stays. */
  #number(value: number): Pointer {
    return this.#numbers[value] ??= this.#machine.newNumber(value);
  }
}
