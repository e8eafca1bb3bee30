/**
 * The session timer of one leg (RFC 4028): what is agreed with the peer, when the next refresh is due, and when the
 * session ends for want of one. It is told every request and response of the dialog that may refresh the session, and
 * tells its user what to send.
 *
 * @module
 */

import type { Clock, Timed, Timer } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { Headers } from "../message/headers.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import type { SendingFailure } from "../transaction/request_sender.ts";
import { type LadderUser, RefreshLadder } from "./refresh_ladder.ts";
import type {
  PeerRefusals,
  RefreshAttempt,
  RefreshChoice,
  RefreshOutcome,
  RefreshQuestion,
} from "./refresh_steps.ts";
import { type TimerFields, writeTimerFields } from "./session_expires.ts";
import {
  type Agreement,
  isRefreshRequest,
  type TimerNegotiation,
  type TimerRefusal,
} from "./timer_negotiation.ts";

/** The session whose timer it is. */
export interface SessionTimerUser {
  /** An INVITE of either side is unanswered or not acknowledged. */
  readonly inviteInProgress: boolean;
  /** The SDP last sent to the peer is known, so that it can be sent again. */
  readonly hasSdp: boolean;
  /** We chose the Call-ID of the dialog. */
  readonly ownsCallId: boolean;
  /** What the peer, as its remote target is now, is known to refuse; asked for once a refresh. */
  readonly refusals: PeerRefusals;
  /** Asks the script how to refresh; undefined leaves it to the ladder. */
  steer(question: RefreshQuestion): RefreshChoice | undefined;
  /**
   * Sends a refresh: with {@linkcode SessionTimer.outgoing} over its header fields, its outcome to
   * {@linkcode SessionTimer.attemptResponded} or {@linkcode SessionTimer.attemptFailed}. A 2xx to an INVITE is
   * acknowledged by the sender, whatever becomes of the attempt.
   */
  send(attempt: RefreshAttempt): void;
  /** 401 or 407: true when the attempt goes out again with credentials. */
  answerChallenge(attempt: RefreshAttempt, response: SipResponse): boolean;
  /** The session was refreshed, or its timer was agreed on. For records and traces. */
  onRefreshed(refresh: Refreshed): void;
  /** The peer answered a refresh with 481 or 408: both legs end. */
  onSessionGone(status: number): void;
  /** The deadline passed without a refresh: BYE on both legs. */
  onSessionExpired(): void;
}

/** One refresh that worked. */
export interface Refreshed {
  readonly by: "us" | "them";
  readonly method: string;
  /** What is in force now; undefined: the timer is off. */
  readonly agreement: Agreement | undefined;
  /** The steps that had failed before, when it was ours. */
  readonly outcomes: readonly RefreshOutcome[];
}

/** What session timers stand on; one object may do for all. */
export interface SessionTimerGround {
  readonly clock: Clock;
  readonly random: Random;
  readonly t1Ms: number;
}

const NONE: readonly RefreshOutcome[] = [];
const NOTHING_FAILED = { outcomes: NONE };

/** The session timer of one leg. */
export class SessionTimer implements Timed, LadderUser {
  readonly #negotiation: TimerNegotiation;
  readonly #ground: SessionTimerGround;
  readonly #user: SessionTimerUser;
  #startedMs = 0;
  /** The next of both: the refresh, then the end; one timer a leg. */
  #timer: Timer | undefined;
  #ladder: RefreshLadder | undefined;
  #stopped = false;

  /** `negotiation` is that of the INVITE that opened the dialog, so that nothing it learned is lost. */
  constructor(
    negotiation: TimerNegotiation,
    ground: SessionTimerGround,
    user: SessionTimerUser,
  ) {
    this.#negotiation = negotiation;
    this.#ground = ground;
    this.#user = user;
  }

  /** What is in force; undefined: no timer. */
  get agreement(): Agreement | undefined {
    return this.#negotiation.agreement;
  }

  /** When our next refresh is due, as {@linkcode Clock.now} counts; undefined when none is. */
  get refreshDueMs(): number | undefined {
    const { agreement } = this.#negotiation;
    return agreement?.weRefresh && this.#ladder === undefined
      ? this.#startedMs + refreshAfterMs(agreement)
      : undefined;
  }

  /** When the session ends unless it is refreshed; undefined: never. */
  get deadlineMs(): number | undefined {
    const { agreement } = this.#negotiation;
    return agreement && this.#startedMs + expiryAfterMs(agreement);
  }

  /** A request of ours is about to be sent: writes its timer fields, and returns them for when its response comes. */
  outgoing(method: string, headers: Headers): TimerFields {
    const fields = this.#negotiation.requestFields(method);
    writeTimerFields(headers, fields);
    return fields;
  }

  /** A request of the peer came: undefined when its timer fields are in order. */
  incoming(request: SipRequest): TimerRefusal | undefined {
    this.#negotiation.observe(request);
    return this.#negotiation.refusal(request);
  }

  /** We are about to send a 2xx to a request of the peer: writes its timer fields; the timer starts afresh. */
  answering(request: SipRequest, headers: Headers): void {
    writeTimerFields(headers, this.#negotiation.accept(request));
    if (isRefreshRequest(request.method)) {
      this.#onRefreshed("them", request.method);
    }
  }

  /**
   * A 2xx to a request of ours that was no refresh of this timer's making, and had left with `sent`: the call's INVITE,
   * or a change that came from the other leg. RFC 4028 §7.4: "A re-INVITE generated to refresh the session is a normal
   * re-INVITE", so every one refreshes.
   */
  succeeded(method: string, response: SipResponse, sent: TimerFields): void {
    this.#negotiation.observe(response);
    if (!isRefreshRequest(method)) return;
    this.#negotiation.accepted(response, sent);
    this.#onRefreshed("us", method);
  }

  /** A 422 to such a request: true when it is to be sent again, {@linkcode SessionTimer.outgoing} over it anew. */
  raise(response: SipResponse, sent: TimerFields): boolean {
    return this.#negotiation.raise(response, sent);
  }

  /** A response to a refresh this timer asked for. */
  attemptResponded(attempt: RefreshAttempt, response: SipResponse): void {
    if (this.#stopped) return;
    this.#negotiation.observe(response);
    const ladder = this.#ladder;
    if (ladder !== undefined) ladder.responded(attempt, response);
    else if (response.status >= 200 && response.status < 300) {
      // The peer refreshed meanwhile; the later 2xx counts (RFC 4028 §7.2 and §9: "the most recent 2xx response").
      this.onRefreshed(attempt, response);
    }
  }

  /** A refresh this timer asked for got no response. */
  attemptFailed(
    attempt: RefreshAttempt,
    failure: SendingFailure | "busy" | "ended",
  ): void {
    this.#ladder?.failed(attempt, failure);
  }

  /** An INVITE that was in progress is over. */
  inviteSettled(): void {
    this.#ladder?.inviteSettled();
  }

  /** The session is over: no timer is left. */
  stop(): void {
    this.#stopped = true;
    this.#disarm();
  }

  onTimer(name: string): void {
    const { agreement, settings } = this.#negotiation;
    if (agreement === undefined) return;
    if (name === "expire") {
      this.stop();
      this.#user.onSessionExpired();
      return;
    }
    const deadlineMs = this.#startedMs + expiryAfterMs(agreement);
    const { clock, random, t1Ms } = this.#ground;
    this.#timer = clock.schedule(deadlineMs - clock.now(), this, "expire");
    this.#ladder = new RefreshLadder({
      clock,
      random,
      t1Ms,
      refusals: this.#user.refusals,
      refresh: settings.refresh,
      peerAllowsUpdate: this.#negotiation.peerAllowsUpdate,
      ownsCallId: this.#user.ownsCallId,
      deadlineMs,
    }, this);
    this.#ladder.start();
  }

  get inviteInProgress(): boolean {
    return this.#user.inviteInProgress;
  }

  get hasSdp(): boolean {
    return this.#user.hasSdp;
  }

  steer(question: RefreshQuestion): RefreshChoice | undefined {
    return this.#user.steer(question);
  }

  send(attempt: RefreshAttempt): void {
    this.#user.send(attempt);
  }

  answerChallenge(attempt: RefreshAttempt, response: SipResponse): boolean {
    return this.#user.answerChallenge(attempt, response);
  }

  raiseInterval(attempt: RefreshAttempt, response: SipResponse): boolean {
    return attempt.sent !== undefined &&
      this.#negotiation.raise(response, attempt.sent);
  }

  onRefreshed(attempt: RefreshAttempt, response: SipResponse): void {
    const outcomes = this.#ladder?.outcomes ?? NONE;
    // OPTIONS agrees on nothing: it only proves that the peer lives, and the timer runs on as agreed.
    if (attempt.method !== "OPTIONS" && attempt.sent !== undefined) {
      this.#negotiation.accepted(response, attempt.sent);
    }
    this.#onRefreshed("us", attempt.method, { outcomes });
  }

  onGone(status: number): void {
    this.stop();
    this.#user.onSessionGone(status);
  }

  #onRefreshed(
    by: "us" | "them",
    method: string,
    { outcomes }: { outcomes: readonly RefreshOutcome[] } = NOTHING_FAILED,
  ): void {
    if (this.#stopped) return;
    this.#disarm();
    const { agreement } = this.#negotiation;
    const { clock } = this.#ground;
    this.#startedMs = clock.now();
    if (agreement?.weRefresh) {
      this.#timer = clock.schedule(refreshAfterMs(agreement), this, "refresh");
    } else if (agreement !== undefined) {
      this.#timer = clock.schedule(expiryAfterMs(agreement), this, "expire");
    }
    this.#user.onRefreshed({ by, method, agreement, outcomes });
  }

  #disarm(): void {
    this.#ground.clock.cancel(this.#timer);
    this.#timer = undefined;
    this.#ladder?.cancel();
    this.#ladder = undefined;
  }
}

/** RFC 4028 §7.2: "It is RECOMMENDED that this refresh be sent once half the session interval has elapsed." */
export function refreshAfterMs({ intervalSeconds }: Agreement): number {
  return intervalSeconds * 500;
}

/**
 * RFC 4028 §10: the side that hears nothing "SHOULD send a BYE to terminate the session, slightly before the session
 * expiration. The minimum of 32 seconds and one third of the session interval is RECOMMENDED."
 */
export function expiryAfterMs({ expirySeconds }: Agreement): number {
  return Math.ceil(
    expirySeconds * 1000 - Math.min(32_000, expirySeconds * 1000 / 3),
  );
}
