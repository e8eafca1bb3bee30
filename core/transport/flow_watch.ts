/**
 * The server's side of RFC 5626 section 4.4: a client that was told a Flow-Timer pings within it; one that does not has lost
 * its flow, and the flow is ended. A client that was told none is left alone.
 *
 * @module
 */

import type { Clock, Timed, Timer } from "../base/clock.ts";
import type { Limits } from "../base/limits.ts";
import type { Observer } from "../base/observer.ts";
import type { Flow } from "./flow.ts";
import type { FlowTransport } from "./flow_transport.ts";
import { flowKey, type FlowWatcher } from "./flow_watchers.ts";

/** Who depends on flows: the registrar, for the bindings made over them. */
export interface FlowWatchUser {
  /** Whether anything is still registered over it; what is not is watched no more, and left as it is. */
  needsFlow(flow: Flow): boolean;
  /** No ping came in time, or the connection is gone. Said once. */
  onFlowGone(flow: Flow, reason: string): void;
}

/** What a {@linkcode FlowWatch} is made of. */
export interface FlowWatchOptions {
  readonly clock: Clock;
  readonly transport: FlowTransport;
  readonly limits: Limits;
  readonly observer: Observer;
  readonly user: FlowWatchUser;
  /** What a 2xx to REGISTER says as Flow-Timer; 0: it says none, and no ping is waited for. */
  readonly flowTimerSeconds: number;
  /** How much later than that a ping may come; 0: none is waited for, whatever the Flow-Timer. */
  readonly graceSeconds: number;
}

/** All flows that clients registered over. */
export class FlowWatch {
  readonly #options: FlowWatchOptions;
  readonly #watched = new Map<Flow | string, Watched>();

  constructor(options: FlowWatchOptions) {
    this.#options = options;
  }

  /** Flows under watch. */
  get size(): number {
    return this.#watched.size;
  }

  /** A REGISTER over this flow was answered with a Flow-Timer: its time begins, or begins anew. */
  keep(flow: Flow): void {
    const { flowTimerSeconds, graceSeconds, limits, observer } = this.#options;
    if (flowTimerSeconds === 0 || graceSeconds === 0) return;
    const key = flowKey(flow);
    const known = this.#watched.get(key);
    if (known !== undefined) {
      known.renew(flow);
      return;
    }
    if (this.#watched.size >= limits.watchedFlows) {
      // It serves all the same, only unwatched.
      observer.count("flow_watch_full");
      return;
    }
    this.#watched.set(
      key,
      new Watched(flow, this.#options, () => void this.#watched.delete(key)),
    );
  }

  /** Waits for nothing any more. */
  close(): void {
    for (const watched of [...this.#watched.values()]) watched.release();
  }
}

class Watched implements FlowWatcher, Timed {
  readonly #options: FlowWatchOptions;
  readonly #ended: () => void;
  #flow: Flow;
  #lastMs: number;
  #timer: Timer | undefined;

  constructor(flow: Flow, options: FlowWatchOptions, ended: () => void) {
    this.#flow = flow;
    this.#options = options;
    this.#ended = ended;
    this.#lastMs = options.clock.now();
    options.transport.watch(flow, this);
    this.#wait(this.#patienceMs);
  }

  renew(flow: Flow): void {
    this.#flow = flow;
    this.onPing();
  }

  release(): void {
    const { clock, transport } = this.#options;
    clock.cancel(this.#timer);
    transport.unwatch(this.#flow, this);
    this.#ended();
  }

  onPing(): void {
    this.#lastMs = this.#options.clock.now();
  }

  onClosed(reason: string): void {
    this.release();
    this.#options.user.onFlowGone(this.#flow, reason);
  }

  /** A ping moves no timer: what is left of the time is looked at when it is over. */
  onTimer(_name: string): void {
    const leftMs = this.#lastMs + this.#patienceMs - this.#options.clock.now();
    if (leftMs > 0) {
      this.#wait(leftMs);
      return;
    }
    this.release();
    const { transport, user, observer } = this.#options;
    if (!user.needsFlow(this.#flow)) return;
    observer.count("flow_watch_silent");
    user.onFlowGone(this.#flow, SILENT);
    transport.finish(this.#flow, SILENT);
  }

  /** §4.4: the server waits longer than the Flow-Timer it sent, for the time that a ping is on its way. */
  get #patienceMs(): number {
    const { flowTimerSeconds, graceSeconds } = this.#options;
    return (flowTimerSeconds + graceSeconds) * 1_000;
  }

  #wait(afterMs: number): void {
    this.#timer = this.#options.clock.schedule(afterMs, this, "silent");
  }
}

const SILENT = "no keep-alive came within the Flow-Timer";
