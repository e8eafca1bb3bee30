/**
 * The wire between Legwork and the simulated peers: every message is seen when it leaves and when it arrives, and
 * what becomes of it is decided as it leaves.
 *
 * @module
 */

import type { Clock, Timed } from "../../core/base/clock.ts";
import { fromBytes } from "../../core/message/bytes.ts";
import type { SipMessage } from "../../core/message/message.ts";
import { parseMessage } from "../../core/message/parse.ts";
import {
  type Address,
  formatAddress,
  type TransportName,
} from "../../core/transport/address.ts";
import type { Flow } from "../../core/transport/flow.ts";
import type {
  FramingProblem,
  Transport,
  TransportEvents,
} from "../../core/transport/transport.ts";
import type { Marks } from "./ladder.ts";
import { pingMessage } from "./wire_pings.ts";

/** One message that was sent. */
export interface Sent {
  readonly atMs: number;
  /** Names of participants. */
  readonly from: string;
  readonly to: string;
  readonly message: SipMessage;
  /** The very same bytes went the same way before. */
  readonly again: boolean;
  /** False where nothing is lost on the way: TCP. */
  readonly datagram: boolean;
  /** A keep-alive that is no SIP, in the shape of a message. */
  readonly ping: boolean;
}

/** What becomes of a message. */
export type Fate = Partial<Pick<Marks, "lost" | "doubled" | "lateMs">>;

/** Who watches the wire. */
export interface WireWatcher {
  /** Called before the message is on its way; nothing else is sent meanwhile. */
  departing(sent: Sent): Fate;
  /** Called before the message is handed to its receiver, for each time that it arrives. */
  arriving(sent: Sent): void;
}

/** See the module's text. */
export class Wire {
  watcher: WireWatcher = { departing: () => ({}), arriving: () => {} };
  /** Keep-alives that are no SIP are seen too. */
  showsPings = false;
  readonly #clock: Clock;
  readonly #names = new Map<string, string>();
  /** What was sent, by way and bytes. */
  readonly #sent = new Map<string, Sent>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Gives an address its participant's name; other ports of the host are the same participant where nobody else has them. */
  name(address: Address, participant: string): void {
    this.#names.set(formatAddress(address), participant);
    if (!this.#names.has(address.host)) {
      this.#names.set(address.host, participant);
    }
  }

  /** The transport of a participant, watched. */
  watched(inner: Transport): Transport {
    return new WatchedTransport(inner, this);
  }

  /** A message leaves by `send`, once, twice, later or never. */
  depart(
    way: { from: Address; flow: Flow },
    bytes: Uint8Array,
    send: () => void,
  ): void {
    const parsed = parseMessage(bytes);
    const message = parsed.ok
      ? parsed.message
      : this.showsPings
      ? pingMessage(bytes, { datagram: true })
      : undefined;
    if (message === undefined) {
      send();
      return;
    }
    const key = wayKey(way.from, way.flow.remote, bytes);
    const sent: Sent = {
      atMs: this.#clock.now(),
      from: this.#nameOf(way.from),
      to: this.#nameOf(way.flow.remote),
      message,
      // Each ping is like the one before it, but for the transaction of STUN.
      again: this.#sent.has(key) &&
        (parsed.ok || message.cseq?.method === "STUN" ||
          (message.kind === "request" && message.method === "STUN")),
      datagram: way.flow.transport === "UDP",
      ping: !parsed.ok,
    };
    if (!sent.again) this.#sent.set(key, sent);
    const fate = this.watcher.departing(sent);
    if (fate.lost) return;
    if (fate.lateMs !== undefined) {
      const later: Timed = { onTimer: () => send() };
      this.#clock.schedule(fate.lateMs, later, "late");
      return;
    }
    send();
    if (fate.doubled) send();
  }

  /** A stream has written a ping or a pong by itself. */
  pinged(from: Address, to: Address, bytes: Uint8Array): void {
    const message = pingMessage(bytes, { datagram: false });
    if (!this.showsPings || message === undefined) return;
    this.watcher.departing({
      atMs: this.#clock.now(),
      from: this.#nameOf(from),
      to: this.#nameOf(to),
      message,
      again: false,
      datagram: false,
      ping: true,
    });
  }

  /** A message has arrived. */
  arrive(way: { from: Address; to: Address }, bytes: Uint8Array): void {
    const sent = this.#sent.get(wayKey(way.from, way.to, bytes));
    if (sent !== undefined) this.watcher.arriving(sent);
  }

  #nameOf(address: Address): string {
    return this.#names.get(formatAddress(address)) ??
      this.#names.get(address.host) ?? formatAddress(address);
  }
}

function wayKey(from: Address, to: Address, bytes: Uint8Array): string {
  return `${from.host} ${to.host} ${fromBytes(bytes)}`;
}

class WatchedTransport implements Transport {
  readonly #inner: Transport;
  readonly #wire: Wire;

  constructor(inner: Transport, wire: Wire) {
    this.#inner = inner;
    this.#wire = wire;
  }

  get name(): TransportName {
    return this.#inner.name;
  }

  get listener(): string {
    return this.#inner.listener;
  }

  get local(): Address {
    return this.#inner.local;
  }

  open(events: TransportEvents, advertise?: string): Promise<void> | void {
    return this.#inner.open(new WatchedEvents(events, this.#wire), advertise);
  }

  flowTo(remote: Address): Flow {
    return this.#inner.flowTo(remote);
  }

  send(
    flow: Flow,
    bytes: Uint8Array,
    onError?: (reason: string) => void,
  ): void {
    this.#wire.depart(
      { from: this.local, flow },
      bytes,
      () => this.#inner.send(flow, bytes, onError),
    );
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

class WatchedEvents implements TransportEvents {
  readonly #events: TransportEvents;
  readonly #wire: Wire;

  constructor(events: TransportEvents, wire: Wire) {
    this.#events = events;
    this.#wire = wire;
  }

  onBytes(bytes: Uint8Array, flow: Flow): void {
    this.#wire.arrive({ from: flow.remote, to: flow.local }, bytes);
    this.#events.onBytes(bytes, flow);
  }

  onFramingError(problem: FramingProblem, flow: Flow): void {
    this.#events.onFramingError(problem, flow);
  }

  onClosed(flow: Flow, reason: string): void {
    this.#events.onClosed(flow, reason);
  }

  onPing(flow: Flow): boolean {
    return this.#events.onPing?.(flow) ?? false;
  }

  onPong(flow: Flow): void {
    this.#events.onPong?.(flow);
  }

  onFault(counter: string): void {
    this.#events.onFault(counter);
  }
}
