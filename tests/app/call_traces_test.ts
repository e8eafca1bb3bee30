/** The stories of calls: what is kept, and how little of it when there is much. */

import { assertEquals } from "@std/assert";
import { CallTraces } from "../../app/trace/call_traces.ts";
import { explained } from "../../app/trace/explain.ts";
import { reject, route } from "../../core/call/decisions.ts";
import type { CallSummary } from "../../core/call/policy.ts";

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
