/** The async hooks of one sandbox that have not settled: each has its time, and ends once. */

import type { Clock, Timed, Timer } from "../core/base/clock.ts";
import type { CallView } from "../core/call/policy.ts";
import { ScriptFault } from "./fault.ts";
import type { Handed } from "./frame.ts";
import type { LimitWatch } from "./limit_watch.ts";
import type { ScriptLimits } from "./limits.ts";

/** What waiting hooks need of their surroundings. */
export interface WaitingWorld {
  readonly clock: Clock;
  readonly limits: ScriptLimits;
  readonly watch?: LimitWatch | undefined;
}

/** Hooks that wait, by their frame's number. */
export class WaitingHooks {
  readonly #world: WaitingWorld;
  readonly #onOver: (frame: number) => void;
  readonly #hooks: Map<number, WaitingHook> = new Map();

  /** `onOver` is told of each hook that waits no longer, however it ended. */
  constructor(world: WaitingWorld, onOver: (frame: number) => void) {
    this.#world = world;
    this.#onOver = onOver;
  }

  /** How many wait. */
  get size(): number {
    return this.#hooks.size;
  }

  /** Waits for a hook's decision; the promise rejects with a {@linkcode ScriptFault}. Throws one when too many wait. */
  add(frame: number, handed: Handed): Promise<string | undefined> {
    const { clock, limits, watch } = this.#world;
    const { waiting, asyncMs } = limits;
    watch?.use("waiting", this.#hooks.size + 1, waiting);
    if (this.#hooks.size >= waiting) {
      watch?.exceeded("waiting");
      throw new ScriptFault(
        "wait",
        `Cannot wait: ${waiting} hooks of this script wait already`,
      );
    }
    const settled = Promise.withResolvers<string | undefined>();
    const late = () => {
      watch?.exceeded("asyncMs");
      this.fail(
        frame,
        new ScriptFault("wait", `took longer than ${asyncMs} ms`),
      );
    };
    const owner: Timed = { onTimer: late };
    const timer = clock.schedule(asyncMs, owner, "script");
    const sinceMs = clock.now();
    this.#hooks.set(frame, { handed, timer, settled, sinceMs });
    return settled.promise;
  }

  /** Whether a hook waits. */
  has(frame: number): boolean {
    return this.#hooks.size > 0 && this.#hooks.has(frame);
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

  /** Drops the hooks of a call that is over: nobody waits for what they decide. */
  forget(call: CallView): void {
    for (const [frame, { handed }] of this.#hooks) {
      if (handed.call === call) this.#end(frame);
    }
  }

  /** Ends all of them by a fault. */
  failAll(fault: ScriptFault): void {
    for (const frame of [...this.#hooks.keys()]) this.fail(frame, fault);
  }

  #end(frame: number): WaitingHook | undefined {
    const hook = this.#hooks.get(frame);
    if (hook === undefined) return undefined;
    const { clock, limits, watch } = this.#world;
    this.#hooks.delete(frame);
    clock.cancel(hook.timer);
    watch?.use("asyncMs", clock.now() - hook.sinceMs, limits.asyncMs);
    this.#onOver(frame);
    return hook;
  }
}

interface WaitingHook {
  readonly handed: Handed;
  readonly timer: Timer;
  readonly settled: PromiseWithResolvers<string | undefined>;
  readonly sinceMs: number;
}
