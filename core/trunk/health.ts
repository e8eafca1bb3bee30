/** The health of all trunks: who is watched, who is down, and keep-alives sent to all of them. */

import type { TargetHealth } from "../transaction/target_health.ts";
import type { KeepAliveWorld } from "./send_keep_alive.ts";
import { Spread } from "./spread.ts";
import { TrunkHealth } from "./trunk_health.ts";
import type { TrunkSettings } from "./trunk_table.ts";
import type { TrunkState } from "./trunk_state.ts";

/** See the module's text. */
export class Health {
  readonly #trunks = new Map<string, TrunkHealth>();

  constructor(trunks: readonly TrunkSettings[], world: KeepAliveWorld) {
    const spread = new Spread(world.random);
    for (const trunk of trunks) {
      this.#trunks.set(trunk.name, new TrunkHealth(trunk, { world, spread }));
    }
  }

  /** What is known of a trunk's servers; undefined for a target that is no trunk's. */
  of(trunk: string | undefined): TargetHealth | undefined {
    return trunk === undefined ? undefined : this.#trunks.get(trunk);
  }

  /** Begins to send keep-alives. */
  start(): void {
    let count = 0;
    for (const trunk of this.#trunks.values()) count += trunk.size;
    for (const trunk of this.#trunks.values()) trunk.start(count);
  }

  /** Sends none from now on; what is known stays. */
  stop(): void {
    for (const trunk of this.#trunks.values()) trunk.stop();
  }

  /** Every trunk in the order of the configuration; `calls` are those that run, by the names of their ends. */
  states(
    calls: readonly { from: string; to: string | undefined }[],
  ): TrunkState[] {
    const counts = new Map<string, number>();
    for (const { from, to } of calls) {
      for (const name of new Set([from, to ?? from])) {
        counts.set(name, (counts.get(name) ?? 0) + 1);
      }
    }
    return [...this.#trunks].map(([name, trunk]) =>
      trunk.stateWith(counts.get(name) ?? 0)
    );
  }
}
