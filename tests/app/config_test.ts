import { assertEquals, assertExists, assertStringIncludes } from "@std/assert";
import {
  parseListen,
  parseMatch,
  parseServer,
} from "../../app/config/address.ts";
import { parseConfig } from "../../app/config/config.ts";
import { defaultConfig } from "../../app/config/default_config.ts";
import { leafKeys } from "../../app/config/schema_tree.ts";
import { formatProblem, problemLine } from "../../app/problem.ts";

const FULL = `
listen: [udp:127.0.0.1:5060, "tcp:[::1]:5060", tls:127.0.0.1:5061]
advertise: {host: sbc.example.com}
trunks:
  carrier:
    servers: [sip:127.0.0.1:5070, "sip:sip.carrier.example;transport=tcp"]
    match: [127.0.0.1:5070, 203.0.113.0/24, "listener:udp:127.0.0.1:5060", "2001:db8::/32"]
    session_timer: {mode: request, expires: 1800, min_se: 90, refresher: auto, refresh: auto}
    session_keepalive: {method: info, interval: 300}
    keepalive: {method: options, interval: 30, failures: 3}
    dtmf: {receive: [rfc4733, info], send: rfc4733}
    media: auto
    auth: {username: u, password_env: CARRIER_PASSWORD}
    register: {registrar: sip:carrier.example, aor: sip:me@carrier.example, expires: 600}
  pbx: {servers: [sip:127.0.0.1:5080], session_timer: {mode: always, refresh: invite}, dtmf: {receive: [info], send: info}}
routes:
  - {from: carrier, to: [pbx]}
  - {from: pbx, to: carrier}
unknown_peers: reject
scripts: [route.ts]
script_limits: {hook_ms: 10, async_ms: 5000, memory_mib: 32, faults: 5, on_invite_fault: route}
media: {address: 127.0.0.1, ports: 20000-29999, timeout: 60}
timers: {t1_ms: 500, t2_ms: 4000, no_answer: 180, max_call: 14400}
log: {level: info, format: text}
`;

Deno.test("every documented key is accepted, and what has no effect yet is said", () => {
  const { config, problems, notices } = parseConfig(FULL, "legwork.yaml");
  assertEquals(problems, []);
  assertExists(config);
  assertEquals(config.listen[1], { transport: "tcp", host: "::1", port: 5060 });
  assertEquals(config.routes[1], { from: ["pbx"], to: ["carrier"] });
  assertEquals(config.media.ports, { first: 20000, last: 29999 });
  assertEquals(notices.map(problemLine).slice(0, 2), [
    'legwork.yaml:2:48: listen[2]: "tls:127.0.0.1:5061" is accepted but not used by this version: nothing listens there',
  ]);
  assertEquals(notices.map(({ line }) => line), [
    2,
  ]);
});

Deno.test("one line is a configuration; the rest has defaults", () => {
  const { config, notices } = parseConfig(
    "listen: udp:127.0.0.1:5060",
    "legwork.yaml",
  );
  assertEquals(notices, []);
  assertEquals(config?.timers, {
    t1_ms: 500,
    t2_ms: 4000,
    t4_ms: 5000,
    no_answer: 180,
    max_call: 14_400,
  });
  assertEquals(config?.unknown_peers, "reject");
});

Deno.test("without a file only this machine may call, unless told otherwise", () => {
  const given = { scripts: ["route.ts"], listen: [], trunks: [], open: false };
  const { config } = defaultConfig(given);
  assertEquals(
    config?.listen.map(({ transport, port }) => `${transport} ${port}`),
    ["udp 5060", "tcp 5060"],
  );
  assertEquals(config?.unknown_peers, "accept");

  const listen = [{ transport: "udp", host: "192.0.2.1", port: 5060 }] as const;
  assertStringIncludes(
    defaultConfig({ ...given, listen }).problem ?? "",
    "--listen udp:192.0.2.1:5060 can be reached",
  );
  assertEquals(
    defaultConfig({ ...given, listen, open: true }).config?.unknown_peers,
    "accept",
  );
  const server = parseServer("sip:192.0.2.2");
  assertExists(server);
  const withTrunk =
    defaultConfig({ ...given, listen, trunks: [{ name: "pbx", server }] })
      .config;
  assertEquals(withTrunk?.unknown_peers, "reject");
  assertEquals(withTrunk?.trunks["pbx"]?.servers[0]?.host, "192.0.2.2");
});

Deno.test("addresses in all their forms", () => {
  assertEquals(parseListen("wss:[::1]:0"), {
    transport: "wss",
    host: "::1",
    port: 0,
  });
  for (
    const wrong of [
      "udp:127.0.0.1",
      "udp:::1:5060",
      "sctp:127.0.0.1:1",
      "udp:01.2.3.4:5",
      "udp:[zz]:1",
      "",
    ]
  ) {
    assertEquals(parseListen(wrong), undefined, wrong);
  }
  assertEquals(
    parseServer("sip:[2001:db8::1]:5070;transport=TCP")?.transport,
    "tcp",
  );
  for (
    const wrong of [
      "sip:",
      "sip:a@b",
      "tel:1",
      "sip:a:0",
      "sip:a:70000",
      "sip:1.2.3",
      "sip:a;transport=pigeon",
    ]
  ) {
    assertEquals(parseServer(wrong), undefined, wrong);
  }
  assertEquals(parseMatch("::1"), {
    kind: "source",
    network: "::1",
    prefix: 128,
  });
  assertEquals(parseMatch("10.0.0.1:5070"), {
    kind: "source",
    network: "10.0.0.1",
    prefix: 32,
    port: 5070,
  });
  for (
    const wrong of [
      "10.0.0.0/33",
      "10.0.0.0/8/8",
      "name.example",
      "listener:x",
      "::/129",
      "10.0.0.0/",
    ]
  ) {
    assertEquals(parseMatch(wrong), undefined, wrong);
  }
});

Deno.test("a problem shows its line with a caret, tabs and control characters tamed", () => {
  const problem = { file: "a.yaml", line: 2, column: 3, message: "odd" };
  assertEquals(
    formatProblem(problem, "x\n\ta\x1bb"),
    "a.yaml:2:3: odd\n  2 | \ta\u00b7b\n      \t ^",
  );
  assertEquals(formatProblem({ ...problem, line: 9 }, "x"), "a.yaml:9:3: odd");
});

Deno.test("docs/configuration.md has a row for every key, with its default", async () => {
  const text = await Deno.readTextFile(
    new URL("../../docs/configuration.md", import.meta.url),
  );
  const rows = new Map(
    text.split("\n").filter((line) => line.startsWith("| `")).map((line) => {
      const [key = "", , fallback = ""] = line.slice(2).split("|");
      return [
        key.replaceAll("`", "").trim(),
        fallback.replaceAll("`", "").trim(),
      ];
    }),
  );
  for (const { path, defaultValue } of leafKeys()) {
    const wanted = defaultValue === undefined ? "-" : String(
      Array.isArray(defaultValue)
        ? `[${defaultValue.join(", ")}]`
        : defaultValue,
    );
    assertEquals(rows.get(path), wanted, path);
  }
});
