/**
 * A TCP listener of several workers: each listens on the same address, and the kernel gives a connection to one of them.
 * That worker holds it for all: what comes on it goes to the worker that owns it, and what that one sends comes back to be
 * written. A carrier may have one connection for all its calls.
 *
 * @module
 */

import type { Address, TransportName } from "./address.ts";
import type { OnError } from "./datagram_sender.ts";
import type { Flow } from "./flow.ts";
import { ownerOf } from "./owner_scan.ts";
import { type LinkedListener, RemoteFlow } from "./remote_flows.ts";
import type { TcpTransport } from "./tcp.ts";
import { TcpConnection } from "./tcp_connection.ts";
import type {
  FramingProblem,
  Transport,
  TransportEvents,
} from "./transport.ts";
import type { WorkerLinks } from "./worker_links.ts";

/** One listener of one worker; see {@linkcode Transport}. */
export class SharedTcpTransport
  implements Transport, TransportEvents, LinkedListener {
  readonly name: TransportName = "TCP";
  readonly #socket: TcpTransport;
  readonly #links: WorkerLinks;
  readonly #number: number;
  #events: TransportEvents | undefined;

  /** `socket` is made with `shared`, and not yet open. */
  constructor(socket: TcpTransport, links: WorkerLinks) {
    this.#socket = socket;
    this.#links = links;
    this.#number = links.add(this);
  }

  get listener(): string {
    return this.#socket.listener;
  }

  get local(): Address {
    return this.#socket.local;
  }

  get sentBy(): string {
    return this.#socket.sentBy;
  }

  get events(): TransportEvents | undefined {
    return this.#events;
  }

  open(events: TransportEvents, advertise?: string): void {
    this.#events = events;
    this.#socket.open(this, advertise);
  }

  /**
   * A connection of our own goes first: it ends with nobody but us. One that a peer has made to another worker goes before a
   * new one, since who made it may not listen.
   */
  flowTo(remote: Address): Flow {
    return this.#socket.known(remote) ??
      this.#links.remote.from(remote, this.listener) ??
      this.#socket.flowTo(remote);
  }

  send(flow: Flow, bytes: Uint8Array, onError?: OnError): void {
    if (flow instanceof RemoteFlow) flow.write(bytes, onError);
    else this.#socket.send(flow, bytes, onError);
  }

  async close(): Promise<void> {
    await this.#socket.close();
    this.#events = undefined;
  }

  onBytes(bytes: Uint8Array, flow: Flow): void {
    const { worker, workers, held } = this.#links;
    const owner = ownerOf(bytes, workers);
    if (owner >= 0 && owner !== worker && flow instanceof TcpConnection) {
      const link = this.#links.to(owner);
      if (link !== undefined) {
        held.handOver(bytes, flow, { link, listener: this.#number });
        return;
      }
      // Nobody sends again what went over TCP. So whoever has it answers for a worker that has ended: requests within its
      // dialogs with 481, and a new call is taken.
      this.onFault("worker_away");
    }
    this.#events?.onBytes(bytes, flow);
  }

  onFramingError(problem: FramingProblem, flow: Flow): void {
    this.#events?.onFramingError(problem, flow);
  }

  onPing(flow: Flow): boolean {
    return this.#events?.onPing?.(flow) ?? false;
  }

  onPong(flow: Flow): void {
    this.#events?.onPong?.(flow);
  }

  onHalfClosed(flow: Flow): void {
    if (flow instanceof TcpConnection) this.#links.held.halfClosed(flow);
    this.#events?.onHalfClosed?.(flow);
  }

  onClosed(flow: Flow, reason: string): void {
    if (flow instanceof TcpConnection) {
      // What could not be written is told first, a microtask later than it is known.
      queueMicrotask(() => this.#links.held.closed(flow, reason));
    }
    this.#events?.onClosed(flow, reason);
  }

  onFault(counter: string, by?: number): void {
    this.#events?.onFault(counter, by);
  }
}
