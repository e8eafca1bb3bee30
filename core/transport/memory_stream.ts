/** One end of a stream in the memory network: connects, is framed and closes like TCP, in virtual time. */

import type { Limits } from "../base/limits.ts";
import type { Address, TransportName } from "./address.ts";
import type { Flow } from "./flow.ts";
import { type FramerSink, StreamFramer } from "./stream_framer.ts";
import type { TransportEvents } from "./transport.ts";

/** The network as a stream sees it. */
export interface StreamNetwork {
  readonly latencyMs: number;
  readonly limits: Limits;
  freePort(): number;
  /** Sees the pings and pongs that streams write by themselves. */
  onPing(from: Address, to: Address, bytes: Uint8Array): void;
  /** Runs `action` once `delayMs` have passed. */
  after(delayMs: number, action: () => void): void;
  find(name: string, address: Address): StreamAcceptor | undefined;
}

/** Who answers at an address. */
export interface StreamAcceptor {
  accept(peer: MemoryStream): MemoryStream | undefined;
}

/** The listener that a stream belongs to. */
export interface StreamOwner {
  readonly network: StreamNetwork;
  readonly local: Address;
  readonly listener: string;
  readonly sentBy: string;
  readonly events: TransportEvents | undefined;
  forget(stream: MemoryStream): void;
  fail(
    counter: string,
    reason: string,
    onError: ((reason: string) => void) | undefined,
  ): void;
}

type State = "new" | "connecting" | "open" | "closed";

interface Queued {
  readonly bytes: Uint8Array;
  readonly onError: ((reason: string) => void) | undefined;
}

const PING = new Uint8Array([0x0d, 0x0a, 0x0d, 0x0a]);
const PONG = new Uint8Array([0x0d, 0x0a]);

/** See the module's text. */
export class MemoryStream implements Flow, FramerSink {
  readonly transport: TransportName = "TCP";
  readonly reliable = true;
  readonly remote: Address;
  #local: Address;
  #state: State = "new";
  #peer: MemoryStream | undefined;
  readonly #owner: StreamOwner;
  readonly #framer: StreamFramer;
  #queue: Queued[] = [];
  #queuedBytes = 0;

  constructor(owner: StreamOwner, remote: Address) {
    this.#owner = owner;
    this.#local = owner.local;
    this.remote = remote;
    this.#framer = new StreamFramer(owner.network.limits.messageBytes);
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
    return this.#peer !== undefined;
  }

  /** Begins to connect; what is written meanwhile waits. */
  connect(): void {
    const { network } = this.#owner;
    this.#state = "connecting";
    this.#local = { host: this.#local.host, port: network.freePort() };
    network.after(network.latencyMs, () => {
      const accepted = network.find("TCP", this.remote)?.accept(this);
      accepted?.joined(this);
      network.after(network.latencyMs, () => {
        if (accepted === undefined) this.#end("connection refused");
        else this.joined(accepted);
      });
    });
  }

  /** Connected: what waited is sent. */
  joined(peer: MemoryStream): void {
    if (this.#state === "closed") {
      peer.finish();
      return;
    }
    this.#peer = peer;
    this.#state = "open";
    const waiting = this.#queue;
    this.#queue = [];
    this.#queuedBytes = 0;
    for (const { bytes } of waiting) this.#transmit(bytes);
  }

  /** It may not come into being. */
  refuse(_reason: string): void {
    this.#state = "closed";
  }

  write(bytes: Uint8Array, onError?: (reason: string) => void): void {
    switch (this.#state) {
      case "open":
        this.#transmit(bytes);
        break;
      case "connecting": {
        const { connectionQueueBytes } = this.#owner.network.limits;
        if (this.#queuedBytes + bytes.length > connectionQueueBytes) {
          this.#owner.fail(
            "transport_queue_full",
            "too many bytes wait",
            onError,
          );
          break;
        }
        this.#queue.push({ bytes, onError });
        this.#queuedBytes += bytes.length;
        break;
      }
      case "new":
      case "closed":
        this.#owner.fail(
          "transport_send_failed",
          "the connection is closed",
          onError,
        );
        break;
    }
  }

  ping(): void {
    this.#framer.awaitPong();
    this.#writeBetween(PING);
  }

  /** Closes it from this side. */
  finish(reason = "closed"): void {
    const peer = this.#peer;
    if (this.#state === "closed") return;
    const { network } = this.#owner;
    if (peer !== undefined) {
      network.after(network.latencyMs, () => peer.#end("closed by the peer"));
    }
    this.#end(reason);
  }

  onFrame(bytes: Uint8Array): void {
    this.#owner.events?.onBytes(bytes, this);
  }

  onPing(): void {
    if (this.#owner.events?.onPing?.(this) === true) return;
    this.#writeBetween(PONG);
  }

  onPong(): void {
    this.#owner.events?.onPong?.(this);
  }

  #writeBetween(bytes: Uint8Array): void {
    this.#owner.network.onPing(this.#local, this.remote, bytes);
    this.write(bytes);
  }

  #transmit(bytes: Uint8Array): void {
    const { network } = this.#owner;
    const peer = this.#peer!;
    network.after(network.latencyMs, () => peer.#receive(bytes));
  }

  #receive(bytes: Uint8Array): void {
    if (this.#state !== "open") return;
    const problem = this.#framer.push(bytes, this);
    if (problem === undefined) return;
    this.#owner.events?.onFramingError(problem, this);
    this.finish();
  }

  #end(reason: string): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#owner.forget(this);
    for (const { onError } of this.#queue) {
      this.#owner.fail("transport_send_failed", reason, onError);
    }
    this.#queue = [];
    this.#owner.events?.onClosed(this, reason);
  }
}
