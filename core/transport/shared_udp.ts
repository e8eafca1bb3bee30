/**
 * A UDP listener of several workers: each has a socket on the same address, the kernel gives a datagram to any of them,
 * and it is handed to its owner before it is parsed. What no worker owns, keep-alives say, is handled where it lands.
 *
 * @module
 */

import type { Address, TransportName } from "./address.ts";
import type { BatchedUdpTransport } from "./batched_udp.ts";
import type { OnError } from "./datagram_sender.ts";
import type { Flow } from "./flow.ts";
import { ownerOf } from "./owner_scan.ts";
import type {
  FramingProblem,
  Transport,
  TransportEvents,
} from "./transport.ts";
import { UdpFlow } from "./udp_flow.ts";
import type { SharedListener, WorkerChannel } from "./worker_channel.ts";

/** One listener of one worker; see {@linkcode Transport}. */
export class SharedUdpTransport
  implements Transport, TransportEvents, SharedListener {
  readonly name: TransportName = "UDP";
  readonly #socket: BatchedUdpTransport;
  readonly #channel: WorkerChannel;
  readonly #number: number;
  #events: TransportEvents | undefined;

  /** `socket` is made with `shared`, and not yet open. */
  constructor(socket: BatchedUdpTransport, channel: WorkerChannel) {
    this.#socket = socket;
    this.#channel = channel;
    this.#number = channel.add(this);
  }

  get listener(): string {
    return this.#socket.listener;
  }

  get local(): Address {
    return this.#socket.local;
  }

  open(events: TransportEvents, advertise?: string): void {
    this.#events = events;
    this.#socket.open(this, advertise);
  }

  flowTo(remote: Address): Flow {
    return this.#socket.flowTo(remote);
  }

  send(flow: Flow, bytes: Uint8Array, onError?: OnError): void {
    this.#socket.send(flow, bytes, onError);
  }

  close(): Promise<void> {
    this.#events = undefined;
    return this.#socket.close();
  }

  takeOver(bytes: Uint8Array, name: Uint8Array): void {
    this.#events?.onBytes(bytes, this.#socket.flowToName(name));
  }

  onBytes(bytes: Uint8Array, flow: Flow): void {
    const { worker, workers } = this.#channel;
    const owner = ownerOf(bytes, workers);
    if (owner < 0 || owner === worker || !(flow instanceof UdpFlow)) {
      this.#events?.onBytes(bytes, flow);
      return;
    }
    const name: Uint8Array = flow.peer;
    this.#channel.handOver(bytes, { owner, listener: this.#number, name });
  }

  onFramingError(problem: FramingProblem, flow: Flow): void {
    this.#events?.onFramingError(problem, flow);
  }

  onClosed(flow: Flow, reason: string): void {
    this.#events?.onClosed(flow, reason);
  }

  onFault(counter: string, by?: number): void {
    this.#events?.onFault(counter, by);
  }
}
