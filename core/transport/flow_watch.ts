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
import type { FlowWatcher } from "./flow_watchers.ts";

/** Who depends on a flow: the registrar, for the bindings made over it. */
export interface FlowWatchUser {
  /** No ping came in time, or the connection is gone. Said once. */
  onFlowGone(flow: Flow, reason: string): void;
}

/** What a {@linkcode FlowWatch} is made of. */
export interface FlowWatchOptions {
  readonly clock: Clock;
  readonly transport: FlowTransport;
  readonly limits: Limits;
  readonly observer: Observer;
  /** What we write into a 2xx to REGISTER as Flow-Timer; 0: none is written, and no ping is waited for. */
  readonly flowTimerSeconds: number;
  /** How much later than that a ping may come; 0: none is waited for, whatever the Flow-Timer. */
  readonly graceSeconds: number;
}

/** A flow under watch. */
export interface WatchedFlow {
  /** The binding was refreshed: the time begins anew. */
  renew(): void;
  /** Nobody depends on the flow any more. */
  release(): void;
}

/** All flows that clients registered over. */
export class FlowWatch {
  readonly #options: FlowWatchOptions;
  #size = 0;

  constructor(options: FlowWatchOptions) {
    this.#options = options;
  }

  /** What a 2xx to REGISTER is to say; undefined for nothing. */
  get flowTimerSeconds(): number | undefined {
    const { flowTimerSeconds } = this.#options;
    return flowTimerSeconds === 0 ? undefined : flowTimerSeconds;
  }

  /** Flows under watch. */
  get size(): number {
    return this.#size;
  }

  /** Waits for the pings of a flow. Undefined when too many flows are watched: the flow serves, only unwatched. */
  add(flow: Flow, user: FlowWatchUser): WatchedFlow | undefined {
    const { limits, observer } = this.#options;
    if (this.#size >= limits.watchedFlows) {
      observer.count("flow_watch_full");
      return undefined;
    }
    this.#size++;
    return new Watched({ ...this.#options, flow, user }, () => this.#size--);
  }
}

class Watched implements WatchedFlow, FlowWatcher, Timed {
  readonly #options: FlowWatchOptions & { flow: Flow; user: FlowWatchUser };
  readonly #ended: () => void;
  #lastMs: number;
  #timer: Timer | undefined;
  #over = false;

  constructor(
    options: FlowWatchOptions & { flow: Flow; user: FlowWatchUser },
    ended: () => void,
  ) {
    this.#options = options;
    this.#ended = ended;
    this.#lastMs = options.clock.now();
    options.transport.watch(options.flow, this);
    this.#wait(this.#patienceMs);
  }

  renew(): void {
    this.onPing();
  }

  release(): void {
    if (this.#over) return;
    this.#over = true;
    const { clock, transport, flow } = this.#options;
    clock.cancel(this.#timer);
    transport.unwatch(flow, this);
    this.#ended();
  }

  onPing(): void {
    this.#lastMs = this.#options.clock.now();
  }

  onClosed(reason: string): void {
    this.#gone(reason);
  }

  /** A ping moves no timer: what is left of the time is looked at when it is over. */
  onTimer(_name: string): void {
    const leftMs = this.#lastMs + this.#patienceMs - this.#options.clock.now();
    if (leftMs > 0) {
      this.#wait(leftMs);
      return;
    }
    const { transport, flow, observer } = this.#options;
    observer.count("flow_watch_silent");
    this.#gone("no keep-alive came within the Flow-Timer");
    transport.finish(flow, "no keep-alive came within the Flow-Timer");
  }

  /** §4.4: the server waits longer than the Flow-Timer it sent, for the time that a ping is on its way. */
  get #patienceMs(): number {
    const { flowTimerSeconds, graceSeconds } = this.#options;
    return flowTimerSeconds === 0 || graceSeconds === 0
      ? 0
      : (flowTimerSeconds + graceSeconds) * 1_000;
  }

  #wait(afterMs: number): void {
    if (afterMs === 0) return;
    this.#timer = this.#options.clock.schedule(afterMs, this, "silent");
  }

  #gone(reason: string): void {
    if (this.#over) return;
    this.release();
    this.#options.user.onFlowGone(this.#options.flow, reason);
  }
}
