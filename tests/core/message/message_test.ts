import { assertEquals, assertStrictEquals } from "@std/assert";
import { Headers } from "../../../core/message/headers.ts";
import {
  parseCSeq,
  SipRequest,
  SipResponse,
} from "../../../core/message/message.ts";

Deno.test("§20.16: a sequence number and a method", () => {
  assertEquals(parseCSeq("4711 INVITE"), { number: 4711, method: "INVITE" });
  assertEquals(parseCSeq("0009   a-b"), { number: 9, method: "a-b" });
  // §8.1.1.5: "MUST be expressible as a 32-bit unsigned integer and MUST be less than 2**31"
  assertEquals(parseCSeq("2147483647 BYE")?.number, 2 ** 31 - 1);
  for (
    const value of [
      "2147483648 BYE",
      `${"9".repeat(400)} BYE`,
      "BYE",
      "1",
      "1 ",
      " 1 BYE",
      "1BYE",
      "-1 BYE",
      "1.5 BYE",
      "1 B E",
      "",
    ]
  ) assertEquals(parseCSeq(value), undefined, value);
});

Deno.test("what is parsed of a message is parsed once", () => {
  const headers = new Headers().append("v", "SIP/2.0/UDP a, SIP/2.0/UDP b")
    .append("f", "<sip:a@h>;tag=1").append("t", "<sip:b@h>")
    .append("i", "x").append("CSeq", "1 BYE")
    .append("m", "<sip:a@h>, <sip:b@h>");
  const message = new SipRequest("BYE", "sip:b@h", headers);
  assertStrictEquals(message.via, message.via);
  assertStrictEquals(message.from, message.from);
  assertStrictEquals(message.to, message.to);
  assertStrictEquals(message.cseq, message.cseq);
  assertStrictEquals(message.contact, message.contact);
  assertStrictEquals(message.sipUri, message.sipUri);
  assertEquals(message.via?.host, "a");
  assertEquals(message.contact?.uri, "sip:a@h");
  assertEquals(message.callId, "x");
});

Deno.test("what is absent or malformed is undefined", () => {
  const empty = new SipResponse(200, "OK");
  assertEquals(empty.via ?? empty.from ?? empty.to ?? empty.cseq, undefined);
  assertEquals(empty.contact, undefined);
  assertEquals(empty.callId, "");
  assertEquals(empty.body.length, 0);
  assertEquals(new SipRequest("INVITE", "tel:+49").sipUri, undefined);
});

Deno.test("§7.3.1: comma lists and several rows are one list", () => {
  const headers = new Headers().append("Route", "<sip:a;lr>, <sip:b;lr>")
    .append("X", "y").append("route", "<sip:c;lr>");
  const message = new SipRequest("ACK", "sip:h", headers);
  assertEquals(message.list("route"), [
    "<sip:a;lr>",
    "<sip:b;lr>",
    "<sip:c;lr>",
  ]);
});
