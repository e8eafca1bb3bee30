/**
 * The links of one worker to the others of its machine: each worker listens on 127.0.0.1, and opens a link to another
 * when a connection of its own brings what belongs to that one. Who does not begin with the secret is turned away.
 *
 * @module
 */

import type { Clock, Timed, Timer } from "../base/clock.ts";
import { HeldFlows } from "./held_flows.ts";
import type { LinkFrame } from "./link_frames.ts";
import { type LinkedListener, RemoteFlows } from "./remote_flows.ts";
import { SECRET_BYTES } from "./worker_channel.ts";
import { type LinkEvents, WorkerLink } from "./worker_link.ts";

/** What {@linkcode WorkerLinks} are made of. */
export interface WorkerLinksOptions {
  readonly clock: Clock;
  readonly secret: Uint8Array;
  /** This worker's number, from 0. */
  readonly worker: number;
  /** How many there are. */
  readonly workers: number;
  /** Flows of one other worker that are known here at most. Default: 10,000. */
  readonly flows?: number;
  readonly onFault: (counter: string, by?: number) => void;
}

const HOST = "127.0.0.1";
/** Who has connected says who it is within that time. */
const HELLO_MS = 2_000;
/** Links whose other end has not said yet who it is. */
const MOST_STRANGERS = 128;
/** Accepting fails this often in a row before it is given up. */
const MAX_ACCEPT_FAILURES = 100;

/** See the module's text. */
export class WorkerLinks {
  readonly worker: number;
  readonly workers: number;
  /** Connections of this worker that others know of. */
  readonly held: HeldFlows;
  /** Connections of others that this worker knows of. */
  readonly remote: RemoteFlows;
  readonly #options: WorkerLinksOptions;
  readonly #listeners: LinkedListener[] = [];
  readonly #outgoing = new Map<number, WorkerLink>();
  readonly #incoming = new Map<number, WorkerLink>();
  readonly #strangers = new Set<Stranger>();
  #ports: readonly (number | undefined)[] = [];
  #socket: Deno.TcpListener | undefined;
  #accepting: Promise<void> | undefined;
  readonly #all = new Set<WorkerLink>();

  constructor(options: WorkerLinksOptions) {
    const { worker, workers, onFault, flows = 10_000 } = options;
    this.worker = worker;
    this.workers = workers;
    this.#options = options;
    this.held = new HeldFlows(onFault);
    this.remote = new RemoteFlows({
      listeners: this.#listeners,
      most: flows,
      onFault,
    });
  }

  /** Where the others reach this worker, once open. */
  get port(): number {
    return this.#socket?.addr.port ?? 0;
  }

  /** Links of either direction, those of strangers included. */
  get size(): number {
    return this.#all.size;
  }

  open(): void {
    const socket = Deno.listen({ hostname: HOST, port: 0 });
    this.#socket = socket;
    this.#accepting = this.#accept(socket);
  }

  /** A listener of all workers. They add theirs in one order; its number is given back. */
  add(listener: LinkedListener): number {
    return this.#listeners.push(listener) - 1;
  }

  /** Where each worker is reached, once open; undefined for one that is not there now. */
  meet(ports: readonly (number | undefined)[]): void {
    const before = this.#ports;
    this.#ports = ports;
    for (const [worker, link] of [...this.#outgoing]) {
      if (ports[worker] !== before[worker]) link.end();
    }
  }

  /** Whether a worker is known not to run. */
  isAway(worker: number): boolean {
    return this.#ports[worker] === undefined;
  }

  /** The link that this worker has opened to another, or opens now; undefined for one that is away. */
  to(worker: number): WorkerLink | undefined {
    const known = this.#outgoing.get(worker);
    if (known !== undefined) return known;
    const port = this.#ports[worker];
    if (port === undefined || this.#socket === undefined) return undefined;
    const link = this.#link({
      onFrame: (link, frame) => this.held.onFrame(link, frame),
      onEnd: (link, unsent) => {
        if (this.#outgoing.get(worker) === link) this.#outgoing.delete(worker);
        if (unsent > 0) this.#options.onFault("worker_away", unsent);
        this.held.forget(link);
      },
    });
    this.#outgoing.set(worker, link);
    link.connect(HOST, port);
    const { secret } = this.#options;
    link.send({ kind: "hello", id: this.worker, bytes: secret });
    return link;
  }

  async close(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
    await this.#accepting;
    const all = [...this.#all];
    for (const link of all) link.end();
    await Promise.all(all.map((link) => link.done));
  }

  async #accept(socket: Deno.TcpListener): Promise<void> {
    let failures = 0;
    while (this.#socket === socket && failures < MAX_ACCEPT_FAILURES) {
      let conn: Deno.TcpConn;
      try {
        conn = await socket.accept();
      } catch {
        failures++;
        continue;
      }
      failures = 0;
      if (this.#strangers.size >= MOST_STRANGERS) {
        this.#options.onFault("worker_foreign_link");
        conn.close();
      } else this.#greet(conn);
    }
  }

  /** Another worker, if it knows the secret. */
  #greet(conn: Deno.TcpConn): void {
    let worker: number | undefined;
    const link = this.#link({
      onFrame: (link, frame) => {
        if (worker !== undefined) return this.remote.onFrame(link, frame);
        worker = this.#workerOf(frame);
        if (worker === undefined) return false;
        this.#strangers.delete(stranger);
        stranger.stop();
        link.trust();
        // One that has begun anew has a link anew: what the old one brought is gone.
        this.#incoming.get(worker)?.end();
        this.#incoming.set(worker, link);
        this.remote.begin(link, worker);
        return true;
      },
      onEnd: (link, unsent) => {
        this.#strangers.delete(stranger);
        stranger.stop();
        if (worker === undefined) {
          this.#options.onFault("worker_foreign_link");
          return;
        }
        if (this.#incoming.get(worker) === link) this.#incoming.delete(worker);
        if (unsent > 0) this.#options.onFault("worker_away", unsent);
        this.remote.end(link);
      },
    });
    const stranger = new Stranger(this.#options.clock, link);
    this.#strangers.add(stranger);
    link.adopt(conn);
  }

  #workerOf(frame: LinkFrame): number | undefined {
    if (frame.kind !== "hello" || frame.id >= this.workers) return undefined;
    return isSecret(frame.bytes, this.#options.secret) ? frame.id : undefined;
  }

  #link({ onFrame, onEnd }: LinkEvents): WorkerLink {
    const link = new WorkerLink({
      onFrame,
      onEnd: (link, unsent) => {
        this.#all.delete(link);
        onEnd(link, unsent);
      },
    });
    this.#all.add(link);
    return link;
  }
}

/** A link whose other end has not said who it is. */
class Stranger implements Timed {
  readonly #clock: Clock;
  readonly #link: WorkerLink;
  readonly #timer: Timer;

  constructor(clock: Clock, link: WorkerLink) {
    this.#clock = clock;
    this.#link = link;
    this.#timer = clock.schedule(HELLO_MS, this, "hello");
  }

  onTimer(): void {
    this.#link.end();
  }

  stop(): void {
    this.#clock.cancel(this.#timer);
  }
}

/** In the same time whatever is wrong. */
function isSecret(bytes: Uint8Array, secret: Uint8Array): boolean {
  let differs = bytes.length ^ SECRET_BYTES;
  for (let at = 0; at < SECRET_BYTES; at++) {
    differs |= (bytes[at] ?? 0) ^ secret[at]!;
  }
  return differs === 0;
}
