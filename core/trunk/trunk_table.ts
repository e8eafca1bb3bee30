/** The named peers, and which of them a message comes from. */

import type { Account } from "../dialog/authenticator.ts";
import type { SessionKeepAliveSettings } from "../dialog/session_keep_alive.ts";
import type { SessionTimerSettings } from "../dialog/timer_negotiation.ts";
import type { DtmfSettings } from "../media/dtmf_settings.ts";
import type { MediaMode } from "../media/media_mode.ts";
import type { SipUri } from "../message/uri.ts";
import type { Address } from "../transport/address.ts";
import type { KeepAliveSettings } from "./keep_alive_settings.ts";
import type { RegistrationSettings } from "./registration_settings.ts";
import { type MatchRule, matchWeight, parseMatchRule } from "./match_rule.ts";

/** A named peer. */
export interface TrunkSettings {
  readonly name: string;
  /** Where its calls go, tried in order. */
  readonly servers: readonly SipUri[];
  /** Which sources are this trunk's; none given: the literal addresses of its servers. */
  readonly match?: readonly MatchRule[];
  /** Default: timers where the peer asks for one. */
  readonly sessionTimer?: SessionTimerSettings;
  /** Keep-alives within calls. Default: none. */
  readonly sessionKeepAlive?: SessionKeepAliveSettings;
  /** Its servers are what is registered for this address-of-record. */
  readonly dynamic?: {
    readonly aor: string;
    /** The user part of a request URI: what was dialled, or that of the Contact. Default: what was dialled. */
    readonly user?: "dialled" | "contact";
  };
  /** How keys come and go. Default: events and INFO heard, sent on as they came. */
  readonly dtmf?: DtmfSettings;
  /** How its media go. Default: `auto`. */
  readonly media?: MediaMode;
  /** Answers 401 and 407 of this peer; without it they pass to the other side. */
  readonly auth?: Account;
  /** Registers at this peer. */
  readonly register?: RegistrationSettings;
  /** Default: nothing is sent, and its servers count as up. */
  readonly keepalive?: KeepAliveSettings;
}

/** A server at its address. */
interface KnownServer {
  readonly port: number;
  readonly portGiven: boolean;
  readonly trunk: TrunkSettings;
}

/** All trunks of a B2BUA. */
export class TrunkTable {
  readonly #trunks = new Map<string, TrunkSettings>();
  readonly #rules: { rule: MatchRule; trunk: TrunkSettings }[] = [];
  /** Servers by their address, for sources that match no rule: each request asks, whatever the number of trunks. */
  readonly #servers = new Map<string, KnownServer[]>();

  constructor(trunks: readonly TrunkSettings[]) {
    for (const trunk of trunks) {
      this.#trunks.set(trunk.name, trunk);
      if (trunk.match !== undefined && trunk.match.length > 0) {
        for (const rule of trunk.match) this.#rules.push({ rule, trunk });
      } else {
        for (const server of trunk.servers) this.#addServer(server, trunk);
      }
    }
  }

  get(name: string): TrunkSettings | undefined {
    return this.#trunks.get(name);
  }

  /** All names in the order of the configuration. */
  get names(): string[] {
    return [...this.#trunks.keys()];
  }

  /**
   * The trunk a source belongs to: by the most exact rule (address and port, then listener, then address, then the
   * narrowest network). Where a trunk has no rules, its servers' addresses with their ports count. The address alone
   * does where only one trunk has it and the port says nothing: on a stream connection, which the peer opens from any
   * port, and for a server without a port in its URI.
   */
  match(address: Address, listener: string): TrunkSettings | undefined {
    let best: TrunkSettings | undefined;
    let bestWeight = 0;
    for (const { rule, trunk } of this.#rules) {
      const weight = matchWeight(rule, { address, listener });
      if (weight <= bestWeight) continue;
      best = trunk;
      bestWeight = weight;
    }
    const atHost = this.#servers.get(address.host);
    if (atHost === undefined) return best;
    const exact = atHost.find((server) => server.port === address.port);
    if (exact !== undefined && bestWeight < 400) return exact.trunk;
    return best ?? onlyTrunk(atHost, !listener.startsWith("udp:"));
  }

  #addServer(server: SipUri, trunk: TrunkSettings): void {
    const host = server.host.replace(/^\[|\]$/g, "");
    if (parseMatchRule(host) === undefined) return;
    const port = server.port ?? (server.scheme === "sips" ? 5061 : 5060);
    const portGiven = server.port !== undefined;
    const known = this.#servers.get(host) ?? [];
    known.push({ port, portGiven, trunk });
    this.#servers.set(host, known);
  }
}

/** The trunk of servers at an address whose port says nothing, where that is one. */
function onlyTrunk(
  servers: readonly KnownServer[],
  stream: boolean,
): TrunkSettings | undefined {
  let only: TrunkSettings | undefined;
  for (const { portGiven, trunk } of servers) {
    if (portGiven && !stream) continue;
    if (only !== undefined && only !== trunk) return undefined;
    only = trunk;
  }
  return only;
}
