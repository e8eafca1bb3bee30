/** What all calls of one B2BUA share. */

import type { ChurnMap } from "../base/churn_map.ts";
import type { DialogContext } from "../dialog/context.ts";
import type { SessionTimerGround } from "../dialog/session_timer.ts";
import type { Health } from "../trunk/health.ts";
import type { Registrations } from "../trunk/registrations.ts";
import type { RefusalMemory } from "../trunk/refusal_memory.ts";
import type { Registrar } from "../trunk/registrar.ts";
import type { TrunkTable } from "../trunk/trunk_table.ts";
import type { MediaServices } from "../media/media_anchor.ts";
import type { CallTrace } from "./call_trace.ts";
import type { KeepAlives } from "./keep_alives.ts";
import type { PolicySource } from "./policy.ts";

/** The times that bound a call, in seconds. */
export interface CallTimes {
  /** How long a target may ring. */
  readonly noAnswerSeconds: number;
  /** How long an answered call may last. */
  readonly maxCallSeconds: number;
}

/** A rule of the built-in policy: calls from these trunks go to those. */
export interface RouteRule {
  /** Names of trunks; undefined: from anywhere. */
  readonly from: readonly string[] | undefined;
  /** Names of trunks or SIP URIs, tried in turn. */
  readonly to: readonly string[];
}

/** The world of a call. */
export interface CallContext extends DialogContext {
  readonly trunks: TrunkTable;
  /** Undefined where no trunk registers. */
  readonly registrations: Registrations | undefined;
  /** Who is registered where. */
  readonly registrar: Registrar;
  /** What may relay the media of calls; undefined: nothing, they pass by us. */
  readonly media: MediaServices | undefined;
  /** Told of every keep-alive, and asks what becomes of it. */
  readonly keepAlives: KeepAlives;
  readonly routes: readonly RouteRule[];
  readonly policies: PolicySource;
  readonly times: CallTimes;
  /** Hears what happens to calls; undefined: nobody wants to know. */
  readonly trace: CallTrace | undefined;
  /** What happens to a call whose `onInvite` failed: the built-in route, or 500. */
  readonly onInviteFault: "route" | "reject";
  /** Call-IDs of INVITEs of ours that are unanswered: one of these coming in is our own, come back. */
  readonly ownInvites: ChurnMap<string, true>;
  /** What session timers stand on. */
  readonly timerGround: SessionTimerGround;
  /** Which refreshes peers are known to refuse. */
  readonly refusals: RefusalMemory;
  /** Which servers of trunks are known to be down. */
  readonly health: Health;
}
