/** How trunks stand, for whoever operates them: `legwork trunks`, metrics, the embedding program. */

import type { Condition } from "./server_state.ts";

/** `unwatched`: nothing is sent there that is answered, so nobody knows; it counts as up. */
export type TrunkCondition = Condition | "unwatched";

/** One trunk as it stands. */
export interface TrunkState {
  readonly name: string;
  /** Up where one address is; down where all are. */
  readonly condition: TrunkCondition;
  readonly servers: readonly TrunkServerState[];
  /** Calls with a leg to or from it. */
  readonly calls: number;
}

/** One server of a trunk, by its URI. */
export interface TrunkServerState {
  readonly uri: string;
  /** Where it resolves to; none before that is known, and of a trunk nothing is sent to. */
  readonly addresses: readonly TrunkAddressState[];
}

/** One address of a server. */
export interface TrunkAddressState {
  /** `udp:192.0.2.1:5060`. */
  readonly address: string;
  readonly condition: TrunkCondition;
  /** When it became that: calendar time. */
  readonly sinceMs: number;
  /** Keep-alives, or calls, without an answer in a row. */
  readonly misses: number;
  /** The status of the last answer to a keep-alive. */
  readonly lastStatus: number | undefined;
  /** Why the last keep-alive had no answer; undefined when it had one. */
  readonly lastFailure: "timeout" | "transport" | undefined;
  /** From the last keep-alive that was answered to its answer. */
  readonly roundTripMs: number | undefined;
  readonly nextInSeconds: number | undefined;
  /** What is left of the Retry-After of a 503 from there. */
  readonly outForSeconds: number | undefined;
}
