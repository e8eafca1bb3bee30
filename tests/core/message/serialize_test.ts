import { assertEquals } from "@std/assert";
import { fromBytes, toBytes } from "../../../core/message/bytes.ts";
import { Headers } from "../../../core/message/headers.ts";
import { SipRequest, SipResponse } from "../../../core/message/message.ts";
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

Deno.test("messages larger than the buffer that is kept, and bytes over 7F", () => {
  const headers = new Headers().append("X", "\xff".repeat(200_000));
  const bytes = serialize(new SipResponse(200, "", headers));
  assertEquals(
    bytes.length,
    "SIP/2.0 200 \r\nX: \r\nContent-Length: 0\r\n\r\n"
      .length + 200_000,
  );
  assertEquals(bytes[20], 0xff);
});
