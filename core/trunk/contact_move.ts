/** Whether our Contact leads to us, as far as the registrar's answer tells: RFC 3581 turned to use by who registers. */

import type { SipResponse } from "../message/message.ts";
import type { SipUri } from "../message/uri.ts";
import { type Address, canonicalHost } from "../transport/address.ts";
import type { Flow } from "../transport/flow.ts";
import { seenFrom } from "./registration_answer.ts";
import type { ContactSource } from "./registration_settings.ts";

/** The address that the Contact should bear instead; undefined: it is well as it is. */
export function betterAddress(
  response: SipResponse,
  sent: { contact: SipUri; flow: Flow; source: ContactSource },
): Address | undefined {
  const { contact, flow, source } = sent;
  const seen = source === "local" ? undefined : seenFrom(response);
  if (seen === undefined) return undefined;
  const sameHost = canonicalHost(contact.host) === canonicalHost(seen.host);
  if (sameHost && (contact.port ?? 5060) === seen.port) return undefined;
  if (source === "received") return seen;
  // Whoever advertises an address knows better than the registrar does.
  const listener = flow.listener.slice(flow.listener.indexOf(":") + 1);
  const advertises = flow.sentBy !== listener;
  // A connection comes from a port of its own, which says nothing of a NAT.
  return advertises || (sameHost && flow.reliable) ? undefined : seen;
}
