/**
 * Flows as RFC 5626 has them, beside the messages that the transport layer carries: pings and pongs, STUN both ways, and
 * who watches which flow.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { Limits } from "../base/limits.ts";
import type { Observer } from "../base/observer.ts";
import type { Random } from "../base/random.ts";
import type { Flow } from "./flow.ts";
import type { FlowTransport } from "./flow_transport.ts";
import { type FlowWatcher, FlowWatchers } from "./flow_watchers.ts";
import type { StunMessage } from "./stun.ts";
import {
  StunClient,
  type StunTransaction,
  type StunUser,
} from "./stun_client.ts";
import { stunAnswer } from "./stun_server.ts";

/** What a {@linkcode FlowService} is made of. */
export interface FlowServiceOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: Limits;
  readonly observer: Observer;
  /** Sends bytes that are no message. */
  send(
    bytes: Uint8Array,
    flow: Flow,
    onError?: (reason: string) => void,
  ): void;
}

/** Of one transport layer, which tells it what comes. */
export class FlowService implements FlowTransport {
  readonly #options: FlowServiceOptions;
  readonly #watchers = new FlowWatchers();
  readonly #stun: StunClient;

  constructor(options: FlowServiceOptions) {
    this.#options = options;
    this.#stun = new StunClient(options);
  }

  /** Flows watched and STUN requests on their way: nothing is left when it is 0. */
  get size(): number {
    return this.#watchers.size + this.#stun.size;
  }

  watch(flow: Flow, watcher: FlowWatcher): void {
    this.#watchers.add(flow, watcher);
  }

  unwatch(flow: Flow, watcher: FlowWatcher): void {
    this.#watchers.remove(flow, watcher);
  }

  ping(flow: Flow): void {
    this.#options.observer.count("transport_pings_sent");
    if (flow.ping === undefined) this.#options.send(PING, flow);
    else flow.ping();
  }

  bind(flow: Flow, user: StunUser): StunTransaction | undefined {
    return this.#stun.request(flow, user);
  }

  finish(flow: Flow, reason: string): void {
    flow.finish?.(reason);
  }

  /** A keep-alive of the peer's came. */
  pinged(flow: Flow): void {
    this.#watchers.pinged(flow);
  }

  ponged(flow: Flow): void {
    this.#options.observer.count("transport_pongs");
    this.#watchers.ponged(flow);
  }

  closed(flow: Flow, reason: string): void {
    this.#watchers.closed(flow, reason);
  }

  answer(request: StunMessage, flow: Flow): void {
    const answer = stunAnswer(request, flow.remote);
    this.#options.observer.count(`transport_stun_${answer.kind}`);
    if (answer.kind !== "dropped") this.#options.send(answer.bytes, flow);
  }

  response(response: StunMessage): void {
    if (this.#stun.receive(response)) return;
    this.#options.observer.count("transport_stray_stun");
  }

  close(): void {
    this.#stun.close();
  }
}

const PING = new Uint8Array([0x0d, 0x0a, 0x0d, 0x0a]);
