/**
 * UDP on Deno's own datagram socket.
 *
 * Hot path: every call's dozen datagrams pass here. One buffer is kept for receiving (half the cost of letting the
 * runtime allocate each), a peer's flow is looked up and not built, and all sends share one pair of handlers. They are
 * handed over one at a time: sends that wait side by side for a socket to become writable leave in any order, and the
 * last one first. The runtime gives no way to set the socket's buffers: the system's defaults hold.
 *
 * @module
 */

import { DEFAULT_LIMITS, type Limits } from "../base/limits.ts";
import { detached } from "../message/bytes.ts";
import {
  type Address,
  canonicalHost,
  ipVersion,
  type TransportName,
} from "./address.ts";
import type { Flow } from "./flow.ts";
import { ListenError } from "./listen_error.ts";
import {
  listenerName,
  sentByOf,
  type Transport,
  type TransportEvents,
} from "./transport.ts";
import { UdpFlow, UdpFlows } from "./udp_flow.ts";

/** Receiving fails this often in a row before the socket is given up. */
const MAX_RECEIVE_FAILURES = 100;

/** One UDP listener; see {@linkcode Transport}. */
export class UdpTransport implements Transport {
  readonly name: TransportName = "UDP";
  readonly #limits: Limits;
  #local: Address;
  #listener: string;
  #sentBy: string;
  /** What may be sent on; undefined once closing. */
  #socket: Deno.DatagramConn | undefined;
  /** What the queue is sent on, until the last of it has left. */
  #bound: Deno.DatagramConn | undefined;
  #events: TransportEvents | undefined;
  #receiving: Promise<void> | undefined;
  readonly #flows: UdpFlows<Deno.NetAddr>;
  /** Datagrams that wait behind the one being sent, from `#head` on. */
  #queue: Queued[] = [];
  #head = 0;
  #sending = false;
  #sendersError: ((reason: string) => void) | undefined;
  #flushed: (() => void) | undefined;
  readonly #onSent = (): void => this.#sendNext();
  readonly #onSendFailed = (cause: unknown): void => {
    this.#events?.onFault("transport_send_failed");
    this.#sendersError?.(
      cause instanceof Error ? cause.message : String(cause),
    );
    this.#sendNext();
  };

  /** `local.host` is an IP address of this machine, `0.0.0.0` or `::`; port 0 takes any free one. */
  constructor(local: Address, limits: Limits = DEFAULT_LIMITS) {
    this.#limits = limits;
    this.#flows = new UdpFlows(limits.datagramPeers);
    this.#local = { host: canonicalHost(local.host), port: local.port };
    this.#listener = listenerName(this.name, this.#local);
    this.#sentBy = sentByOf(this.#local, undefined);
  }

  get listener(): string {
    return this.#listener;
  }

  get local(): Address {
    return this.#local;
  }

  /** What the flows of this socket say in Via and Contact. */
  get sentBy(): string {
    return this.#sentBy;
  }

  get isOpen(): boolean {
    return this.#socket !== undefined;
  }

  open(events: TransportEvents, advertise?: string): void {
    let socket: Deno.DatagramConn;
    try {
      socket = Deno.listenDatagram({
        transport: "udp",
        hostname: this.#local.host,
        port: this.#local.port,
      });
    } catch (cause) {
      throw new ListenError(this.#listener, cause);
    }
    if (socket.addr.transport === "udp") {
      this.#local = { host: this.#local.host, port: socket.addr.port };
    }
    this.#listener = listenerName(this.name, this.#local);
    this.#sentBy = sentByOf(this.#local, advertise);
    this.#events = events;
    this.#socket = this.#bound = socket;
    this.#receiving = this.#receive(socket, events);
  }

  flowTo(remote: Address): Flow {
    const host = canonicalHost(remote.host);
    // A dual-stack socket speaks to IPv4 peers by their mapped address.
    const mapped = this.#local.host.includes(":") && ipVersion(host) === 4;
    return this.#flow(mapped ? `::ffff:${host}` : host, remote.port);
  }

  send(
    flow: Flow,
    bytes: Uint8Array,
    onError?: (reason: string) => void,
  ): void {
    const socket = this.#socket;
    if (socket === undefined || !(flow instanceof UdpFlow)) {
      this.#refuse("transport_send_failed", "the socket is closed", onError);
      return;
    }
    if (!this.#sending) {
      this.#sending = true;
      this.#sendersError = onError;
      socket.send(bytes, flow.peer).then(this.#onSent, this.#onSendFailed);
    } else if (this.#queue.length - this.#head < this.#limits.datagramQueue) {
      this.#queue.push({ bytes, peer: flow.peer, onError });
    } else {
      this.#refuse("transport_queue_full", "too many datagrams wait", onError);
    }
  }

  async close(): Promise<void> {
    const socket = this.#socket;
    if (socket === undefined) return;
    this.#socket = undefined;
    // What was sent before leaves: the last BYE of a shutdown, say.
    if (this.#sending) {
      await new Promise<void>((resolve) => this.#flushed = resolve);
    }
    this.#bound = undefined;
    socket.close();
    await this.#receiving;
    this.#flows.clear();
  }

  async #receive(
    socket: Deno.DatagramConn,
    events: TransportEvents,
  ): Promise<void> {
    const buffer = new Uint8Array(65_536);
    let failures = 0;
    while (this.#socket === socket) {
      let datagram: [Uint8Array, Deno.Addr];
      try {
        datagram = await socket.receive(buffer);
      } catch {
        if (this.#socket !== socket) return;
        events.onFault("transport_receive_failed");
        if (++failures < MAX_RECEIVE_FAILURES) continue;
        this.#socket = this.#bound = undefined;
        socket.close();
        return;
      }
      failures = 0;
      const [bytes, from] = datagram;
      if (from.transport !== "udp") continue;
      events.onBytes(bytes, this.#flow(from.hostname, from.port));
    }
  }

  #sendNext(): void {
    const next = this.#queue[this.#head];
    const socket = this.#bound;
    if (next === undefined || socket === undefined) {
      if (this.#head > 0) {
        this.#queue = [];
        this.#head = 0;
      }
      this.#sending = false;
      this.#flushed?.();
      return;
    }
    // The part that has left is cut off now and then, so that a queue that never empties does not grow.
    if (++this.#head === 1_024) {
      this.#queue.splice(0, this.#head);
      this.#head = 0;
    }
    this.#sendersError = next.onError;
    socket.send(next.bytes, next.peer).then(this.#onSent, this.#onSendFailed);
  }

  /** The flow to a peer as the system spells its address. */
  #flow(hostname: string, port: number): UdpFlow<Deno.NetAddr> {
    const key = `${hostname} ${port}`;
    const known = this.#flows.get(key);
    if (known !== undefined) return known;
    const peer: Deno.NetAddr = {
      transport: "udp",
      hostname: detached(hostname),
      port,
    };
    const remote = { host: peer.hostname, port };
    return this.#flows.add(key, new UdpFlow(this, peer, remote));
  }

  #refuse(
    counter: string,
    reason: string,
    onError: ((reason: string) => void) | undefined,
  ): void {
    this.#events?.onFault(counter);
    if (onError !== undefined) queueMicrotask(() => onError(reason));
  }
}

interface Queued {
  readonly bytes: Uint8Array;
  readonly peer: Deno.NetAddr;
  readonly onError: ((reason: string) => void) | undefined;
}
