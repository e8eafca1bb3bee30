/**
 * TCP: a listener with the connections that came in on it and those that were opened from it. A connection is found
 * by its remote address whichever side opened it, so each serves both directions.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import { DEFAULT_LIMITS, type Limits } from "../base/limits.ts";
import {
  type Address,
  canonicalHost,
  formatAddress,
  type TransportName,
} from "./address.ts";
import type { Flow } from "./flow.ts";
import { ListenError } from "./listen_error.ts";
import { type ConnectionOwner, TcpConnection } from "./tcp_connection.ts";
import {
  listenerName,
  sentByOf,
  type Transport,
  type TransportEvents,
} from "./transport.ts";

/** Settings of a {@linkcode TcpTransport}. */
export interface TcpOptions {
  readonly clock: Clock;
  readonly limits?: Limits;
  /** How long a connection may take to be made; 4000 by default, well within timer B. */
  readonly connectTimeoutMs?: number;
  /**
   * How long a connection may go without a message either way; 30 minutes by default. RFC 3261 section 18 asks for
   * at least the 32 s of the longest transaction; a call that keeps its session alive keeps its connection too.
   */
  readonly idleTimeoutMs?: number;
  /** Other processes of this user listen on the same address and port, which is not 0. Default: false. */
  readonly shared?: boolean;
}

/** Accepting fails this often in a row before the listener is given up. */
const MAX_ACCEPT_FAILURES = 100;

/** One TCP listener; see {@linkcode Transport}. */
export class TcpTransport implements Transport, ConnectionOwner {
  readonly name: TransportName = "TCP";
  readonly clock: Clock;
  readonly limits: Limits;
  readonly connectTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly #isShared: boolean;
  #local: Address;
  #listener: string;
  #sentBy: string;
  #socket: Deno.TcpListener | undefined;
  #events: TransportEvents | undefined;
  #accepting: Promise<void> | undefined;
  readonly #connections = new Set<TcpConnection>();
  /** The newest open connection to each remote address. */
  readonly #byRemote = new Map<string, TcpConnection>();

  /** `local.host` is an IP address of this machine, `0.0.0.0` or `::`; port 0 takes any free one. */
  constructor(local: Address, options: TcpOptions) {
    this.clock = options.clock;
    this.limits = options.limits ?? DEFAULT_LIMITS;
    this.connectTimeoutMs = options.connectTimeoutMs ?? 4_000;
    this.idleTimeoutMs = options.idleTimeoutMs ?? 30 * 60_000;
    this.#isShared = options.shared === true;
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

  get sentBy(): string {
    return this.#sentBy;
  }

  /** Who hears of messages and faults; nobody before it is open. */
  get events(): TransportEvents | undefined {
    return this.#events;
  }

  /** Connections of both directions, those being made included. */
  get connections(): number {
    return this.#connections.size;
  }

  open(events: TransportEvents, advertise?: string): void {
    let socket: Deno.TcpListener;
    try {
      socket = Deno.listen({
        transport: "tcp",
        hostname: this.#local.host,
        port: this.#local.port,
        reusePort: this.#isShared,
      });
    } catch (cause) {
      throw new ListenError(this.#listener, cause);
    }
    this.#local = { host: this.#local.host, port: socket.addr.port };
    this.#listener = listenerName(this.name, this.#local);
    this.#sentBy = sentByOf(this.#local, advertise);
    this.#events = events;
    this.#socket = socket;
    this.#accepting = this.#accept(socket, events);
  }

  /** The open connection from or to that address, if there is one. */
  known(remote: Address): Flow | undefined {
    const to = { host: canonicalHost(remote.host), port: remote.port };
    const known = this.#byRemote.get(formatAddress(to));
    return known?.open ? known : undefined;
  }

  flowTo(remote: Address): Flow {
    const known = this.known(remote);
    if (known !== undefined) return known;
    const to = { host: canonicalHost(remote.host), port: remote.port };
    const connection = new TcpConnection(this, to);
    if (this.#socket === undefined) {
      connection.refuse("the listener is closed");
    } else if (this.#connections.size >= this.limits.connections) {
      this.#events?.onFault("transport_connections_full");
      connection.refuse("too many connections");
    } else {
      this.#keep(connection);
      connection.connect();
    }
    return connection;
  }

  send(
    flow: Flow,
    bytes: Uint8Array,
    onError?: (reason: string) => void,
  ): void {
    if (flow instanceof TcpConnection) flow.write(bytes, onError);
    else {
      this.#events?.onFault("transport_send_failed");
      if (onError !== undefined) {
        queueMicrotask(() => onError("the flow is of another transport"));
      }
    }
  }

  async close(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
    await this.#accepting;
    const all = [...this.#connections];
    for (const connection of all) connection.finish("the listener is closed");
    await Promise.all(all.map((connection) => connection.done));
  }

  forget(connection: TcpConnection): void {
    this.#connections.delete(connection);
    const key = formatAddress(connection.remote);
    if (this.#byRemote.get(key) === connection) this.#byRemote.delete(key);
  }

  #keep(connection: TcpConnection): void {
    this.#connections.add(connection);
    this.#byRemote.set(formatAddress(connection.remote), connection);
  }

  async #accept(
    socket: Deno.TcpListener,
    events: TransportEvents,
  ): Promise<void> {
    let failures = 0;
    while (this.#socket === socket) {
      let conn: Deno.TcpConn;
      try {
        conn = await socket.accept();
      } catch {
        if (this.#socket !== socket) return;
        events.onFault("transport_accept_failed");
        if (++failures < MAX_ACCEPT_FAILURES) continue;
        this.#socket = undefined;
        socket.close();
        return;
      }
      failures = 0;
      if (this.#connections.size >= this.limits.connections) {
        events.onFault("transport_connections_full");
        conn.close();
        continue;
      }
      const { hostname, port } = conn.remoteAddr;
      const connection = new TcpConnection(this, {
        host: canonicalHost(hostname),
        port,
      });
      this.#keep(connection);
      connection.adopt(conn);
    }
  }
}
