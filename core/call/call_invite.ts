/** What is taken from the caller's INVITE for those of the B legs. */

import type { SipRequest } from "../message/message.ts";
import type { BLegInvite } from "./b_leg.ts";
import type { CallContext } from "./call_context.ts";
import type { Route } from "./decisions.ts";
import { crossing } from "./header_policy.ts";
import { type Target, targetsOf } from "./target.ts";

/** The user part the caller dialled, for trunks. */
export function dialled({ sipUri, uri }: SipRequest): string | undefined {
  if (sipUri !== undefined) return sipUri.user;
  // RFC 3261 §19.1.6: a tel URL's number, with its parameters, becomes the user part.
  return /^tel:(.+)$/i.exec(uri)?.[1];
}

/** The targets of a route. */
export function routeTargets(
  route: Route,
  { invite, context }: { invite: SipRequest; context: CallContext },
): Target[] {
  return targetsOf(route, {
    trunks: context.trunks,
    registrations: context.registrations,
    registrar: context.registrar,
    random: context.random,
    user: dialled(invite),
    noAnswerSeconds: context.times.noAnswerSeconds,
  });
}

/** What every B leg's INVITE has in common. */
export function bLegInvite(invite: SipRequest): BLegInvite {
  const { from, to } = invite;
  if (from === undefined || to === undefined) {
    throw new TypeError("Cannot route call: From or To is missing");
  }
  return {
    from,
    to,
    maxForwards: maxForwards(invite) - 1,
    content: crossing(invite),
  };
}

/** RFC 3261 section 8.1.1.6: 70 where a request comes without. */
export function maxForwards(request: SipRequest): number {
  const value = request.headers.first("max-forwards")?.value;
  if (value === "70") return 70;
  return value !== undefined && /^\d{1,3}$/.test(value) ? Number(value) : 70;
}
