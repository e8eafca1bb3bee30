/** The refresh ladder's question as a policy sees it, and the policy's answer as the ladder takes it. */

import type {
  RefreshChoice,
  RefreshQuestion,
} from "../dialog/refresh_steps.ts";
import { headersOf } from "./decision_check.ts";
import type { RefreshMethod, RefreshWith, Skip } from "./decisions.ts";
import type { RefreshView } from "./event_views.ts";
import type { LegView } from "./policy.ts";

const METHODS: readonly RefreshMethod[] = ["UPDATE", "INVITE", "OPTIONS"];

/** What is known of the peer. */
export interface PeerAbilities {
  readonly peerAllow: readonly string[];
  readonly peerAllowsUpdate: boolean;
}

/** What a policy sees. */
export function refreshView(
  question: RefreshQuestion,
  { leg, negotiation }: { leg: LegView; negotiation: PeerAbilities },
): RefreshView {
  const { proposed, outcomes, timeLeftMs } = question;
  return {
    leg,
    method: proposed.method,
    sdp: proposed.withSdp,
    candidates: METHODS.filter((method) =>
      !outcomes.some((outcome) => outcome.method === method)
    ),
    peerAllow: negotiation.peerAllow,
    peerAllowsUpdate: negotiation.peerAllowsUpdate,
    lastOutcomes: outcomes.map(({ method, withSdp, result }) => ({
      method,
      sdp: withSdp,
      result,
    })),
    secondsLeft: Math.floor(timeLeftMs / 1000),
  };
}

/** What the ladder takes. RFC 4028 §7.4: a re-INVITE carries an offer, an UPDATE need not. */
export function refreshChoice(
  decision: RefreshWith | Skip | undefined,
): RefreshChoice | undefined {
  if (decision === undefined) return undefined;
  if (decision.action === "skip") return "skip";
  const { method, sdp = method === "INVITE" } = decision;
  return { method, withSdp: sdp, headers: headersOf(decision.headers) };
}
