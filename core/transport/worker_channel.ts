/**
 * Between the workers of one machine: a datagram that came to a worker which does not own it goes to the one that does,
 * with where it came from, and is handled there as if it had come there. It is handed over once at most.
 *
 * A secret that the workers share stands at its head, so that no other process of the machine can put words into a peer's
 * mouth: secret, listener (1 byte), length of the source's name (1 byte), name, datagram.
 *
 * @module
 */

import type { Address } from "./address.ts";
import type { Flow } from "./flow.ts";
import { NAME_BYTES } from "./socket_name.ts";
import type { Transport, TransportEvents } from "./transport.ts";

/** Bytes of the secret. */
export const SECRET_BYTES = 16;

/** What a {@linkcode WorkerChannel} is made of. */
export interface WorkerChannelOptions {
  /** A datagram transport on a loopback address, not yet open. */
  readonly transport: Transport;
  readonly secret: Uint8Array;
  /** This worker's number, from 0. */
  readonly worker: number;
  /** How many there are. */
  readonly workers: number;
  readonly onFault: (counter: string) => void;
}

/** One of the listeners that all workers have. */
export interface SharedListener {
  /** Another worker has received what is ours. `name` is whom it came from, as the kernel writes it. */
  takeOver(bytes: Uint8Array, name: Uint8Array): void;
}

/** See the module's text. */
export class WorkerChannel implements TransportEvents {
  readonly worker: number;
  readonly workers: number;
  readonly #transport: Transport;
  readonly #secret: Uint8Array;
  readonly #onFault: (counter: string) => void;
  readonly #listeners: SharedListener[] = [];
  #peers: readonly (Flow | undefined)[] = [];

  constructor(options: WorkerChannelOptions) {
    this.worker = options.worker;
    this.workers = options.workers;
    this.#transport = options.transport;
    this.#secret = options.secret;
    this.#onFault = options.onFault;
  }

  /** Where the others reach this worker, once open. */
  get local(): Address {
    return this.#transport.local;
  }

  async open(): Promise<void> {
    await this.#transport.open(this);
  }

  /** Where each worker is reached, once open; undefined for one that is not there now. */
  meet(peers: readonly (Address | undefined)[]): void {
    this.#peers = peers.map((peer) => peer && this.#transport.flowTo(peer));
  }

  /** A listener of all workers. They add theirs in one order; its number is given back. */
  add(listener: SharedListener): number {
    return this.#listeners.push(listener) - 1;
  }

  /** Gives a datagram to its owner. One that is away gets it again when the peer retransmits. */
  handOver(
    bytes: Uint8Array,
    to: { owner: number; listener: number; name: Uint8Array },
  ): void {
    const peer = this.#peers[to.owner];
    if (peer === undefined) {
      this.#onFault("worker_away");
      return;
    }
    const { name } = to;
    const head = SECRET_BYTES + 2 + name.length;
    const handed = new Uint8Array(head + bytes.length);
    handed.set(this.#secret);
    handed[SECRET_BYTES] = to.listener;
    handed[SECRET_BYTES + 1] = name.length;
    handed.set(name, SECRET_BYTES + 2);
    handed.set(bytes, head);
    this.#onFault("worker_handed_over");
    this.#transport.send(peer, handed);
  }

  onBytes(bytes: Uint8Array, flow: Flow): void {
    const nameLength = bytes[SECRET_BYTES + 1] ?? 0;
    const listener = this.#listeners[bytes[SECRET_BYTES] ?? -1];
    const head = SECRET_BYTES + 2 + nameLength;
    if (
      listener === undefined || nameLength === 0 || nameLength > NAME_BYTES ||
      bytes.length < head || flow.remote.host !== this.local.host ||
      !this.#isSecret(bytes)
    ) {
      this.#onFault("worker_foreign_datagram");
      return;
    }
    this.#onFault("worker_taken_over");
    const name = bytes.slice(SECRET_BYTES + 2, head);
    listener.takeOver(bytes.subarray(head), name);
  }

  onFramingError(): void {}

  onClosed(): void {}

  onFault(counter: string): void {
    this.#onFault(counter);
  }

  async close(): Promise<void> {
    this.#peers = [];
    await this.#transport.close();
  }

  /** In the same time whatever is wrong. */
  #isSecret(bytes: Uint8Array): boolean {
    let differs = 0;
    for (let at = 0; at < SECRET_BYTES; at++) {
      differs |= bytes[at]! ^ this.#secret[at]!;
    }
    return differs === 0;
  }
}
