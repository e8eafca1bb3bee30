import type { Clock } from "../core/base/clock.ts";
import type { Observer } from "../core/base/observer.ts";
import type { Random } from "../core/base/random.ts";
import type { Engine } from "./engine.ts";
import type { Deniable, Reach } from "./errands.ts";
import type { HookNotes } from "./hook_notes.ts";
import type { HookTallies } from "./hook_statistics.ts";
import type { LimitWatch } from "./limit_watch.ts";
import type { ScriptLimits } from "./limits.ts";

/** What a sandbox stands in. */
export interface ScriptWorld {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
  readonly limits: ScriptLimits;
  /** Milliseconds of a clock that only moves forward, for processor time; read while scripts run, never for logic. */
  readonly cpuNow: () => number;
  /** Hears what hooks did. Default: nobody. */
  readonly notes?: HookNotes | undefined;
  /** What hooks that may wait can reach. Default: nothing but sleep. */
  readonly reach?: Reach | undefined;
  /** Parts of the API that are not there. Default: none. */
  readonly denied?: readonly Deniable[] | undefined;
  /** Warns of limits that come near; one a revision. */
  readonly watch?: LimitWatch | undefined;
  /** Counts; one a script. */
  readonly tallies?: HookTallies | undefined;
}
