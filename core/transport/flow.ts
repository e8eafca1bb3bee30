import type { Address, TransportName } from "./address.ts";

/** A way to one peer: a UDP socket and a remote address, or a connection. */
export interface Flow {
  readonly transport: TransportName;
  /** True when nothing is lost or overtaken on the way: no retransmissions are needed. */
  readonly reliable: boolean;
  readonly local: Address;
  readonly remote: Address;
  /** The listener it belongs to: `udp:127.0.0.1:5060`. */
  readonly listener: string;
  /** `host:port` as our Via and Contact are to say. */
  readonly sentBy: string;
  /** False once nothing can be sent on it any more. */
  readonly open: boolean;
  /** True while the peer sends no more but may still read: good for responses to what it sent, and nothing else. */
  readonly halfClosed?: boolean;
  /** Streams only: true once the connection was made, for good: what broke later is told from what never was. */
  readonly connected?: boolean;
  /** Streams only: sends the double CRLF of RFC 5626 section 4.4.1. The CRLF that answers it is told as a pong. */
  ping?(): void;
  /** Streams only: ends the connection, once what is queued has left. */
  finish?(reason: string): void;
}
