/** From a configuration to the parts that a B2BUA is made of. */

import type { Clock } from "../core/base/clock.ts";
import { DEFAULT_LIMITS, type Limits } from "../core/base/limits.ts";
import type { B2buaOptions } from "../core/call/b2bua_options.ts";
import type { CallTimes, RouteRule } from "../core/call/call_context.ts";
import type { Account } from "../core/dialog/authenticator.ts";
import type {
  KeepAliveMethod,
  SessionKeepAliveSettings,
} from "../core/dialog/session_keep_alive.ts";
import type { SessionTimerSettings } from "../core/dialog/timer_negotiation.ts";
import { fromText } from "../core/message/bytes.ts";
import { parseSipUri } from "../core/message/uri.ts";
import type { DtmfSettings } from "../core/media/dtmf_settings.ts";
import type { TransactionTimers } from "../core/transaction/timers.ts";
import { type Address, canonicalHost } from "../core/transport/address.ts";
import { TcpTransport } from "../core/transport/tcp.ts";
import type { Transport } from "../core/transport/transport.ts";
import { type MatchRule, parseMatchRule } from "../core/trunk/match_rule.ts";
import type { RegistrarSettings } from "../core/trunk/registrar_settings.ts";
import type { TrunkSettings } from "../core/trunk/trunk_table.ts";
import { DEFAULT_SCRIPT_LIMITS, type ScriptLimits } from "../scripts/limits.ts";
import { keepAliveSettings } from "./wiring_keepalive.ts";
import {
  formatListen,
  type ListenAddress,
  type MatchEntry,
} from "./config/address.ts";
import type { Environment } from "./config/secret_check.ts";
import { registrationSettings } from "./register_wiring.ts";
import type { Config, TrunkConfig } from "./config/schema.ts";
import type { UdpMaker } from "./udp.ts";
import { registrarSettings } from "./registrar_wiring.ts";

/** What a configuration says of how calls are treated, whatever they come in on. */
export interface CallSettings {
  readonly trunks: readonly TrunkSettings[];
  readonly routes: readonly RouteRule[];
  readonly unknownPeers: "reject" | "drop" | "accept";
  readonly onInviteFault: "route" | "reject";
  readonly timers: TransactionTimers;
  readonly registrar: RegistrarSettings | undefined;
  readonly times: CallTimes;
}

/** See {@linkcode CallSettings}. Passwords are those that `environment` has; a configuration that was checked has all. */
export function callSettings(
  config: Config,
  environment: Environment,
): CallSettings {
  const { timers } = config;
  return {
    trunks: Object.entries(config.trunks).map(([name, trunk]) =>
      trunkSettings(name, { trunk, environment, place: placeOf(config) })
    ),
    routes: config.routes.map(({ from, to }): RouteRule => ({ from, to })),
    unknownPeers: config.unknown_peers,
    onInviteFault: config.script_limits.on_invite_fault,
    timers: { t1Ms: timers.t1_ms, t2Ms: timers.t2_ms, t4Ms: timers.t4_ms },
    registrar: registrarSettings(config, environment),
    times: {
      noAnswerSeconds: timers.no_answer,
      maxCallSeconds: timers.max_call,
    },
  };
}

/** Makes the transport of one TCP listener. */
export interface TcpMaker {
  (local: Address, options: { clock: Clock; limits: Limits }): Transport;
}

/** What a configuration says of the network and of how much is taken on. Nothing is opened yet. */
export function networkSettings(
  config: Config,
  { clock, udp, tcp }: { clock: Clock; udp: UdpMaker; tcp?: TcpMaker },
): Required<Pick<B2buaOptions, "transports" | "limits">> & {
  readonly advertise?: string;
} {
  const { advertise } = config;
  const limits = { ...DEFAULT_LIMITS, calls: config.limits.max_calls };
  return {
    limits,
    transports: config.listen.flatMap((address) =>
      transport(address, { clock, limits, udp, ...(tcp && { tcp }) })
    ),
    ...(advertise === undefined ? {} : { advertise: advertised(advertise) }),
  };
}

/** The limits of a configuration's scripts. */
export function scriptLimits(config: Config): ScriptLimits {
  const { hook_ms, async_ms, memory_mib, faults } = config.script_limits;
  return {
    ...DEFAULT_SCRIPT_LIMITS,
    hookMs: hook_ms,
    asyncMs: async_ms,
    memoryBytes: memory_mib * 1024 * 1024,
    faults,
  };
}

function transport(
  { transport, host, port }: ListenAddress,
  options: { clock: Clock; limits: Limits; udp: UdpMaker; tcp?: TcpMaker },
): Transport[] {
  const local = { host, port };
  switch (transport) {
    case "udp":
      return [options.udp(local, options.limits)];
    case "tcp":
      return [
        options.tcp?.(local, options) ?? new TcpTransport(local, options),
      ];
    case "tls":
    case "ws":
    case "wss":
      // `check` and the start of `run` say that nothing listens there.
      return [];
  }
}

function trunkSettings(
  name: string,
  { trunk, environment, place }: {
    trunk: TrunkConfig;
    environment: Environment;
    place: readonly string[];
  },
): TrunkSettings {
  const auth = trunk.auth && account(trunk.auth, environment);
  const own = trunk.register?.auth;
  const register = registrationSettings(trunk.register, {
    servers: trunk.servers,
    account: own === undefined ? auth : account(own, environment),
    place: [name, ...place],
  });
  const servers = trunk.servers.flatMap(({ uri }) => parseSipUri(uri) ?? []);
  const sessionKeepAlive = keepAlive(trunk.session_keepalive);
  return {
    name,
    servers: servers.length > 0 ? servers : register?.registrars ?? [],
    ...(register === undefined ? {} : { register }),
    match: trunk.match.flatMap((entry) => matchRule(entry) ?? []),
    ...(trunk.dynamic
      ? {
        dynamic: {
          aor: fromText(trunk.aor ?? name),
          user: trunk.request_user,
        },
      }
      : {}),
    sessionTimer: sessionTimer(trunk.session_timer),
    ...(sessionKeepAlive === undefined ? {} : { sessionKeepAlive }),
    ...keepAliveSettings(trunk.keepalive),
    dtmf: dtmfSettings(trunk.dtmf),
    media: trunk.media,
    ...(auth === undefined ? {} : { auth }),
  };
}

function dtmfSettings(block: TrunkConfig["dtmf"]): DtmfSettings {
  return {
    receive: block.receive,
    send: block.send,
    mask: block.mask,
    minDurationMs: block.min_duration_ms,
    gapMs: block.gap_ms,
  };
}

/** What tells this Legwork from others that know the same trunks. */
function placeOf({ listen, advertise }: Config): readonly string[] {
  return [
    ...listen.map(formatListen),
    ...(advertise === undefined ? [] : [advertised(advertise)]),
  ];
}

function account(
  { username, password_env }: NonNullable<TrunkConfig["auth"]>,
  environment: Environment,
): Account | undefined {
  const found = environment(password_env);
  return found === undefined || found === "denied" ? undefined : {
    username: fromText(username),
    password: fromText(found.value),
  };
}

function sessionTimer(
  block: TrunkConfig["session_timer"],
): SessionTimerSettings {
  return {
    mode: block.mode,
    expiresSeconds: block.expires,
    minSeSeconds: block.min_se,
    refresher: block.refresher,
    refresh: block.refresh,
    allowShortTimers: block.allow_short_timers,
  };
}

const KEEP_ALIVE_METHODS: Readonly<Record<string, KeepAliveMethod>> = {
  info: "INFO",
  update: "UPDATE",
  message: "MESSAGE",
  options: "OPTIONS",
};

/** `none`, like no block at all: they are not sent. */
function keepAlive(
  block: TrunkConfig["session_keepalive"],
): SessionKeepAliveSettings | undefined {
  const method = block && KEEP_ALIVE_METHODS[block.method];
  if (block === undefined || method === undefined) return undefined;
  return { method, intervalSeconds: block.interval, misses: block.misses };
}

function matchRule(entry: MatchEntry): MatchRule | undefined {
  switch (entry.kind) {
    case "listener": {
      const { listener } = entry;
      const host = canonicalHost(listener.host);
      return parseMatchRule(`listener:${formatListen({ ...listener, host })}`);
    }
    case "source": {
      const { network, prefix, port } = entry;
      const isV6 = network.includes(":");
      if (prefix < (isV6 ? 128 : 32)) {
        return parseMatchRule(`${network}/${prefix}`);
      }
      if (port === undefined) return parseMatchRule(network);
      return parseMatchRule(
        isV6 ? `[${network}]:${port}` : `${network}:${port}`,
      );
    }
  }
}

function advertised(
  { host, port }: { host: string; port?: number | undefined },
): string {
  if (port === undefined) return host;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
