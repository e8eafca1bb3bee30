/** Session timers (RFC 4028) with intervals of seconds, against SIPp in both roles and with either method. */

import { assertStringIncludes } from "@std/assert";
import { legwork } from "./support/legwork.ts";
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
