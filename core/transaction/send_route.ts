/**
 * Where a request is to go, and what follows from that: its targets in order, the ways to them, and how it is finished
 * for each.
 *
 * @module
 */

import { keepSample, KINDS } from "../base/samples.ts";
import { SipRequest } from "../message/message.ts";
import type { SipUri } from "../message/uri.ts";
import { sameAddress, type Target } from "../transport/address.ts";
import type { Flow } from "../transport/flow.ts";
import { Attempts } from "./attempts.ts";
import type { TargetHealth } from "./target_health.ts";
import type { MessageTransport } from "./transport_port.ts";

/** Where a request is to go. */
export interface SendRoute {
  /** What is resolved, where no targets are given. */
  readonly uri?: SipUri | undefined;
  /** The targets in order of trial. */
  readonly targets?: readonly Target[] | undefined;
  /** Tried before all others: where the peer is known to have answered. */
  readonly first?: Target | undefined;
  /** The flow to take first while it is open: its peer may not be reached otherwise (RFC 5626). */
  readonly boundTo?: Flow | undefined;
  /** A connection to prefer where it leads to the target. */
  readonly flow?: Flow | undefined;
  /** The listener to send from. */
  readonly listener?: string | undefined;
  /** What is known of the targets: those that are down are left out. */
  readonly health?: TargetHealth | undefined;
  /** UDP stays UDP, however large the request. */
  readonly udpOnly?: boolean | undefined;
  /** How much `prepare` adds besides Contact, for the choice between UDP and TCP. */
  readonly addedBytes?: number | undefined;
  /**
   * Finishes the request for the flow it will leave on (Contact, say). It is called once for each try, with a copy that
   * it may change; Via is put on top afterwards.
   */
  prepare?(draft: SipRequest, flow: Flow): SipRequest;
}

/** The target before all others: where the flow leads that the request is bound to, or where its peer has answered. */
export function firstOf({ boundTo, first }: SendRoute): Target | undefined {
  return boundTo === undefined || !boundTo.open
    ? first
    : { ...boundTo.remote, transport: boundTo.transport };
}

/** The targets, that one before the others. */
export function startingWith(
  first: Target | undefined,
  targets: readonly Target[],
): readonly Target[] {
  if (first === undefined) return targets;
  // The usual case: where the peer has answered is all there is.
  if (targets.length === 1 && isSame(targets[0]!, first)) return [first];
  return [first, ...targets.filter((target) => !isSame(target, first))];
}

/** The ways by which the targets are tried. */
export function attemptsFor(
  targets: readonly Target[],
  route: SendRoute,
  transport: MessageTransport,
): Attempts {
  const bound = route.boundTo?.open === true;
  const udpOnly = bound || route.udpOnly === true ||
    route.uri?.param("transport")?.toLowerCase() === "udp";
  const flow = bound ? route.boundTo : route.flow;
  const { listener } = route;
  const options = { targets, flow, listener, udpOnly };
  const attempts = new Attempts(transport, options);
  keepSample(KINDS.attempts, attempts);
  return attempts;
}

/** A copy of the request, finished for its flow. */
export function finished(
  request: SipRequest,
  route: SendRoute,
  flow: Flow,
): SipRequest {
  if (route.prepare === undefined) return request;
  const { method, uri, headers, body } = request;
  return route.prepare(
    new SipRequest(method, uri, headers.clone(), body),
    flow,
  );
}

function isSame(a: Target, b: Target): boolean {
  return a.transport === b.transport && sameAddress(a, b);
}
