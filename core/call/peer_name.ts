/** Addresses as policies, logs and ladders write them. */

import { formatAddress } from "../transport/address.ts";
import type { Flow } from "../transport/flow.ts";

/** `udp:192.0.2.1:5060`, `tcp:[2001:db8::1]:5060`. */
export function peerName(flow: Flow): string {
  let name = names.get(flow);
  if (name === undefined) {
    name = `${flow.transport.toLowerCase()}:${formatAddress(flow.remote)}`;
    names.set(flow, name);
  }
  return name;
}

/** Every call of a peer has the same string. */
const names = new WeakMap<Flow, string>();
