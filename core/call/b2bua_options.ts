/** What a B2BUA is made of. */

import type { Clock } from "../base/clock.ts";
import type { Limits } from "../base/limits.ts";
import type { Observer } from "../base/observer.ts";
import type { Random } from "../base/random.ts";
import type { MediaServices } from "../media/media_anchor.ts";
import type { InviteGate } from "../transaction/stateless_refusals.ts";
import type { TransactionTimers } from "../transaction/timers.ts";
import type { Dns } from "../transport/dns.ts";
import type { Transport } from "../transport/transport.ts";
import type { Tap } from "../transport/transport_layer.ts";
import type { LocationStore } from "../trunk/location_store.ts";
import type { RegistrarSettings } from "../trunk/registrar_settings.ts";
import type { TrunkSettings } from "../trunk/trunk_table.ts";
import type { CallTimes, RouteRule } from "./call_context.ts";
import type { CallTrace } from "./call_trace.ts";
import type { CallSummary, PolicySource } from "./policy.ts";

/** Everything that a B2BUA knows of the world. */
export interface B2buaOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** One per listener. */
  readonly transports: readonly Transport[];
  readonly dns: Dns;
  readonly observer: Observer;
  /** Named peers. Default: none. */
  readonly trunks?: readonly TrunkSettings[];
  /** The built-in route table. Default: empty. */
  readonly routes?: readonly RouteRule[];
  /** What becomes of requests from sources that are no trunk's: 403, silence, or service. Default: `reject`. */
  readonly unknownPeers?: "reject" | "drop" | "accept";
  /** Default: the built-in behaviour alone. */
  readonly policy?: PolicySource;
  /** Whose registrations are kept. Default: those that a policy accepts. */
  readonly registrar?: RegistrarSettings | undefined;
  /** Where they are kept. Default: in memory, until the process ends. */
  readonly locations?: LocationStore | undefined;
  /** What may relay the media of calls. Default: nothing, and they pass by us. */
  readonly media?: MediaServices | undefined;
  readonly limits?: Limits;
  /** RFC 3261 section 17.1.1.1: T1, T2, T4 in milliseconds. */
  readonly timers?: Partial<TransactionTimers>;
  readonly times?: Partial<CallTimes>;
  /** Who may refuse new calls before anything is spent on them; see `Overload`. Default: nobody. */
  readonly gate?: InviteGate | undefined;
  /** The host, perhaps with a port, that Via and Contact give instead of the listener's address. */
  readonly advertise?: string;
  /** What happens to a call whose `onInvite` failed. Default: `route`. */
  readonly onInviteFault?: "route" | "reject";
  /** Sees every message on the wire. */
  readonly tap?: Tap;
  /** Hears what happens to calls. Default: nobody, and it costs nothing. */
  readonly trace?: CallTrace;
  /** Hears of every call that ended. */
  readonly onCallEnd?: (summary: CallSummary) => void;
}

/** What is alive. */
export interface Census {
  readonly calls: number;
  readonly dialogs: number;
  readonly transactions: number;
  /** Of media. */
  readonly ports: number;
}

/** The times in force where none are given. */
export const DEFAULT_TIMES: CallTimes = {
  noAnswerSeconds: 180,
  maxCallSeconds: 14_400,
};
