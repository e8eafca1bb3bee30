/** A session timer on a virtual clock whose user only takes notes. */

import { assertEquals, assertExists } from "@std/assert";
import { seededRandom } from "../../../core/base/random.ts";
import { TimerWheel } from "../../../core/base/timer_wheel.ts";
import type {
  PeerRefusals,
  RefreshAttempt,
  RefreshChoice,
  RefreshQuestion,
} from "../../../core/dialog/refresh_steps.ts";
import {
  type Refreshed,
  SessionTimer,
  type SessionTimerUser,
} from "../../../core/dialog/session_timer.ts";
import type { TimerFields } from "../../../core/dialog/session_expires.ts";
import {
  DEFAULT_SESSION_TIMER,
  type SessionTimerSettings,
  TimerNegotiation,
} from "../../../core/dialog/timer_negotiation.ts";
import { Headers } from "../../../core/message/headers.ts";
import { SipRequest, SipResponse } from "../../../core/message/message.ts";
import { RefusalMemory } from "../../../core/trunk/refusal_memory.ts";

/** Header fields from lines such as `Session-Expires: 90`. */
export function headersOf(lines: readonly string[]): Headers {
  const headers = new Headers();
  for (const line of lines) {
    const colon = line.indexOf(":");
    headers.append(line.slice(0, colon), line.slice(colon + 1).trimStart());
  }
  return headers;
}

/** A request of the peer with these lines. */
export function request(method: string, ...lines: string[]): SipRequest {
  return new SipRequest(method, "sip:b@192.0.2.1", headersOf(lines));
}

/** A response of the peer with these lines. */
export function response(status: number, ...lines: string[]): SipResponse {
  return new SipResponse(status, "Words", headersOf(lines));
}

/** What negotiates a leg with these settings. */
export function negotiation(
  settings: Partial<SessionTimerSettings> = {},
): TimerNegotiation {
  return new TimerNegotiation({ ...DEFAULT_SESSION_TIMER, ...settings });
}

/** What a message of ours says, as lines in one order. */
export function linesOf(headers: Headers): string[] {
  return headers.lines.map((line) => `${line.name}: ${line.value}`);
}

/** One sending of an attempt. */
export interface Sent {
  readonly atMs: number;
  readonly attempt: RefreshAttempt;
  readonly headers: Headers;
}

/** The user of one session timer. */
export class Bed implements SessionTimerUser {
  readonly wheel = new TimerWheel();
  readonly memory: RefusalMemory;
  readonly negotiation: TimerNegotiation;
  readonly timer: SessionTimer;
  readonly sent: Sent[] = [];
  readonly questions: RefreshQuestion[] = [];
  readonly refreshes: Refreshed[] = [];
  /** `gone 481` or `expired`, with the time. */
  ends: string[] = [];
  readonly #contact: string;
  inviteInProgress = false;
  hasSdp = true;
  ownsCallId = true;
  hasCredentials = false;
  choose: (question: RefreshQuestion) => RefreshChoice | undefined = () =>
    undefined;
  /** What sending fails with at once. */
  refuseSending: "busy" | "ended" | undefined;

  constructor(
    settings: Partial<SessionTimerSettings> = {},
    options: { memory?: RefusalMemory; contact?: string } = {},
  ) {
    this.memory = options.memory ?? new RefusalMemory(this.wheel);
    this.#contact = options.contact ?? "sip:b@192.0.2.2";
    this.negotiation = negotiation(settings);
    this.timer = new SessionTimer(this.negotiation, {
      clock: this.wheel,
      random: seededRandom(1),
      t1Ms: 500,
    }, this);
  }

  /** The call is answered: our INVITE's 2xx has these lines. */
  answered(...lines: string[]): this {
    const sent = this.timer.outgoing("INVITE", new Headers());
    this.timer.succeeded("INVITE", response(200, ...lines), sent);
    return this;
  }

  /** Lets time pass up to this moment. */
  until(seconds: number): this {
    this.wheel.advance(Math.round(seconds * 1000));
    return this;
  }

  /** The attempts so far, `UPDATE+SDP@12.5`. */
  get attempts(): string[] {
    return this.sent.map(({ attempt, atMs }) =>
      `${attempt.method}${attempt.withSdp ? "+SDP" : ""}@${atMs / 1000}`
    );
  }

  /** The peer answers the last attempt. */
  answer(status: number, ...lines: string[]): this {
    this.timer.attemptResponded(this.#last, response(status, ...lines));
    return this;
  }

  /** The last attempt's transaction ends without a response. */
  fail(failure: "timeout" | "transport" | "unresolved" | "ended"): this {
    this.timer.attemptFailed(this.#last, failure);
    return this;
  }

  /** The call ends; nothing may be left. */
  assertNothingLeft(): void {
    this.timer.stop();
    assertEquals(this.wheel.pending, 0);
  }

  get refusals(): PeerRefusals {
    return this.memory.of({ trunk: "pbx", contact: this.#contact });
  }

  steer(question: RefreshQuestion): RefreshChoice | undefined {
    this.questions.push(question);
    return this.choose(question);
  }

  send(attempt: RefreshAttempt): void {
    if (this.refuseSending !== undefined) {
      this.timer.attemptFailed(attempt, this.refuseSending);
      return;
    }
    const headers = new Headers();
    const fields: TimerFields = this.timer.outgoing(attempt.method, headers);
    attempt.sent = fields;
    this.sent.push({ atMs: this.wheel.now(), attempt, headers });
  }

  answerChallenge(attempt: RefreshAttempt): boolean {
    if (this.hasCredentials) this.send(attempt);
    return this.hasCredentials;
  }

  onRefreshed(refresh: Refreshed): void {
    this.refreshes.push(refresh);
  }

  onSessionGone(status: number): void {
    this.ends.push(`gone ${status}@${this.wheel.now() / 1000}`);
  }

  onSessionExpired(): void {
    this.ends.push(`expired@${this.wheel.now() / 1000}`);
  }

  get #last(): RefreshAttempt {
    const last = this.sent.at(-1);
    assertExists(last);
    return last.attempt;
  }
}
