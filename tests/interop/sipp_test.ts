import { assert } from "@std/assert";
import { Datagrams } from "./support/datagram.ts";
import { peerTest } from "./support/peer.ts";
import { legwork, type Setting } from "./support/legwork.ts";
import { call, callee, type SippOptions } from "./support/sipp.ts";

type Transport = "udp" | "tcp";

interface Case {
  readonly name: string;
  readonly caller: string;
  readonly callee: string;
  readonly calls?: number;
  readonly callerTransport?: Transport;
  readonly calleeTransport?: Transport;
  readonly yaml?: string;
}

const CASES: readonly Case[] = [
  { name: "a basic call", caller: "basic", callee: "basic", calls: 20 },
  { name: "the callee is busy", caller: "busy", callee: "busy" },
  { name: "the caller cancels", caller: "cancel", callee: "cancel" },
  {
    name: "nobody answers",
    caller: "no_answer",
    callee: "cancel",
    yaml: "timers: {no_answer: 1}",
  },
  { name: "hold and resume from both sides", caller: "hold", callee: "hold" },
  { name: "INFO in both directions", caller: "info", callee: "info" },
  { name: "a late offer", caller: "late_offer", callee: "late_offer" },
  {
    name: "a basic call over TCP",
    caller: "basic",
    callee: "basic",
    callerTransport: "tcp",
    calleeTransport: "tcp",
  },
  {
    name: "hold and resume over TCP",
    caller: "hold",
    callee: "hold",
    callerTransport: "tcp",
    calleeTransport: "tcp",
  },
  {
    name: "from UDP to TCP",
    caller: "basic",
    callee: "basic",
    calleeTransport: "tcp",
  },
  {
    name: "from TCP to UDP",
    caller: "basic",
    callee: "basic",
    callerTransport: "tcp",
  },
];

for (const one of CASES) {
  const { callerTransport: a, calleeTransport: b } = one;
  const onUdp = a !== "tcp" || b !== "tcp";
  for (
    const udp of onUdp ? ["plain", "batched"] as const : ["plain"] as const
  ) {
    const name = udp === "plain" ? one.name : `${one.name}, UDP in batches`;
    peerTest(`SIPp: ${name}`, ["sipp"], async () => {
      await using called = await callee(side(one, "callee"));
      await using server = await legwork({
        ...setting(one, [uri(called.port, b)]),
        udp,
      });
      await call(server.port, side(one, "caller"));
      await called.finished();
      assert(!server.log().includes("UDP is not batched"));
    });
  }
}

// §13.2.2.4: each 2xx gets its ACK, again with each of its doubles, and what nobody wants of a fork a BYE.
const FORKS = [
  ["another phone answers while the call is up", "callee_forks"],
  ["another phone answers when the call is over", "callee_late_fork"],
] as const;

for (const [title, scenario] of FORKS) {
  for (const udp of ["plain", "batched"] as const) {
    peerTest(`SIPp: ${title}, UDP ${udp}`, ["sipp"], async () => {
      await using called = await callee({ scenario });
      await using server = await legwork({ servers: [uri(called.port)], udp });
      await call(server.port, { scenario: "caller_basic", holdMs: 1_000 });
      await called.finished();
    });
  }
}

peerTest("SIPp: a 302 is passed to the caller", ["sipp"], async () => {
  const keys = { elsewhere: "127.0.0.1:9" };
  await using called = await callee({ scenario: "callee_redirect", keys });
  await using server = await legwork({ servers: [uri(called.port)] });
  await call(server.port, { scenario: "caller_redirect" });
  await called.finished();
});

peerTest("SIPp: a server that answers 503 is passed over", [
  "sipp",
], async () => {
  await using first = await callee({
    scenario: "callee_unavailable",
    calls: 1,
  });
  await using second = await callee({ scenario: "callee_basic", calls: 1 });
  await using server = await legwork({
    servers: [uri(first.port), uri(second.port)],
  });
  await call(server.port, { scenario: "caller_basic", calls: 1 });
  await first.finished();
  await second.finished();
});

peerTest("SIPp: a server that is silent is passed over", [
  "sipp",
], async () => {
  // Bound, so that no ICMP error tells; never read.
  using silent = new Datagrams();
  await using second = await callee({ scenario: "callee_basic", calls: 1 });
  await using server = await legwork({
    servers: [
      uri(silent.port),
      uri(second.port),
    ],
    yaml: "timers: {t1_ms: 40}",
  });
  await call(server.port, { scenario: "caller_basic", calls: 1 });
  await second.finished();
});

function side(one: Case, who: "caller" | "callee"): SippOptions {
  const transport = who === "caller"
    ? one.callerTransport
    : one.calleeTransport;
  return {
    scenario: `${who}_${who === "caller" ? one.caller : one.callee}`,
    ...(transport === undefined ? {} : { transport }),
    ...(one.calls === undefined ? {} : { calls: one.calls }),
  };
}

function setting(one: Case, servers: readonly string[]): Setting {
  return { servers, ...(one.yaml === undefined ? {} : { yaml: one.yaml }) };
}

function uri(port: number, transport: Transport = "udp"): string {
  return `sip:127.0.0.1:${port}${transport === "tcp" ? ";transport=tcp" : ""}`;
}
