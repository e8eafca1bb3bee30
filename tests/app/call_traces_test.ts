/** The stories of calls: what is kept, and how little of it when there is much. */

import { assert, assertEquals } from "@std/assert";
import { CallTraces } from "../../app/trace/call_traces.ts";
import { explained } from "../../app/trace/explain.ts";
import type { Edit } from "../../core/call/edits.ts";
import { reject, relay, replace, route } from "../../core/call/decisions.ts";
import type { CallSummary, LegView } from "../../core/call/policy.ts";
import { PolicyEvents } from "../../core/call/policy_events.ts";
import { PolicyHooks } from "../../core/call/policy_hooks.ts";
import { CountingObserver } from "../../core/base/observer.ts";
import { Headers } from "../../core/message/headers.ts";
import { SipRequest } from "../../core/message/message.ts";
import { fakeCall } from "../scripts/fake_views.ts";

const LIMITS = { tracedCalls: 2, traceEvents: 3, traceTextChars: 20 };

function traces(): CallTraces {
  return new CallTraces({
    mode: "full",
    clock: { wallTime: () => 1_000 },
    limits: LIMITS,
  });
}

function summary(id: string): CallSummary {
  return {
    id,
    from: "carrier",
    to: "pbx",
    startedAtMs: 1,
    answeredAtMs: undefined,
    endedAtMs: 2,
    status: 403,
    endedBy: "legwork",
    cause: "rejected",
  };
}

function decide(all: CallTraces, call: string, decision: object): void {
  all.decided({ call, hook: "onInvite", decision, policy: "route.ts#1" });
}

Deno.test("the oldest events of a call go first, and it is said that they did", () => {
  const all = traces();
  for (let status = 401; status <= 405; status++) {
    decide(all, "call-1", reject(status));
  }
  all.ended(summary("call-1"));
  assertEquals(explained(all.find("call-1")!), [
    "call call-1 from carrier to pbx, status 403, ended by legwork (rejected)",
    "  (2 earlier events were let go)",
    "    0.000  onInvite: reject 403  (route.ts#1)",
    "    0.000  onInvite: reject 404  (route.ts#1)",
    "    0.000  onInvite: reject 405  (route.ts#1)",
  ]);
});

Deno.test("calls that are over make room for others, the oldest first", () => {
  const all = traces();
  decide(all, "call-1", reject(403));
  decide(all, "call-2", reject(403));
  all.ended(summary("call-2"));
  decide(all, "call-3", reject(403));
  assertEquals(all.stories.map(({ id }) => id), ["call-1", "call-3"]);
  decide(all, "call-4", reject(403));
  assertEquals(all.stories.map(({ id }) => id), ["call-3", "call-4"]);
});

Deno.test("long texts are cut, and what a peer wrote cannot move the cursor", () => {
  const all = traces();
  decide(all, "call-1", route("sip:\x1b[2Jlong@example.com", "pbx"));
  assertEquals(
    explained(all.find("call-1")!)[1],
    "    0.000  onInvite: route sip:\u00b7[2Jlong@e...  (route.ts#1)",
  );
});

Deno.test("the place and time of a hook that waited are those it was noted with", () => {
  const all = traces();
  const note = {
    script: "route.ts#1",
    place: "route.ts:2:8",
    usedMs: 0.25,
  };
  all.noted({ ...note, hook: "onInvite", call: "call-1" });
  all.noted({ ...note, hook: 'inbound["*"]', place: "x", call: "call-2" });
  decide(all, "call-1", reject(403));
  assertEquals(explained(all.find("call-1")!).slice(1), [
    "    0.000  onInvite: reject 403  (route.ts:2:8, 0.25 ms)",
    "hook onInvite ran once, 0.25 ms",
    "still running",
  ]);
});

Deno.test("a call is found by the start of its identifier, never by too little of it", () => {
  const all = traces();
  decide(all, "abcdefgh", reject(403));
  assertEquals(all.find("abcd")?.id, "abcdefgh");
  assertEquals(all.find("abc"), undefined);
});

Deno.test("what was relayed of a call and how many keys it had stand at its end", () => {
  const all = traces();
  decide(all, "call-1", reject(403));
  all.ended({
    ...summary("call-1"),
    media: {
      mode: "relay",
      flows: [{
        from: "a",
        stream: 0,
        kind: "audio",
        packets: 1502,
        bytes: 258_344,
        lost: 2,
        jitterMs: 0.44,
        refused: 1,
      }],
    },
    keys: { a: 3, b: 1 },
    collected: { b: "5" },
  });
  assertEquals(explained(all.find("call-1")!).slice(2), [
    "media by relay",
    "  a audio: 1502 packets, 2 lost, 0.4 ms, 1 refused",
    "keys a 3, b 1 (5)",
  ]);
});

Deno.test("of a trunk with mask no key is in what hooks changed or decided, on either leg", () => {
  const told: string[] = [];
  const all = new CallTraces({
    mode: "full",
    clock: { wallTime: () => 1_000 },
    masks: (trunk) => trunk === "carrier",
    onEvent: (event) => told.push(JSON.stringify(event)),
  });
  const call = fakeCall();
  const leg = (name: "a" | "b", trunk: string): LegView => ({
    name,
    trunk,
    peer: "udp:192.0.2.1:5060",
    call,
  });
  const message = new SipRequest(
    "INFO",
    "sip:bob@biloxi.example",
    new Headers().append("CSeq", "2 INFO").append("Call-ID", "x"),
    new Uint8Array(),
  );
  const edits: Edit[] = [
    { field: "Subject", before: [], after: ["new"], place: undefined },
    {
      field: "body",
      before: ["Signal=7"],
      after: ["Signal=7", "Duration=77"],
      place: undefined,
    },
  ];
  const a = { direction: "in", message, leg: leg("a", "carrier") } as const;
  all.message(a);
  all.edited(a, edits);
  // The same key on its way to a trunk that masks none.
  const b = { direction: "out", message, leg: leg("b", "pbx") } as const;
  all.edited(b, edits);
  all.message(b);
  const hooks = new PolicyHooks(
    { onDtmf: () => replace("777") },
    {
      observer: new CountingObserver(),
      trace: all,
      trunks: { get: () => undefined },
    },
    { view: call },
  );
  const decision = new PolicyEvents(hooks).onDtmf(call, {
    byDefault: relay(),
    view: () => ({ leg: a.leg, key: "7", durationMs: 100, kind: "info" }),
    masked: true,
  });
  assertEquals(decision, replace("777"));
  const text = explained(all.find(call.id)!).join("\n");
  assert(text.includes("Subject: added new"), text);
  assert(text.includes('replace keys="???"'), text);
  assertEquals([...text.matchAll(/7/g)].length, 0, text);
  assertEquals(told.filter((one) => one.includes("7")), []);
});
