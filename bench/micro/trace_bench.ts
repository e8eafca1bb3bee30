/** What a call's story costs: message hooks of one message, untraced and traced. */

import { CountingObserver } from "../../core/base/observer.ts";
import { MessagePlanes } from "../../core/call/message_hooks.ts";
import type { CallView, LegView, Policy } from "../../core/call/policy.ts";
import { Headers } from "../../core/message/headers.ts";
import { SipRequest } from "../../core/message/message.ts";
import { CallTraces } from "../../app/trace/call_traces.ts";

const LEG: LegView = {
  name: "a",
  trunk: "pbx",
  peer: "udp:192.0.2.1:5060",
  call: { id: "call-1" } as CallView,
};
const FIELDS = ["Via", "From", "To", "Call-ID", "Contact", "User-Agent"];
const headers = new Headers().append("CSeq", "1 INVITE");
for (const name of FIELDS) headers.append(name, `value of ${name}`);
const INVITE = new SipRequest("INVITE", "sip:bob@biloxi.example", headers);
const POLICIES: Readonly<Record<string, Policy>> = {
  "no hook": {},
  "a hook that sets one header": {
    outbound: {
      "INVITE": (message) => message.headers.set("User-Agent", "PBX-12"),
    },
  },
};

for (const [group, policy] of Object.entries(POLICIES)) {
  for (const mode of ["off", "faults", "full"] as const) {
    const trace = mode === "off"
      ? undefined
      : new CallTraces({ mode, clock: { wallTime: () => 0 } });
    const planes = new MessagePlanes(policy, new CountingObserver(), trace);
    Deno.bench(`${group}, trace: ${mode}`, { group }, () => {
      planes.outbound(INVITE, { leg: LEG });
    });
  }
}
