/**
 * Every key of legwork.yaml: its type, its default, and the words that say
 * what is wanted there. The words are written to follow "wanted".
 *
 * @module
 */

import { z } from "zod";
import { DENIABLE } from "../../scripts/errands.ts";
import { isHostPattern } from "../../scripts/http.ts";
import { parseSipUri } from "../../core/message/uri.ts";
import {
  addressBits,
  isHost,
  parseAddressPort,
  parseListen,
  parseMatch,
  parsePorts,
} from "./address.ts";
import {
  flag,
  list,
  oneOf,
  parsed,
  section,
  server,
  statuses,
  text,
  whole,
} from "./schema_parts.ts";

const DAY = 86_400;
const LISTEN_WANTED =
  "udp:, tcp:, tls:, ws: or wss:, an IP address ([...] for IPv6), and a port: udp:127.0.0.1:5060";
const NG_WANTED = "an IP address and a port such as 127.0.0.1:2223";
const HOST_WANTED =
  "a host (crm.example), host:port, host:* for any port, or *.crm.example for those below it";
const OWN_AOR_WANTED = "a SIP URI with a user such as sip:me@carrier.example";
const MATCH_WANTED =
  "an address (203.0.113.7), address:port, network (203.0.113.0/24) or listener:udp:ADDRESS:PORT";

const sessionTimer = section({
  mode: oneOf("off", "accept", "request", "always").default("accept"),
  expires: whole({ from: 1, to: 7 * DAY, unit: "seconds" }).default(1800),
  min_se: whole({ from: 1, to: 7 * DAY, unit: "seconds" }).default(90),
  refresher: oneOf("auto", "us", "them").default("auto"),
  refresh: oneOf("auto", "update", "invite", "options").default("auto"),
  allow_short_timers: flag().default(false),
});

const sessionKeepalive = section({
  method: oneOf("none", "info", "update", "message", "options").default("info"),
  interval: whole({ from: 5, to: DAY, unit: "seconds" }).default(300),
  misses: whole({ from: 2, to: 100, unit: "misses" }).default(2),
});

const keepalive = section({
  method: oneOf(
    "none",
    "options",
    "notify",
    "crlf",
    "stun",
    "keep-alive",
    "empty",
    "custom",
  ).default("options"),
  interval: whole({ from: 1, to: DAY, unit: "seconds" }).default(30),
  failures: whole({ from: 1, to: 100, unit: "failures" }).default(3),
  timeout: whole({ from: 1, to: 300, unit: "seconds" }).optional(),
  down_interval: whole({ from: 1, to: DAY, unit: "seconds" }).optional(),
  in_service: list(statuses(), {
    wanted: "a list of statuses such as [2xx, 404, 480-489]",
    min: 1,
    max: 64,
  }).optional(),
  when_down: oneOf("skip", "try").default("skip"),
  server: server().optional(),
  port: whole({ from: 1, to: 65535, unit: "" }).optional(),
  custom: section({
    // These begin or end calls, or have no response.
    method: text(
      "a SIP method such as NOTIFY, but not INVITE, ACK, BYE or CANCEL",
      /^(?!(?:INVITE|ACK|BYE|CANCEL)$)[A-Za-z0-9.!%*_+`'~-]{1,32}$/,
    ),
    event: text(
      "an event package such as keep-alive",
      /^[A-Za-z0-9.!%*_+`'~-]{1,64}$/,
    ).optional(),
    user: text("a user name", /^[^\s@<>"]{1,128}$/).optional(),
  }).optional(),
});

const DTMF_RECEIVE = ["rfc4733", "info", "inband", "kpml"] as const;

const dtmf = section({
  receive: list(oneOf(...DTMF_RECEIVE), {
    wanted: `a list of ${DTMF_RECEIVE.join(", ")}`,
    max: 4,
  })
    .default(["rfc4733", "info"]),
  send: oneOf("rfc4733", "info", "info-dtmf", "inband", "kpml", "auto").default(
    "auto",
  ),
  mask: flag().default(false),
  min_duration_ms: whole({ from: 40, to: 10_000, unit: "milliseconds" })
    .default(100),
  gap_ms: whole({ from: 0, to: 10_000, unit: "milliseconds" }).default(50),
});

const account = section({
  username: text("a user name", /^[^\r\n]{1,256}$/),
  password_env: text(
    "the name of an environment variable",
    /^[A-Za-z_][A-Za-z0-9_]*$/,
  ),
});

const register = section({
  registrar: list(server(), {
    wanted: "a list of SIP URIs such as sip:carrier.example",
    max: 32,
  }).default([]),
  aor: text(OWN_AOR_WANTED, /^sips?:[^@\s]+@[^@\s]+$/i)
    .refine((uri) => parseSipUri(uri) !== undefined, OWN_AOR_WANTED),
  expires: whole({ from: 60, to: DAY, unit: "seconds" }).default(600),
  auth: account.optional(),
  contact: oneOf("auto", "local", "received").default("auto"),
  contact_user: text("a user name", /^[A-Za-z0-9._~!*'()&=+$,%-]{1,128}$/)
    .optional(),
  line: flag().default(true),
  dual: flag().default(false),
  failback: whole({ from: 0, to: DAY, unit: "seconds" }).default(300),
  unregister_on_drain: flag().default(true),
  required: flag().default(false),
  outbound: oneOf("off", "rfc5626", "draft-03").default("off"),
  instance: text(
    "a URN such as urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
    /^urn:[A-Za-z0-9-]{2,32}:[A-Za-z0-9:.@_%+-]{1,200}$/i,
  ).optional(),
  flow: section({
    keepalive: oneOf("auto", "crlf", "stun", "none").default("auto"),
    stream: whole({ from: 0, to: DAY, unit: "seconds" }).default(120),
    datagram: whole({ from: 0, to: DAY, unit: "seconds" }).default(29),
    pong: whole({ from: 0, to: 3600, unit: "seconds" }).default(10),
  }).prefault({}),
  retry: section({
    base: whole({ from: 1, to: DAY, unit: "seconds" }).default(30),
    base_registered: whole({ from: 1, to: DAY, unit: "seconds" }).default(90),
    refused: whole({ from: 1, to: DAY, unit: "seconds" }).default(300),
    max: whole({ from: 1, to: DAY, unit: "seconds" }).default(1800),
  }).prefault({}),
});

const DOMAIN = /^(?:\*|[A-Za-z0-9._-]+|\[?[0-9A-Fa-f:.]+\]?)$/;
const NAME_WANTED = "a user name such as bob";
const AOR_WANTED =
  "a user of the registrar's domain, bob, or a SIP URI, sip:bob@example.com";
const aor = text(
  AOR_WANTED,
  /^(?:sips?:)?[^\s@<>:;?]{1,128}(?:@[^\s@<>;?]+)?$/i,
);

const registrarUser = section({
  password_env: text(
    "the name of an environment variable",
    /^[A-Za-z_][A-Za-z0-9_]*$/,
  ).optional(),
  ha1: text(
    "the MD5 of user:realm:password as 32 hexadecimal digits",
    /^[0-9a-f]{32}$/i,
  ).optional(),
  ha1_sha256: text(
    "the SHA-256 of user:realm:password as 64 hexadecimal digits",
    /^[0-9a-f]{64}$/i,
  ).optional(),
  aors: list(aor, {
    wanted: `a list of what it registers, each ${AOR_WANTED}`,
    max: 1000,
  })
    .optional(),
});

function guesses(free: number) {
  return section({
    free: whole({ from: 1, to: 10_000, unit: "wrong passwords" }).default(free),
    wait: whole({ from: 1, to: DAY, unit: "seconds" }).default(2),
    longest_wait: whole({ from: 1, to: DAY, unit: "seconds" }).default(900),
  }).prefault({});
}

const registrar = section({
  domains: list(
    text("a domain such as example.com, an IP address, or *", DOMAIN),
    { wanted: "a list of domains such as [example.com]", min: 1, max: 64 },
  ),
  realm: text("a realm such as example.com", /^[^\r\n"\\]{1,128}$/).optional(),
  users: z.record(
    text(NAME_WANTED, /^[^\s@<>:"\\]{1,128}$/),
    registrarUser,
    "a mapping of user names to their secrets",
  ).default({}),
  algorithms: list(oneOf("MD5", "SHA-256"), {
    wanted: "a list of MD5 and SHA-256",
    min: 1,
    max: 2,
  }).default(["MD5"]),
  min_expires: whole({ from: 1, to: 3600, unit: "seconds" }).default(60),
  max_expires: whole({ from: 60, to: 30 * DAY, unit: "seconds" }).default(3600),
  default_expires: whole({ from: 60, to: 30 * DAY, unit: "seconds" }).default(
    3600,
  ),
  max_contacts: whole({ from: 1, to: 100, unit: "contacts" }).default(10),
  max_per_source: whole({ from: 1, to: 1_000_000, unit: "registrations" })
    .default(1000),
  max_registrations: whole({ from: 1, to: 1_000_000, unit: "registrations" })
    .default(200_000),
  flow_timer: whole({ from: 0, to: DAY, unit: "seconds" }).default(120),
  flow_grace: whole({ from: 0, to: 3600, unit: "seconds" }).default(10),
  path: oneOf("accept", "strict", "off").default("accept"),
  nat: oneOf("auto", "always", "never").default("auto"),
  nonce: whole({ from: 10, to: DAY, unit: "seconds" }).default(300),
  guesses_per_user: guesses(5),
  guesses_per_source: guesses(20),
  file: text("the path of a file", /^[^\0]+$/).optional(),
});

const trunk = section({
  servers: list(server(), {
    wanted: "a list of SIP URIs such as sip:127.0.0.1:5070",
    max: 32,
  }).default([]),
  match: list(parsed(MATCH_WANTED, parseMatch), {
    wanted: "a list of addresses, networks and listeners",
    max: 256,
  }).default([]),
  dynamic: flag().default(false),
  aor: aor.optional(),
  request_user: oneOf("dialled", "contact").default("dialled"),
  session_timer: sessionTimer.prefault({}),
  session_keepalive: sessionKeepalive.optional(),
  keepalive: keepalive.optional(),
  dtmf: dtmf.prefault({}),
  media: oneOf("bypass", "relay", "rtpengine", "auto").default("auto"),
  auth: account.optional(),
  register: register.optional(),
});

const trunkName = text(
  "a trunk name of letters, digits, dots, dashes and underscores",
  /^[A-Za-z0-9_][\w.-]{0,63}$/,
);

const TARGET_WANTED = "a trunk name, or aor:USER for what is registered";
const ROUTE_TARGET =
  /^(?:[A-Za-z0-9_][\w.-]{0,63}|aor:(?:\*|[^\s@<>:;?]{1,128}(?:@[^\s@<>;?]+)?))$/;

/** The whole file. */
export const configSchema = section({
  listen: list(parsed(LISTEN_WANTED, parseListen), {
    wanted: `a list of listeners such as [udp:127.0.0.1:5060]`,
    min: 1,
    max: 64,
  }),
  udp: oneOf("auto", "batched", "plain").default("auto"),
  advertise: section({
    host: text("a host name or an IP address", /^\S+$/)
      .refine((host) => isHost(host), "a host name or an IP address"),
    port: whole({ from: 1, to: 65535, unit: "" }).optional(),
  }).optional(),
  trunks: z.record(trunkName, trunk, "a mapping of trunk names to trunks")
    .default({}),
  routes: list(
    section({
      from: list(trunkName, {
        wanted: "a trunk name or a list of them",
        min: 1,
        max: 256,
      }).optional(),
      to: list(text(TARGET_WANTED, ROUTE_TARGET), {
        wanted: "a trunk name or a list of them",
        max: 32,
      }),
    }),
    {
      wanted: "a list of routes such as {from: carrier, to: [pbx]}",
      max: 1000,
    },
  ).default([]),
  registrar: registrar.optional(),
  unknown_peers: oneOf("reject", "drop", "accept").default("reject"),
  scripts: list(text("the path of a script", /^[^\0]+$/), {
    wanted: "a list of script paths",
    max: 16,
  }).default([]),
  script_limits: section({
    hook_ms: whole({ from: 1, to: 1000, unit: "milliseconds" }).default(10),
    async_ms: whole({ from: 1, to: 60_000, unit: "milliseconds" }).default(
      5000,
    ),
    memory_mib: whole({ from: 1, to: 1024, unit: "MiB" }).default(32),
    faults: whole({ from: 1, to: 1000, unit: "faults" }).default(5),
    on_invite_fault: oneOf("route", "reject").default("route"),
  }).prefault({}),
  script_fetch: section({
    hosts: list(
      text(HOST_WANTED, /^\S+$/).refine(isHostPattern, HOST_WANTED),
      {
        wanted: "a list of hosts such as [crm.example, 127.0.0.1:8080]",
        max: 256,
      },
    ).default([]),
    timeout_ms: whole({ from: 1, to: 60_000, unit: "milliseconds" }).default(
      2000,
    ),
    max_kib: whole({ from: 1, to: 16_384, unit: "KiB" }).default(256),
  }).prefault({}),
  script_store: section({
    file: text("the path of a file", /^[^\0]+$/).optional(),
  }).prefault({}),
  script_deny: list(oneOf(...DENIABLE), {
    wanted: `a list of ${DENIABLE.join(", ")}`,
    max: DENIABLE.length,
  }).default([]),
  media: section({
    address: text("an IP address", /^[0-9a-f:.]+$/i)
      .refine((address) => addressBits(address) !== undefined, "an IP address")
      .default("127.0.0.1"),
    ports: parsed(
      "a range of four ports or more such as 20000-29999, from 1024 to 65535",
      parsePorts,
    ).prefault("20000-29999"),
    timeout: whole({ from: 1, to: DAY, unit: "seconds" }).default(60),
    latch: oneOf("signalled", "any", "always", "off").default("signalled"),
  }).prefault({}),
  rtpengine: section({
    servers: list(
      z.preprocess(
        (value, context) => {
          if (typeof value !== "string") return value;
          if (parseAddressPort(value) !== undefined) return { address: value };
          context.addIssue({ code: "custom", message: NG_WANTED });
          return z.NEVER;
        },
        section({
          address: parsed(NG_WANTED, parseAddressPort),
          weight: whole({ from: 0, to: 1000, unit: "" }).default(1),
        }),
      ),
      { wanted: `a list of servers, each ${NG_WANTED}`, min: 1, max: 32 },
    ),
    dtmf_log: parsed(NG_WANTED, parseAddressPort).optional(),
    ping: whole({ from: 0, to: 3600, unit: "seconds" }).default(10),
    retry_ms: whole({ from: 10, to: 10_000, unit: "milliseconds" }).default(
      250,
    ),
    tries: whole({ from: 1, to: 10, unit: "tries" }).default(4),
  }).optional(),
  timers: section({
    t1_ms: whole({ from: 10, to: 10_000, unit: "milliseconds" }).default(500),
    t2_ms: whole({ from: 10, to: 60_000, unit: "milliseconds" }).default(4000),
    t4_ms: whole({ from: 10, to: 60_000, unit: "milliseconds" }).default(5000),
    no_answer: whole({ from: 1, to: 3600, unit: "seconds" }).default(180),
    max_call: whole({ from: 1, to: 30 * DAY, unit: "seconds" }).default(14_400),
  }).prefault({}),
  limits: section({
    max_calls: whole({ from: 1, to: 1_000_000, unit: "calls" }).default(20_000),
  }).prefault({}),
  overload: section({
    mode: oneOf("auto", "off").default("auto"),
    max_delay_ms: whole({ from: 1, to: 10_000, unit: "milliseconds" })
      .default(25),
    retry_after: whole({ from: 0, to: 3600, unit: "seconds" }).default(5),
  }).prefault({}),
  trace: oneOf("off", "faults", "full").default("faults"),
  control: text(
    "auto, off, or the path of a socket such as /run/legwork/control.sock",
    /^(?:auto|off|.*[/\\].*)$/,
  ).default("auto"),
  log: section({
    level: oneOf("debug", "info", "warn", "error").default("info"),
    format: oneOf("text", "json").default("text"),
  }).prefault({}),
});

/** The configuration with every default in place and every address taken apart. */
export type Config = z.output<typeof configSchema>;

/** One trunk of {@linkcode Config}. */
export type TrunkConfig = Config["trunks"][string];
