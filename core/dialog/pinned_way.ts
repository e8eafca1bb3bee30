/**
 * A way to a peer that its Contact does not tell: the flow that it registered on, through its NAT or its connection.
 *
 * @module
 */

import type { SipUri } from "../message/uri.ts";
import type { SendRoute } from "../transaction/request_sender.ts";

/** The way as it is at the moment; a device that registers again on another flow is reached there. */
export interface PinnedWay {
  /** Undefined where the URI says all there is to know. */
  now(): Pick<SendRoute, "targets" | "flow" | "listener"> | undefined;
}

/** Where a request to `uri` goes: by the pinned way, if there is one. UDP stays UDP: a NAT lets nothing else through. */
export function routeBy(
  way: PinnedWay | undefined,
  uri: SipUri,
): Pick<SendRoute, "uri" | "targets" | "flow" | "listener" | "udpOnly"> {
  const now = way?.now();
  return now === undefined ? { uri } : { uri, ...now, udpOnly: true };
}
