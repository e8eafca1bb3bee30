/** What a call is made of, how it stands, and what BYE says of its end. */

import type { AnchorKind } from "../media/media_mode.ts";
import type { MediaSummary } from "../media/media_summary.ts";
import type { ServerTransaction } from "../transaction/server_transaction.ts";
import type { CallContext } from "./call_context.ts";
import { type Content, NO_CONTENT } from "./header_policy.ts";
import type { TimerState } from "./leg_timer.ts";
import type { MessagePlanes } from "./message_hooks.ts";
import type { CallSummary, Policy, TimerSummary } from "./policy.ts";

/** What a call is made of. */
export interface CallParts<Call> {
  readonly context: CallContext;
  readonly invite: ServerTransaction;
  readonly trunk: string | undefined;
  readonly policy: Policy;
  readonly planes: MessagePlanes;
  readonly owner: CallOwner<Call>;
}

/** Who keeps the calls, one for all of them; generic, since a call knows it by its own name. */
export interface CallOwner<Call> {
  /** Called once, when the call is over. */
  onOver(call: Call, summary: CallSummary): void;
  /** Called once after that, when the policy has heard of it and is no longer needed. */
  onDone(policy: Policy): void;
}

/** How a call stands. */
export interface CallState {
  readonly id: string;
  /** The trunk or address of the caller. */
  readonly from: string;
  /** The target that answered or was tried last. */
  readonly to: string | undefined;
  /** Calendar milliseconds. */
  readonly startedAtMs: number;
  readonly answeredAtMs: number | undefined;
  /** The session timers that run. */
  readonly timers: readonly TimerState[];
  /** What its media go by; undefined where they pass us by. */
  readonly media: AnchorKind | undefined;
}

/** A leg as its call's state tells of it. */
interface StatedLeg {
  readonly trunk: string | undefined;
  readonly peer: string;
  readonly timerState: TimerState | undefined;
}

interface StatedLegs {
  readonly a: StatedLeg;
  readonly b:
    | (StatedLeg & { readonly target: { readonly name: string } })
    | undefined;
}

/** How far a call has come. */
export class CallProgress {
  answeredAtMs: number | undefined;
  /** The target that was tried last. */
  lastTarget: string | undefined;
  /** The final status the caller got; 0 before. */
  status = 0;

  constructor(readonly startedAtMs: number) {}

  answered(atMs: number): void {
    this.answeredAtMs = atMs;
    this.status = 200;
  }

  /** The summary of the call with that identifier, which is over; `a` and `b` as in {@linkcode state}. */
  summary(
    id: string,
    { a, b }: StatedLegs,
    { end, endedAtMs, timers, media, keys }: CallOutcome,
  ): CallSummary {
    const told = {
      id,
      from: a.trunk ?? a.peer,
      to: b?.target.name ?? this.lastTarget,
      startedAtMs: this.startedAtMs,
      answeredAtMs: this.answeredAtMs,
      endedAtMs,
      status: this.status,
      endedBy: end.by,
      cause: end.cause,
    };
    // Most calls have none of these.
    if (timers.length === 0 && media === undefined && keys === undefined) {
      return told;
    }
    return {
      ...told,
      ...(timers.length > 0 ? { timers } : {}),
      ...(media === undefined ? {} : { media }),
      ...keys,
    };
  }

  /** The state of the call with that identifier; `b` is the leg that answered. */
  state(
    id: string,
    { a, b, media }: StatedLegs & { media: AnchorKind | undefined },
  ): CallState {
    return {
      id,
      from: a.trunk ?? a.peer,
      to: b?.target.name ?? this.lastTarget,
      startedAtMs: this.startedAtMs,
      answeredAtMs: this.answeredAtMs,
      timers: present(a.timerState, b?.timerState),
      media,
    };
  }
}

/** What there is of one thing of each leg. */
export function present<T>(a: T | undefined, b: T | undefined): T[] {
  const found: T[] = [];
  if (a !== undefined) found.push(a);
  if (b !== undefined) found.push(b);
  return found;
}

/** How a call ended. */
export interface CallEnd {
  readonly by: "a" | "b" | "legwork";
  readonly cause: string;
  readonly status: number;
  /** What the BYE that ended it says. */
  readonly content?: Content;
}

/** The end of a call by one of its legs. */
export function endBy(
  by: "a" | "b",
  { cause, content }: { cause: string; content: Content },
): CallEnd {
  // What the peer's BYE says passes; where there was none, the Reason is ours.
  return cause === "BYE"
    ? { by, cause, status: 487, content }
    : { by, cause, status: 487 };
}

/** What is known of a call when it is over. */
export interface CallOutcome {
  readonly end: CallEnd;
  readonly endedAtMs: number;
  readonly timers: readonly TimerSummary[];
  readonly media: MediaSummary | undefined;
  readonly keys: Pick<CallSummary, "keys" | "collected"> | undefined;
}

/** What BYE says of an end that was our idea, by cause. */
const REASONS: Readonly<Record<string, string>> = {
  "max call": "max call",
  "no ACK": "no ACK",
  "keep-alive": "Keep-alive unanswered",
  "media timeout": "No media",
  "session timer": "Session timer expired",
};

/** RFC 3326: why we hang up, where it was our idea. */
export function reasonContent(cause: string): Content {
  const text = REASONS[cause];
  if (text === undefined) return NO_CONTENT;
  return {
    headers: NO_CONTENT.headers.clone().append(
      "Reason",
      `SIP;cause=408;text="${text}"`,
    ),
    body: NO_CONTENT.body,
  };
}
