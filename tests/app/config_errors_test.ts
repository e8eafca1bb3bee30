/** What an operator can write wrong, and the words that answer. */

import { assertEquals } from "@std/assert";
import { parseConfig } from "../../app/config/config.ts";
import { problemLine } from "../../app/problem.ts";

const LISTEN_FORM =
  "udp:, tcp:, tls:, ws: or wss:, an IP address ([...] for IPv6), and a port: udp:127.0.0.1:5060";
const TOP_KEYS =
  "listen, udp, advertise, trunks, routes, registrar, unknown_peers, scripts, script_limits, script_fetch, script_store, script_deny, media, rtpengine, timers, limits, overload, trace, control, log";

const WRONG: readonly {
  readonly name: string;
  readonly yaml: string;
  readonly problems: readonly string[];
}[] = [
  {
    name: "empty file",
    yaml: "",
    problems: [
      "1:1: listen is missing, wanted a list of listeners such as [udp:127.0.0.1:5060]",
    ],
  },
  {
    name: "a list",
    yaml: "- 1",
    problems: [`1:1: the file is a list, wanted a mapping with ${TOP_KEYS}`],
  },
  {
    name: "no YAML",
    yaml: "listen: [udp:127.0.0.1:5060\nlog: {}",
    problems: [
      "2:1: not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]",
    ],
  },
  {
    name: "unknown alias",
    yaml: "listen: *nobody",
    problems: [
      "1:1: not valid YAML: Unresolved alias (the anchor must be set before the alias): nobody",
    ],
  },
  {
    name: "key twice",
    yaml: "listen: udp:127.0.0.1:5060\nlisten: tcp:127.0.0.1:5060",
    problems: [
      '2:1: key "listen" stands here a second time, wanted each key once',
    ],
  },
  {
    name: "keep-alive: codes that are none, a timeout past the interval",
    yaml:
      "listen: udp:127.0.0.1:5060\ntrunks:\n  c:\n    servers: sip:127.0.0.1\n    keepalive: {interval: 10, timeout: 11, in_service: [2xx, 99]}",
    problems: [
      "5:40: timeout is 11, wanted at most interval, 10",
      "5:62: trunks.c.keepalive.in_service[1] is 99, wanted a status (404), a class (2xx) or a range (480-489), from 200 to 699",
    ],
  },
  {
    name: "keep-alive: words and STUN go by UDP alone",
    yaml:
      'listen: udp:127.0.0.1:5060\ntrunks:\n  c:\n    servers: ["sip:127.0.0.1;transport=tcp"]\n    keepalive: {method: stun}',
    problems: [
      '5:25: keepalive.method is stun, which goes by UDP alone, and "sip:127.0.0.1;transport=tcp" is reached by a stream: wanted crlf, empty, options or notify',
    ],
  },
  {
    name: "keep-alive: custom without saying what, and the other way round",
    yaml:
      "listen: udp:127.0.0.1:5060\ntrunks:\n  c: {servers: sip:127.0.0.1, keepalive: {method: custom}}\n  d: {servers: sip:127.0.0.2, keepalive: {custom: {method: PING}}}\n  e: {match: 127.0.0.3, keepalive: {}}",
    problems: [
      "3:51: keepalive.method is custom, wanted custom: {method: ...} beside it",
      '4:51: keepalive.method is "options", custom is never used: wanted method: custom',
      "5:36: the trunk has no servers to keep alive, wanted servers or keepalive.server",
    ],
  },
  {
    name: "keep-alive: a method that ends calls",
    yaml:
      "listen: udp:127.0.0.1:5060\ntrunks:\n  c: {servers: sip:127.0.0.1, keepalive: {method: custom, custom: {method: BYE}}}",
    problems: [
      '3:76: trunks.c.keepalive.custom.method is "BYE", wanted a SIP method such as NOTIFY, but not INVITE, ACK, BYE or CANCEL',
    ],
  },
  {
    name: "media: ports for less than a call",
    yaml: "listen: udp:127.0.0.1:5060\nmedia: {ports: 20001-20004}",
    problems: [
      '2:16: media.ports is "20001-20004", wanted a range of four ports or more such as 20000-29999, from 1024 to 65535',
    ],
  },
  {
    name: "registrar: nobody can register",
    yaml: "listen: udp:127.0.0.1:5060\nregistrar: {domains: example.com}",
    problems: [
      "2:12: nobody can register, wanted users, or a script with onRegister",
    ],
  },
  {
    name: "registrar: a URI for a domain, waits the wrong way round",
    yaml:
      "listen: udp:127.0.0.1:5060\nscripts: a.ts\nregistrar:\n  domains: sip:example.com\n  guesses_per_user: {wait: 9, longest_wait: 8}\n  guesses_per_source: {longest_wait: 1}",
    problems: [
      '4:12: registrar.domains is "sip:example.com", wanted a domain such as example.com, an IP address, or *',
      "5:28: wait is 9, wanted at most longest_wait, 8",
      "6:38: wait is 2, wanted at most longest_wait, 1",
    ],
  },
  {
    name: "registrar: two trunks for one address-of-record, one for nobody's",
    yaml:
      "listen: udp:127.0.0.1:5060\nregistrar: {domains: example.com, users: {bob: {ha1: 0123456789abcdef0123456789abcdef}}}\ntrunks:\n  a: {dynamic: true, aor: bob}\n  b: {dynamic: true, aor: sip:bob@example.com}\n  c: {dynamic: true}\n  d: {dynamic: true, aor: sip:bob@elsewhere.example}",
    problems: [
      '5:27: "sip:bob@example.com" is registered for trunk "a", wanted each address-of-record once',
      '6:16: "c" is nothing that a user may register, wanted a user\'s name or one of its aors',
      '7:27: "sip:bob@elsewhere.example" is nothing that a user may register, wanted a user\'s name or one of its aors',
    ],
  },
  {
    name: "register: the same twice, and waits past the longest",
    yaml:
      "listen: udp:127.0.0.1:5060\ntrunks:\n  a: {servers: sip:127.0.0.1, register: {aor: sip:me@c.example}}\n  b: {servers: sip:127.0.0.1, register: {aor: sip:me@c.example, retry: {base: 20, max: 10}}}\n  c: {servers: sip:127.0.0.2, register: {aor: sip:me@c.example}}",
    problems: [
      '4:47: "sip:me@c.example" is registered at "sip:127.0.0.1" by trunk "a", wanted it once',
      "4:79: base is 20, wanted at most max, 10",
    ],
  },
  {
    name: "misspelt key at the top",
    yaml: "listen: udp:127.0.0.1:5060\ntrunsk: {}",
    problems: ['2:1: unknown key "trunsk", did you mean trunks?'],
  },
  {
    name: "key far from all",
    yaml: "listen: udp:127.0.0.1:5060\nzzzz: 1",
    problems: [`2:1: unknown key "zzzz", wanted one of ${TOP_KEYS}`],
  },
  {
    name: "port too high, host name as listener",
    yaml: "listen:\n  - udp:127.0.0.1:70000\n  - tcp:localhost:5060",
    problems: [
      `2:5: listen[0] is "udp:127.0.0.1:70000", wanted ${LISTEN_FORM}`,
      `3:5: listen[1] is "tcp:localhost:5060", wanted ${LISTEN_FORM}`,
    ],
  },
  {
    name: "listener twice",
    yaml: "listen: [udp:127.0.0.1:5060, UDP:127.0.0.1:5060]",
    problems: [
      '1:30: "UDP:127.0.0.1:5060" stands in listen twice, wanted each listener once',
    ],
  },
  {
    name: "rtpengine: a trunk without servers for it",
    yaml: [
      "listen: udp:127.0.0.1:5060",
      "trunks:",
      "  pbx: {servers: sip:127.0.0.1:5080, media: rtpengine}",
    ].join("\n"),
    problems: [
      "3:45: media is rtpengine, wanted rtpengine: {servers: [127.0.0.1:2223]} as well",
    ],
  },
  {
    name: "rtpengine: servers that are none",
    yaml: [
      "listen: udp:127.0.0.1:5060",
      "rtpengine:",
      "  servers: [media.example:2223, {address: 127.0.0.1:2223, weight: -1}]",
      "  dtmf_log: 2224",
    ].join("\n"),
    problems: [
      '3:13: rtpengine.servers[0] is "media.example:2223", wanted an IP address and a port such as 127.0.0.1:2223',
      "3:67: rtpengine.servers[1].weight is -1, wanted a whole number from 0 to 1000",
      "4:13: rtpengine.dtmf_log is 2224, wanted an IP address and a port such as 127.0.0.1:2223",
    ],
  },
  {
    name: "mistakes of every kind at once",
    yaml: [
      "listen: udp:127.0.0.1:5060",
      "trunks:",
      "  carrier:",
      "    servrs: [sip:127.0.0.1:5070]",
      "    media: relays",
      "    match: [300.0.0.1]",
      "routes:",
      "  - {from: carier, to: carrier}",
      "log:",
    ].join("\n"),
    problems: [
      '4:5: unknown key "servrs" in trunks.carrier, did you mean servers?',
      '5:12: trunks.carrier.media is "relays", wanted one of bypass, relay, rtpengine, auto; did you mean relay?',
      '6:13: trunks.carrier.match[0] is "300.0.0.1", wanted an address (203.0.113.7), address:port, ' +
      "network (203.0.113.0/24) or listener:udp:ADDRESS:PORT",
      '8:12: "carier" is not a trunk, wanted one of carrier; did you mean "carrier"?',
      '8:24: trunk "carrier" has no servers, wanted a trunk that calls can be sent to',
      "9:5: log is empty, wanted a mapping with level, format",
    ],
  },
  {
    name: "a trunk nobody can reach",
    yaml: "listen: udp:127.0.0.1:5060\ntrunks: {a: {}}",
    problems: [
      '2:13: trunk "a" has neither servers nor match, wanted at least one of them',
    ],
  },
  {
    name: "trunk name",
    yaml: "listen: udp:127.0.0.1:5060\ntrunks: {'a b': {servers: sip:x}}",
    problems: [
      '2:10: "a b" cannot be a name here, wanted a trunk name of letters, digits, dots, dashes and underscores',
    ],
  },
  {
    name: "short session timers",
    yaml:
      "listen: udp:127.0.0.1:5060\ntrunks: {a: {servers: sip:x, session_timer: {min_se: 30}}}",
    problems: [
      "2:54: min_se is 30, wanted at least 90 (RFC 4028 section 4) unless allow_short_timers is true",
    ],
  },
  {
    name: "expires below min_se",
    yaml:
      "listen: udp:127.0.0.1:5060\ntrunks: {a: {servers: sip:x, session_timer: {expires: 100, min_se: 200}}}",
    problems: [
      "2:55: expires is 100, wanted at least min_se, 200, unless allow_short_timers is true",
    ],
  },
  {
    name: "two routes for one trunk",
    yaml:
      "listen: udp:127.0.0.1:5060\ntrunks: {a: {servers: sip:x}}\nroutes: [{from: a, to: a}, {from: a, to: a}]",
    problems: [
      '3:35: calls from "a" already have a route, number 1: this one is never used',
    ],
  },
  {
    name: "route to nowhere",
    yaml: "listen: udp:127.0.0.1:5060\nroutes: [{from: a}]",
    problems: [
      "2:10: routes[0].to is missing, wanted a trunk name or a list of them",
      '2:17: "a" is not a trunk, and trunks has none',
    ],
  },
  {
    name: "match of two trunks, match of no listener",
    yaml:
      "listen: udp:127.0.0.1:5060\ntrunks: {a: {match: 10.0.0.0/8}, b: {match: [10.0.0.0/8, listener:udp:127.0.0.1:5062]}}",
    problems: [
      '2:46: "10.0.0.0/8" already matches trunk "a", wanted each entry once',
      '2:58: "listener:udp:127.0.0.1:5062" names no listener, wanted listener: and one of udp:127.0.0.1:5060',
    ],
  },
  {
    name: "numbers",
    yaml:
      "listen: udp:127.0.0.1:5060\ntimers: {t1_ms: half, t2_ms: 50, no_answer: 1.5}\nmedia: {ports: 30000-20000}",
    problems: [
      '2:17: timers.t1_ms is "half", wanted a whole number of milliseconds from 10 to 10000',
      "2:30: t2_ms is 50, wanted at least t1_ms, 500",
      "2:45: timers.no_answer is 1.5, wanted a whole number of seconds from 1 to 3600",
      '3:16: media.ports is "30000-20000", wanted a range of four ports or more such as 20000-29999, from 1024 to 65535',
    ],
  },
  {
    name: "registrar: secrets, intervals, trunks that register",
    yaml: `listen: udp:127.0.0.1:5060
trunks:
  a: {dynamic: true, servers: sip:192.0.2.1}
  b: {match: 192.0.2.2, aor: bob}
routes: [{from: b, to: ["aor:bob", "aor:"]}]
registrar:
  domains: [example.com]
  min_expires: 600
  max_expires: 300
  default_expires: 400
  algorithms: [MD5, SHA-256]
  users:
    none: {}
    md5: {ha1: 0123456789abcdef0123456789abcdef}
    short: {ha1: "0123"}
    gone: {password_env: GONE}
`,
    problems: [
      '3:16: "a" is nothing that a user may register, wanted a user\'s name or one of its aors',
      '3:31: trunk "a" has servers and is dynamic, wanted one of them: the servers of a dynamic trunk are what registers',
      "4:30: aor says how a trunk that registers is reached, wanted dynamic: true beside it",
      '5:36: routes[0].to[1] is "aor:", wanted a trunk name, or aor:USER for what is registered',
      "8:16: min_expires is 600, wanted at most max_expires, 300",
      "10:20: default_expires is 400, wanted at most max_expires, 300",
      '13:11: user "none" has no secret, wanted password_env, or ha1, ha1_sha256 or both',
      '14:10: user "md5" has no ha1_sha256, wanted one for each of algorithms, MD5, SHA-256',
      '15:12: user "short" has no ha1_sha256, wanted one for each of algorithms, MD5, SHA-256',
      '15:18: registrar.users.short.ha1 is "0123", wanted the MD5 of user:realm:password as 32 hexadecimal digits',
      "16:26: environment variable GONE is not set, wanted a password",
    ],
  },
  {
    name: "registrar: nobody to register with",
    yaml:
      "listen: udp:127.0.0.1:5060\ntrunks: {a: {dynamic: true}}\nroutes: [{to: ['aor:*']}]",
    problems: [
      '2:23: trunk "a" is dynamic, wanted a registrar block for it to register with',
      '3:16: "aor:*" names who is registered, wanted a registrar block',
    ],
  },
  {
    name: "script that is not there",
    yaml: "listen: udp:127.0.0.1:5060\nscripts: [route.ts, gone.ts]",
    problems: ['2:21: there is no file "gone.ts", wanted a script'],
  },
  {
    name: "password that is not in the environment",
    yaml: `listen: udp:127.0.0.1:5060
trunks:
  a: {match: 192.0.2.1, auth: {username: u, password_env: GONE}}
  b: {match: 192.0.2.2, auth: {username: u, password_env: EMPTY}}
  c: {match: 192.0.2.3, auth: {username: u, password_env: DENIED}}
  d: {match: 192.0.2.4, auth: {username: u, password_env: SET}}
  e: {match: 192.0.2.5, auth: {username: u, password_env: "a b"}}`,
    problems: [
      "3:59: environment variable GONE is not set, wanted a password",
      "4:59: environment variable EMPTY is empty, wanted a password",
      "5:59: environment variable DENIED may not be read, wanted a name that begins with LEGWORK_ or CARRIER_, or --allow-env=DENIED",
      '7:59: trunks.e.auth.password_env is "a b", wanted the name of an environment variable',
    ],
  },
];

for (const { name, yaml, problems } of WRONG) {
  Deno.test(`wrong configuration: ${name}`, () => {
    const parsed = parseConfig(yaml, "legwork.yaml", {
      fileExists: (file) => file !== "gone.ts",
      environment: (name) => {
        if (name === "GONE") return undefined;
        if (name === "DENIED") return "denied";
        return { value: name === "EMPTY" ? "" : "secret" };
      },
    });
    assertEquals(
      parsed.problems.map(problemLine),
      problems.map((problem) => `legwork.yaml:${problem}`),
    );
    assertEquals(parsed.config, undefined);
  });
}

Deno.test("what no parser should die of is a problem like any other", () => {
  const bomb = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    .concat(
      [..."bcdefgh"].map((name, at) =>
        `${name}: &${name} [${Array(9).fill(`*${"abcdefg"[at]}`).join(", ")}]`
      ),
    );
  for (
    const text of [
      "[".repeat(20_000),
      "a".repeat(1_000_001),
      "\0",
      "? [a]: b",
      bomb.join("\n"),
    ]
  ) {
    const { config, problems } = parseConfig(text, "x.yaml");
    assertEquals(config, undefined);
    assertEquals(problems.length > 0 && problems.length <= 30, true);
  }
});
