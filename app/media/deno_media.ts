/** Media by the runtime's own datagram sockets: works everywhere, at some 20 us of CPU a packet. */

import type {
  MediaPeer,
  MediaReceiver,
  MediaSocket,
  MediaSockets,
} from "../../core/media/media_socket.ts";
import { canonicalHost, ipVersion } from "../../core/transport/address.ts";

/** The longest datagram that is taken whole: larger than any frame. Each socket has a buffer of its own. */
const DATAGRAM_BYTES = 2_048;
/** Datagrams that wait; RTP that waits longer is of no use. */
const MAX_QUEUE = 256;
/** Receiving fails this often in a row before a socket is given up. */
const MAX_FAILURES = 100;

/** The sockets of one address of this machine. */
export class DenoMedia implements MediaSockets {
  readonly address: string;

  constructor(address: string) {
    this.address = canonicalHost(address);
  }

  open(port: number, receiver: MediaReceiver): MediaSocket | undefined {
    try {
      const socket = Deno.listenDatagram({
        transport: "udp",
        hostname: this.address,
        port,
      });
      return new DenoMediaSocket(socket, receiver);
    } catch {
      // Somebody else has it, or nobody can: openMedia() has looked and said so.
      return undefined;
    }
  }

  peer(host: string, port: number): MediaPeer | undefined {
    const canonical = canonicalHost(host);
    return ipVersion(canonical) === 0 || port < 1 || port > 65_535
      ? undefined
      : { host: canonical, port };
  }
}

/** One of them. */
class DenoMediaSocket implements MediaSocket {
  readonly port: number;
  readonly #socket: Deno.DatagramConn;
  #isOpen = true;
  #isSending = false;
  readonly #queue: { bytes: Uint8Array; to: MediaPeer }[] = [];
  /** Whom the last datagram came from: mostly the next one does too. */
  #last: MediaPeer = { host: "", port: 0 };

  constructor(socket: Deno.DatagramConn, receiver: MediaReceiver) {
    this.#socket = socket;
    const { addr } = socket;
    this.port = addr.transport === "udp" ? addr.port : 0;
    void this.#receive(receiver);
  }

  send(bytes: Uint8Array, length: number, to: MediaPeer): void {
    if (!this.#isOpen || this.#queue.length >= MAX_QUEUE) return;
    // The runtime looks at the bytes later, and they are the caller's again by then.
    this.#queue.push({ bytes: bytes.slice(0, length), to });
    if (!this.#isSending) void this.#sendAll();
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#socket.close();
  }

  /** One after the other: what is sent at once the runtime sends in any order. */
  async #sendAll(): Promise<void> {
    this.#isSending = true;
    for (let at = 0; at < this.#queue.length && this.#isOpen; at++) {
      const { bytes, to: { host: hostname, port } } = this.#queue[at]!;
      try {
        await this.#socket.send(bytes, { transport: "udp", hostname, port });
      } catch {
        // What cannot be sent is lost.
      }
    }
    this.#queue.length = 0;
    this.#isSending = false;
  }

  async #receive(receiver: MediaReceiver): Promise<void> {
    const buffer = new Uint8Array(DATAGRAM_BYTES);
    let failures = 0;
    while (this.#isOpen && failures < MAX_FAILURES) {
      try {
        const [bytes, from] = await this.#socket.receive(buffer);
        failures = 0;
        if (!this.#isOpen || from.transport !== "udp") continue;
        receiver.onPacket(
          bytes,
          bytes.length,
          this.#peer(from.hostname, from.port),
        );
      } catch {
        failures++;
      }
    }
  }

  #peer(host: string, port: number): MediaPeer {
    const last = this.#last;
    if (last.port === port && last.host === host) return last;
    return this.#last = { host, port };
  }
}
