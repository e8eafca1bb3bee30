/**
 * The session timer of one leg of a call: what its trunk wants, what is known of its peer, and what the call's record
 * says of it.
 *
 * @module
 */

import type {
  PeerRefusals,
  RefreshChoice,
  RefreshQuestion,
} from "../dialog/refresh_steps.ts";
import {
  type RefreshOwner,
  SessionRefresh,
} from "../dialog/session_refresh.ts";
import type { Session } from "../dialog/session.ts";
import type { Refreshed } from "../dialog/session_timer.ts";
import {
  type Agreement,
  DEFAULT_SESSION_TIMER,
  type SessionTimerSettings,
  TimerNegotiation,
} from "../dialog/timer_negotiation.ts";
import type { SipResponse } from "../message/message.ts";
import type { CallContext } from "./call_context.ts";
import type { TimerSummary } from "./policy.ts";

/** The leg, as its timer sees it. */
export interface LegTimerUser {
  readonly name: "a" | "b";
  readonly trunk: string | undefined;
  /** How to refresh; undefined leaves it to the ladder. */
  steer(question: RefreshQuestion): RefreshChoice | undefined;
  /** Runs the inbound hooks over a response to a refresh. */
  seen(response: SipResponse): SipResponse;
  /** Both legs end. */
  endBoth(cause: string): void;
}

/** The session timer of one leg as it stands. */
export interface TimerState {
  readonly leg: "a" | "b";
  readonly intervalSeconds: number;
  readonly refresher: "us" | "them";
  /** Until we refresh; undefined when it is not our turn, or we are at it. */
  readonly refreshInSeconds: number | undefined;
  /** Until the session ends without a refresh. */
  readonly endsInSeconds: number;
}

/** What a trunk wants; peers of no trunk get the default. */
export function timerSettings(
  { trunks }: Pick<CallContext, "trunks">,
  trunk: string | undefined,
): SessionTimerSettings {
  const settings = trunk === undefined ? undefined : trunks.get(trunk);
  return settings?.sessionTimer ?? DEFAULT_SESSION_TIMER;
}

/** See the module's text. */
export class LegTimer implements RefreshOwner {
  readonly negotiation: TimerNegotiation;
  readonly #context: CallContext;
  readonly #user: LegTimerUser;
  #begun = false;
  /** Of the last refresh: a timer that was turned off tells of none. */
  #agreed: Agreement | undefined;
  #ours = 0;
  #theirs = 0;
  #method: string | undefined;

  constructor(context: CallContext, user: LegTimerUser) {
    this.#context = context;
    this.#user = user;
    this.negotiation = new TimerNegotiation(timerSettings(context, user.trunk));
  }

  /** From now on this session has the timer. */
  attach(session: Session): void {
    session.timer = new SessionRefresh(session, {
      negotiation: this.negotiation,
      ground: this.#context.timerGround,
      owner: this,
    }).timer;
  }

  /** For the record; undefined where there was no timer. */
  get summary(): TimerSummary | undefined {
    const agreement = this.#agreed;
    if (agreement === undefined) return undefined;
    return {
      leg: this.#user.name,
      intervalSeconds: agreement.intervalSeconds,
      refresher: agreement.weRefresh ? "us" : "them",
      ours: this.#ours,
      theirs: this.#theirs,
      method: this.#method,
    };
  }

  /** As it stands; undefined where there is no timer. */
  stateOf(session: Session | undefined): TimerState | undefined {
    const { agreement, refreshDueMs, deadlineMs } = session?.timer ?? {};
    if (agreement === undefined || deadlineMs === undefined) return undefined;
    const nowMs = this.#context.clock.now();
    return {
      leg: this.#user.name,
      intervalSeconds: agreement.intervalSeconds,
      refresher: agreement.weRefresh ? "us" : "them",
      refreshInSeconds: refreshDueMs && (refreshDueMs - nowMs) / 1000,
      endsInSeconds: (deadlineMs - nowMs) / 1000,
    };
  }

  refusalsOf({ dialog }: Session): PeerRefusals {
    return this.#context.refusals.of({
      trunk: this.#user.trunk,
      contact: dialog.remoteTarget,
    });
  }

  onRefreshDue(question: RefreshQuestion): RefreshChoice | undefined {
    return this.#user.steer(question);
  }

  onRefreshResponse(response: SipResponse): SipResponse {
    return this.#user.seen(response);
  }

  onRefreshed(refresh: Refreshed): void {
    const first = !this.#begun;
    this.#begun = true;
    this.#agreed = refresh.agreement;
    // The INVITE that began the call starts the timer and refreshes nothing yet.
    if (first) return;
    this.#method = refresh.method;
    if (refresh.by === "us") this.#ours++;
    else this.#theirs++;
    this.#context.observer.count("session_refreshes");
  }

  onSessionGone(status: number): void {
    this.#user.endBoth(`dialog gone (${status})`);
  }

  onSessionExpired(): void {
    this.#context.observer.count("session_timers_expired");
    this.#user.endBoth("session timer");
  }
}
