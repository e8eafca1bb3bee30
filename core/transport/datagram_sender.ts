/**
 * The sending side of a batched socket. Datagrams are copied side by side and leave together at the end of the turn; what
 * the kernel does not take goes the runtime's way, which waits for room, or says in words what is wrong.
 *
 * @module
 */

import type { Limits } from "../base/limits.ts";
import { SendBatch } from "./datagram_batch.ts";
import type { KernelSocket } from "./kernel_socket.ts";
import { EAGAIN, EINTR, type Libc } from "./libc.ts";
import { addressOfName } from "./socket_name.ts";

/** Told why a datagram has not left. */
export type OnError = (reason: string) => void;

/** One datagram to be sent. */
export interface Outgoing {
  readonly bytes: Uint8Array;
  /** Where to: {@linkcode socketName}. */
  readonly name: Uint8Array;
  readonly onError: OnError | undefined;
}

/** What a {@linkcode DatagramSender} is made of. */
export interface DatagramSenderOptions {
  readonly libc: Libc;
  readonly socket: Deno.DatagramConn;
  readonly kernel: KernelSocket;
  readonly limits: Limits;
  readonly onFault: (counter: string) => void;
}

/** Some hundred messages of usual size, and always one of the longest. */
const BATCH_BYTES = 128 * 1024;

/** See the module's text. */
export class DatagramSender {
  readonly #socket: Deno.DatagramConn;
  readonly #kernel: KernelSocket;
  readonly #limits: Limits;
  readonly #onFault: (counter: string) => void;
  readonly #batch: SendBatch;
  /** Whom to tell when the datagram at that place of the batch does not leave. */
  readonly #tell: (OnError | undefined)[] = [];
  #due = false;
  readonly #onTurnEnd = (): void => this.flush();
  /** What waits until the kernel has room again. */
  #waiting: Outgoing[] = [];
  #unblocked: Promise<void> | undefined;

  constructor(options: DatagramSenderOptions) {
    this.#socket = options.socket;
    this.#kernel = options.kernel;
    this.#limits = options.limits;
    this.#onFault = options.onFault;
    this.#batch = new SendBatch(options.libc, BATCH_BYTES);
  }

  send(bytes: Uint8Array, name: Uint8Array, onError?: OnError): void {
    if (this.#unblocked !== undefined) {
      this.#wait({ bytes, name, onError });
      return;
    }
    if (!this.#batch.add(bytes, name)) {
      this.flush();
      if (this.#unblocked !== undefined || !this.#batch.add(bytes, name)) {
        this.#wait({ bytes, name, onError });
        return;
      }
    }
    this.#tell.push(onError);
    if (this.#due) return;
    this.#due = true;
    queueMicrotask(this.#onTurnEnd);
  }

  /** Sends what has come together. */
  flush(): void {
    this.#due = false;
    const batch = this.#batch;
    if (batch.count === 0) return;
    let at = 0;
    while (at < batch.count) {
      const sent = this.#kernel.send(batch, at);
      if (sent > 0) at += sent;
      else if (sent === -EAGAIN) break;
      else if (sent !== -EINTR) this.#sendAlone(this.#taken(at++));
    }
    for (; at < batch.count; at++) this.#wait(this.#taken(at));
    batch.clear();
    this.#tell.length = 0;
  }

  /** Resolves when all that was sent has left. */
  async flushed(): Promise<void> {
    this.flush();
    await this.#unblocked;
  }

  #taken(at: number): Outgoing {
    return { ...this.#batch.copy(at), onError: this.#tell[at] };
  }

  #wait(outgoing: Outgoing): void {
    if (this.#waiting.length >= this.#limits.datagramQueue) {
      this.#onFault("transport_queue_full");
      const { onError } = outgoing;
      if (onError !== undefined) {
        queueMicrotask(() => onError("too many datagrams wait"));
      }
      return;
    }
    this.#waiting.push(outgoing);
    this.#unblocked ??= this.#sendWaiting();
  }

  /** One after the other: sends that wait side by side leave in any order. */
  async #sendWaiting(): Promise<void> {
    while (this.#waiting.length > 0) {
      const turn = this.#waiting;
      this.#waiting = [];
      for (const outgoing of turn) await this.#sendAlone(outgoing);
    }
    this.#unblocked = undefined;
  }

  async #sendAlone({ bytes, name, onError }: Outgoing): Promise<void> {
    const { host, port } = addressOfName(name);
    // A dual-stack socket speaks to IPv4 peers by their mapped address.
    const hostname = name.length > 16 && !host.includes(":")
      ? `::ffff:${host}`
      : host;
    try {
      await this.#socket.send(bytes, { transport: "udp", hostname, port });
    } catch (cause) {
      this.#onFault("transport_send_failed");
      onError?.(cause instanceof Error ? cause.message : String(cause));
    }
  }
}
