import { assert, assertEquals } from "@std/assert";
import { fromBytes, fromText } from "../../core/message/bytes.ts";
import type {
  SipMessage,
  SipRequest,
  SipResponse,
} from "../../core/message/message.ts";
import { parseMessage } from "../../core/message/parse.ts";
import { serialize } from "../../core/message/serialize.ts";
import {
  validateRequest,
  validateResponse,
} from "../../core/message/validate.ts";
import { type Expectation, TORTURE_MESSAGES } from "./messages.ts";

Deno.test("the table has every message of both RFCs once", () => {
  const names = new Set(TORTURE_MESSAGES.map(({ name }) => name));
  assertEquals(names.size, TORTURE_MESSAGES.length);
  const ofRfc4475 = TORTURE_MESSAGES.filter(({ section }) =>
    section.startsWith("RFC 4475")
  );
  assertEquals(ofRfc4475.length, 49);
  assertEquals(TORTURE_MESSAGES.length - ofRfc4475.length, 12);
});

for (const { name, section, title, bytes, expect } of TORTURE_MESSAGES) {
  Deno.test(`${section} ${name}: ${title}`, () => {
    assertEquals(outcome(bytes), expect.message, expect.why);
  });
}

Deno.test("accepted messages leave with every header line as it came", () => {
  for (const { name, bytes, expect } of TORTURE_MESSAGES) {
    if (expect.message !== "accepted") continue;
    const message = accepted(name);
    const text = fromBytes(bytes);
    const written = fromBytes(serialize(message));
    const size = message.headers.get("Content-Length") === undefined
      // §20.14: a length is written where there was none.
      ? written.replace(/Content-Length: \d+\r\n\r\n/, "\r\n")
      : written;
    assertEquals(text.slice(0, size.length), size, name);
  }
});

Deno.test("RFC 4475 §3.1.1.1: wsinv's values, read through folds and spaces", () => {
  const message = request("wsinv");
  assertEquals(message.to?.uri, "sip:vivekg@chair-dnrc.example.com");
  assertEquals(message.to?.tag, "1918181833n");
  assertEquals(message.from?.displayName, 'J Rosenberg \\"');
  assertEquals(message.from?.tag, "98asjd8");
  assertEquals(message.cseq, { number: 9, method: "INVITE" });
  assertEquals(message.via?.sentBy, "192.0.2.2");
  assertEquals(message.via?.branch, "390skdjuw");
  assertEquals(message.list("via").length, 3);
  assertEquals(message.headers.get("Subject"), "");
  assertEquals(
    message.headers.get("NewFangledHeader"),
    "newfangled value continued newfangled value",
  );
  assertEquals(message.contact?.displayName, 'Quoted string ""');
  assertEquals(message.contact?.param("newparam"), "newvalue");
  assertEquals(message.contact?.param("secondparam"), "");
  assertEquals(message.contact?.param("q"), "0.33");
  assertEquals(message.body.length, 150);
});

Deno.test("RFC 4475 §3.1.1.2: intmeth's user and password, and its quoted NUL", () => {
  const message = request("intmeth");
  assertEquals(
    message.sipUri?.user,
    "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*",
  );
  assertEquals(
    message.sipUri?.password,
    "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)",
  );
  assertEquals(message.to?.displayName, "BEL:\x07 NUL:\x00 DEL:\x7f");
  assertEquals(message.from?.tag, "_token~1'+`*%!-.");
});

Deno.test("RFC 4475 §3.1.1.3: escapes are equivalent to their characters", () => {
  const contact = request("esc01").contact?.sipUri;
  // The Contact's URI has the parameters lr, and name with the value "value%41".
  assertEquals(contact?.param("lr"), "");
  assertEquals(contact?.param("name"), "value%41");
});

Deno.test("RFC 4475 §3.1.1.5: percent signs in names and methods are no escapes", () => {
  const message = request("esc02");
  assertEquals(message.method, "RE%47IST%45R");
  // C%6Fntact is not a Contact header field.
  assertEquals(message.list("contact").length, 2);
});

Deno.test("RFC 4475 §3.1.1.8: dblreq's second request is discarded", () => {
  const message = request("dblreq");
  assertEquals(message.method, "REGISTER");
  assertEquals(message.body.length, 0);
});

Deno.test("RFC 4475 §3.1.1.11: a binary part passes untouched", () => {
  const message = request("mpart01");
  assertEquals(message.body.length, 553);
  const { bytes } = torture("mpart01");
  assertEquals(serialize(message), new Uint8Array(bytes));
});

Deno.test("RFC 4475 §3.1.1.12 and 13: reason phrases", () => {
  assertEquals(
    response("unreason").reason,
    fromText("= 2**3 * 5**2 но сто девяносто девять - простое"),
  );
  assertEquals(response("noreason").reason, "");
});

Deno.test("RFC 4475 §3.3.12 and 13: where unknownparam belongs", () => {
  const header = request("cparam01").contact;
  assertEquals(header?.param("unknownparam"), "");
  assertEquals(header?.sipUri?.params, "");
  const uri = request("cparam02").contact;
  assertEquals(uri?.param("unknownparam"), undefined);
  assertEquals(uri?.sipUri?.param("unknownparam"), "");
});

Deno.test("RFC 5118 §4.3 and 4.4: the port stands after the bracket", () => {
  assertEquals(request("port-ambiguous").sipUri?.port, undefined);
  assertEquals(request("port-unambiguous").sipUri?.port, 5070);
});

Deno.test("RFC 5118 §4.10: the third colon is ignored", () => {
  assertEquals(
    request("ipv6-bug-abnf-3-colons").sipUri?.host,
    "[2001:db8::192.0.2.1]",
  );
});

function outcome(bytes: Uint8Array): Expectation["message"] {
  const parsed = parseMessage(bytes);
  if (!parsed.ok) {
    const { status, message } = parsed.problem;
    return message?.kind === "request" && status !== 513 ? status : "dropped";
  }
  const { message } = parsed;
  if (message.kind === "request") {
    return validateRequest(message)?.status ?? "accepted";
  }
  return validateResponse(message) === undefined ? "accepted" : "dropped";
}

function torture(name: string): (typeof TORTURE_MESSAGES)[number] {
  const found = TORTURE_MESSAGES.find((message) => message.name === name);
  assert(found !== undefined, name);
  return found;
}

function accepted(name: string): SipMessage {
  const parsed = parseMessage(torture(name).bytes);
  assert(parsed.ok, name);
  return parsed.message;
}

function request(name: string): SipRequest {
  const message = accepted(name);
  assert(message.kind === "request", name);
  return message;
}

function response(name: string): SipResponse {
  const message = accepted(name);
  assert(message.kind === "response", name);
  return message;
}
