/** What the transaction layer asks of the layer below: the transport layer is one such, a test's fake another. */

import type { SipMessage } from "../message/message.ts";
import type { Via } from "../message/via.ts";
import type { Target, TransportName } from "../transport/address.ts";
import type { Flow } from "../transport/flow.ts";
import type { TransportHandler } from "../transport/transport_layer.ts";

/** Sends messages and finds the way for them. */
export interface MessageTransport {
  /** Who is given what arrives. */
  handler: TransportHandler;
  /** The way to a target; undefined when no listener speaks its transport. */
  flowTo(target: Target, preferred?: Flow, listener?: string): Flow | undefined;
  supports(transport: TransportName): boolean;
  /** Never throws; `onError` may be called at once or much later. */
  send(
    bytes: Uint8Array,
    flow: Flow,
    onError?: (reason: string) => void,
    message?: SipMessage,
  ): void;
  /** Where a response goes (RFC 3261 section 18.2.2, RFC 3581). */
  responseFlow(via: Via, flow: Flow): Flow | undefined;
}
