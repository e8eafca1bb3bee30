/**
 * One refresh of a session, from the moment it is due (RFC 4028 sections 7.4 and 10): the gentlest request first, a
 * stronger one where the peer refuses or ignores it. It never ends a call for want of a refresh: that is for the
 * deadline, or for a peer that says the dialog is gone.
 *
 * @module
 */

import type { Clock, Timed, Timer } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { SipResponse } from "../message/message.ts";
import type { SendingFailure } from "../transaction/request_sender.ts";
import { glareWaitMs } from "./glare.ts";
import {
  isRefusal,
  isSilence,
  type PeerRefusals,
  type RefreshAttempt,
  type RefreshChoice,
  type RefreshOutcome,
  type RefreshQuestion,
  type RefreshStep,
  sameStep,
  stepsFor,
} from "./refresh_steps.ts";
import { retryAfterSeconds } from "./session_expires.ts";
import type { SessionTimerSettings } from "./timer_negotiation.ts";

/** Who sends the requests of the ladder and hears how it ends. */
export interface LadderUser {
  /** An INVITE of either side is unanswered or not acknowledged; {@linkcode RefreshLadder.inviteSettled} tells its end. */
  readonly inviteInProgress: boolean;
  /** The session's current SDP is known, so that it can be offered. */
  readonly hasSdp: boolean;
  /** Asks the script; undefined leaves it to the ladder. */
  steer(question: RefreshQuestion): RefreshChoice | undefined;
  /** Sends a request; its outcome comes to `responded` or `failed`, now or later. */
  send(attempt: RefreshAttempt): void;
  /** 401 or 407: true when the request goes out again with credentials; its outcome then comes as that of `attempt`. */
  answerChallenge(attempt: RefreshAttempt, response: SipResponse): boolean;
  /** 422: true when the next sending asks for more. */
  raiseInterval(attempt: RefreshAttempt, response: SipResponse): boolean;
  /** 2xx. */
  onRefreshed(attempt: RefreshAttempt, response: SipResponse): void;
  /** The peer says that the dialog or the session is gone. */
  onGone(status: number): void;
}

/** What the ladder stands on. */
export interface LadderGround {
  readonly clock: Clock;
  readonly random: Random;
  /** RFC 3261's T1: 64 of it is how long a transaction may take. */
  readonly t1Ms: number;
  readonly refresh: SessionTimerSettings["refresh"];
  readonly peerAllowsUpdate: boolean;
  readonly refusals: PeerRefusals;
  /** For the wait after 491 (RFC 3261 §14.1). */
  readonly ownsCallId: boolean;
  /** When the session ends, as {@linkcode Clock.now} counts. */
  readonly deadlineMs: number;
}

/** How often one step is sent again: after 491, Retry-After or 422, all together. */
const MAX_REPEATS = 5;
/** How often one step is sent again with credentials: a second time for a stale nonce. */
const MAX_CHALLENGES = 2;

/** One refresh. */
export class RefreshLadder implements Timed {
  readonly #ground: LadderGround;
  readonly #user: LadderUser;
  /** The request whose outcome decides; undefined while the ladder waits. */
  #attempt: RefreshAttempt | undefined;
  /** A request to be sent again when the wait is over. */
  #repeat: RefreshAttempt | undefined;
  #repeats = 0;
  #challenges = 0;
  #outcomes: RefreshOutcome[] = [];
  /** What looked like a refusal, not proven as long as nothing else got through. */
  #suspects: RefreshOutcome[] = [];
  /** An INVITE in progress keeps us from going on. */
  #held = false;
  #timer: Timer | undefined;
  #over = false;

  constructor(ground: LadderGround, user: LadderUser) {
    this.#ground = ground;
    this.#user = user;
  }

  /** The steps of this round that failed, the oldest first. */
  get outcomes(): readonly RefreshOutcome[] {
    return this.#outcomes;
  }

  /** The refresh is due. */
  start(): void {
    this.#climb();
  }

  /** The INVITE that was in progress is over and did not refresh the session. */
  inviteSettled(): void {
    if (!this.#held || this.#over) return;
    this.#held = false;
    this.#goOn();
  }

  /** A response to an attempt, an earlier one perhaps. */
  responded(attempt: RefreshAttempt, response: SipResponse): void {
    const { status } = response;
    if (this.#over || status < 200) return;
    if (status < 300) {
      this.#onSuccess(attempt, response);
      return;
    }
    // RFC 4028 §10: "If the session refresh request transaction times out or generates a 408 or 481 response, then the
    // UAC sends a BYE request". RFC 5057 §5.1 leaves the dialog alone for a 408 to anything else.
    if (status === 481 || (status === 408 && attempt.method !== "OPTIONS")) {
      this.cancel();
      this.#user.onGone(status);
      return;
    }
    if (attempt !== this.#attempt) return;
    this.#stopTimer();
    if (!this.#isRepeated(attempt, response)) {
      this.#fail(attempt, { result: status, suspect: isRefusal(status) });
    }
  }

  /** No response came. `busy`: it could not be sent, since an INVITE of the peer is unanswered. */
  failed(
    attempt: RefreshAttempt,
    failure: SendingFailure | "busy" | "ended",
  ): void {
    if (this.#over || attempt !== this.#attempt) return;
    this.#stopTimer();
    switch (failure) {
      case "ended":
        this.cancel();
        return;
      case "busy":
        this.#attempt = undefined;
        this.#repeat = attempt;
        this.#held = true;
        return;
      case "timeout":
      case "transport":
      case "unresolved":
        // Departs from RFC 4028 §10, where a timeout ends the session: a peer that drops UPDATE unanswered may well
        // know re-INVITE. The deadline still ends what is really gone.
        this.#fail(attempt, {
          result: failure,
          suspect: failure === "timeout",
        });
    }
  }

  /** The session was refreshed otherwise, or is over. */
  cancel(): void {
    this.#over = true;
    this.#attempt = this.#repeat = undefined;
    this.#stopTimer();
  }

  onTimer(name: string): void {
    this.#timer = undefined;
    if (name === "patience" && this.#attempt !== undefined) {
      this.#fail(this.#attempt, { result: "silence", suspect: true });
      return;
    }
    if (name === "round") this.#outcomes = [];
    this.#goOn();
  }

  /** Whatever waited: the same request again, or the next step. */
  #goOn(): void {
    const attempt = this.#repeat;
    if (attempt === undefined) {
      this.#climb();
    } else if (this.#user.inviteInProgress) {
      this.#held = true;
    } else {
      this.#repeat = undefined;
      this.#send(attempt);
    }
  }

  #climb(): void {
    // RFC 3261 §14.1: "a UAC MUST NOT initiate a new INVITE transaction within a dialog while another INVITE
    // transaction is in progress in either direction." An UPDATE waits as well: that INVITE may refresh the session.
    if (this.#user.inviteInProgress) {
      this.#held = true;
      return;
    }
    const proposed = this.#nextStep();
    if (proposed === undefined) {
      this.#pause();
      return;
    }
    const choice = this.#user.steer({
      proposed,
      outcomes: [...this.#outcomes],
      timeLeftMs: this.#timeLeftMs,
    });
    if (this.#over) return;
    if (choice === "skip") {
      this.#pause();
      return;
    }
    // A script that insists on what has failed already would climb no more.
    const step = choice === undefined || this.#hasFailed(choice)
      ? { ...proposed, headers: undefined }
      : choice;
    this.#repeats = this.#challenges = 0;
    this.#send({
      method: step.method,
      withSdp: step.withSdp,
      headers: step.headers,
      sent: undefined,
    });
  }

  #send(attempt: RefreshAttempt): void {
    this.#attempt = attempt;
    this.#armPatience(attempt);
    this.#user.send(attempt);
  }

  /**
   * A short interval leaves less time than a transaction may take: half of what is left is for what comes after. An
   * offer has to be waited for (RFC 3311 §5.1: no UPDATE or re-INVITE with an offer while one is unanswered).
   */
  #armPatience(attempt: RefreshAttempt): void {
    const patient = attempt.withSdp || attempt.method === "INVITE" ||
      !this.#isTimeShort || this.#nextStep(attempt) === undefined;
    if (patient) return;
    const { clock } = this.#ground;
    this.#timer = clock.schedule(this.#timeLeftMs / 2, this, "patience");
  }

  /** True when the response is no verdict on the step: the same request goes again, now or after a wait. */
  #isRepeated(attempt: RefreshAttempt, response: SipResponse): boolean {
    const { clock, random, ownsCallId } = this.#ground;
    switch (response.status) {
      case 401:
      case 407:
        // RFC 4028 §10: "if the response is a 401, the UAC would retry the request with new credentials. However, the
        // UAC SHOULD NOT continuously retry the request if the server indicates the same error response."
        if (this.#challenges++ >= MAX_CHALLENGES) return false;
        this.#armPatience(attempt);
        if (this.#user.answerChallenge(attempt, response)) return true;
        this.#stopTimer();
        return false;
      case 422:
        if (
          this.#repeats++ >= MAX_REPEATS ||
          !this.#user.raiseInterval(attempt, response)
        ) return false;
        this.#send(attempt);
        return true;
      case 491:
        return this.#repeatAfter(attempt, glareWaitMs(ownsCallId, random));
      case 500:
      case 503: {
        // RFC 3261 §21.5.4: "the client SHOULD honor" Retry-After, as long as a transaction fits in before the deadline.
        const seconds = retryAfterSeconds(response);
        if (seconds === undefined) return false;
        const end = clock.now() + seconds * 1000 + this.#transactionMs;
        return end <= this.#ground.deadlineMs &&
          this.#repeatAfter(attempt, seconds * 1000);
      }
    }
    return false;
  }

  #repeatAfter(attempt: RefreshAttempt, waitMs: number): boolean {
    if (this.#repeats++ >= MAX_REPEATS || waitMs >= this.#timeLeftMs) {
      return false;
    }
    this.#attempt = undefined;
    this.#repeat = attempt;
    this.#timer = this.#ground.clock.schedule(waitMs, this, "repeat");
    return true;
  }

  #fail(
    { method, withSdp }: RefreshStep,
    verdict: { result: RefreshOutcome["result"]; suspect: boolean },
  ): void {
    this.#attempt = undefined;
    const outcome = { method, withSdp, result: verdict.result };
    this.#outcomes.push(outcome);
    if (verdict.suspect) this.#suspects.push(outcome);
    this.#climb();
  }

  #onSuccess(attempt: RefreshAttempt, response: SipResponse): void {
    const { refusals } = this.#ground;
    // Now it is known that the peer was there all along, and that it was the request it would not have.
    for (const step of this.#suspects) {
      if (!sameStep(step, attempt)) refusals.remember(step);
      // Who drops an UPDATE unread does not look for its body: a second timeout would teach nothing.
      if (isSilence(step.result) && step.method !== attempt.method) {
        refusals.remember({ ...step, withSdp: !step.withSdp });
      }
    }
    refusals.forget(attempt);
    this.cancel();
    this.#user.onRefreshed(attempt, response);
  }

  /** Nothing is left to try: once more from the beginning when half of the time that is left has passed. */
  #pause(): void {
    const waitMs = this.#timeLeftMs / 2;
    if (waitMs < 4 * this.#ground.t1Ms) return;
    this.#timer = this.#ground.clock.schedule(waitMs, this, "round");
  }

  /** The next step of the ladder that has not failed, `after` another that is about to be tried. */
  #nextStep(after?: RefreshStep): RefreshStep | undefined {
    const steps = stepsFor(this.#ground, this.#user.hasSdp);
    const left = steps.filter((step) =>
      !this.#hasFailed(step) && !(after && sameStep(step, after))
    );
    // After silence another UPDATE comes last: a peer that drops them is to cost one timeout.
    if (isSilence(this.#outcomes.at(-1)?.result)) {
      return left.find((step) => step.method !== "UPDATE") ?? left[0];
    }
    return left[0];
  }

  #hasFailed(step: RefreshStep): boolean {
    return this.#outcomes.some((outcome) => sameStep(outcome, step));
  }

  get #timeLeftMs(): number {
    return Math.max(0, this.#ground.deadlineMs - this.#ground.clock.now());
  }

  get #transactionMs(): number {
    return 64 * this.#ground.t1Ms;
  }

  get #isTimeShort(): boolean {
    return this.#timeLeftMs < 2 * this.#transactionMs;
  }

  #stopTimer(): void {
    this.#ground.clock.cancel(this.#timer);
    this.#timer = undefined;
  }
}
