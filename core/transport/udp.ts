/**
 * UDP on Deno's own datagram socket.
 *
 * Hot path: every call's dozen datagrams pass here. One buffer is kept for receiving (half the cost of letting the
 * runtime allocate each), a peer's flow is looked up and not built, and a send without an error handler of its own
 * shares one pair of handlers. The runtime gives no way to set the socket's buffers: the system's defaults hold.
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
  unbracketed,
} from "./address.ts";
import type { Flow } from "./flow.ts";
import { ListenError } from "./listen_error.ts";
import {
  listenerName,
  sentByOf,
  type Transport,
  type TransportEvents,
} from "./transport.ts";

/** Receiving fails this often in a row before the socket is given up. */
const MAX_RECEIVE_FAILURES = 100;

/** One UDP listener; see {@linkcode Transport}. */
export class UdpTransport implements Transport {
  readonly name: TransportName = "UDP";
  readonly #limits: Limits;
  #local: Address;
  #listener: string;
  #sentBy: string;
  #socket: Deno.DatagramConn | undefined;
  #events: TransportEvents | undefined;
  #receiving: Promise<void> | undefined;
  #flows = new Map<string, UdpFlow>();
  #inFlight = 0;
  readonly #onSent = (): void => {
    this.#inFlight--;
  };
  readonly #onSendFailed = (): void => {
    this.#inFlight--;
    this.#events?.onFault("transport_send_failed");
  };

  /** `local.host` is an IP address of this machine, `0.0.0.0` or `::`; port 0 takes any free one. */
  constructor(local: Address, limits: Limits = DEFAULT_LIMITS) {
    this.#limits = limits;
    this.#local = { host: unbracketed(local.host), port: local.port };
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
    this.#socket = socket;
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
    if (this.#inFlight >= this.#limits.datagramsInFlight) {
      this.#refuse("transport_queue_full", "too many datagrams wait", onError);
      return;
    }
    this.#inFlight++;
    socket.send(bytes, flow.peer).then(
      this.#onSent,
      onError === undefined ? this.#onSendFailed : (cause: unknown): void => {
        this.#onSendFailed();
        onError(cause instanceof Error ? cause.message : String(cause));
      },
    );
  }

  async close(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
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
        this.#socket = undefined;
        socket.close();
        return;
      }
      failures = 0;
      const [bytes, from] = datagram;
      if (from.transport !== "udp") continue;
      events.onBytes(bytes, this.#flow(from.hostname, from.port));
    }
  }

  /** The flow to a peer as the system spells its address. */
  #flow(hostname: string, port: number): UdpFlow {
    const key = `${hostname} ${port}`;
    const known = this.#flows.get(key);
    if (known !== undefined) return known;
    if (this.#flows.size >= this.#limits.datagramPeers) {
      for (const oldest of this.#flows.keys()) {
        this.#flows.delete(oldest);
        break;
      }
    }
    const flow = new UdpFlow(this, {
      transport: "udp",
      hostname: detached(hostname),
      port,
    });
    this.#flows.set(key, flow);
    return flow;
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

class UdpFlow implements Flow {
  readonly transport: TransportName = "UDP";
  readonly reliable = false;
  readonly remote: Address;
  readonly #owner: UdpTransport;

  constructor(owner: UdpTransport, readonly peer: Deno.NetAddr) {
    this.#owner = owner;
    this.remote = { host: canonicalHost(peer.hostname), port: peer.port };
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
