/** One TCP connection: made or accepted, framed, written in order, closed when idle. */

import type { Clock, Timed, Timer } from "../base/clock.ts";
import type { Limits } from "../base/limits.ts";
import { detached } from "../message/bytes.ts";
import { type Address, canonicalHost, type TransportName } from "./address.ts";
import type { Flow } from "./flow.ts";
import { type FramerSink, StreamFramer } from "./stream_framer.ts";
import type { TransportEvents } from "./transport.ts";

/** The listener that a connection belongs to. */
export interface ConnectionOwner {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly connectTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly local: Address;
  readonly listener: string;
  readonly sentBy: string;
  readonly events: TransportEvents | undefined;
  forget(connection: TcpConnection): void;
}

/**
 * `half_closed`: the peer has sent its last byte; responses to what it sent may still be written. `finishing`: what
 * is queued is still written, then the connection ends.
 */
type State =
  | "new"
  | "connecting"
  | "open"
  | "half_closed"
  | "finishing"
  | "closed";

interface Queued {
  readonly bytes: Uint8Array;
  readonly onError: ((reason: string) => void) | undefined;
  readonly onSent: (() => void) | undefined;
}

const PING = new Uint8Array([0x0d, 0x0a, 0x0d, 0x0a]);
const PONG = new Uint8Array([0x0d, 0x0a]);
/** A message is a kilobyte or two; ten thousand connections are to fit in memory. */
const READ_BYTES = 8_192;
/** As long as the transactions may last that the peer's requests began: 64*T1. */
const HALF_CLOSED_MS = 32_000;
/** What is queued gets this long to leave when a connection is ended from here. */
const FINISH_MS = 2_000;

/** See the module's text. */
export class TcpConnection implements Flow, FramerSink, Timed {
  readonly transport: TransportName = "TCP";
  readonly reliable = true;
  readonly remote: Address;
  readonly #owner: ConnectionOwner;
  readonly #framer: StreamFramer;
  #local: Address;
  #isAccepted = false;
  #state: State = "new";
  #conn: Deno.TcpConn | undefined;
  #connecting: AbortController | undefined;
  #reason = "closed";
  #queue: Queued[] = [];
  #queuedBytes = 0;
  #writing = false;
  #lingering = false;
  #timer: Timer | undefined;
  #lastUsedMs = 0;
  readonly #running: Promise<void>[] = [];

  constructor(owner: ConnectionOwner, remote: Address) {
    this.#owner = owner;
    this.#local = owner.local;
    this.#framer = new StreamFramer(owner.limits.messageBytes);
    this.remote = { host: detached(remote.host), port: remote.port };
  }

  get local(): Address {
    return this.#local;
  }

  get listener(): string {
    return this.#owner.listener;
  }

  get sentBy(): string {
    return this.#owner.sentBy;
  }

  get open(): boolean {
    return this.#state === "connecting" || this.#state === "open";
  }

  get connected(): boolean {
    return this.#conn !== undefined;
  }

  /** Whether the peer has made it, and not we. */
  get isAccepted(): boolean {
    return this.#isAccepted;
  }

  get halfClosed(): boolean {
    return this.#state === "half_closed";
  }

  /** Resolves once nothing of it is left. */
  get done(): Promise<unknown> {
    return Promise.all(this.#running);
  }

  /** Begins to connect; what is written meanwhile waits. */
  connect(): void {
    this.#state = "connecting";
    this.#connecting = new AbortController();
    this.#wait(this.#owner.connectTimeoutMs, "connect");
    this.#running.push(this.#connect(this.#connecting.signal));
  }

  /** Takes over an accepted connection. */
  adopt(conn: Deno.TcpConn): void {
    this.#isAccepted = true;
    this.#established(conn);
  }

  /** It may not come into being. */
  refuse(reason: string): void {
    this.#state = "closed";
    this.#reason = reason;
  }

  /** One of `onError` and `onSent` is called, later. */
  write(
    bytes: Uint8Array,
    onError?: (reason: string) => void,
    onSent?: () => void,
  ): void {
    switch (this.#state) {
      case "connecting":
      case "open":
      case "half_closed": {
        const { connectionQueueBytes } = this.#owner.limits;
        if (this.#queuedBytes + bytes.length > connectionQueueBytes) {
          this.#owner.events?.onFault("transport_queue_full");
          report("too many bytes wait", onError);
          return;
        }
        this.#queue.push({ bytes, onError, onSent });
        this.#queuedBytes += bytes.length;
        this.#drain();
        break;
      }
      case "new":
      case "finishing":
      case "closed":
        this.#owner.events?.onFault("transport_send_failed");
        report(this.#reason, onError);
        break;
    }
  }

  /** Ends it from this side, once what is queued has left. */
  finish(reason: string): void {
    switch (this.#state) {
      case "open":
      case "half_closed":
        if (!this.#writing) {
          this.#end(reason);
          break;
        }
        this.#state = "finishing";
        this.#reason = reason;
        this.#wait(FINISH_MS, "finish");
        break;
      case "new":
      case "connecting":
        this.#end(reason);
        break;
      case "finishing":
        if (!this.#writing) this.#end(reason);
        break;
      case "closed":
        break;
    }
  }

  ping(): void {
    this.#framer.awaitPong();
    this.write(PING);
  }

  onTimer(name: string): void {
    this.#timer = undefined;
    switch (name) {
      case "connect":
        this.#end("the connection took too long to be made");
        break;
      case "idle": {
        const unusedMs = this.#owner.clock.now() - this.#lastUsedMs;
        const leftMs = this.#owner.idleTimeoutMs - unusedMs;
        if (leftMs > 0) this.#wait(leftMs, "idle");
        else this.finish("idle for too long");
        break;
      }
      case "half_closed":
        this.finish("closed by the peer");
        break;
      case "finish":
        this.#end(this.#reason);
        break;
    }
  }

  onFrame(bytes: Uint8Array): void {
    // Only whole messages count as use: bytes that trickle in do not hold a connection open.
    this.#lastUsedMs = this.#owner.clock.now();
    this.#owner.events?.onBytes(bytes, this);
  }

  onPing(): void {
    this.#lastUsedMs = this.#owner.clock.now();
    if (this.#owner.events?.onPing?.(this) === true) return;
    // RFC 5626 §4.4.1: "the "pong" is a single CRLF". A ping that finds pongs waiting needs no more of them.
    if (this.open && !this.#writing) this.write(PONG);
  }

  onPong(): void {
    this.#lastUsedMs = this.#owner.clock.now();
    this.#owner.events?.onPong?.(this);
  }

  async #connect(signal: AbortSignal): Promise<void> {
    let conn: Deno.TcpConn;
    try {
      conn = await Deno.connect({
        hostname: this.remote.host,
        port: this.remote.port,
        signal,
      });
    } catch (cause) {
      this.#end(cause instanceof Error ? cause.message : String(cause));
      return;
    }
    if (this.#state === "connecting") this.#established(conn);
    else conn.close();
  }

  #established(conn: Deno.TcpConn): void {
    this.#connecting = undefined;
    this.#conn = conn;
    this.#state = "open";
    this.#lastUsedMs = this.#owner.clock.now();
    const { hostname, port } = conn.localAddr;
    this.#local = { host: canonicalHost(hostname), port };
    conn.setNoDelay(true);
    this.#wait(this.#owner.idleTimeoutMs, "idle");
    this.#running.push(this.#read(conn));
    this.#drain();
  }

  async #read(conn: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(READ_BYTES);
    while (this.#state === "open" || this.#lingering) {
      let size: number | null;
      try {
        size = await conn.read(buffer);
      } catch {
        this.#end("reset by the peer");
        return;
      }
      if (this.#lingering) {
        if (size !== null && this.#state !== "closed") continue;
        this.#end(this.#reason);
        return;
      }
      if (this.#state !== "open") return;
      if (size === null) {
        this.#state = "half_closed";
        this.#wait(HALF_CLOSED_MS, "half_closed");
        this.#owner.events?.onHalfClosed?.(this);
        return;
      }
      const problem = this.#framer.push(buffer.subarray(0, size), this);
      if (problem === undefined) continue;
      this.#owner.events?.onFramingError(problem, this);
      this.#finishLingering(problem.reason);
    }
  }

  /** Starts the writer unless it is at work. */
  #drain(): void {
    const conn = this.#conn;
    if (conn === undefined || this.#writing || this.#queue.length === 0) return;
    this.#writing = true;
    const writing = this.#writeAll(conn).finally(() => {
      this.#running.splice(this.#running.indexOf(writing), 1);
    });
    this.#running.push(writing);
  }

  async #writeAll(conn: Deno.TcpConn): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue;
      const bytes = joined(batch);
      this.#queue = [];
      try {
        for (let at = 0; at < bytes.length;) {
          at += await conn.write(at === 0 ? bytes : bytes.subarray(at));
        }
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        this.#fail(batch, reason);
        this.#end(reason);
        break;
      }
      for (const { onSent } of batch) onSent?.();
      if (this.#state === "closed") break;
      this.#queuedBytes -= bytes.length;
      this.#lastUsedMs = this.#owner.clock.now();
    }
    this.#writing = false;
    if (this.#state === "finishing") this.#written(conn);
  }

  /** The last byte of a connection that is to end has left. */
  #written(conn: Deno.TcpConn): void {
    if (!this.#lingering) {
      this.#end(this.#reason);
      return;
    }
    conn.closeWrite().catch(() => this.#end(this.#reason));
  }

  /**
   * Ends a connection whose peer may still be sending: closed with bytes unread, the system would reset it, and the
   * peer would never read the answer that says why.
   */
  #finishLingering(reason: string): void {
    const conn = this.#conn;
    if (conn === undefined || this.#state !== "open") return;
    this.#state = "finishing";
    this.#lingering = true;
    this.#reason = reason;
    this.#wait(FINISH_MS, "finish");
    if (!this.#writing) this.#written(conn);
  }

  #wait(afterMs: number, name: string): void {
    this.#owner.clock.cancel(this.#timer);
    this.#timer = this.#owner.clock.schedule(afterMs, this, name);
  }

  #end(reason: string): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#reason = reason;
    this.#owner.clock.cancel(this.#timer);
    this.#connecting?.abort();
    try {
      this.#conn?.close();
    } catch {
      // The runtime has closed it already.
    }
    const unsent = this.#queue;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#fail(unsent, reason);
    this.#owner.forget(this);
    this.#owner.events?.onClosed(this, reason);
  }

  #fail(unsent: readonly Queued[], reason: string): void {
    for (const { onError } of unsent) {
      this.#owner.events?.onFault("transport_send_failed");
      report(reason, onError);
    }
  }
}

function joined(batch: readonly Queued[]): Uint8Array {
  if (batch.length === 1) return batch[0]!.bytes;
  let size = 0;
  for (const { bytes } of batch) size += bytes.length;
  const all = new Uint8Array(size);
  let at = 0;
  for (const { bytes } of batch) {
    all.set(bytes, at);
    at += bytes.length;
  }
  return all;
}

function report(
  reason: string,
  onError: ((reason: string) => void) | undefined,
): void {
  if (onError !== undefined) queueMicrotask(() => onError(reason));
}
