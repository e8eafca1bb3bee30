import { assertEquals, assertStrictEquals } from "@std/assert";
import { CountingObserver } from "../../../core/base/observer.ts";
import { Headers } from "../../../core/message/headers.ts";
import { SipRequest, SipResponse } from "../../../core/message/message.ts";
import {
  MessagePlanes,
  patternProblem,
} from "../../../core/call/message_hooks.ts";
import type { MessageDecision } from "../../../core/call/decisions.ts";
import type { LegView, Policy } from "../../../core/call/policy.ts";

const LEG: LegView = {
  name: "a",
  trunk: "pbx",
  peer: "udp:192.0.2.1:5060",
  call: undefined,
};

function request(method: string): SipRequest {
  const headers = new Headers().append("CSeq", `1 ${method}`);
  return new SipRequest(method, "sip:bob@biloxi.example", headers);
}

function response(status: number, method: string): SipResponse {
  const headers = new Headers().append("CSeq", `1 ${method}`);
  return new SipResponse(status, "", headers);
}

function planes(
  policy: Policy,
): { planes: MessagePlanes; observer: CountingObserver } {
  const observer = new CountingObserver();
  return { planes: new MessagePlanes(policy, observer), observer };
}

Deno.test("all patterns that match run, the most specific first", () => {
  const ran: string[] = [];
  const patterns = [
    "*",
    "INVITE",
    "18x INVITE",
    "1xx",
    "180 INVITE",
    "200",
    "4xx",
    "2xx INVITE",
    "BYE",
  ];
  const outbound = Object.fromEntries(
    patterns.map((pattern) => [pattern, () => void ran.push(pattern)]),
  );
  const { planes: { outbound: run }, planes: all } = planes({ outbound });
  const matching = (message: SipRequest | SipResponse): string[] => {
    ran.length = 0;
    run.call(all, message, { leg: LEG });
    return [...ran];
  };
  assertEquals(matching(request("INVITE")), ["INVITE", "*"]);
  assertEquals(matching(response(180, "INVITE")), [
    "180 INVITE",
    "18x INVITE",
    "1xx",
    "*",
  ]);
  assertEquals(matching(response(183, "INVITE")), ["18x INVITE", "1xx", "*"]);
  assertEquals(matching(response(200, "INVITE")), ["2xx INVITE", "200", "*"]);
  assertEquals(matching(response(200, "BYE")), ["200", "*"]);
  assertEquals(matching(response(486, "INVITE")), ["4xx", "*"]);
  assertEquals(matching(request("INFO")), ["*"]);
  // A second time from memory.
  assertEquals(matching(response(180, "INVITE")), [
    "180 INVITE",
    "18x INVITE",
    "1xx",
    "*",
  ]);
});

Deno.test("a pattern that can not be meant is told", () => {
  for (const text of ["*", "INVITE", "200", "2xx", "18x INVITE", "X-METHOD"]) {
    assertEquals(patternProblem(text), undefined, text);
  }
  for (
    const text of [
      "",
      "invite",
      "7xx",
      "20",
      "1x8",
      "INVITE 200",
      "200  INVITE",
      "**",
    ]
  ) {
    assertEquals(
      patternProblem(text)?.startsWith(`pattern "${text}" is neither`),
      true,
      text,
    );
  }
});

Deno.test("no hook: the same message, and nothing is run", () => {
  const message = request("INVITE");
  const { planes: all } = planes({});
  assertStrictEquals(all.outbound(message, { leg: LEG }), message);
  assertStrictEquals(all.inbound(message, { leg: LEG }).message, message);
  assertEquals([all.ignoresInbound, all.ignoresOutbound], [true, true]);
});

Deno.test("who looks at messages or calls: each plane by itself, and any hook at all", () => {
  const hook = { "*": () => {} };
  const { planes: inbound } = planes({ inbound: hook });
  assertEquals(
    [inbound.ignoresInbound, inbound.ignoresOutbound],
    [false, true],
  );
  const { planes: outbound } = planes({ outbound: hook });
  assertEquals(
    [outbound.ignoresInbound, outbound.ignoresOutbound],
    [true, false],
  );
  assertEquals(planes({ name: "p" }).planes.readsCalls, false);
  assertEquals(planes({ onEnd: () => {} }).planes.readsCalls, true);
  class Own {
    onEnd(): void {}
  }
  assertEquals(planes(new Own()).planes.readsCalls, true);
});

Deno.test("a hook that throws after an edit has edited nothing", () => {
  const message = request("INVITE");
  const { planes: all, observer } = planes({
    outbound: {
      "INVITE": (draft) => {
        draft.headers.set("X-Half", "done");
        throw new Error("oops");
      },
      "*": (draft) => draft.headers.set("X-Other", "yes"),
    },
  });
  const sent = all.outbound(message, { leg: LEG });
  assertEquals(sent.headers.has("X-Half"), false);
  assertEquals(sent.headers.get("X-Other"), "yes");
  assertEquals(message.headers.has("X-Other"), false);
  assertEquals(observer.counters.get("policy_faults"), 1);
});

Deno.test("an inbound request may be answered; BYE, ACK and responses may not", () => {
  const decision = { action: "reject", status: 603 } as const;
  const { planes: all } = planes({ inbound: { "*": () => decision } });
  assertEquals(all.inbound(request("INVITE"), { leg: LEG }).decision, decision);
  for (
    const message of [request("BYE"), request("ACK"), response(200, "INVITE")]
  ) {
    assertEquals(all.inbound(message, { leg: LEG }).decision, undefined);
  }
});

Deno.test("a decision that cannot be carried out is a fault: nothing of its hook counts", () => {
  const useless = [
    { action: "answer", status: 100 },
    { action: "answer", status: 200, headers: { Via: "x" } },
    { action: "reject", status: 486, reason: "a\r\nb" },
    { action: "route", targets: ["pbx"] },
  ];
  for (const decision of useless) {
    const { planes: all, observer } = planes({
      inbound: {
        "INFO": (draft) => {
          draft.headers.set("X-Half", "done");
          return decision as MessageDecision;
        },
      },
    });
    const { message, decision: taken } = all.inbound(request("INFO"), {
      leg: LEG,
    });
    assertEquals(taken, undefined);
    assertEquals(message.headers.has("X-Half"), false);
    assertEquals(observer.counters.get("policy_faults"), 1);
  }
});
