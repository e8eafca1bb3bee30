/**
 * The world of one run of a ladder: Legwork and the simulated peers on a virtual clock and a network in memory, all
 * of it seeded.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { CountingObserver } from "../../core/base/observer.ts";
import type { Clock } from "../../core/base/clock.ts";
import { type Random, seededRandom } from "../../core/base/random.ts";
import { TimerWheel } from "../../core/base/timer_wheel.ts";
import { B2bua } from "../../core/call/b2bua.ts";
import {
  type CallSummary,
  fixedPolicy,
  type PolicySource,
} from "../../core/call/policy.ts";
import { ladderMediaServer } from "./media_server.ts";
import { MediaRelay } from "../../core/media/media_relay.ts";
import { MemoryMedia } from "../../core/media/memory_sockets.ts";
import type { TransactionTimers } from "../../core/transaction/timers.ts";
import { MemoryNetwork, MemoryTransport } from "../../core/transport/memory.ts";
import type { HttpReply } from "./http_replies.ts";
import {
  type DisconnectStep,
  type DrainStep,
  type Ladder,
  LEGWORK,
  USUAL_PEER,
} from "./ladder.ts";
import { Peer } from "./peer.ts";
import { Rfc2543Transport } from "./rfc2543.ts";
import {
  type LadderConfig,
  type Listen,
  Surroundings,
} from "./surroundings.ts";
import { Wire } from "./wire.ts";
import { hasPings } from "./wire_pings.ts";

/** Scripts, loaded; or any other policy. */
export interface LoadedPolicy {
  readonly source: PolicySource;
  /** What it still holds once all calls are over, in words: sandbox memory, revisions in use. */
  leftovers(): readonly string[];
  close(): void | Promise<void>;
}

/** What a policy of the same world may use of it. */
export interface PolicySurroundings {
  readonly clock: Clock;
  readonly random: Random;
  /** What web servers answer. */
  readonly http: readonly HttpReply[];
}

/** Settings of a {@linkcode World}. */
export interface WorldOptions {
  readonly config?: LadderConfig | undefined;
  /** Made anew for each run. */
  readonly policy?:
    | ((surroundings: PolicySurroundings) => Promise<LoadedPolicy>)
    | undefined;
}

const MEDIA_PORTS = { from: 20_000, to: 29_999 };
const NO_TIMEOUT_SECONDS = 1_000_000;
/** Every message is this long on its way. */
const LATENCY_MS = 5;
/** Tuesday, 1 September 2026, so that dates in messages are the same in every run. */
const WALL_TIME_MS = Date.UTC(2026, 8, 1, 12);

/** See the module's text. */
export class World {
  readonly clock: TimerWheel;
  readonly wire: Wire;
  readonly peers: ReadonlyMap<string, Peer>;
  readonly b2bua: B2bua;
  readonly summaries: CallSummary[] = [];
  readonly #around: Surroundings;
  readonly #network: MemoryNetwork;
  readonly #policy: LoadedPolicy | undefined;

  private constructor(
    ladder: Ladder,
    parts: {
      config: LadderConfig | undefined;
      policy: LoadedPolicy | undefined;
      clock: TimerWheel;
    },
  ) {
    const { settings } = ladder;
    const { config, policy } = parts;
    const around = new Surroundings(ladder, config);
    this.#around = around;
    this.#policy = policy;
    this.clock = parts.clock;
    this.wire = new Wire(this.clock);
    this.#network = new MemoryNetwork({
      clock: this.clock,
      latencyMs: LATENCY_MS,
    });
    this.wire.showsPings = hasPings(ladder);
    this.#network.onPing = (from, to, bytes) =>
      this.wire.pinged(from, to, bytes);
    for (const [name, at] of around.addresses) this.wire.name(at, name);
    const random = seededRandom(settings.seed);
    this.peers = new Map(
      ladder.participants
        .filter((name) => !settings.peers.get(name)?.absent)
        .map((name) => [name, this.#peer(name, { ladder, random })]),
    );
    const { timers, times, trunks, routes } = around;
    this.b2bua = new B2bua({
      clock: this.clock,
      random,
      transports: around.listen.map((at) => this.#transport(at)),
      dns: NO_NAMES,
      observer: new CountingObserver(),
      trunks,
      routes,
      unknownPeers: config?.unknownPeers ?? settings.unknownPeers,
      policy: policy?.source ?? fixedPolicy({}),
      timers,
      times,
      ...(config === undefined ? {} : { onInviteFault: config.onInviteFault }),
      registrar: config?.registrar,
      media: {
        rtpengine: ladderMediaServer({
          clock: this.clock,
          random: seededRandom(settings.seed + 3),
        }),
        relay: new MediaRelay({
          clock: this.clock,
          random: seededRandom(settings.seed + 2),
          observer: new CountingObserver(),
          sockets: new MemoryMedia({ clock: this.clock }).host(
            around.listen[0]!.host,
          ),
          ports: MEDIA_PORTS,
          // Ladders have no media, only their descriptions.
          timeoutSeconds: NO_TIMEOUT_SECONDS,
        }),
      },
      onCallEnd: (summary) => this.summaries.push(summary),
    });
  }

  /** A world with all doors open and nothing sent yet. */
  static async open(ladder: Ladder, options: WorldOptions): Promise<World> {
    const clock = new TimerWheel(0, { wallTimeMs: WALL_TIME_MS });
    // A sequence of its own: what a script draws changes nothing on the wire.
    const random = seededRandom(ladder.settings.seed + 1);
    const { http } = ladder.settings;
    const policy = await options.policy?.({ clock, random, http });
    const world = new World(ladder, { config: options.config, policy, clock });
    await world.b2bua.open();
    for (const peer of world.peers.values()) await peer.open();
    return world;
  }

  get timers(): TransactionTimers {
    return this.#around.timers;
  }

  /** Replaces each `{name}` by that participant's `host:port`. */
  fill(text: string): string {
    return this.#around.fill(text);
  }

  /**
   * Moves time to the next thing that is due, `byMs` at the latest, and lets all promises settle; false when nothing
   * was due until then.
   */
  async step(byMs: number): Promise<boolean> {
    const dueMs = this.clock.nextDueMs();
    const due = dueMs !== undefined && dueMs <= byMs;
    this.clock.advance(due ? dueMs : byMs);
    await settled();
    return due;
  }

  /** Moves time until every message has arrived, but for late ones. */
  async quiet(): Promise<void> {
    await settled();
    while (this.#network.inFlight > 0) {
      await this.step(this.clock.now() + LATENCY_MS);
    }
  }

  /** Closes every connection of a participant, or has Legwork drain. */
  act(step: DisconnectStep | DrainStep): void {
    if (step.kind === "drain") {
      this.b2bua.drain();
      return;
    }
    const address = this.#around.addresses.get(step.who);
    if (address !== undefined) this.#network.disconnect(address);
  }

  /** True while a message is on its way that is not late. */
  get busy(): boolean {
    return this.#network.inFlight > 0;
  }

  /** Ends everything and tells what was left, in words. */
  async close(): Promise<string[]> {
    this.b2bua.retire();
    const { calls, dialogs, transactions, ports } = this.b2bua.census;
    const left = [
      [calls, "calls"],
      [dialogs, "dialogs"],
      [transactions, "transactions"],
      [ports, "ports"],
      [this.clock.pending - this.b2bua.watchedFlows, "timers"],
      [this.#network.inFlight, "messages on their way"],
    ] as const;
    const words = left.filter(([count]) => count > 0).map(([count, what]) =>
      `${LEGWORK}: ${count} ${what}`
    );
    for (const peer of this.peers.values()) words.push(...peer.leftovers);
    this.wire.watcher = { departing: () => ({}), arriving: () => {} };
    await this.b2bua.close();
    for (const peer of this.peers.values()) await peer.close();
    await settled();
    // What was not said to be left before must not hide behind the closing either.
    while (this.clock.pending > 0 && this.#network.inFlight > 0) {
      await this.step(this.clock.now() + LATENCY_MS);
    }
    if (this.clock.pending > 0) {
      words.push(`${this.clock.pending} timers after all was closed`);
    }
    words.push(...this.#policy?.leftovers() ?? []);
    await this.#policy?.close();
    return words;
  }

  #peer(name: string, of: { ladder: Ladder; random: Random }): Peer {
    const { ladder, random } = of;
    const { participants, settings } = ladder;
    const setting = settings.peers.get(name) ?? USUAL_PEER;
    const local = this.#around.addresses.get(name)!;
    const { host, port } = this.#around.listenerFor(setting.transport);
    return new Peer({
      name,
      local,
      transports: (["UDP", "TCP"] as const).map((kind) => {
        const inner = this.#transport({ name: kind, ...local });
        return setting.rfc2543 ? new Rfc2543Transport(inner) : inner;
      }),
      legwork: { host, port, transport: setting.transport },
      callee: participants[name === participants[0] ? 1 : 0] ?? LEGWORK,
      clock: this.clock,
      random,
      timers: this.timers,
      observer: new CountingObserver(),
    });
  }

  #transport(at: Listen): ReturnType<
    Wire["watched"]
  > {
    return this.wire.watched(new MemoryTransport(this.#network, at));
  }
}

/** All promises that can settle without time passing have settled. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A name server that knows nothing. */
const NO_NAMES = {
  naptr: () => Promise.resolve([]),
  srv: () => Promise.resolve([]),
  a: () => Promise.resolve([]),
  aaaa: () => Promise.resolve([]),
};
