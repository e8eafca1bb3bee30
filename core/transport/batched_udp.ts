/**
 * UDP in batches: a socket of Deno's whose datagrams are received and sent up to 64 at a time by the C library.
 *
 * Hot path: every call's dozen datagrams pass here. Deno's own socket waits while little comes; what has come meanwhile is
 * taken with one call, and under load {@linkcode Pace} says when. A datagram is handed up where it lies, and its flow is
 * found by a number. What is sent is copied side by side into one buffer and leaves once a turn.
 *
 * @module
 */

import { DEFAULT_LIMITS, type Limits } from "../base/limits.ts";
import {
  type Address,
  canonicalHost,
  ipVersion,
  type TransportName,
} from "./address.ts";
import { BATCH, ReceiveBatch } from "./datagram_batch.ts";
import { DatagramSender, type OnError } from "./datagram_sender.ts";
import type { Flow } from "./flow.ts";
import { KernelSocket } from "./kernel_socket.ts";
import { EADDRINUSE, type Libc } from "./libc.ts";
import { ListenError } from "./listen_error.ts";
import type { Pace, Paced } from "./pace.ts";
import {
  addressOfName,
  NAME_BYTES,
  nameKey,
  socketName,
} from "./socket_name.ts";
import {
  listenerName,
  sentByOf,
  type Transport,
  type TransportEvents,
} from "./transport.ts";
import { UdpFlow, UdpFlows } from "./udp_flow.ts";

/** What a {@linkcode BatchedUdpTransport} is made of. */
export interface BatchedUdpOptions {
  readonly libc: Libc;
  readonly pace: Pace;
  readonly limits?: Limits;
  /** Other processes of this user listen on the same address and port, which is not 0. Default: false. */
  readonly shared?: boolean;
}

/** The longest datagram. */
const DATAGRAM_BYTES = 65_536;
/** Batches received in one go; then others get their turn. */
const MAX_BATCHES = 4;
/** Receiving fails this often in a row before the socket is given up. */
const MAX_RECEIVE_FAILURES = 100;

/** One UDP listener; see {@linkcode Transport}. */
export class BatchedUdpTransport implements Transport, Paced {
  readonly name: TransportName = "UDP";
  readonly #limits: Limits;
  readonly #libc: Libc;
  readonly #pace: Pace;
  readonly #isShared: boolean;
  readonly #flows: UdpFlows<Uint8Array>;
  #local: Address;
  #listener: string;
  #sentBy: string;
  #events: TransportEvents | undefined;
  #open: Open | undefined;
  #receiving: Promise<void> = Promise.resolve();
  #rest: (() => void) | undefined;
  #dropped = 0;
  /** `local.host` is an IP address of this machine, `0.0.0.0` or `::`; port 0 takes any free one. */
  constructor(local: Address, options: BatchedUdpOptions) {
    this.#limits = options.limits ?? DEFAULT_LIMITS;
    this.#libc = options.libc;
    this.#pace = options.pace;
    this.#isShared = options.shared === true;
    this.#flows = new UdpFlows(this.#limits.datagramPeers);
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
    return this.#open !== undefined;
  }

  open(events: TransportEvents, advertise?: string): void {
    const opened = this.#bind();
    const { addr } = opened.socket;
    if (addr.transport === "udp" && !this.#isShared) {
      this.#local = { host: this.#local.host, port: addr.port };
    }
    this.#listener = listenerName(this.name, this.#local);
    this.#sentBy = sentByOf(this.#local, advertise);
    this.#events = events;
    const { kernel, socket } = opened;
    this.#open = {
      kernel,
      socket,
      received: new ReceiveBatch(this.#libc, DATAGRAM_BYTES),
      sender: new DatagramSender({
        libc: this.#libc,
        kernel,
        socket,
        limits: this.#limits,
        onFault: (counter) => events.onFault(counter),
      }),
    };
    this.#receiving = this.#receive(this.#open, events);
  }

  flowTo(remote: Address): Flow {
    const host = canonicalHost(remote.host);
    // A dual-stack socket speaks to IPv4 peers by their mapped address.
    const mapped = this.#local.host.includes(":") && ipVersion(host) === 4;
    const hostname = mapped ? `::ffff:${host}` : host;
    return this.#flowTo(hostname, remote.port);
  }

  /** The flow to a peer as the kernel writes its address: {@linkcode socketName}. */
  flowToName(name: Uint8Array): UdpFlow<Uint8Array> {
    const key = nameKey(name, 0);
    return this.#flows.get(key) ?? this.#newFlow(name, key);
  }

  send(flow: Flow, bytes: Uint8Array, onError?: OnError): void {
    if (this.#open !== undefined && flow instanceof UdpFlow) {
      const name: Uint8Array = flow.peer;
      this.#open.sender.send(bytes, name, onError);
      return;
    }
    this.#events?.onFault("transport_send_failed");
    if (onError !== undefined) {
      queueMicrotask(() => onError("the socket is closed"));
    }
  }

  /** All that is there, as far as one turn goes. */
  look(): number {
    let count = 0;
    for (let batches = 0; batches < MAX_BATCHES; batches++) {
      const got = this.#receiveBatch();
      count += got;
      if (got < BATCH) break;
    }
    return count;
  }

  rest(): void {
    const rest = this.#rest;
    this.#rest = undefined;
    rest?.();
  }

  async close(): Promise<void> {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    // What was sent before leaves: the last BYE of a shutdown, say.
    await open.sender.flushed();
    open.socket.close();
    this.#pace.leave(this);
    this.rest();
    await this.#receiving;
    this.#flows.clear();
  }

  #bind(): Pick<Open, "socket" | "kernel"> {
    const { host: hostname } = this.#local;
    const port = this.#isShared ? 0 : this.#local.port;
    try {
      const opened = KernelSocket.open(
        this.#libc,
        () => Deno.listenDatagram({ transport: "udp", hostname, port }),
      );
      if (opened !== undefined) {
        if (this.#isShared) this.#share(opened);
        return opened;
      }
    } catch (cause) {
      throw new ListenError(this.#listener, cause);
    }
    throw new ListenError(
      this.#listener,
      new Error("its descriptor was not found"),
    );
  }

  #share({ kernel, socket }: Pick<Open, "socket" | "kernel">): void {
    const errno = kernel.share(socketName(this.#local));
    if (errno === 0) return;
    socket.close();
    throw errno === EADDRINUSE
      ? new Deno.errors.AddrInUse()
      : new Error(`it cannot be shared, error ${errno}`);
  }

  /** Waits by the runtime, unless the pace is such that the socket is looked at. */
  async #receive(open: Open, events: TransportEvents): Promise<void> {
    const { socket } = open;
    const buffer = new Uint8Array(DATAGRAM_BYTES);
    let failures = 0;
    while (this.#open === open) {
      let datagram: [Uint8Array, Deno.Addr];
      try {
        datagram = await socket.receive(buffer);
      } catch {
        if (this.#open !== open) return;
        events.onFault("transport_receive_failed");
        if (++failures < MAX_RECEIVE_FAILURES) continue;
        this.#open = undefined;
        socket.close();
        return;
      }
      failures = 0;
      const [bytes, from] = datagram;
      if (from.transport !== "udp") continue;
      events.onBytes(bytes, this.#flowTo(from.hostname, from.port));
      const count = 1 + this.look();
      if (this.#open === open && this.#pace.woken(this, count)) {
        await new Promise<void>((resolve) => this.#rest = resolve);
      }
    }
  }

  #receiveBatch(): number {
    const open = this.#open;
    const events = this.#events;
    if (open === undefined || events === undefined) return 0;
    const { kernel, received } = open;
    const count = kernel.receive(received);
    if (count <= 0) {
      if (count < 0) events.onFault("transport_receive_failed");
      return 0;
    }
    for (let at = 0; at < count && this.#open === open; at++) {
      const flow = this.#flowFrom(received, at);
      events.onBytes(received.datagram(at), flow);
    }
    const dropped = received.dropped(count - 1);
    if (dropped !== undefined && dropped !== this.#dropped) {
      // A 32-bit count of the kernel's.
      events.onFault(
        "transport_kernel_dropped",
        (dropped - this.#dropped) >>> 0,
      );
      this.#dropped = dropped;
    }
    received.reset(count);
    open.sender.flush();
    return count;
  }

  #flowFrom(received: ReceiveBatch, at: number): UdpFlow<Uint8Array> {
    const key = nameKey(received.names, at * NAME_BYTES);
    return this.#flows.get(key) ?? this.#newFlow(received.name(at), key);
  }

  /** The flow to a peer as the system spells its address. */
  #flowTo(hostname: string, port: number): UdpFlow<Uint8Array> {
    const text = `${hostname} ${port}`;
    const known = this.#flows.get(text);
    if (known !== undefined) return known;
    const name = socketName({ host: hostname, port });
    // Kept by both spellings, so that one peer has one flow.
    return this.#flows.add(text, this.flowToName(name));
  }

  #newFlow(name: Uint8Array, key: string | number): UdpFlow<Uint8Array> {
    const flow = new UdpFlow(this, name, addressOfName(name));
    return this.#flows.add(key, flow);
  }
}

/** What there is while the socket is open. */
interface Open {
  readonly socket: Deno.DatagramConn;
  readonly kernel: KernelSocket;
  readonly received: ReceiveBatch;
  readonly sender: DatagramSender;
}
