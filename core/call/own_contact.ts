/** Our Contact in calls. */

import type { Flow } from "../transport/flow.ts";
import type { Registrations } from "../trunk/registrations.ts";

/**
 * Our Contact for a flow: a bare URI in brackets, the transport named where it is not UDP; to a carrier that we are
 * registered at, the address that the carrier sees.
 */
export function ownContact(
  flow: Flow,
  registrations: Registrations | undefined,
): string {
  const at = registrations?.sentByOn(flow) ?? flow.sentBy;
  const transport = flow.transport === "UDP"
    ? ""
    : `;transport=${flow.transport.toLowerCase()}`;
  // RFC 5626 §4.3: `ob` asks for requests within the dialog to come on the flow that it began on.
  const ob = registrations?.isOutbound(flow) === true ? ";ob" : "";
  return `<sip:${at}${transport}${ob}>`;
}
