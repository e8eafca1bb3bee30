/**
 * The session timer of one session put to work: sends its refreshes as requests of the session, and tells the leg what
 * comes of them.
 *
 * @module
 */

import { Headers } from "../message/headers.ts";
import type { SipResponse } from "../message/message.ts";
import { AuthRound } from "./authenticator.ts";
import type { Outgoing } from "./outgoing.ts";
import type {
  PeerRefusals,
  RefreshAttempt,
  RefreshChoice,
  RefreshQuestion,
} from "./refresh_steps.ts";
import type { Session } from "./session.ts";
import {
  type Refreshed,
  SessionTimer,
  type SessionTimerGround,
  type SessionTimerUser,
} from "./session_timer.ts";
import type { TimerNegotiation } from "./timer_negotiation.ts";

/** Whose session is refreshed: a leg. */
export interface RefreshOwner {
  /** What the peer is known to refuse; asked for once a refresh. */
  refusalsOf(session: Session): PeerRefusals;
  /** How to refresh; undefined leaves it to the ladder. */
  onRefreshDue(question: RefreshQuestion): RefreshChoice | undefined;
  /** A response to a refresh, before anything is made of it. */
  onRefreshResponse(response: SipResponse): SipResponse;
  onRefreshed(refresh: Refreshed): void;
  /** The peer says that the session is gone: BYE on both legs. */
  onSessionGone(status: number): void;
  /** The session was not refreshed in time: BYE on both legs. */
  onSessionExpired(): void;
}

/** See the module's text. */
export class SessionRefresh implements SessionTimerUser {
  readonly timer: SessionTimer;
  readonly #session: Session;
  readonly #owner: RefreshOwner;
  /** What was tried for the refresh that was challenged last. */
  #challenged: { attempt: RefreshAttempt; round: AuthRound } | undefined;

  constructor(
    session: Session,
    parts: {
      negotiation: TimerNegotiation;
      ground: SessionTimerGround;
      owner: RefreshOwner;
    },
  ) {
    this.#session = session;
    this.#owner = parts.owner;
    this.timer = new SessionTimer(parts.negotiation, parts.ground, this);
  }

  get inviteInProgress(): boolean {
    return this.#session.inviteInProgress;
  }

  get hasSdp(): boolean {
    return this.#session.sdp.local !== undefined;
  }

  get ownsCallId(): boolean {
    return this.#session.dialog.ownsCallId;
  }

  get refusals(): PeerRefusals {
    return this.#owner.refusalsOf(this.#session);
  }

  steer(question: RefreshQuestion): RefreshChoice | undefined {
    return this.#owner.onRefreshDue(question);
  }

  send(attempt: RefreshAttempt): void {
    const { local } = this.#session.sdp;
    const headers = attempt.headers?.clone() ?? new Headers();
    const sdp = attempt.withSdp ? local : undefined;
    if (sdp !== undefined) headers.set("Content-Type", sdp.contentType);
    const outgoing: Outgoing | undefined = this.#session.request(
      attempt.method,
      {
        parts: { headers, body: sdp?.body },
        attempt,
        user: {
          onResponse: (response) => {
            const { status } = response;
            if (attempt.method === "INVITE" && status >= 200 && status < 300) {
              this.#acknowledge(outgoing, attempt);
            }
            const seen = this.#owner.onRefreshResponse(response);
            this.timer.attemptResponded(attempt, seen);
          },
          onFailure: (failure) => this.timer.attemptFailed(attempt, failure),
        },
      },
    );
  }

  answerChallenge(attempt: RefreshAttempt, response: SipResponse): boolean {
    if (this.#challenged?.attempt !== attempt) {
      this.#challenged = { attempt, round: new AuthRound() };
    }
    const { method } = attempt;
    const { round } = this.#challenged;
    if (!this.#session.answerChallenge(response, { method, round })) {
      return false;
    }
    this.send(attempt);
    return true;
  }

  onRefreshed(refresh: Refreshed): void {
    this.#owner.onRefreshed(refresh);
  }

  onSessionGone(status: number): void {
    this.#owner.onSessionGone(status);
  }

  onSessionExpired(): void {
    this.#owner.onSessionExpired();
  }

  /** A re-INVITE a script wanted without SDP got an offer: what we said last is the answer still. */
  #acknowledge(
    outgoing: Outgoing | undefined,
    { withSdp }: RefreshAttempt,
  ): void {
    const { local } = this.#session.sdp;
    if (withSdp || local === undefined) outgoing?.ack();
    else {
      const headers = new Headers().append("Content-Type", local.contentType);
      outgoing?.ack({ headers, body: local.body });
    }
  }
}
