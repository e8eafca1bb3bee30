/**
 * The sockets of a relay: the port below which the network lies. Memory for tests, Deno's datagram sockets, and batches
 * by the C library stand behind it; tests/contract/media_sockets_test.ts says what all of them do.
 *
 * @module
 */

/** Whom packets come from and go to. Made by {@linkcode MediaSockets.peer} or by a socket; compared by its fields. */
export interface MediaPeer {
  readonly host: string;
  readonly port: number;
}

/** Takes what a socket receives. It must not throw. */
export interface MediaReceiver {
  /** The first `length` bytes are the datagram; they may be changed, and are the socket's again once this returns. */
  onPacket(bytes: Uint8Array, length: number, from: MediaPeer): void;
}

/** One open port. */
export interface MediaSocket {
  readonly port: number;
  /** Sends the first `length` bytes, which are the caller's again once this returns. What cannot be sent is lost. */
  send(bytes: Uint8Array, length: number, to: MediaPeer): void;
  close(): void;
}

/** Opens ports of one address. */
export interface MediaSockets {
  /** The address that descriptions give. */
  readonly address: string;
  /** Undefined when somebody else has the port. */
  open(port: number, receiver: MediaReceiver): MediaSocket | undefined;
  /** Undefined for what is no IP address. */
  peer(host: string, port: number): MediaPeer | undefined;
}

/** Whether two are the same. */
export function samePeer(
  a: MediaPeer | undefined,
  b: MediaPeer | undefined,
): boolean {
  return a === b ||
    (a !== undefined && b !== undefined && a.port === b.port &&
      a.host === b.host);
}
