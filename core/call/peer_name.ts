/** Addresses as policies, logs and ladders write them. */

import { formatAddress } from "../transport/address.ts";
import type { Flow } from "../transport/flow.ts";

/** `udp:192.0.2.1:5060`, `tcp:[2001:db8::1]:5060`. */
export function peerName(flow: Flow): string {
  return `${flow.transport.toLowerCase()}:${formatAddress(flow.remote)}`;
}
