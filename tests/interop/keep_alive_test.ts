/** Keep-alives of every kind that SIPp and Kamailio's nathelper send, and ours against SIPp. */

import { assertMatch, assertStringIncludes } from "@std/assert";
import { proxy } from "./support/kamailio.ts";
import { phone } from "./support/baresip.ts";
import { legwork } from "./support/legwork.ts";
import { peerTest, start } from "./support/peer.ts";
import { pause } from "./support/ports.ts";
import { call, callee } from "./support/sipp.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

peerTest(
  "SIPp: keep-alives within a call get 200 and go no further, after it 481",
  [
    "sipp",
  ],
  async () => {
    // The callee takes INVITE, ACK and BYE, and fails at anything else.
    await using called = await callee({ scenario: "callee_plain", calls: 3 });
    await using server = await legwork({
      servers: [`sip:127.0.0.1:${called.port}`],
    });
    await call(server.port, { scenario: "caller_pings", calls: 3 });
    await called.finished();
    const seen = await keepAlives(server.port);
    for (const kind of ["info", "message", "update", "notify", "options"]) {
      assertMatch(seen, new RegExp(` ${kind} +3 `));
    }
  },
);

for (const answer of [200, 415]) {
  peerTest(`SIPp: our INFO is answered ${answer}, and the call goes on`, [
    "sipp",
  ], async () => {
    await using called = await callee({
      scenario: `callee_pinged_${answer}`,
      calls: 1,
    });
    await using server = await legwork({
      servers: [`sip:127.0.0.1:${called.port}`],
      pbx: "session_keepalive: {method: info, interval: 5}",
    });
    await call(server.port, { scenario: "caller_talks", calls: 1 });
    await called.finished();
    assertStringIncludes(server.log(), "cause=BYE");
  });
}

/** What baresip 1.0 says to each, and what we make of it. */
const BARESIP: readonly [method: string, wanted: readonly string[]][] = [
  ["info", ["INFO", "488 INFO"]],
  ["update", ["UPDATE", "501 UPDATE", "OPTIONS", "200 OPTIONS"]],
];

for (const [method, wanted] of BARESIP) {
  peerTest(`baresip: asked by ${wanted[0]}, it refuses and is alive`, [
    "baresip",
    "sipp",
  ], async () => {
    await using bob = await phone("bob");
    await using server = await legwork({
      servers: [`sip:127.0.0.1:${bob.port}`],
      pbx: `session_keepalive: {method: ${method}, interval: 5}`,
      ladder: true,
    });
    // The caller's BYE has to get 200.
    await call(server.port, { scenario: "caller_talks_long", calls: 1 });
    for (const label of wanted) assertMatch(server.log(), arrow(label));
  });
}

peerTest("SIPp: the callee dies in mid-call, and the caller is told", [
  "sipp",
], async () => {
  await using called = await callee({ scenario: "callee_vanishes", calls: 1 });
  await using server = await legwork({
    servers: [`sip:127.0.0.1:${called.port}`],
    pbx: "session_keepalive: {method: info, interval: 5}",
    // A transaction takes 64 times as long to be given up.
    yaml: "timers: {t1_ms: 10, t2_ms: 100}",
  });
  const calling = call(server.port, {
    scenario: "caller_loses_callee",
    calls: 1,
  });
  // It ends by itself once it has its ACK.
  await called.finished();
  await calling;
  assertStringIncludes(server.log(), "cause=keep-alive");
});

peerTest("Kamailio: nathelper pings with four NULs and with OPTIONS", [
  "kamailio",
], async () => {
  await using server = await legwork({ servers: ["sip:127.0.0.1:9"] });
  await using registrar = await proxy({
    modules: ["kex", "usrloc", "registrar", "nathelper"],
    parameters: [
      `modparam("usrloc", "nat_bflag", 6)`,
      `modparam("nathelper", "sipping_bflag", 7)`,
      `modparam("nathelper", "sipping_from", "sip:pinger@registrar.example")`,
      `modparam("nathelper", "natping_interval", 1)`,
      `modparam("nathelper", "ping_nated_only", 1)`,
    ],
    routes: `
request_route {
  setbflag(6);
  if ($tU == "sip") setbflag(7);
  save("location");
}`,
  });
  await register(registrar.port, { user: "nul", contact: server.port });
  await register(registrar.port, { user: "sip", contact: server.port });
  const peer = `udp:127\\.0\\.0\\.1:${registrar.port} +-`;
  for (const kind of ["nul", "options"]) {
    const wanted = new RegExp(`${peer} +${kind} +(?:[2-9]|\\d\\d) +\\d`);
    for (let tries = 0; tries < 40; tries++) {
      if (wanted.test(await keepAlives(server.port))) break;
      await pause(250);
    }
    assertMatch(await keepAlives(server.port), wanted);
  }
});

/** A line of the ladder with this label. */
function arrow(label: string): RegExp {
  return new RegExp(`[◀─]─+${label}─+[─▶]`);
}

/** What `legwork keepalives` says. */
async function keepAlives(port: number): Promise<string> {
  await using command = start(Deno.execPath(), [
    ...["run", "-P", "mod.ts", "keepalives", "--control", `${port}`],
  ], { withinMs: 20_000, cwd: ROOT });
  return (await command.ended).output;
}

/** Registers a contact on this machine; waits for the 200. */
async function register(
  registrar: number,
  { user, contact }: { user: string; contact: number },
): Promise<void> {
  const socket = Deno.listenDatagram({
    transport: "udp",
    hostname: "127.0.0.1",
    port: 0,
  });
  const { port } = socket.addr as Deno.NetAddr;
  const request = [
    "REGISTER sip:127.0.0.1 SIP/2.0",
    `Via: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bK${user}`,
    "Max-Forwards: 70",
    `From: <sip:${user}@127.0.0.1>;tag=${user}`,
    `To: <sip:${user}@127.0.0.1>`,
    `Call-ID: ${user}`,
    "CSeq: 1 REGISTER",
    `Contact: <sip:${user}@127.0.0.1:${contact}>;expires=600`,
    "Content-Length: 0",
    "\r\n",
  ].join("\r\n");
  const to = { transport: "udp", hostname: "127.0.0.1", port: registrar };
  await socket.send(
    new TextEncoder().encode(request),
    to as Deno.NetAddr,
  );
  const [answer] = await socket.receive();
  socket.close();
  assertMatch(new TextDecoder().decode(answer), /^SIP\/2\.0 200 /);
}
