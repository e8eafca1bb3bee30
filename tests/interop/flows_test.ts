/** STUN and RFC 5626 with the programs of others, on either end. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { flowIdentity } from "../../core/message/outbound.ts";
import { phone } from "./support/baresip.ts";
import { RealFlows, until } from "./support/flows.ts";
import { proxy } from "./support/kamailio.ts";
import { legwork } from "./support/legwork.ts";
import { peerTest, start } from "./support/peer.ts";
import { bound, freePort, pause } from "./support/ports.ts";
import { call } from "./support/sipp.ts";

peerTest("stun: a client of RFC 3489 learns its address from the SIP port", [
  "stun",
], async () => {
  await using server = await legwork({ servers: ["sip:127.0.0.1:9"] });
  const port = freePort();
  await using client = start("stun", [
    ...[`127.0.0.1:${server.port}`, "1", "-v", "-p", String(port)],
  ], { withinMs: 15_000 });
  const { output } = await client.ended;
  assertMatch(output, new RegExp(`MappedAddress = 127\\.0\\.0\\.1:${port}\\b`));
});

peerTest("coturn: its STUN client learns its address from the SIP port", [
  "turnutils_stunclient",
], async () => {
  await using server = await legwork({ servers: ["sip:127.0.0.1:9"] });
  await using client = start("turnutils_stunclient", [
    ...["-p", String(server.port), "127.0.0.1"],
  ], { withinMs: 15_000 });
  const { code, output } = await client.ended;
  assertEquals(code, 0, output);
  assertMatch(output, /UDP reflexive addr: 127\.0\.0\.1:\d+/);
});

peerTest(
  "coturn: our STUN keeps a flow to its server, which tells our address",
  [
    "turnserver",
  ],
  async () => {
    const port = freePort();
    const folder = await Deno.makeTempDir({ prefix: "turnserver-" });
    await using server = start("turnserver", [
      ...["-n", "--stun-only", "-L", "127.0.0.1", "-p", String(port)],
      ...["--no-tls", "--no-dtls", "--no-cli", "--log-file", "stdout"],
      ...["--pidfile", `${folder}/pid`, "--userdb", `${folder}/db`],
    ], { withinMs: 30_000, cwd: folder });
    await Promise.race([bound(port, "udp"), server.ended]);
    await using flows = await RealFlows.open();
    const flow = flows.to("UDP", port);
    flows.keep(flow, { outbound: true, flowTimerSeconds: 1 });
    await until("told", () => flows.told.length > 0);
    assertEquals(flows.told, [`mapped ${flows.listener("udp")}`]);
    await server[Symbol.asyncDispose]();
    await Deno.remove(folder, { recursive: true });
  },
);

peerTest("Kamailio: STUN on its SIP port keeps a flow of ours", [
  "kamailio",
], async () => {
  await using server = await proxy({
    modules: ["stun"],
    routes: "request_route { exit; }",
  });
  await using flows = await RealFlows.open();
  const flow = flows.to("UDP", server.port);
  flows.keep(flow, { outbound: true, flowTimerSeconds: 1 });
  await until("told", () => flows.told.length > 0);
  assertEquals(flows.told, [`mapped ${flows.listener("udp")}`]);
});

peerTest("Kamailio: each CRLF on TCP gets its pong, and its end is told", [
  "kamailio",
], async () => {
  await using flows = await RealFlows.open();
  {
    await using server = await proxy({
      tcp: true,
      parameters: ["tcp_crlf_ping=yes"],
      routes: "request_route { exit; }",
    });
    flows.keep(flows.to("TCP", server.port), {
      outbound: true,
      flowTimerSeconds: 1,
    });
    await until("three pongs", () => flows.counted("transport_pongs") >= 3);
    assertEquals(flows.told, []);
  }
  await until("told of its end", () => flows.told.length > 0);
  assertMatch(flows.told[0]!, /closed by the peer|reset by the peer/);
});

for (
  const { transport, kind, flowTimer, wanted, leastMs } of [
    { transport: "udp", kind: "stun", flowTimer: 2, wanted: 4, leastMs: 4_800 },
    // The phone leaves at least 16 s between two pings on TCP.
    { transport: "tcp", kind: "crlf", flowTimer: 20, wanted: 1, leastMs: 0 },
  ] as const
) {
  peerTest(
    `baresip: registers over ${transport} with outbound, and pings within our Flow-Timer`,
    [
      "baresip",
    ],
    async () => {
      await using server = await RealFlows.open();
      server.answer = [
        ["Require", "outbound"],
        ["Flow-Timer", String(flowTimer)],
      ];
      const registrar = `sip:${
        server.listener(transport)
      };transport=${transport}`;
      await using _bob = await phone("bob", {
        account: `regint=60;sipnat=outbound;outbound="${registrar}"`,
      });
      await until("pings", () => server.pings.length >= wanted);
      const identity = flowIdentity(server.contacts[0]!);
      assertMatch(identity?.instance ?? "", /^urn:uuid:/);
      assertEquals(identity?.regId, 1);
      for (const ping of server.pings) {
        assertEquals(ping.transport, transport.toUpperCase());
        assertEquals(ping.kind, kind);
      }
      // RFC 5626 §4.4: 80 to 100 percent of what we said, so never sooner.
      const [first] = server.pings;
      const tookMs = server.pings[wanted - 1]!.atMs - first!.atMs;
      assert(tookMs >= leastMs * 0.95);
    },
  );
}

peerTest(
  "baresip: registers at our registrar, keeps its flow by STUN and is called on it",
  [
    "baresip",
    "sipp",
  ],
  async () => {
    await using server = await legwork({
      servers: ["sip:127.0.0.1:9"],
      script: `import { route } from "legwork";
export function onInvite() {
  return route("aor:bob");
}
`,
      yaml: [
        "registrar:",
        "  domains: [127.0.0.1]",
        // bob:127.0.0.1:secret. By H(A1) of MD5 alone, since this phone gives up at the first algorithm it does not know.
        "  users: {bob: {ha1: bb0cdde6386ad10e49fb1ff78ffb7df9}}",
        "  flow_timer: 2",
        "  flow_grace: 2",
      ].join("\n"),
    });
    const at = `127.0.0.1:${server.port}`;
    await using bob = await phone("bob", {
      account:
        `regint=60;sipnat=outbound;outbound="sip:${at};transport=udp";auth_user=bob;auth_pass=secret`,
    });
    await until("registered", () => bob.said().includes("200 OK"));
    // Longer than Flow-Timer and grace: the pings alone keep it.
    await pause(4_500);
    await call(server.port, { scenario: "caller_basic", calls: 1 });
    await until("called", () => bob.said().includes("Call established"));
  },
);
