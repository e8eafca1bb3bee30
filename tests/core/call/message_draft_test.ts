import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { fromBytes, toBytes } from "../../../core/message/bytes.ts";
import type { SipMessage } from "../../../core/message/message.ts";
import { parseMessage } from "../../../core/message/parse.ts";
import { serialize } from "../../../core/message/serialize.ts";
import { PROTECTED_FIELDS } from "../../../core/call/draft_headers.ts";
import { MessageDraft } from "../../../core/call/message_draft.ts";

const OPENING = { uri: true, parties: true };

function invite(extra: string[] = []): SipMessage {
  const text = [
    "INVITE sip:+49301@pbx.example;user=phone SIP/2.0",
    "Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK1",
    'f: "J\xc3\xbcrgen \\"J\\"" <sip:juergen@atlanta.example>;tag=a1',
    "To: <tel:+49301;phone-context=x>",
    "Call-ID: c1",
    "CSeq: 1 INVITE",
    "Max-Forwards: 70",
    "Content-Type: text/plain",
    ...extra,
    "Content-Length: 5",
    "",
    "hello",
  ].join("\r\n");
  const parsed = parseMessage(toBytes(text));
  if (!parsed.ok) throw new Error(parsed.problem.reason);
  return parsed.message;
}

Deno.test("a draft nobody edits is the message itself", () => {
  const message = invite();
  const draft = new MessageDraft(message, OPENING);
  assertEquals(draft.from.display, 'Jürgen "J"');
  assertEquals(draft.from.user, "juergen");
  assertEquals(draft.from.tag, "a1");
  assertEquals(draft.to.uri.scheme, "tel");
  assertEquals(draft.to.user, "+49301");
  assertEquals(draft.uri.param("USER"), "phone");
  assertEquals(draft.body, "hello");
  assertEquals(draft.headers.get("m"), undefined);
  assertEquals(draft.headers.get("MAX-FORWARDS"), "70");
  assertStrictEquals(draft.finish(), message);
});

Deno.test("edits make another message and leave the first alone", () => {
  const message = invite(["X-One: 1", "x-one: 2"]);
  const before = fromBytes(serialize(message));
  const draft = new MessageDraft(message, OPENING);
  draft.headers.set("X-One", "ü");
  draft.headers.append("X-Two", "2");
  draft.headers.rename("X-Two", "X-Three");
  assertEquals(draft.headers.delete("Nothing"), false);
  draft.uri.user = "100";
  draft.uri.setParam("user", undefined);
  draft.from.display = "Bob Jones";
  draft.from.user = "bob";
  draft.to.uri.text = "sip:100@pbx.example";
  draft.body = "bye";
  const after = fromBytes(serialize(draft.finish()));
  assertEquals(fromBytes(serialize(message)), before);
  assertEquals(
    after,
    [
      "INVITE sip:100@pbx.example SIP/2.0",
      "Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK1",
      "f: Bob Jones <sip:bob@atlanta.example>;tag=a1",
      "To: <sip:100@pbx.example>",
      "Call-ID: c1",
      "CSeq: 1 INVITE",
      "Max-Forwards: 70",
      "Content-Type: text/plain",
      "X-One: \xc3\xbc",
      "Content-Length: 3",
      "X-Three: 2",
      "",
      "bye",
    ].join("\r\n"),
  );
});

Deno.test("what Legwork owns refuses edits by name", () => {
  const draft = new MessageDraft(invite(), OPENING);
  for (const key of PROTECTED_FIELDS) {
    assertThrows(
      () => draft.headers.set(key, "x"),
      TypeError,
      `Cannot set header "${key}": Legwork owns it`,
    );
  }
  // Compact forms are the same fields.
  assertThrows(
    () => draft.headers.append("v", "x"),
    TypeError,
    "Legwork owns it",
  );
  assertThrows(() => draft.headers.delete("i"), TypeError, "Legwork owns it");
  assertThrows(
    () => draft.headers.rename("X", "m"),
    TypeError,
    "Legwork owns it",
  );
  assertEquals(draft.changed, false);
});

Deno.test("no line can be smuggled in", () => {
  const draft = new MessageDraft(invite(), OPENING);
  const evil = "x\r\nVia: SIP/2.0/UDP evil";
  assertThrows(() => draft.headers.set("X-A", evil), TypeError, "a line break");
  assertThrows(
    () => draft.headers.append("X-A", "a\nb"),
    TypeError,
    "a line break",
  );
  assertThrows(() => draft.headers.set("X-A", "a\0b"), TypeError, "a NUL");
  assertThrows(
    () => draft.headers.set("X: y\r\nZ", "1"),
    TypeError,
    "not a field name",
  );
  assertThrows(
    () => draft.headers.set("X-A", "y".repeat(9_000)),
    TypeError,
    "at most",
  );
  assertThrows(() => draft.from.display = evil, TypeError, "a line break");
  assertThrows(() => draft.uri.user = evil, TypeError, "is not a URI");
  assertThrows(() => draft.uri.host = "a b", TypeError, "is not a URI");
  assertThrows(() => draft.uri.text = "nonsense", TypeError, "is not a URI");
  assertThrows(() => draft.to.uri.port = 5060, TypeError, "is not a SIP URI");
  assertEquals(draft.changed, false);
});

Deno.test("within a dialog its URI and parties are not a policy's to change", () => {
  const draft = new MessageDraft(invite());
  assertThrows(() => draft.uri.user = "x", TypeError, "Cannot set request URI");
  assertThrows(() => draft.from.user = "x", TypeError, "Cannot set From");
  assertThrows(() => draft.to.display = "x", TypeError, "Cannot set To");
});

Deno.test("a body taken away takes its type along", () => {
  const draft = new MessageDraft(invite());
  draft.body = "";
  const text = fromBytes(serialize(draft.finish()));
  assertEquals(text.includes("Content-Type"), false);
  assertEquals(text.endsWith("Content-Length: 0\r\n\r\n"), true);
});

Deno.test("a body has a type", () => {
  const draft = new MessageDraft(invite());
  draft.body = "";
  draft.body = "grüße";
  // §20.15: "The Content-Type header field MUST be present if the body is not empty."
  assertEquals(draft.headers.get("Content-Type"), "text/plain;charset=utf-8");
  draft.setBody("{}", "application/json");
  assertEquals(draft.contentType, "application/json");
  assertEquals(draft.headers.getAll("Content-Type").length, 1);
  for (const type of ["", "text", "text/", "a/b/c", "text plain/x"]) {
    assertThrows(() => draft.setBody("x", type), TypeError, "not a media type");
  }
  assertEquals(draft.body, "{}");
});
