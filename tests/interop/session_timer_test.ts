/** Session timers (RFC 4028) with intervals of seconds, against SIPp in both roles and with either method. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { legwork } from "./support/legwork.ts";
import { proxy } from "./support/kamailio.ts";
import { peerTest } from "./support/peer.ts";
import { call, callee } from "./support/sipp.ts";

interface Case {
  readonly name: string;
  readonly caller: string;
  readonly callee: string;
  /** The `session_timer` block of the trunk `pbx`. */
  readonly pbx?: string;
  /** What the log says of the end. */
  readonly cause?: string;
}

const SHORT = "expires: 6, min_se: 6, allow_short_timers: true";

const CASES: readonly Case[] = [
  {
    name: "the caller refreshes by UPDATE",
    caller: "timer_update",
    callee: "plain",
  },
  {
    name: "the caller refreshes by re-INVITE",
    caller: "timer_reinvite",
    callee: "plain",
  },
  {
    name: "the caller asks for too little",
    caller: "timer_small",
    callee: "plain",
  },
  {
    name: "the caller never refreshes",
    caller: "timer_lapses",
    callee: "plain",
    cause: 'cause="session timer"',
  },
  {
    name: "the callee is refreshed by UPDATE",
    caller: "talks",
    callee: "timer_update",
    pbx: "mode: request",
  },
  {
    name: "the callee is refreshed by re-INVITE",
    caller: "talks",
    callee: "timer_reinvite",
    pbx: "mode: request",
  },
  {
    name: "the callee wants SDP in UPDATE, as pjsip does",
    caller: "talks",
    callee: "timer_want_sdp",
    pbx: "mode: request",
  },
];

for (const one of CASES) {
  peerTest(`SIPp: session timer, ${one.name}`, ["sipp"], async () => {
    await using called = await callee({
      scenario: `callee_${one.callee}`,
      calls: 1,
    });
    await using server = await legwork({
      servers: [`sip:127.0.0.1:${called.port}`],
      pbx: `session_timer: {${one.pbx ?? "mode: off"}, ${SHORT}}`,
      caller: `session_timer: {${SHORT}}`,
    });
    await call(server.port, { scenario: `caller_${one.caller}`, calls: 1 });
    await called.finished();
    assertStringIncludes(server.log(), one.cause ?? "cause=BYE");
  });
}

/** Kamailio's session timers: 90 s is the least that it lets anyone ask for. */
const SST = {
  modules: ["dialog", "sst"],
  parameters: [
    `modparam("dialog", "dlg_flag", 5)`,
    `modparam("dialog", "timeout_avp", "$avp(dlg_timeout)")`,
    `modparam("sst", "sst_flag", 6)`,
    `modparam("sst", "timeout_avp", "$avp(dlg_timeout)")`,
    `modparam("sst", "min_se", 90)`,
  ],
};

const LENIENT = `modparam("sst", "reject_to_small", 0)`;

/** A proxy that holds a dialog for as long as its session timer says, and ends it when no refresh comes by. */
function timedProxy(
  next: number,
  routing: { setup?: string; update?: string; reply?: string } = {},
): string {
  return `
request_route {
  if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
  if (is_method("INVITE")) { setflag(5); setflag(6); }
  if (has_totag()) {
    ${routing.update ?? ""}
    if (!loose_route()) { sl_send_reply("404", "Not Here"); exit; }
    t_on_reply("FROM_CALLEE");
    t_relay();
    exit;
  }
  ${routing.setup ?? ""}
  record_route();
  $avp(dlg_timeout) = $(hdr(Session-Expires){s.int});
  dlg_manage();
  $dlg_ctx(timeout_bye) = 1;
  $du = "sip:127.0.0.1:${next}";
  t_on_reply("FROM_CALLEE");
  t_relay();
}
onreply_route[FROM_CALLEE] { ${routing.reply ?? ""} return; }`;
}

peerTest("Kamailio: sst in the path asks for a longer interval and gets it", [
  "sipp",
  "kamailio",
], async () => {
  await using called = await callee({ scenario: "callee_basic", calls: 1 });
  await using between = await proxy({
    ...SST,
    routes: timedProxy(called.port, {
      setup: `if (is_method("INVITE")) {
        xlog("L_ERR", "asked for $hdr(Session-Expires)\n");
        if ($(hdr(Session-Expires){s.int}) < 90) { dlg_manage(); exit; }
      }`,
    }),
  });
  await using server = await legwork({
    servers: [`sip:127.0.0.1:${between.port}`],
    pbx:
      "session_timer: {mode: request, expires: 4, min_se: 4, allow_short_timers: true}",
  });
  await call(server.port, { scenario: "caller_basic", calls: 1 });
  await called.finished();
  const asked = [...between.said().matchAll(/asked for (\d+)/g)]
    .map(([, seconds]) => seconds);
  assertEquals(asked, ["4", "90"]);
  assertStringIncludes(server.log(), "cause=BYE");
});

peerTest("Kamailio: sst in the path ends no call whose refreshes it sees", [
  "sipp",
  "kamailio",
], async () => {
  await using called = await callee({
    scenario: "callee_timer_update",
    calls: 1,
  });
  await using between = await proxy({
    ...SST,
    parameters: [...SST.parameters, LENIENT],
    routes: timedProxy(called.port),
  });
  await using server = await legwork({
    servers: [`sip:127.0.0.1:${between.port}`],
    pbx:
      "session_timer: {mode: request, expires: 6, min_se: 6, allow_short_timers: true}",
  });
  await call(server.port, { scenario: "caller_talks", calls: 1 });
  await called.finished();
  assertStringIncludes(server.log(), "cause=BYE");
});

peerTest(
  "Kamailio: a path that says UPDATE and drops it costs one timeout, and no call",
  [
    "sipp",
    "kamailio",
  ],
  async () => {
    await using called = await callee({
      scenario: "callee_timer_reinvite",
      calls: 1,
    });
    await using between = await proxy({
      ...SST,
      parameters: [...SST.parameters, LENIENT],
      routes: timedProxy(called.port, {
        update:
          `if (is_method("UPDATE")) { xlog("L_ERR", "dropped UPDATE $cs\n"); drop; }`,
        reply:
          `remove_hf("Allow"); append_hf("Allow: INVITE, ACK, CANCEL, BYE, UPDATE\r\n");`,
      }),
    });
    await using server = await legwork({
      servers: [`sip:127.0.0.1:${between.port}`],
      pbx:
        "session_timer: {mode: request, expires: 6, min_se: 6, allow_short_timers: true}",
      // 64*T1 is 0.64 s: the UPDATE is given up, and the re-INVITE still comes before the deadline at 4 s.
      yaml: "timers: {t1_ms: 10, t2_ms: 100}",
    });
    await call(server.port, { scenario: "caller_talks", calls: 1 });
    await called.finished();
    // One UPDATE and its retransmissions: what dropped it is not asked that way again.
    const dropped = [...between.said().matchAll(/dropped UPDATE (\d+)/g)]
      .map(([, cseq]) => cseq);
    assertEquals(new Set(dropped).size, 1);
    assertStringIncludes(server.log(), "cause=BYE");
  },
);
