/** Where one message goes, and by which way. */

import type { Target } from "../transport/address.ts";
import type { Flow } from "../transport/flow.ts";
import type { MessageTransport } from "./transport_port.ts";

/** Where a request goes. */
export interface Destination {
  readonly target: Target;
  /** The way there, as the transport layer found it. */
  readonly flow: Flow;
  /** Not for INVITE: it is sent once and never again, and an answer is waited for this long. */
  readonly onceMs?: number;
}

/** The way there for what is sent again: a new connection where its own is closed. */
export function openFlow(
  { target, flow }: Destination,
  transport: MessageTransport,
): Flow {
  return flow.open
    ? flow
    : transport.flowTo(target, undefined, flow.listener) ?? flow;
}
