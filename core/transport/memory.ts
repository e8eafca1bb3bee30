/**
 * A network in memory on a virtual clock, for tests, ladders and simulations: same seed, same run. What happens to
 * each datagram is for a hook to say; streams lose nothing, keep their order and refuse where nobody listens.
 *
 * @module
 */

import type { Clock, Timed } from "../base/clock.ts";
import { DEFAULT_LIMITS, type Limits } from "../base/limits.ts";
import {
  type Address,
  canonicalHost,
  formatAddress,
  sameAddress,
} from "./address.ts";
import type { Flow } from "./flow.ts";
import { ListenError } from "./listen_error.ts";
import { MemoryStream } from "./memory_stream.ts";
import {
  listenerName,
  sentByOf,
  type Transport,
  type TransportEvents,
} from "./transport.ts";

/** What becomes of a datagram; `late` ones are overtaken by those sent after them. */
export type Fate = "deliver" | "lose" | "double" | "late";

/** A datagram that asks for its fate. */
export interface Passage {
  readonly from: Address;
  readonly to: Address;
  readonly bytes: Uint8Array;
  /** How many datagrams were sent in this network before it. */
  readonly index: number;
}

/** Settings of a {@linkcode MemoryNetwork}. */
export interface MemoryNetworkOptions {
  readonly clock: Clock;
  /** From sending to arriving; 1 by default. */
  readonly latencyMs?: number;
  /** What `late` adds to that; 700 by default, so that the first retransmission (T1 is 500) overtakes. */
  readonly lateMs?: number;
  /** Asked for each datagram; all are delivered by default. */
  readonly fate?: (passage: Passage) => Fate;
  readonly limits?: Limits;
}

/** Where {@linkcode MemoryTransport}s meet. */
export class MemoryNetwork {
  readonly clock: Clock;
  readonly latencyMs: number;
  readonly limits: Limits;
  /** May be exchanged at any time: the next datagram asks the new one. */
  fate: (passage: Passage) => Fate;
  /** Sees the pings and pongs that streams write by themselves. */
  onPing: (from: Address, to: Address, bytes: Uint8Array) => void = () => {};
  readonly #lateMs: number;
  readonly #listeners = new Map<string, MemoryTransport>();
  #sent = 0;
  #inFlight = 0;
  #nextPort = 49_152;

  constructor(options: MemoryNetworkOptions) {
    this.clock = options.clock;
    this.latencyMs = options.latencyMs ?? 1;
    this.limits = options.limits ?? DEFAULT_LIMITS;
    this.fate = options.fate ?? ((): Fate => "deliver");
    this.#lateMs = options.lateMs ?? 700;
  }

  /** Datagrams and stream segments on their way: nothing is left when it is 0. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** The listener at an address, or on its port at a wildcard address. */
  find(name: string, address: Address): MemoryTransport | undefined {
    return this.#listeners.get(`${name} ${formatAddress(address)}`) ??
      this.#listeners.get(`${name} 0.0.0.0:${address.port}`) ??
      this.#listeners.get(`${name} [::]:${address.port}`);
  }

  /** Enters a listener; returns its address, with a port where it asked for any, or undefined when taken. */
  enter(transport: MemoryTransport, wanted: Address): Address | undefined {
    const local = wanted.port === 0
      ? { host: wanted.host, port: this.freePort() }
      : wanted;
    const key = `${transport.name} ${formatAddress(local)}`;
    if (this.#listeners.has(key)) return undefined;
    this.#listeners.set(key, transport);
    return local;
  }

  leave(transport: MemoryTransport): void {
    const key = `${transport.name} ${formatAddress(transport.local)}`;
    if (this.#listeners.get(key) === transport) this.#listeners.delete(key);
  }

  /** Closes every connection of the stream listener at an address; it listens on. */
  disconnect(address: Address): void {
    this.find("TCP", address)?.disconnect();
  }

  /** An ephemeral port that was not given before. */
  freePort(): number {
    const port = this.#nextPort;
    this.#nextPort = port === 65_535 ? 49_152 : port + 1;
    return port;
  }

  /** Sends a datagram on its way, as its fate has it. */
  sendDatagram(from: Address, to: Address, bytes: Uint8Array): void {
    const fate = this.fate({ from, to, bytes, index: this.#sent++ });
    const arrive = (): void => this.find("UDP", to)?.arrive(bytes, from);
    switch (fate) {
      case "deliver":
        this.after(this.latencyMs, arrive);
        break;
      case "lose":
        break;
      case "double":
        this.after(this.latencyMs, arrive);
        this.after(this.latencyMs, arrive);
        break;
      case "late":
        this.after(this.latencyMs + this.#lateMs, arrive);
        break;
    }
  }

  /** Runs `action` once `delayMs` have passed. */
  after(delayMs: number, action: () => void): void {
    this.#inFlight++;
    const arrival: Timed = {
      onTimer: (): void => {
        this.#inFlight--;
        action();
      },
    };
    this.clock.schedule(delayMs, arrival, "arrival");
  }
}

/** One listener in a {@linkcode MemoryNetwork}, of datagrams or of streams; see {@linkcode Transport}. */
export class MemoryTransport implements Transport {
  readonly name: "UDP" | "TCP";
  readonly network: MemoryNetwork;
  #local: Address;
  #listener: string;
  #sentBy: string;
  #events: TransportEvents | undefined;
  #flows = new Map<string, MemoryFlow>();
  #streams = new Set<MemoryStream>();

  constructor(network: MemoryNetwork, at: { name: "UDP" | "TCP" } & Address) {
    this.network = network;
    this.name = at.name;
    this.#local = { host: canonicalHost(at.host), port: at.port };
    this.#listener = listenerName(this.name, this.#local);
    this.#sentBy = sentByOf(this.#local, undefined);
  }

  get listener(): string {
    return this.#listener;
  }

  get local(): Address {
    return this.#local;
  }

  /** What its flows say in Via and Contact. */
  get sentBy(): string {
    return this.#sentBy;
  }

  get isOpen(): boolean {
    return this.#events !== undefined;
  }

  open(events: TransportEvents, advertise?: string): void {
    const local = this.network.enter(this, this.#local);
    if (local === undefined) {
      throw new ListenError(this.#listener, "the port is in use");
    }
    this.#local = local;
    this.#listener = listenerName(this.name, local);
    this.#sentBy = sentByOf(local, advertise);
    this.#events = events;
  }

  flowTo(remote: Address): Flow {
    const to = { host: canonicalHost(remote.host), port: remote.port };
    if (this.name === "UDP") return this.#datagramFlow(to);
    for (const stream of this.#streams) {
      if (stream.open && sameAddress(stream.remote, to)) return stream;
    }
    const stream = new MemoryStream(this, to);
    if (this.#admit(stream)) stream.connect();
    return stream;
  }

  send(
    flow: Flow,
    bytes: Uint8Array,
    onError?: (reason: string) => void,
  ): void {
    if (flow instanceof MemoryStream) {
      flow.write(bytes, onError);
    } else if (this.isOpen) {
      this.network.sendDatagram(this.#local, flow.remote, bytes);
    } else {
      this.fail("transport_send_failed", "the socket is closed", onError);
    }
  }

  close(): Promise<void> {
    for (const stream of [...this.#streams]) stream.finish();
    this.network.leave(this);
    this.#events = undefined;
    this.#flows.clear();
    return Promise.resolve();
  }

  /** Closes all its streams. */
  disconnect(): void {
    for (const stream of [...this.#streams]) stream.finish();
  }

  /** A datagram has come. */
  arrive(bytes: Uint8Array, from: Address): void {
    this.#events?.onBytes(bytes, this.#datagramFlow(from));
  }

  /** A peer connects: its stream is accepted, or refused when there are too many. */
  accept(peer: MemoryStream): MemoryStream | undefined {
    const stream = new MemoryStream(this, peer.local);
    return this.#admit(stream) ? stream : undefined;
  }

  /** What the streams of this listener report to; nobody once it is closed. */
  get events(): TransportEvents | undefined {
    return this.#events;
  }

  forget(stream: MemoryStream): void {
    this.#streams.delete(stream);
  }

  /** Counts a fault and says it to the sender, later. */
  fail(
    counter: string,
    reason: string,
    onError: ((reason: string) => void) | undefined,
  ): void {
    this.#events?.onFault(counter);
    if (onError !== undefined) this.network.after(0, () => onError(reason));
  }

  #admit(stream: MemoryStream): boolean {
    if (
      this.isOpen && this.#streams.size < this.network.limits.connections
    ) {
      this.#streams.add(stream);
      return true;
    }
    this.#events?.onFault("transport_connections_full");
    stream.refuse("too many connections");
    return false;
  }

  #datagramFlow(remote: Address): MemoryFlow {
    const key = formatAddress(remote);
    let flow = this.#flows.get(key);
    if (flow === undefined) {
      if (this.#flows.size >= this.network.limits.datagramPeers) {
        this.#flows.clear();
      }
      flow = new MemoryFlow(this, remote);
      this.#flows.set(key, flow);
    }
    return flow;
  }
}

class MemoryFlow implements Flow {
  readonly transport = "UDP";
  readonly reliable = false;
  readonly #owner: MemoryTransport;

  constructor(owner: MemoryTransport, readonly remote: Address) {
    this.#owner = owner;
  }

  get local(): Address {
    return this.#owner.local;
  }

  get listener(): string {
    return this.#owner.listener;
  }

  get sentBy(): string {
    return this.#owner.sentBy;
  }

  get open(): boolean {
    return this.#owner.isOpen;
  }
}
