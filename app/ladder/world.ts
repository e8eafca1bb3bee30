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
import type { CallTimes, RouteRule } from "../../core/call/call_context.ts";
import {
  type CallSummary,
  fixedPolicy,
  type PolicySource,
} from "../../core/call/policy.ts";
import { parseSipUri } from "../../core/message/uri.ts";
import {
  DEFAULT_TIMERS,
  type TransactionTimers,
} from "../../core/transaction/timers.ts";
import {
  type Address,
  defaultPort,
  formatAddress,
  ipVersion,
} from "../../core/transport/address.ts";
import { MemoryNetwork, MemoryTransport } from "../../core/transport/memory.ts";
import type { TrunkSettings } from "../../core/trunk/trunk_table.ts";
import { type Ladder, LEGWORK, USUAL_PEER } from "./ladder.ts";
import { Peer } from "./peer.ts";
import { Rfc2543Transport } from "./rfc2543.ts";
import { Wire } from "./wire.ts";

/** Scripts, loaded; or any other policy. */
export interface LoadedPolicy {
  readonly source: PolicySource;
  /** What it still holds once all calls are over, in words: sandbox memory, revisions in use. */
  leftovers(): readonly string[];
  close(): void | Promise<void>;
}

/** What a configuration file says that matters to a ladder. */
export interface LadderConfig {
  readonly listen: readonly ({ name: "UDP" | "TCP" } & Address)[];
  readonly trunks: readonly TrunkSettings[];
  readonly routes: readonly RouteRule[];
  readonly unknownPeers: "reject" | "drop" | "accept";
  readonly onInviteFault: "route" | "reject";
  readonly timers: Partial<TransactionTimers>;
  readonly times: Partial<CallTimes>;
}

/** What a policy of the same world may use of it. */
export interface PolicySurroundings {
  readonly clock: Clock;
  readonly random: Random;
}

/** Settings of a {@linkcode World}. */
export interface WorldOptions {
  readonly config?: LadderConfig | undefined;
  /** Made anew for each run. */
  readonly policy?:
    | ((surroundings: PolicySurroundings) => Promise<LoadedPolicy>)
    | undefined;
}

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
  readonly timers: TransactionTimers;
  /** Of each participant, `host:port`. */
  readonly addresses: ReadonlyMap<string, string>;
  readonly summaries: CallSummary[] = [];
  readonly observer: CountingObserver;
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
    const { config } = parts;
    this.clock = parts.clock;
    this.wire = new Wire(this.clock);
    this.observer = new CountingObserver();
    this.#policy = parts.policy;
    this.#network = new MemoryNetwork({
      clock: this.clock,
      latencyMs: LATENCY_MS,
    });
    this.timers = {
      ...DEFAULT_TIMERS,
      ...config?.timers,
      ...timersOf(settings.timers),
    };
    const random = seededRandom(settings.seed);
    const listen = config !== undefined && config.listen.length > 0
      ? config.listen
      : USUAL_LISTEN;
    const addresses = addressesOf(ladder, { config, legwork: listen[0]! });
    this.addresses = new Map(
      [...addresses].map(([name, at]) => [name, formatAddress(at)]),
    );
    for (const [name, at] of addresses) this.wire.name(at, name);
    this.peers = new Map(
      ladder.participants.flatMap((name, index) => {
        const setting = settings.peers.get(name) ?? USUAL_PEER;
        const local = addresses.get(name)!;
        if (setting.absent) return [];
        const at = listen.find((one) => one.name === setting.transport) ??
          listen[0]!;
        return [
          [
            name,
            new Peer({
              name,
              local,
              transports: (["UDP", "TCP"] as const).map((kind) => {
                const inner = this.#transport({ name: kind, ...local });
                return setting.rfc2543 ? new Rfc2543Transport(inner) : inner;
              }),
              legwork: {
                host: at.host,
                port: at.port,
                transport: setting.transport,
              },
              callee: ladder.participants[index === 0 ? 1 : 0] ?? LEGWORK,
              clock: this.clock,
              random,
              timers: this.timers,
              observer: new CountingObserver(),
            }),
          ] as const,
        ];
      }),
    );
    this.b2bua = new B2bua({
      clock: this.clock,
      random,
      transports: listen.map((at) => this.#transport(at)),
      dns: NO_NAMES,
      observer: this.observer,
      trunks: [...(config?.trunks ?? []), ...this.#trunks(ladder, config)],
      routes: settings.routes.length > 0
        ? settings.routes.map(({ from, to }) => ({
          from: [from],
          to: to.map((name) => this.fill(name)),
        }))
        : config?.routes ?? usualRoutes(ladder),
      unknownPeers: config?.unknownPeers ?? settings.unknownPeers,
      policy: parts.policy?.source ?? fixedPolicy({}),
      timers: this.timers,
      times: { ...config?.times, ...timesOf(settings.timers) },
      ...(config === undefined ? {} : { onInviteFault: config.onInviteFault }),
      onCallEnd: (summary) => this.summaries.push(summary),
    });
  }

  /** A world with all doors open and nothing sent yet. */
  static async open(ladder: Ladder, options: WorldOptions): Promise<World> {
    const clock = new TimerWheel(0, { wallTimeMs: WALL_TIME_MS });
    // A sequence of its own: what a script draws changes nothing on the wire.
    const random = seededRandom(ladder.settings.seed + 1);
    const policy = await options.policy?.({ clock, random });
    const world = new World(ladder, { config: options.config, policy, clock });
    await world.b2bua.open();
    for (const peer of world.peers.values()) await peer.open();
    return world;
  }

  /** Replaces each `{name}` by that participant's `host:port`. */
  fill(text: string): string {
    return text.replace(
      /\{([^{}]+)\}/g,
      (whole, name: string) => this.addresses.get(name) ?? whole,
    );
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

  /** True while a message is on its way that is not late. */
  get busy(): boolean {
    return this.#network.inFlight > 0;
  }

  /** Ends everything and tells what was left, in words. */
  async close(): Promise<string[]> {
    const { calls, dialogs, transactions } = this.b2bua.census;
    const left = [
      [calls, "calls"],
      [dialogs, "dialogs"],
      [transactions, "transactions"],
      [this.clock.pending, "timers"],
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

  #transport(at: { name: "UDP" | "TCP" } & Address): ReturnType<
    Wire["watched"]
  > {
    return this.wire.watched(new MemoryTransport(this.#network, at));
  }

  #trunks(
    ladder: Ladder,
    config: LadderConfig | undefined,
  ): TrunkSettings[] {
    const { peers, trunks } = ladder.settings;
    const listed = [...trunks].map(([name, servers]) => ({
      name,
      servers: servers.flatMap((server) =>
        parseSipUri(this.fill(server)) ?? []
      ),
    }));
    if (config !== undefined) return listed;
    const usual = ladder.participants.filter((name) =>
      !trunks.has(name) && !peers.get(name)?.stranger
    ).map((name) => {
      const tcp = peers.get(name)?.transport === "TCP";
      const uri = `sip:${this.addresses.get(name)}${
        tcp ? ";transport=tcp" : ""
      }`;
      return { name, servers: [parseSipUri(uri)!] };
    });
    return [...listed, ...usual];
  }
}

/** All promises that can settle without time passing have settled. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Legwork's address in RFC 5737's block for documentation. */
const USUAL_LISTEN: LadderConfig["listen"] = [
  { name: "UDP", host: "192.0.2.1", port: 5060 },
  { name: "TCP", host: "192.0.2.1", port: 5060 },
];

/** A name server that knows nothing. */
const NO_NAMES = {
  naptr: () => Promise.resolve([]),
  srv: () => Promise.resolve([]),
  a: () => Promise.resolve([]),
  aaaa: () => Promise.resolve([]),
};

function addressesOf(
  ladder: Ladder,
  known: { config: LadderConfig | undefined; legwork: Address },
): Map<string, Address> {
  const addresses = new Map<string, Address>([[LEGWORK, known.legwork]]);
  ladder.participants.forEach((name, index) => {
    const server = known.config?.trunks.find((trunk) => trunk.name === name)
      ?.servers.find(({ host }) => ipVersion(host) !== 0);
    addresses.set(
      name,
      server === undefined
        ? { host: `192.0.2.${11 + index}`, port: 5060 }
        : { host: server.host, port: server.port ?? defaultPort("UDP") },
    );
  });
  return addresses;
}

/** The first participant calls the others, in order; each of the others calls the first. */
function usualRoutes(ladder: Ladder): RouteRule[] {
  const [first, ...others] = ladder.participants.filter((name) =>
    !ladder.settings.peers.get(name)?.stranger
  );
  if (first === undefined || others.length === 0) return [];
  return [{ from: [first], to: others }, { from: others, to: [first] }];
}

function timersOf(
  timers: Readonly<Record<string, number>>,
): Partial<TransactionTimers> {
  const { t1_ms, t2_ms, t4_ms } = timers;
  return {
    ...(t1_ms === undefined ? {} : { t1Ms: t1_ms }),
    ...(t2_ms === undefined ? {} : { t2Ms: t2_ms }),
    ...(t4_ms === undefined ? {} : { t4Ms: t4_ms }),
  };
}

function timesOf(timers: Readonly<Record<string, number>>): Partial<CallTimes> {
  const { no_answer, max_call } = timers;
  return {
    ...(no_answer === undefined ? {} : { noAnswerSeconds: no_answer }),
    ...(max_call === undefined ? {} : { maxCallSeconds: max_call }),
  };
}
