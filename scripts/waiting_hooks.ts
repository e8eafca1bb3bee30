/** The async hooks of one sandbox that have not settled: each has its time, and ends once. */

import type { Clock, Timed, Timer } from "../core/base/clock.ts";
import { ScriptFault } from "./fault.ts";
import type { Handed } from "./frame.ts";
import type { ScriptLimits } from "./limits.ts";

/** Hooks that wait, by their frame's number. */
export class WaitingHooks {
  readonly #clock: Clock;
  readonly #limits: ScriptLimits;
  readonly #hooks: Map<number, WaitingHook> = new Map();

  constructor(clock: Clock, limits: ScriptLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** How many wait. */
  get size(): number {
    return this.#hooks.size;
  }

  /** Waits for a hook's decision; the promise rejects with a {@linkcode ScriptFault}. Throws one when too many wait. */
  add(frame: number, handed: Handed): Promise<string | undefined> {
    const { waiting, asyncMs } = this.#limits;
    if (this.#hooks.size >= waiting) {
      throw new ScriptFault(
        "wait",
        `Cannot wait: ${waiting} hooks of this script wait already`,
      );
    }
    const settled = Promise.withResolvers<string | undefined>();
    const late = () =>
      this.fail(
        frame,
        new ScriptFault("wait", `took longer than ${asyncMs} ms`),
      );
    const owner: Timed = { onTimer: late };
    const timer = this.#clock.schedule(asyncMs, owner, "script");
    this.#hooks.set(frame, { handed, timer, settled });
    return settled.promise;
  }

  /** What a waiting hook was handed. */
  handedOf(frame: number): Handed | undefined {
    return this.#hooks.get(frame)?.handed;
  }

  /** Ends a hook with its decision; false when none of that number waits. */
  settle(frame: number, decision: string | undefined): boolean {
    const hook = this.#end(frame);
    hook?.settled.resolve(decision);
    return hook !== undefined;
  }

  /** Ends a hook by a fault; false when none of that number waits. */
  fail(frame: number, fault: ScriptFault): boolean {
    const hook = this.#end(frame);
    hook?.settled.reject(fault);
    return hook !== undefined;
  }

  /** Ends all of them by a fault. */
  failAll(fault: ScriptFault): void {
    for (const frame of [...this.#hooks.keys()]) this.fail(frame, fault);
  }

  #end(frame: number): WaitingHook | undefined {
    const hook = this.#hooks.get(frame);
    this.#hooks.delete(frame);
    this.#clock.cancel(hook?.timer);
    return hook;
  }
}

interface WaitingHook {
  readonly handed: Handed;
  readonly timer: Timer;
  readonly settled: PromiseWithResolvers<string | undefined>;
}
