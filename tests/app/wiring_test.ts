import { assertEquals, assertExists } from "@std/assert";
import { parseConfig } from "../../app/config/config.ts";
import type { Config } from "../../app/config/schema.ts";
import {
  callSettings,
  networkSettings,
  scriptLimits,
} from "../../app/wiring.ts";
import { TimerWheel } from "../../core/base/timer_wheel.ts";
import { UdpTransport } from "../../core/transport/udp.ts";
import { matchWeight } from "../../core/trunk/match_rule.ts";

function config(yaml: string): Config {
  const { config, problems } = parseConfig(yaml, "legwork.yaml");
  assertEquals(problems, []);
  assertExists(config);
  return config;
}

Deno.test("trunks, routes and times become those of the B2BUA", () => {
  const settings = callSettings(
    config(`
listen: ["udp:[0::1]:5060", "udp:127.0.0.1:5062"]
trunks:
  carrier:
    servers: ["sip:[2001:db8::1]:5070;transport=tcp", sip:carrier.example]
    match: [203.0.113.7, "203.0.113.8:5070", 198.51.100.0/24, "2001:db8::/32", "[2001:db8::2]:5060", "listener:udp:[0::1]:5060"]
  pbx: {servers: sip:127.0.0.1}
routes: [{from: carrier, to: [pbx]}, {to: carrier}]
unknown_peers: drop
script_limits: {on_invite_fault: reject}
timers: {t1_ms: 100, t2_ms: 200, t4_ms: 300, no_answer: 5, max_call: 60}
`),
    () => undefined,
  );
  const [carrier, pbx] = settings.trunks;
  assertEquals(carrier?.servers.map(String), [
    "sip:[2001:db8::1]:5070;transport=tcp",
    "sip:carrier.example",
  ]);
  assertEquals(pbx?.match, []);
  assertEquals(carrier?.match?.length, 6);
  for (
    const [host, port, listener] of [
      ["203.0.113.7", 9, "udp:127.0.0.1:5062"],
      ["203.0.113.8", 5070, "udp:127.0.0.1:5062"],
      ["198.51.100.77", 9, "udp:127.0.0.1:5062"],
      ["2001:db8::2", 5060, "udp:127.0.0.1:5062"],
      ["192.0.2.1", 9, "udp:[::1]:5060"],
    ] as const
  ) {
    const source = { address: { host, port }, listener };
    const fits = carrier?.match?.some((rule) => matchWeight(rule, source) > 0);
    assertEquals(fits, true, `${host} ${listener}`);
  }
  const { trunks: _, ...rest } = settings;
  assertEquals(rest, {
    routes: [
      { from: ["carrier"], to: ["pbx"] },
      { from: undefined, to: ["carrier"] },
    ],
    unknownPeers: "drop",
    onInviteFault: "reject",
    registrar: undefined,
    timers: { t1Ms: 100, t2Ms: 200, t4Ms: 300 },
    times: { noAnswerSeconds: 5, maxCallSeconds: 60 },
  });
});

Deno.test("a transport for each listener that this version can open", () => {
  const { transports, limits, advertise } = networkSettings(
    config(`
listen: [udp:127.0.0.1:5060, "tcp:[::1]:5060", tls:127.0.0.1:5061]
advertise: {host: "2001:db8::5", port: 5070}
limits: {max_calls: 7}
`),
    {
      clock: new TimerWheel(),
      udp: (local, limits) => new UdpTransport(local, limits),
    },
  );
  assertEquals(transports.map(({ listener }) => listener), [
    "udp:127.0.0.1:5060",
    "tcp:[::1]:5060",
  ]);
  assertEquals([limits.calls, advertise], [7, "[2001:db8::5]:5070"]);
});

Deno.test("the limits of scripts", () => {
  const limits = scriptLimits(config(`
listen: udp:127.0.0.1:5060
script_limits: {hook_ms: 3, async_ms: 40, memory_mib: 8, faults: 2}
`));
  assertEquals(
    [limits.hookMs, limits.asyncMs, limits.memoryBytes, limits.faults],
    [3, 40, 8 * 1024 * 1024, 2],
  );
});

Deno.test("the password of a trunk comes from the environment", () => {
  const { trunks } = callSettings(
    config(`
listen: [udp:127.0.0.1:5060]
trunks:
  carrier:
    servers: sip:127.0.0.1
    auth: {username: J\u00fcrgen, password_env: CARRIER_PASSWORD}
`),
    (name) => ({ value: `of ${name}: \u00fc` }),
  );
  // As they are hashed: byte by byte of their UTF-8.
  assertEquals(trunks[0]?.auth, {
    username: "J\u00c3\u00bcrgen",
    password: "of CARRIER_PASSWORD: \u00c3\u00bc",
  });
});

Deno.test("the keep-alive of a trunk becomes what its servers are watched by", () => {
  const { trunks } = callSettings(
    config(`
listen: "udp:127.0.0.1:5060"
trunks:
  plain: {servers: sip:127.0.0.1, keepalive: {}}
  off: {servers: sip:127.0.0.1, keepalive: {method: none}}
  full:
    servers: sip:127.0.0.1
    keepalive: {method: custom, interval: 20, failures: 2, timeout: 4, down_interval: 5, in_service: [2xx, 404, 480-489],
      when_down: try, server: sip:127.0.0.2, port: 5099, custom: {method: PING, event: e, user: jürgen}}
`),
    () => undefined,
  );
  const [plain, off, full] = trunks.map(({ keepalive }) => keepalive);
  assertEquals(plain, {
    kind: "options",
    intervalSeconds: 30,
    failures: 3,
    whenDown: "skip",
  });
  assertEquals(off, undefined);
  assertEquals({ ...full, server: String(full?.server) }, {
    kind: "custom",
    intervalSeconds: 20,
    failures: 2,
    timeoutSeconds: 4,
    downIntervalSeconds: 5,
    inService: [{ from: 200, to: 299 }, { from: 404, to: 404 }, {
      from: 480,
      to: 489,
    }],
    whenDown: "try",
    server: "sip:127.0.0.2",
    port: 5099,
    custom: { method: "PING", event: "e", user: "j%C3%BCrgen" },
  });
});
