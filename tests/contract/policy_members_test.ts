/** Sandboxed scripts on core's own messages: edits, rights, order and rollback as a call sees them. */

import { assertEquals } from "@std/assert";
import { MessagePlanes } from "../../core/call/message_hooks.ts";
import { patternProblem as corePatternProblem } from "../../core/call/message_hooks.ts";
import { toBytes } from "../../core/message/bytes.ts";
import { parseMessage } from "../../core/message/parse.ts";
import type { SipRequest } from "../../core/message/message.ts";
import { compositeSource } from "../../scripts/composite.ts";
import { patternProblem } from "../../scripts/pattern.ts";
import { fakeLeg } from "../scripts/fake_views.ts";
import { loadScript } from "../scripts/world.ts";

function invite(): SipRequest {
  const text = [
    "INVITE sip:bob@b.example SIP/2.0",
    "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1",
    "From: Alice <sip:alice@a.example>;tag=1",
    "To: <sip:bob@b.example>",
    "Call-ID: 1@a.example",
    "CSeq: 1 INVITE",
    "X-Log: ",
    "Content-Length: 0",
    "",
    "",
  ].join("\r\n");
  const parsed = parseMessage(toBytes(text));
  if (!parsed.ok || parsed.message.kind !== "request") {
    throw new Error("the INVITE does not parse");
  }
  return parsed.message;
}

function logs(name: string, more = ""): string {
  return `export const inbound = {
    "*": (message) => {
      message.headers.set("X-Log", message.headers.get("X-Log") + "${name}*");
    },
    INVITE: (message) => {
      message.headers.set("X-Log", message.headers.get("X-Log") + "${name}");
      ${more}
    },
  };`;
}

Deno.test("scripts edit in their order, each from the most specific pattern to the least", async () => {
  using first = await loadScript(logs("a"));
  using second = await loadScript(logs("b"));
  const policy = compositeSource([first.host, second.host]).acquire();
  const planes = new MessagePlanes(policy, first.world.observer);
  const { message, decision } = planes.inbound(invite(), { leg: fakeLeg() });
  assertEquals(message.headers.get("X-Log"), "aa*bb*");
  assertEquals(decision, undefined);
});

Deno.test("a fault takes back its own hook's edits and no other's, and is logged once", async () => {
  using first = await loadScript(logs("a", `message.headers.set("Via", "x");`));
  using second = await loadScript(logs("b"));
  const policy = compositeSource([first.host, second.host]).acquire();
  const planes = new MessagePlanes(policy, first.world.observer);
  const original = invite();
  const { message } = planes.inbound(original, { leg: fakeLeg() });
  assertEquals(message.headers.get("X-Log"), "a*bb*");
  assertEquals(original.headers.get("X-Log"), "");
  assertEquals(first.world.observer.records.map((each) => each.text), [
    "script fault",
  ]);
  const fault = String(first.world.observer.records[0]!.fields!.fault);
  assertEquals(fault.startsWith("route.ts:7:"), true, fault);
  assertEquals(/Via/.test(fault), true, fault);
});

Deno.test("the first script that answers a request has answered it", async () => {
  using first = await loadScript(logs("a"));
  using second = await loadScript(
    logs("b", `return { action: "answer", status: 200 };`),
  );
  using third = await loadScript(logs("c"));
  const policy = compositeSource([first.host, second.host, third.host])
    .acquire();
  const planes = new MessagePlanes(policy, first.world.observer);
  const { message, decision } = planes.inbound(invite(), { leg: fakeLeg() });
  assertEquals(decision, { action: "answer", status: 200 });
  assertEquals(message.headers.get("X-Log"), "aa*b");
});

Deno.test("what a script may write as a pattern is what core reads", () => {
  const patterns = [
    ...["*", "INVITE", "X-OWN", "200", "18x", "4xx", "200 INVITE", "1xx BYE"],
    ...["", "invite", "INVITE 200", "700", "2x", "20x x", "1xx 2", "* BYE"],
    ...["INVITE BYE", "200 INVITE x", " INVITE", "4XX", "2xx  BYE", "9"],
  ];
  for (const pattern of patterns) {
    assertEquals(
      patternProblem(pattern) === undefined,
      corePatternProblem(pattern) === undefined,
      pattern,
    );
  }
});
