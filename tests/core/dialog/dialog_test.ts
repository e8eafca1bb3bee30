import { assertEquals, assertInstanceOf } from "@std/assert";
import { parseMessage } from "../../../core/message/parse.ts";
import { toBytes } from "../../../core/message/bytes.ts";
import { Headers } from "../../../core/message/headers.ts";
import { SipRequest, SipResponse } from "../../../core/message/message.ts";
import { Dialog } from "../../../core/dialog/dialog.ts";
import {
  busyRetryAfterSeconds,
  glareWaitMs,
} from "../../../core/dialog/glare.ts";
import { seededRandom } from "../../../core/base/random.ts";
import type { Flow } from "../../../core/transport/flow.ts";

const FLOW: Flow = {
  transport: "UDP",
  reliable: false,
  local: { host: "192.0.2.1", port: 5060 },
  remote: { host: "192.0.2.2", port: 5060 },
  listener: "udp:192.0.2.1:5060",
  sentBy: "192.0.2.1:5060",
  open: true,
};

function message(lines: string[]): SipRequest | SipResponse {
  const parsed = parseMessage(toBytes(lines.join("\r\n") + "\r\n\r\n"));
  if (!parsed.ok) throw new Error(parsed.problem.reason);
  return parsed.message;
}

function request(lines: string[]): SipRequest {
  const parsed = message(lines);
  assertInstanceOf(parsed, SipRequest);
  return parsed;
}

function response(lines: string[]): SipResponse {
  const parsed = message(lines);
  assertInstanceOf(parsed, SipResponse);
  return parsed;
}

const INVITE = request([
  "INVITE sip:bob@biloxi.example SIP/2.0",
  "Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK1",
  "Record-Route: <sip:p2.example;lr>, <sip:p1.example;lr>",
  'From: "Alice" <sip:alice@atlanta.example>;tag=a1',
  "To: <sip:bob@biloxi.example>",
  "Call-ID: c1",
  "CSeq: 7 INVITE",
  "Contact: <sip:alice@192.0.2.2:5062>",
]);

function ok(extra: string[] = []): SipResponse {
  return response([
    "SIP/2.0 200 OK",
    "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1",
    "From: <sip:alice@atlanta.example>;tag=a1",
    "To: <sip:bob@biloxi.example>;tag=b1",
    "Call-ID: c1",
    "CSeq: 7 INVITE",
    "Contact: <sip:bob@192.0.2.4>",
    ...extra,
  ]);
}

Deno.test("the UAS side of a dialog (RFC 3261 12.1.1)", async (t) => {
  const dialog = Dialog.uas(INVITE, "ours", FLOW);

  await t.step("MUST take the route set from Record-Route in order", () => {
    assertEquals(dialog.routeSet, [
      "<sip:p2.example;lr>",
      "<sip:p1.example;lr>",
    ]);
  });

  await t.step("The remote target MUST be set to the Contact URI", () => {
    assertEquals(dialog.remoteTarget, "sip:alice@192.0.2.2:5062");
  });

  await t.step("The remote sequence number MUST be that of the request", () => {
    assertEquals(dialog.remoteSeq, 7);
  });

  await t.step("The local and remote tags are those of To and From", () => {
    assertEquals([dialog.localTag, dialog.remoteTag], ["ours", "a1"]);
  });

  await t.step("its requests swap From and To, and count from 1", () => {
    const bye = dialog.request("BYE");
    assertEquals(bye.headers.get("From"), "<sip:bob@biloxi.example>;tag=ours");
    assertEquals(
      bye.headers.get("To"),
      '"Alice" <sip:alice@atlanta.example>;tag=a1',
    );
    assertEquals(bye.headers.get("CSeq"), "1 BYE");
    assertEquals(bye.headers.getAll("Route"), [
      "<sip:p2.example;lr>",
      "<sip:p1.example;lr>",
    ]);
    assertEquals(bye.uri, "sip:alice@192.0.2.2:5062");
    assertEquals(String(dialog.nextHop), "sip:p2.example;lr");
  });
});

Deno.test("the UAC side of a dialog (RFC 3261 12.1.2)", async (t) => {
  const dialog = Dialog.uac(
    INVITE,
    ok(["Record-Route: <sip:p2.example;lr>, <sip:p1.example;lr>"]),
    FLOW,
  );

  await t.step("route set [...] taken in reverse order", () => {
    assertEquals(dialog.routeSet, [
      "<sip:p1.example;lr>",
      "<sip:p2.example;lr>",
    ]);
  });

  await t.step("The remote sequence number MUST be empty", () => {
    assertEquals(dialog.remoteSeq, undefined);
  });

  await t.step("requests other than ACK raise the sequence number", () => {
    assertEquals(dialog.request("INFO").cseq?.number, 8);
    assertEquals(dialog.request("ACK", { cseq: 7 }).cseq?.number, 7);
    assertEquals(dialog.request("BYE").cseq?.number, 9);
  });
});

Deno.test("a strict router gets its URI as request URI, the target goes last (12.2.1.1)", () => {
  const dialog = Dialog.uac(
    INVITE,
    ok([
      "Record-Route: <sip:lr.example;lr>, <sip:strict.example;method=BYE?x=y>",
    ]),
    FLOW,
  );
  const bye = dialog.request("BYE");
  // "stripping any parameters that are not allowed in a Request-URI"
  assertEquals(bye.uri, "sip:strict.example");
  assertEquals(bye.headers.getAll("Route"), [
    "<sip:lr.example;lr>",
    "<sip:bob@192.0.2.4>",
  ]);
  assertEquals(dialog.nextHop?.host, "strict.example");
});

Deno.test('an RFC 2543 peer sends no tag (12.1.1: "considered to have a value of null")', () => {
  const old = request([
    "INVITE sip:bob@biloxi.example SIP/2.0",
    "Via: SIP/2.0/UDP 192.0.2.2",
    "From: sip:alice@atlanta.example",
    "To: sip:bob@biloxi.example",
    "Call-ID: c2",
    "CSeq: 1 INVITE",
  ]);
  const dialog = Dialog.uas(old, "ours", FLOW);
  assertEquals(dialog.remoteTag, "");
  assertEquals(
    dialog.request("BYE").headers.get("To"),
    "sip:alice@atlanta.example",
  );
  // Without a Contact there is only From to go by.
  assertEquals(dialog.remoteTarget, "sip:alice@atlanta.example");
});

Deno.test("a lower sequence number is out of order, a gap is not (12.2.2)", () => {
  const dialog = Dialog.uas(INVITE, "ours", FLOW);
  assertEquals(dialog.acceptSeq(6), false);
  assertEquals(dialog.acceptSeq(20), true);
  assertEquals(dialog.acceptSeq(19), false);
  assertEquals(dialog.remoteSeq, 20);
});

Deno.test("a target refresh replaces the target and keeps the route set", () => {
  const dialog = Dialog.uac(INVITE, ok(), FLOW);
  dialog.refreshTarget(ok(["m: <sip:ignored@192.0.2.9>"]));
  assertEquals(dialog.remoteTarget, "sip:bob@192.0.2.4");
  dialog.refreshTarget(INVITE);
  assertEquals(dialog.remoteTarget, "sip:alice@192.0.2.2:5062");
  assertEquals(dialog.routeSet, []);
});

Deno.test("a Contact that only begins as the target is, or is written otherwise, replaces it", () => {
  const dialog = Dialog.uac(INVITE, ok(), FLOW);
  const rows = [
    ["<sip:bob@192.0.2.4>;q=1", "sip:bob@192.0.2.4"],
    ["<sip:bob@192.0.2.4:5080>", "sip:bob@192.0.2.4:5080"],
    ["<sip:bob@192.0.2.4>, <sip:bob@192.0.2.5>", "sip:bob@192.0.2.4"],
    ["sip:bob@192.0.2.6;q=1", "sip:bob@192.0.2.6"],
    ["< sip:bob@192.0.2.7 >", "sip:bob@192.0.2.7"],
    ["<sip:bob@192.0.2.7>", "sip:bob@192.0.2.7"],
    ["", "sip:bob@192.0.2.7"],
  ] as const;
  for (const [contact, target] of rows) {
    const headers = new Headers().append("Contact", contact);
    dialog.refreshTarget(new SipResponse(200, "OK", headers));
    assertEquals(dialog.remoteTarget, target);
  }
});

Deno.test("the wait after 491 (14.1)", () => {
  const random = seededRandom(1);
  for (let i = 0; i < 500; i++) {
    const owner = glareWaitMs(true, random);
    const other = glareWaitMs(false, random);
    // "between 2.1 and 4 seconds in units of 10 ms" and "between 0 and 2 seconds in units of 10 ms"
    assertEquals(owner >= 2_100 && owner <= 4_000 && owner % 10 === 0, true);
    assertEquals(other >= 0 && other <= 2_000 && other % 10 === 0, true);
    const seconds = busyRetryAfterSeconds(random);
    assertEquals(seconds >= 0 && seconds <= 10, true);
  }
});
