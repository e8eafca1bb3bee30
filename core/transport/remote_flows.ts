/** The connections of other workers that this worker knows of, since what belongs to it came on them. */

import { type Address, formatAddress, type TransportName } from "./address.ts";
import type { OnError } from "./datagram_sender.ts";
import type { Flow } from "./flow.ts";
import type { LinkFrame } from "./link_frames.ts";
import type { TransportEvents } from "./transport.ts";
import type { WorkerLink } from "./worker_link.ts";

/** One of the listeners that all workers have. */
export interface LinkedListener {
  readonly listener: string;
  readonly sentBy: string;
  /** Who hears of messages; nobody unless it is open. */
  readonly events: TransportEvents | undefined;
}

/** What {@linkcode RemoteFlows} are made of. */
export interface RemoteFlowsOptions {
  readonly listeners: readonly LinkedListener[];
  /** Flows of one worker at most. */
  readonly most: number;
  readonly onFault: (counter: string, by?: number) => void;
}

/** Messages of this worker whose outcome is waited for on one link at most. */
const MOST_WAITING = 10_000;

/** A connection that another worker holds. */
export class RemoteFlow implements Flow {
  readonly transport: TransportName = "TCP";
  readonly reliable = true;
  readonly connected = true;
  readonly remote: Address;
  readonly local: Address;
  /** Whether the peer has made the connection: then it may not take one of ours. */
  readonly isAccepted: boolean;
  readonly id: number;
  readonly #owner: LinkedListener;
  readonly #side: Side;
  #state: "open" | "half_closed" | "closed" = "open";
  #reason = "";

  constructor(
    owner: LinkedListener,
    side: Side,
    frame: Extract<LinkFrame, { kind: "flow" }>,
  ) {
    this.#owner = owner;
    this.#side = side;
    this.id = frame.id;
    this.remote = frame.remote;
    this.local = frame.local;
    this.isAccepted = frame.isAccepted;
  }

  get listener(): string {
    return this.#owner.listener;
  }

  get sentBy(): string {
    return this.#owner.sentBy;
  }

  get open(): boolean {
    return this.#state === "open";
  }

  get halfClosed(): boolean {
    return this.#state === "half_closed";
  }

  /** Sends by the worker that holds it. */
  write(bytes: Uint8Array, onError?: OnError): void {
    if (this.#state === "closed") {
      this.#owner.events?.onFault("transport_send_failed");
      report(this.#reason, onError);
    } else if (!this.#side.send(this.id, bytes, onError)) {
      this.#owner.events?.onFault("worker_link_full");
      report("too many bytes wait", onError);
    }
  }

  received(bytes: Uint8Array): void {
    this.#owner.events?.onBytes(bytes, this);
  }

  halfClose(): void {
    if (this.#state !== "open") return;
    this.#state = "half_closed";
    this.#owner.events?.onHalfClosed?.(this);
  }

  close(reason: string): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#reason = reason;
    this.#owner.events?.onClosed(this, reason);
  }
}

/** Of one worker. */
export class RemoteFlows {
  readonly #options: RemoteFlowsOptions;
  readonly #sides = new Map<WorkerLink, Side>();
  /** By listener and remote address: those that a peer has made, and that none of ours can stand in for. */
  readonly #accepted = new Map<string, RemoteFlow>();

  constructor(options: RemoteFlowsOptions) {
    this.#options = options;
  }

  /** Flows of all workers. */
  get size(): number {
    let size = 0;
    for (const { flows } of this.#sides.values()) size += flows.size;
    return size;
  }

  /** The connection that a peer has made to another worker's socket of that listener. */
  from(remote: Address, listener: string): RemoteFlow | undefined {
    const flow = this.#accepted.get(keyOf(remote, listener));
    return flow?.open ? flow : undefined;
  }

  begin(link: WorkerLink, worker: number): void {
    this.#sides.set(link, new Side(link, worker));
  }

  onFrame(link: WorkerLink, frame: LinkFrame): boolean {
    const side = this.#sides.get(link);
    if (side === undefined) return false;
    switch (frame.kind) {
      case "flow":
        return this.#flow(side, frame);
      case "message": {
        const flow = side.flows.get(frame.id);
        this.#options.onFault(
          flow === undefined ? "worker_flows_full" : "worker_taken_over",
        );
        flow?.received(frame.bytes);
        return true;
      }
      case "half_closed":
        side.flows.get(frame.id)?.halfClose();
        return true;
      case "closed":
        this.#closed(side, frame.id, frame.reason);
        return true;
      case "outcome":
        side.told(frame.number, frame.reason);
        return true;
      case "hello":
      case "send":
        return false;
    }
  }

  /** All flows of that worker are gone, and with them what was to be sent. */
  end(link: WorkerLink): void {
    const side = this.#sides.get(link);
    if (side === undefined) return;
    this.#sides.delete(link);
    const reason = `worker ${side.worker}, which held the connection, is away`;
    side.fail(reason);
    for (const id of [...side.flows.keys()]) this.#closed(side, id, reason);
  }

  #flow(side: Side, frame: Extract<LinkFrame, { kind: "flow" }>): boolean {
    const { listeners, most } = this.#options;
    const owner = listeners[frame.listener];
    if (owner === undefined || side.flows.has(frame.id)) return false;
    if (side.flows.size >= most) return true;
    const flow = new RemoteFlow(owner, side, frame);
    side.flows.set(frame.id, flow);
    if (flow.isAccepted) {
      this.#accepted.set(keyOf(flow.remote, owner.listener), flow);
    }
    return true;
  }

  #closed(side: Side, id: number, reason: string): void {
    const flow = side.flows.get(id);
    if (flow === undefined) return;
    side.flows.delete(id);
    const key = keyOf(flow.remote, flow.listener);
    if (this.#accepted.get(key) === flow) this.#accepted.delete(key);
    flow.close(reason);
  }
}

/** What one other worker has told of, and what it is to tell yet. */
class Side {
  readonly flows = new Map<number, RemoteFlow>();
  readonly #link: WorkerLink;
  readonly #waiting = new Map<number, OnError>();
  #lastNumber = 0;

  constructor(link: WorkerLink, readonly worker: number) {
    this.#link = link;
  }

  /** False when there is no room. */
  send(id: number, bytes: Uint8Array, onError: OnError | undefined): boolean {
    if (onError !== undefined && this.#waiting.size >= MOST_WAITING) {
      return false;
    }
    const number = onError === undefined ? 0 : this.#nextNumber();
    if (!this.#link.send({ kind: "send", id, number, bytes })) return false;
    if (onError !== undefined) this.#waiting.set(number, onError);
    return true;
  }

  told(number: number, reason: string | undefined): void {
    const onError = this.#waiting.get(number);
    this.#waiting.delete(number);
    if (reason !== undefined) onError?.(reason);
  }

  fail(reason: string): void {
    for (const onError of this.#waiting.values()) report(reason, onError);
    this.#waiting.clear();
  }

  #nextNumber(): number {
    this.#lastNumber = this.#lastNumber % 0xffffffff + 1;
    return this.#lastNumber;
  }
}

function keyOf(remote: Address, listener: string): string {
  return `${listener} ${formatAddress(remote)}`;
}

function report(reason: string, onError: OnError | undefined): void {
  if (onError !== undefined) queueMicrotask(() => onError(reason));
}
