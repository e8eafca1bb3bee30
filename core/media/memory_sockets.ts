/** Media in memory, for tests on a virtual clock: datagrams take their time, and may get lost. */

import type { Clock, Timed } from "../base/clock.ts";
import type {
  MediaPeer,
  MediaReceiver,
  MediaSocket,
  MediaSockets,
} from "./media_socket.ts";

/** What a network of media is made of. */
export interface MemoryMediaOptions {
  readonly clock: Clock;
  readonly latencyMs?: number;
  /** Whether a datagram gets lost. */
  readonly isLost?: (from: MediaPeer, to: MediaPeer) => boolean;
}

/** Most datagrams on their way at once. */
const MAX_IN_FLIGHT = 100_000;

/** All hosts of one test. */
export class MemoryMedia {
  readonly #options: MemoryMediaOptions;
  readonly #open = new Map<string, MediaReceiver>();
  #inFlight = 0;

  constructor(options: MemoryMediaOptions) {
    this.#options = options;
  }

  /** Ports that are open, of all hosts. */
  get open(): number {
    return this.#open.size;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** The sockets of one host. */
  host(address: string): MediaSockets {
    return {
      address,
      open: (port, receiver) => this.#bind({ host: address, port }, receiver),
      peer: (host, port) =>
        /^[0-9a-f:.]+$/i.test(host) ? { host, port } : undefined,
    };
  }

  #bind(local: MediaPeer, receiver: MediaReceiver): MediaSocket | undefined {
    const name = nameOf(local);
    if (this.#open.has(name)) return undefined;
    this.#open.set(name, receiver);
    let isOpen = true;
    return {
      port: local.port,
      send: (bytes, length, to) => {
        if (!isOpen) return;
        this.#send(bytes.slice(0, length), { from: local, to });
      },
      close: () => {
        if (isOpen) this.#open.delete(name);
        isOpen = false;
      },
    };
  }

  #send(bytes: Uint8Array, way: { from: MediaPeer; to: MediaPeer }): void {
    const { clock, latencyMs = 1, isLost } = this.#options;
    if (isLost?.(way.from, way.to) || this.#inFlight >= MAX_IN_FLIGHT) return;
    this.#inFlight++;
    const datagram: Timed = {
      onTimer: () => {
        this.#inFlight--;
        const receiver = this.#open.get(nameOf(way.to));
        receiver?.onPacket(bytes, bytes.length, way.from);
      },
    };
    clock.schedule(latencyMs, datagram, "datagram");
  }
}

function nameOf({ host, port }: MediaPeer): string {
  return `${host} ${port}`;
}
