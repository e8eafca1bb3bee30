/** What the story of a call is told, and by whom; and that nothing is built where nobody listens. */

import { assertEquals } from "@std/assert";
import { CountingObserver } from "../../../core/base/observer.ts";
import type { CallTrace } from "../../../core/call/call_trace.ts";
import { reject } from "../../../core/call/decisions.ts";
import { type Edit, journalOf } from "../../../core/call/edits.ts";
import { MessagePlanes } from "../../../core/call/message_hooks.ts";
import type {
  LegView,
  MessageView,
  Policy,
} from "../../../core/call/policy.ts";
import { PolicyHooks } from "../../../core/call/policy_hooks.ts";
import { Headers } from "../../../core/message/headers.ts";
import { toBytes } from "../../../core/message/bytes.ts";
import { SipRequest } from "../../../core/message/message.ts";

const LEG: LegView = {
  name: "a",
  trunk: "pbx",
  peer: "udp:192.0.2.1:5060",
  call: undefined,
};

class Recorder implements CallTrace {
  readonly told: unknown[] = [];
  readonly edits: Edit[] = [];

  constructor(readonly full = true) {}

  message({ direction }: { direction: string }): void {
    this.told.push(direction);
  }

  edited(_seen: unknown, edits: readonly Edit[]): void {
    this.told.push("edits");
    this.edits.push(...edits);
  }

  decided(told: { hook: string; policy: string | undefined }): void {
    this.told.push([told.hook, told.policy]);
  }

  fault({ hook, error }: { hook: string; error: unknown }): void {
    this.told.push([hook, String(error)]);
  }
}

function invite(): SipRequest {
  const headers = new Headers().append("CSeq", "1 INVITE")
    .append("X-Two", "1").append("X-Two", "2").append("Subject", "old")
    .append("Content-Type", "application/sdp");
  return new SipRequest(
    "INVITE",
    "sip:bob@biloxi.example",
    headers,
    toBytes("v=0\r\no=- 1\r\ns=-\r\n"),
  );
}

function planes(policy: Policy, trace?: CallTrace): MessagePlanes {
  return new MessagePlanes(policy, new CountingObserver(), trace);
}

const EDITING: Policy = {
  inbound: {
    "INVITE": (message) => {
      const journal = journalOf(message);
      journal?.at("route.ts:1:1");
      message.uri.user = "200";
      journal?.at("route.ts:2:1");
      message.headers.set("Subject", "new");
      message.headers.append("X-Two", "3");
      journal?.at("route.ts:3:1");
      message.headers.delete("X-Two");
      message.body = "v=0\r\no=- 2\r\ns=-\r\n";
    },
  },
};

Deno.test("each edit is told with its place and both values, and of a body the lines that differ", () => {
  const trace = new Recorder();
  planes(EDITING, trace).inbound(invite(), {
    leg: LEG,
    rights: { uri: true, parties: true },
  });
  assertEquals(trace.told, ["in", "edits"]);
  assertEquals(trace.edits, [
    {
      field: "request URI",
      before: ["sip:bob@biloxi.example"],
      after: ["sip:200@biloxi.example"],
      place: "route.ts:1:1",
    },
    { field: "X-Two", before: [], after: ["3"], place: "route.ts:2:1" },
    {
      field: "Subject",
      before: ["old"],
      after: ["new"],
      place: "route.ts:2:1",
    },
    {
      field: "X-Two",
      before: ["1", "2", "3"],
      after: [],
      place: "route.ts:3:1",
    },
    {
      field: "body",
      before: ["o=- 1"],
      after: ["o=- 2"],
      place: "route.ts:3:1",
    },
  ]);
});

Deno.test("without a listener, or with one for faults alone, no journal is kept", () => {
  const journals: unknown[] = [];
  const policy: Policy = {
    outbound: {
      "*": (message: MessageView) => {
        journals.push(journalOf(message));
        message.headers.set("X-A", "1");
      },
    },
  };
  const trace = new Recorder(false);
  planes(policy).outbound(invite(), { leg: LEG });
  planes(policy, trace).outbound(invite(), { leg: LEG });
  assertEquals([journals, trace.told], [[undefined, undefined], []]);
});

Deno.test("a fault is told and its edits are not", () => {
  const trace = new Recorder();
  const policy: Policy = {
    outbound: {
      "*": (message) => {
        message.headers.set("X-A", "1");
        throw new Error("no");
      },
    },
  };
  planes(policy, trace).outbound(invite(), { leg: LEG });
  assertEquals(trace.told, [["message hook", "Error: no"], "out"]);
});

Deno.test("decisions and faults of call hooks are told with their hook, now and later", async () => {
  const trace = new Recorder();
  const world = {
    observer: new CountingObserver(),
    trunks: { get: () => undefined },
    trace,
  };
  const call = { view: { id: "call-1" } };
  const hooks = new PolicyHooks({ name: "route.ts#1" }, world, call);
  hooks.ask("onInvite", () => reject(403), () => {});
  const later = Promise.resolve(reject(404));
  hooks.ask("onInvite", () => later, () => {});
  await later;
  hooks.now("onProgress", () => {
    throw new Error("no");
  });
  hooks.decided("onFailure", { action: "next" }, undefined);
  assertEquals(trace.told, [
    ["onInvite", "route.ts#1"],
    ["onInvite", "route.ts#1"],
    ["onProgress", "Error: no"],
    ["onFailure", undefined],
  ]);
});
