import { assert, assertEquals } from "@std/assert";
import { fromBytes, toBytes } from "../../../core/message/bytes.ts";
import { Headers } from "../../../core/message/headers.ts";
import { SipRequest, SipResponse } from "../../../core/message/message.ts";
import { parseMessage } from "../../../core/message/parse.ts";
import { serialize } from "../../../core/message/serialize.ts";

Deno.test("§20.14: Content-Length is written, once, and right", () => {
  const headers = new Headers().append("l", "7").append("X", "y")
    .append("Content-Length", "9");
  const message = new SipRequest("INFO", "sip:h", headers, toBytes("abc"));
  assertEquals(
    fromBytes(serialize(message)),
    "INFO sip:h SIP/2.0\r\nl: 3\r\nX: y\r\n\r\nabc",
  );
  assertEquals(
    fromBytes(serialize(new SipResponse(200, "OK"))),
    "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
  );
});

Deno.test("a line break in a start line does not become a header field", () => {
  const response = new SipResponse(486, "Busy\r\nX-Evil: 1");
  assertEquals(
    fromBytes(serialize(response)).split("\r\n")[0],
    "SIP/2.0 486 Busy  X-Evil: 1",
  );
});

Deno.test("large messages, and bytes over 7F", () => {
  const headers = new Headers().append("X", "\xff".repeat(200_000));
  const bytes = serialize(new SipResponse(200, "", headers));
  assertEquals(
    bytes.length,
    "SIP/2.0 200 \r\nX: \r\nContent-Length: 0\r\n\r\n"
      .length + 200_000,
  );
  assertEquals(bytes[20], 0xff);
});

Deno.test("bytes over 7F before a body, in memory that messages share", () => {
  const body = toBytes("v=0\r\n");
  const headers = new Headers().append("X", "\xe4\xff");
  const write = (method: string): Uint8Array =>
    serialize(new SipRequest(method, "sip:a", headers, body));
  const expected = (method: string): string =>
    `${method} sip:a SIP/2.0\r\nX: \xe4\xff\r\nContent-Length: 5\r\n\r\nv=0\r\n`;
  // More than one piece of that memory holds; none shall be written to again.
  const methods = Array.from({ length: 300 }, (_, i) => `M${i}`);
  const written = methods.map(write);
  assertEquals(written.map((bytes) => fromBytes(bytes)), methods.map(expected));
});

Deno.test("a line that came with LF alone leaves with CRLF", () => {
  const parsed = parseMessage(toBytes("SIP/2.0 200 OK\nA: b\nC: d\r\n e\n\n"));
  assert(parsed.ok);
  assertEquals(
    fromBytes(serialize(parsed.message)),
    "SIP/2.0 200 OK\r\nA: b\r\nC: d\r\n e\r\nContent-Length: 0\r\n\r\n",
  );
});
