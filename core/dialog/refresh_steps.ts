/** The rungs of the refresh ladder and their order (RFC 4028 section 7.4). */

import type { SessionTimerSettings } from "./timer_negotiation.ts";

/** One way to refresh a session. */
export interface RefreshStep {
  readonly method: "UPDATE" | "INVITE" | "OPTIONS";
  /** With the SDP last sent to the peer, its o= line unchanged. */
  readonly withSdp: boolean;
}

/** What the order depends on. */
export interface StepGround {
  readonly refresh: SessionTimerSettings["refresh"];
  readonly peerAllowsUpdate: boolean;
  readonly refusals: { refuses(step: RefreshStep): boolean };
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
