import { assert, assertEquals } from "@std/assert";
import { ackFor, cancelFor, responseTo } from "../../../core/message/build.ts";
import { fromBytes, toBytes } from "../../../core/message/bytes.ts";
import { Headers } from "../../../core/message/headers.ts";
import type { SipMessage, SipRequest } from "../../../core/message/message.ts";
import { parseMessage } from "../../../core/message/parse.ts";
import { serialize } from "../../../core/message/serialize.ts";

/** Of RFC 3261 section 24.2, on its way, with two routes and what the rules ask about. */
const INVITE = [
  "INVITE sip:bob@biloxi.com SIP/2.0",
  "Via: SIP/2.0/UDP bigbox3.site3.atlanta.com;branch=z9hG4bK77ef4c2312983.1",
  "v: SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bKnashds8;received=192.0.2.1",
  "Max-Forwards: 69",
  "Record-Route: <sip:p2;lr>, <sip:p1;lr>",
  "Route: <sip:p3;lr>",
  "Route: <sip:p4;lr>",
  "To: Bob <sip:bob@biloxi.com>",
  "From: Alice <sip:alice@atlanta.com>;tag=1928301774",
  "Call-ID: a84b4c76e66710",
  "CSeq: 314159 INVITE",
  "Timestamp: 54",
  "Require: 100rel",
  "Proxy-Require: foo",
  "Contact: <sip:alice@pc33.atlanta.com>",
  "Content-Length: 0",
];

function request(lines: readonly string[] = INVITE): SipRequest {
  const parsed = parseMessage(toBytes(`${lines.join("\r\n")}\r\n\r\n`));
  assert(parsed.ok && parsed.message.kind === "request");
  return parsed.message;
}

function raw(message: SipMessage): string[] {
  return message.headers.lines.map((line) => line.raw);
}

Deno.test("§8.2.6.2: what a response has of its request", () => {
  const response = responseTo(request(), 486, { toTag: "a6c85cf" });
  assertEquals(response.reason, "Busy Here");
  // "The From field of the response MUST equal the From header field of the request. The Call-ID header field of the
  // response MUST equal the Call-ID [...] The CSeq [...] MUST equal [...] The Via header field values in the response
  // MUST equal the Via header field values in the request and MUST maintain the same ordering."
  assertEquals(raw(response), [
    INVITE[1],
    INVITE[2],
    "To: Bob <sip:bob@biloxi.com>;tag=a6c85cf",
    INVITE[8],
    INVITE[9],
    INVITE[10],
  ]);
});

Deno.test('§8.2.6.2: "If a request contained a To tag in the request, the To header field in the response MUST equal that of the request"', () => {
  const lines = INVITE.with(7, "t: <sip:bob@biloxi.com>;tag=theirs");
  const response = responseTo(request(lines), 200, { toTag: "ours" });
  assertEquals(response.to?.tag, "theirs");
  assert(raw(response).includes("t: <sip:bob@biloxi.com>;tag=theirs"));
});

Deno.test("§12.1.1: Record-Route is copied where a dialog may begin", () => {
  for (
    const [status, copied] of [[100, false], [180, true], [200, true], [
      302,
      false,
    ]] as const
  ) {
    const response = responseTo(request(), status);
    assertEquals(response.headers.get("Record-Route") === undefined, !copied);
  }
  const bye = request(INVITE.with(0, "BYE sip:b@h SIP/2.0"));
  assertEquals(responseTo(bye, 200).headers.has("Record-Route"), false);
});

Deno.test("§8.2.6.1: Timestamp is copied into a 100", () => {
  assertEquals(responseTo(request(), 100).headers.get("Timestamp"), "54");
  assertEquals(responseTo(request(), 180).headers.has("Timestamp"), false);
});

Deno.test("a response with lines and a body of its own", () => {
  const response = responseTo(request(), 200, {
    reason: "Fine",
    headers: new Headers().append("Contact", "<sip:b@h>"),
    body: toBytes("v=0\r\n"),
  });
  const text = fromBytes(serialize(response));
  assert(text.startsWith("SIP/2.0 200 Fine\r\n"));
  assert(text.endsWith(
    "Contact: <sip:b@h>\r\nContent-Length: 5\r\n\r\nv=0\r\n",
  ));
});

Deno.test("§17.1.1.3: the ACK for a non-2xx", () => {
  const invite = request();
  const ack = ackFor(invite, responseTo(invite, 486, { toTag: "x" }));
  assertEquals(ack.method, "ACK");
  // "values for the Call-ID, From, and Request-URI that are equal to the values of those header fields in the request"
  assertEquals(ack.uri, invite.uri);
  assertEquals(raw(ack), [
    // "a single Via header field, and this MUST be equal to the top Via header field of the original request"
    INVITE[1],
    INVITE[3],
    // "If the INVITE request [...] had Route header fields, those header fields MUST appear in the ACK."
    INVITE[5],
    INVITE[6],
    // "The To header field in the ACK MUST equal the To header field in the response being acknowledged"
    "To: Bob <sip:bob@biloxi.com>;tag=x",
    INVITE[8],
    INVITE[9],
    // "the same value for the sequence number [...] but the method parameter MUST be equal to 'ACK'"
    "CSeq: 314159 ACK",
  ]);
});

Deno.test("§9.1: the CANCEL of an INVITE", () => {
  const cancel = cancelFor(request(), "SIP;cause=200");
  assertEquals(cancel.method, "CANCEL");
  assertEquals(cancel.uri, "sip:bob@biloxi.com");
  // "The Request-URI, Call-ID, To, the numeric part of CSeq, and From header fields in the CANCEL request MUST be
  // identical to those in the request being cancelled, including tags." "The CANCEL request MUST NOT contain any
  // Require or Proxy-Require header fields."
  assertEquals(raw(cancel), [
    INVITE[1],
    INVITE[3],
    INVITE[5],
    INVITE[6],
    INVITE[7],
    INVITE[8],
    INVITE[9],
    "CSeq: 314159 CANCEL",
    "Reason: SIP;cause=200",
  ]);
});

Deno.test("of several Vias in one line the first is taken", () => {
  const lines = INVITE.toSpliced(1, 2, "v: SIP/2.0/UDP a;x=1 , SIP/2.0/UDP b");
  assertEquals(
    cancelFor(request(lines)).headers.getAll("Via"),
    ["SIP/2.0/UDP a;x=1"],
  );
});
