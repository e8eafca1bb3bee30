/**
 * The rungs of the refresh ladder, their order (RFC 4028 section 7.4), and what is said of them.
 *
 * @module
 */

import type { Headers } from "../message/headers.ts";
import type { SendingFailure } from "../transaction/request_sender.ts";
import type { TimerFields } from "./session_expires.ts";
import type { SessionTimerSettings } from "./timer_negotiation.ts";

/** One way to refresh a session. */
export interface RefreshStep {
  readonly method: "UPDATE" | "INVITE" | "OPTIONS";
  /** With the SDP last sent to the peer, its o= line unchanged. */
  readonly withSdp: boolean;
}

/** What a peer has been found to refuse, kept over calls. */
export interface PeerRefusals {
  refuses(step: RefreshStep): boolean;
  remember(step: RefreshStep): void;
  forget(step: RefreshStep): void;
}

/** One request of the ladder; the object is its own name. */
export interface RefreshAttempt extends RefreshStep {
  /** What a script adds. */
  readonly headers: Headers | undefined;
  /** The timer fields it left with; whoever sends it writes them here, again at each sending. */
  sent: TimerFields | undefined;
}

/** How one step of this refresh went. */
export interface RefreshOutcome extends RefreshStep {
  /** A status, or why there was none; `silence`: given up before its transaction was, since time ran short. */
  readonly result: number | SendingFailure | "silence";
}

/** What a script is asked at each step. */
export interface RefreshQuestion {
  /** The step taken where the script says nothing. */
  readonly proposed: RefreshStep;
  /** The steps that failed, the oldest first. */
  readonly outcomes: readonly RefreshOutcome[];
  /** Until the session ends. */
  readonly timeLeftMs: number;
}

/** What a script may answer. `skip`: not now; the deadline stands, and the question comes again before it. */
export type RefreshChoice =
  | (RefreshStep & { readonly headers?: Headers | undefined })
  | "skip";

/** What the order depends on. */
export interface StepGround {
  readonly refresh: SessionTimerSettings["refresh"];
  readonly peerAllowsUpdate: boolean;
  readonly refusals: PeerRefusals;
}

/**
 * RFC 4028 §7.4: "It is RECOMMENDED that the UPDATE request not contain an offer, but a re-INVITE SHOULD contain one,
 * even if the details of the session have not changed. In that case, the offer MUST indicate that it has not changed."
 */
const BARE_UPDATE: RefreshStep = { method: "UPDATE", withSdp: false };
const FULL_UPDATE: RefreshStep = { method: "UPDATE", withSdp: true };
const RE_INVITE: RefreshStep = { method: "INVITE", withSdp: true };
const PROOF_OF_LIFE: RefreshStep = { method: "OPTIONS", withSdp: false };

const LADDERS: Readonly<
  Record<SessionTimerSettings["refresh"], readonly RefreshStep[]>
> = {
  auto: [BARE_UPDATE, FULL_UPDATE, RE_INVITE],
  update: [BARE_UPDATE, FULL_UPDATE, RE_INVITE],
  invite: [RE_INVITE],
  options: [BARE_UPDATE, FULL_UPDATE, RE_INVITE, PROOF_OF_LIFE],
};

/**
 * The steps for a peer, in order, at least one. What it was found to refuse is left out, unless nothing else would be
 * left.
 */
export function stepsFor(
  ground: StepGround,
  hasSdp: boolean,
): readonly RefreshStep[] {
  // §7.4: "If a UAC knows that its peer supports the UPDATE method, it is RECOMMENDED that UPDATE be used instead of
  // a re-INVITE. A UA can make this determination if it has seen an Allow header field from its peer with the value
  // 'UPDATE'". `update` is the operator's word that it does, whatever its Allow says.
  const update = ground.peerAllowsUpdate || ground.refresh === "update";
  const possible = LADDERS[ground.refresh].filter((step) =>
    (update || step.method !== "UPDATE") && (hasSdp || !step.withSdp)
  );
  const willing = possible.filter((step) => !ground.refusals.refuses(step));
  if (willing.length > 0) return willing;
  return possible.length > 0 ? possible : [PROOF_OF_LIFE];
}

/** True when both are the same request with or without SDP. */
export function sameStep(a: RefreshStep, b: RefreshStep): boolean {
  return a.method === b.method && a.withSdp === b.withSdp;
}

/** True when the peer did not say a word. */
export function isSilence(
  result: RefreshOutcome["result"] | undefined,
): boolean {
  return result === "timeout" || result === "silence";
}

/**
 * True for statuses by which a peer says that it will not have this kind of request, rather than that it is busy,
 * wants something first, or has lost the dialog.
 */
export function isRefusal(status: number): boolean {
  switch (status) {
    case 401:
    case 407:
    case 408:
    case 422:
    case 480:
    case 486:
    case 491:
      return false;
    case 501:
    case 606:
      return true;
  }
  return status >= 400 && status < 500;
}
