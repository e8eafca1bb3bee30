/** What is known of one trunk's servers: from keep-alives, and from what becomes of calls. */

import { detached } from "../message/bytes.ts";
import type { SipResponse } from "../message/message.ts";
import type { SipUri } from "../message/uri.ts";
import { retryAfterSeconds } from "../dialog/session_expires.ts";
import type { ClientFailure } from "../transaction/client_transaction.ts";
import type { TargetHealth } from "../transaction/target_health.ts";
import { canonicalHost, type Target } from "../transport/address.ts";
import {
  isInService,
  isWatching,
  type KeepAlivePlan,
  keepAlivePlan,
} from "./keep_alive_settings.ts";
import type { KeepAliveWorld } from "./send_keep_alive.ts";
import type { Condition } from "./server_state.ts";
import { type ServerOwner, ServerWatch } from "./server_watch.ts";
import type { Spread } from "./spread.ts";
import type { TrunkSettings } from "./trunk_table.ts";
import type { TrunkCondition, TrunkState } from "./trunk_state.ts";
import { type AddressOwner, WatchedAddress } from "./watched_address.ts";

/** The longest Retry-After that is heeded. */
const MAX_OUT_SECONDS = 600;
/** Most addresses kept of a trunk that nothing is sent to. */
const MAX_UNWATCHED = 64;

/** See the module's text. */
export class TrunkHealth implements TargetHealth, ServerOwner, AddressOwner {
  readonly #settings: TrunkSettings;
  readonly #world: KeepAliveWorld;
  readonly #spread: Spread;
  readonly #plan: KeepAlivePlan | undefined;
  /** One for each URI that something is sent to. */
  readonly #servers: readonly ServerWatch[];
  readonly #addresses = new Map<string, WatchedAddress>();
  /** Where each server was found last. */
  readonly #found = new Map<ServerWatch, readonly string[]>();
  readonly #lost = new Set<ServerWatch>();
  /** Those that were said to be up. */
  readonly #announced = new WeakSet<WatchedAddress>();
  #down = false;

  constructor(
    settings: TrunkSettings,
    parts: { world: KeepAliveWorld; spread: Spread },
  ) {
    const { servers, keepalive } = settings;
    this.#settings = settings;
    this.#world = parts.world;
    this.#spread = parts.spread;
    this.#plan = keepalive && keepAlivePlan(keepalive);
    const uris = keepalive === undefined
      ? []
      : keepalive.server === undefined
      ? servers
      : [keepalive.server];
    this.#servers = uris.map((uri) =>
      new ServerWatch(uri, {
        world: parts.world,
        owner: this,
        phase: parts.spread.phase(),
      })
    );
  }

  /** How many URIs something is sent to. */
  get size(): number {
    return this.#servers.length;
  }

  /** Begins to send; `count` is how many servers of all trunks do. */
  start(count: number): void {
    const intervalMs = (this.#plan?.intervalSeconds ?? 0) * 1000;
    for (const server of this.#servers) {
      server.start(this.#spread, { count, intervalMs });
    }
  }

  /** Sends nothing more. */
  stop(): void {
    for (const server of this.#servers) server.stop();
    for (const address of this.#addresses.values()) address.stop();
  }

  usable(targets: readonly Target[]): readonly Target[] {
    if (this.#addresses.size === 0) return targets;
    // Who asked to be left alone comes back without a word.
    if (this.#down) this.#judge();
    const usable = targets.filter((target) => !this.#isDown(target));
    if (usable.length === targets.length) return targets;
    if (
      usable.length === 0 && this.#plan?.whenDown === "try" && this.#allDown
    ) return targets;
    this.#world.observer.count(
      "trunk_targets_skipped",
      targets.length - usable.length,
    );
    return usable;
  }

  onAnswer(target: Target, response: SipResponse): void {
    const { status } = response;
    if (status === 503) {
      const seconds = retryAfterSeconds(response);
      // §21.5.4: "If no Retry-After is given, the client MUST act as if it had received a 500 (Server Internal Error)
      // response": that one request failed, and no more.
      if (seconds) this.#leaveAlone(this.#address(target), seconds);
    } else if (this.#addresses.size > 0 && isInService(status, undefined)) {
      this.#addresses.get(keyOf(target))?.onCallAnswered();
    }
  }

  onFailure(target: Target, _failure: ClientFailure): void {
    this.#addresses.get(keyOf(target))?.onCallFailed();
  }

  onResolved(server: ServerWatch, targets: readonly Target[]): void {
    this.#lost.delete(server);
    this.#found.set(server, targets.map(keyOf));
    const wanted = new Set([...this.#found.values()].flat());
    for (const [key, address] of this.#addresses) {
      if (wanted.has(key)) continue;
      address.stop();
      this.#addresses.delete(key);
    }
    for (const [index, target] of targets.entries()) {
      const known = this.#addresses.get(keyOf(target));
      if (known !== undefined) continue;
      const phase = index === 0 ? server.phase : this.#spread.phase();
      const address = this.#newAddress(target, { server, phase });
      this.#addresses.set(keyOf(target), address);
      address.start();
    }
  }

  onUnresolved(server: ServerWatch): void {
    if (this.#lost.has(server)) return;
    this.#lost.add(server);
    this.#world.observer.log({
      level: "warn",
      text: "A trunk's server has no address",
      fields: { trunk: this.#settings.name, server: server.uri.toString() },
    });
  }

  onChange(address: WatchedAddress, before: Condition): void {
    const { observer } = this.#world;
    const { condition, state } = address;
    if (condition === "unwatched") return;
    observer.count(`trunk_servers_${condition}`);
    const { lastStatus, lastFailure } = state;
    const isNews = before === "down" || !this.#announced.has(address);
    if (condition === "up") this.#announced.add(address);
    observer.log({
      level: condition === "down"
        ? "warn"
        : condition === "up" && isNews
        ? "info"
        : "debug",
      text: CHANGED[condition],
      fields: {
        trunk: this.#settings.name,
        address: address.name,
        ...(lastStatus === undefined ? {} : { status: lastStatus }),
        ...(lastFailure === undefined ? {} : { failure: lastFailure }),
      },
    });
    this.#judge();
  }

  /** As it stands; `calls` is what the B2BUA counts. */
  stateWith(calls: number): TrunkState {
    const { name, servers } = this.#settings;
    return {
      name,
      condition: this.#condition,
      calls,
      servers: servers.map((uri) => ({
        uri: uri.toString(),
        addresses: this.#addressesOf(uri).map(({ state }) => state),
      })),
    };
  }

  /** Where a server was found; of one that nothing is sent to, where calls met a reason to keep away. */
  #addressesOf(uri: SipUri): WatchedAddress[] {
    const watch = this.#servers.find((server) => server.uri === uri);
    const keys = watch && this.#found.get(watch);
    return keys === undefined
      ? [...this.#addresses.values()].filter((one) => one.uri === uri)
      : keys.flatMap((key) => this.#addresses.get(key) ?? []);
  }

  get #condition(): TrunkCondition {
    if (!this.#isWatched) return "unwatched";
    for (const { condition } of this.#addresses.values()) {
      if (condition === "up") return "up";
    }
    return this.#allDown ? "down" : "probing";
  }

  get #isWatched(): boolean {
    return this.#plan !== undefined && isWatching(this.#plan);
  }

  /** Every address is down. A trunk of which none is known is not, nor one of which only some are. */
  get #allDown(): boolean {
    if (!this.#isWatched || this.#addresses.size === 0) return false;
    for (const { condition } of this.#addresses.values()) {
      if (condition !== "down") return false;
    }
    return true;
  }

  #isDown(target: Target): boolean {
    return this.#addresses.get(keyOf(target))?.condition === "down";
  }

  /** The address a call went to; one that is not known yet is kept for the time that it asked for. */
  #address(target: Target): WatchedAddress {
    const key = keyOf(target);
    let address = this.#addresses.get(key);
    if (address === undefined) {
      if (this.#addresses.size >= MAX_UNWATCHED) {
        for (const [oldest, { watched }] of this.#addresses) {
          if (!watched) this.#addresses.delete(oldest);
          break;
        }
      }
      address = this.#newAddress(target);
      this.#addresses.set(key, address);
    }
    return address;
  }

  #newAddress(
    target: Target,
    watch: { server: ServerWatch; phase: number } | undefined = undefined,
  ): WatchedAddress {
    const { host, ...rest } = target;
    return new WatchedAddress({ ...rest, host: detached(host) }, {
      uri: watch?.server.uri ?? this.#serverAt(host),
      plan: watch && this.#plan,
      phase: watch?.phase ?? 0,
      world: this.#world,
      spread: this.#spread,
      owner: this,
      onUnavailable: (address, response) => {
        const seconds = retryAfterSeconds(response);
        if (seconds) this.#leaveAlone(address, seconds);
      },
    });
  }

  /** The server whose URI has that address, or the first one. */
  #serverAt(host: string): SipUri {
    const { servers } = this.#settings;
    return servers.find((uri) => canonicalHost(uri.host) === host) ??
      servers[0]!;
  }

  #leaveAlone(address: WatchedAddress, asked: number): void {
    // Departs from RFC 3261 §21.5.4: ten minutes at most; a mistyped Retry-After shall not cost a day.
    const seconds = Math.min(asked, MAX_OUT_SECONDS);
    address.leaveAlone(seconds);
    const { observer } = this.#world;
    observer.count("trunk_servers_left_alone");
    observer.log({
      level: "warn",
      text: "A trunk's server asked to be left alone",
      fields: {
        trunk: this.#settings.name,
        address: address.name,
        seconds,
      },
    });
    this.#judge();
  }

  /** Says so when the trunk as a whole goes, or comes back. */
  #judge(): void {
    const down = this.#allDown;
    if (down === this.#down) return;
    this.#down = down;
    const { observer } = this.#world;
    observer.count(down ? "trunks_down" : "trunks_back");
    observer.log({
      level: down ? "error" : "info",
      text: down ? "A trunk is down: no server is left" : "A trunk is back",
      fields: { trunk: this.#settings.name },
    });
  }
}

const CHANGED: Readonly<Record<Condition, string>> = {
  up: "A trunk's server is up",
  down: "A trunk's server is down",
  probing: "A trunk's server did not answer",
};

function keyOf({ transport, host, port }: Target): string {
  return `${transport} ${host} ${port}`;
}
