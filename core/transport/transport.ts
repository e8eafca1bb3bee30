/** The port between SIP and the network: one object for each listener, one contract for all of them. */

import {
  type Address,
  bracketed,
  formatAddress,
  type TransportName,
} from "./address.ts";
import type { Flow } from "./flow.ts";

/** What a transport tells the layer above. */
export interface TransportEvents {
  /** One datagram or one framed message; `bytes` is only good during the call. */
  onBytes(bytes: Uint8Array, flow: Flow): void;
  /**
   * A stream that cannot be cut into messages any more; it is closed once what is sent during this call has left.
   * `head` is the start of the message at fault up to its empty line, where it got that far.
   */
  onFramingError(problem: FramingProblem, flow: Flow): void;
  /** A double CRLF came on a stream. True when its pong is not for the transport to send. */
  onPing?(flow: Flow): boolean;
  /** A connection is gone. Datagram flows never say so. */
  onClosed(flow: Flow, reason: string): void;
  /** The peer has sent its last byte, though it may still read: nothing more comes. */
  onHalfClosed?(flow: Flow): void;
  /** A stream brought the CRLF that answers a ping of ours. */
  onPong?(flow: Flow): void;
  /** A fault that no message can be blamed for: counted by this name, that often (once). */
  onFault(counter: string, by?: number): void;
}

/** Why a stream cannot be cut into messages. */
export interface FramingProblem {
  /** What the message at fault is answered with, when it is a request. */
  readonly status: 400 | 513;
  readonly reason: string;
  readonly head: Uint8Array | undefined;
}

/** Sends and receives on one listening socket and the connections that belong to it. */
export interface Transport {
  readonly name: TransportName;
  /** `udp:127.0.0.1:5060`; with the real port once open. */
  readonly listener: string;
  /** The address listened on; with the real port once open. */
  readonly local: Address;
  /**
   * Begins to listen. `advertise` is the host, or host:port, that Via and Contact are to say instead of the local
   * address. Throws a LegworkError with code LISTEN when the address cannot be had.
   */
  open(events: TransportEvents, advertise?: string): Promise<void> | void;
  /** The flow to a peer. A stream gives an open connection from or to that address, or else begins one. */
  flowTo(remote: Address): Flow;
  /**
   * Sends one message; never throws and never waits. `bytes` belong to the transport from now on. `onError` is called
   * later, never within this call, when the message is known not to have left whole.
   */
  send(flow: Flow, bytes: Uint8Array, onError?: (reason: string) => void): void;
  /** Ends every connection and releases the port. */
  close(): Promise<void>;
}

/** How a listener is named in the configuration, in logs and by `Flow.listener`. */
export function listenerName(name: TransportName, local: Address): string {
  return `${name.toLowerCase()}:${formatAddress(local)}`;
}

/** What Via and Contact say: the advertised host, with the local port where it names none. */
export function sentByOf(
  local: Address,
  advertise: string | undefined,
): string {
  if (advertise === undefined) return formatAddress(local);
  const hasPort = /(?:^[^:]+|\]):\d+$/.test(advertise);
  return hasPort ? advertise : `${bracketed(advertise)}:${local.port}`;
}
