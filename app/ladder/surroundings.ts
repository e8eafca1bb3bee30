/** What stands around Legwork in a ladder: addresses, trunks, routes and timers, as it or its configuration has them. */

import type { CallTimes, RouteRule } from "../../core/call/call_context.ts";
import { parseSipUri, type SipUri } from "../../core/message/uri.ts";
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
import type { RegistrarSettings } from "../../core/trunk/registrar_settings.ts";
import type { TrunkSettings } from "../../core/trunk/trunk_table.ts";
import { type Ladder, LEGWORK } from "./ladder.ts";

/** What a configuration file says that matters to a ladder. */
export interface LadderConfig {
  readonly listen: readonly Listen[];
  readonly trunks: readonly TrunkSettings[];
  readonly routes: readonly RouteRule[];
  readonly unknownPeers: "reject" | "drop" | "accept";
  readonly onInviteFault: "route" | "reject";
  readonly registrar?: RegistrarSettings | undefined;
  readonly timers: Partial<TransactionTimers>;
  readonly times: Partial<CallTimes>;
}

/** Where Legwork listens. */
export type Listen = { readonly name: "UDP" | "TCP" } & Address;

/** See the module's text. */
export class Surroundings {
  readonly listen: readonly Listen[];
  readonly timers: TransactionTimers;
  readonly times: Partial<CallTimes>;
  /** Of Legwork and each participant. */
  readonly addresses: ReadonlyMap<string, Address>;
  readonly #ladder: Ladder;
  readonly #config: LadderConfig | undefined;

  constructor(ladder: Ladder, config: LadderConfig | undefined) {
    const { timers } = ladder.settings;
    this.#ladder = ladder;
    this.#config = config;
    this.listen = config !== undefined && config.listen.length > 0
      ? config.listen
      : USUAL_LISTEN;
    this.timers = {
      ...DEFAULT_TIMERS,
      ...config?.timers,
      ...defined({
        t1Ms: timers["t1_ms"],
        t2Ms: timers["t2_ms"],
        t4Ms: timers["t4_ms"],
      }),
    };
    this.times = {
      ...config?.times,
      ...defined({
        noAnswerSeconds: timers["no_answer"],
        maxCallSeconds: timers["max_call"],
      }),
    };
    this.addresses = addressesOf(ladder, {
      config,
      legwork: this.listenerFor("UDP"),
    });
  }

  /** Where Legwork is spoken to by a transport; the first listener where it has none of that kind. */
  listenerFor(name: "UDP" | "TCP"): Listen {
    return this.listen.find((one) => one.name === name) ?? this.listen[0]!;
  }

  /** Replaces each `{name}` by that participant's `host:port`. */
  fill(text: string): string {
    return text.replace(/\{([^{}]+)\}/g, (whole, name: string) => {
      const address = this.addresses.get(name);
      return address === undefined ? whole : formatAddress(address);
    });
  }

  /** Those of the configuration and of the settings, or each participant that is no stranger. */
  get trunks(): TrunkSettings[] {
    const { settings } = this.#ladder;
    const { peers, trunks } = settings;
    const blocksOf = (
      name: string,
    ): Pick<
      TrunkSettings,
      "sessionTimer" | "sessionKeepAlive" | "keepalive"
    > => {
      const sessionTimer = settings.sessionTimers.get(name);
      const sessionKeepAlive = settings.sessionKeepAlives.get(name);
      const keepalive = settings.keepAlives.get(name);
      return {
        ...(sessionTimer === undefined ? {} : { sessionTimer }),
        ...(sessionKeepAlive === undefined ? {} : { sessionKeepAlive }),
        ...(keepalive === undefined ? {} : { keepalive }),
      };
    };
    const listed = [...trunks].map(([name, servers]) => ({
      name,
      ...blocksOf(name),
      servers: servers.flatMap((server) =>
        parseSipUri(this.fill(server)) ?? []
      ),
    }));
    if (this.#config !== undefined) return [...this.#config.trunks, ...listed];
    const usual = this.#ladder.participants.filter((name) =>
      !trunks.has(name) && !peers.get(name)?.stranger
    ).map((name) => {
      const tcp = peers.get(name)?.transport === "TCP";
      const uri = this.fill(`sip:{${name}}${tcp ? ";transport=tcp" : ""}`);
      return { name, servers: [parseSipUri(uri)!], ...blocksOf(name) };
    });
    return [...listed, ...usual];
  }

  /** Those of the settings, else of the configuration, else the first participant calls the others and they it. */
  get routes(): readonly RouteRule[] {
    const { participants, settings } = this.#ladder;
    if (settings.routes.length > 0) {
      return settings.routes.map(({ from, to }) => ({
        from: [from],
        to: to.map((name) => this.fill(name)),
      }));
    }
    if (this.#config !== undefined) return this.#config.routes;
    const [first, ...others] = participants.filter((name) =>
      !settings.peers.get(name)?.stranger
    );
    if (first === undefined || others.length === 0) return [];
    return [{ from: [first], to: others }, { from: others, to: [first] }];
  }
}

/** Legwork's address in RFC 5737's block for documentation. */
const USUAL_LISTEN: readonly Listen[] = [
  { name: "UDP", host: "192.0.2.1", port: 5060 },
  { name: "TCP", host: "192.0.2.1", port: 5060 },
];

function addressesOf(
  ladder: Ladder,
  known: { config: LadderConfig | undefined; legwork: Address },
): Map<string, Address> {
  const addresses = new Map<string, Address>([[LEGWORK, known.legwork]]);
  ladder.participants.forEach((name, index) => {
    const server = serverOf(name, known.config?.trunks ?? []);
    addresses.set(
      name,
      server === undefined
        ? { host: `192.0.2.${11 + index}`, port: 5060 }
        : { host: server.host, port: server.port ?? defaultPort("UDP") },
    );
  });
  return addresses;
}

/** A trunk's first server that is an address; `carrier2` is the second server of `carrier`. */
function serverOf(
  name: string,
  trunks: readonly TrunkSettings[],
): SipUri | undefined {
  const [, stem, digits] = /^(.*?)([2-9])$/.exec(name) ?? [];
  const [own, nth] = [name, stem].map((wanted) =>
    trunks.find((trunk) => trunk.name === wanted)?.servers
      .filter(({ host }) => ipVersion(host) !== 0)
  );
  return own === undefined ? nth?.[Number(digits) - 1] : own[0];
}

/** The members that have a value. */
function defined<Names extends string>(
  values: Record<Names, number | undefined>,
): Partial<Record<Names, number>> {
  const kept: Partial<Record<Names, number>> = {};
  for (const name in values) {
    if (values[name] !== undefined) kept[name] = values[name];
  }
  return kept;
}
