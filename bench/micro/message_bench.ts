/** Cost of reading, checking and writing one message: a carrier's INVITE of 13 header fields with SDP. */

import { toBytes } from "../../core/message/bytes.ts";
import { parseMessage } from "../../core/message/parse.ts";
import { serialize } from "../../core/message/serialize.ts";
import { validateRequest } from "../../core/message/validate.ts";

const BODY = "v=0\r\no=- 3904 3904 IN IP4 192.0.2.10\r\ns=-\r\n" +
  "c=IN IP4 192.0.2.10\r\nt=0 0\r\nm=audio 20000 RTP/AVP 8 0 101\r\n" +
  "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=sendrecv\r\n";

const INVITE = toBytes(
  "INVITE sip:+4930123456@192.0.2.1:5060;user=phone SIP/2.0\r\n" +
    "Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK-524287-1---0f3eb40b11f97a9c;rport\r\n" +
    "Max-Forwards: 68\r\n" +
    'From: "Alice" <sip:+4940987654@carrier.example>;tag=8f3a21bc\r\n' +
    "To: <sip:+4930123456@192.0.2.1>\r\n" +
    "Call-ID: 7d0f3b0c-5a1e-4f0a-9a5d-2f6f@192.0.2.10\r\n" +
    "CSeq: 1 INVITE\r\n" +
    "Contact: <sip:+4940987654@192.0.2.10:5060;transport=udp>\r\n" +
    "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, PRACK\r\n" +
    "Supported: timer, 100rel, replaces\r\n" +
    "Session-Expires: 1800\r\n" +
    "User-Agent: Carrier-SBC/7.2\r\n" +
    "Content-Type: application/sdp\r\n" +
    `Content-Length: ${BODY.length}\r\n\r\n${BODY}`,
);

const parsed = parseMessage(INVITE);
if (!parsed.ok || parsed.message.kind !== "request") {
  throw new Error("Cannot run benchmark: its INVITE is malformed");
}
const { message } = parsed;

Deno.bench("parse an INVITE", { group: "message" }, () => {
  parseMessage(INVITE);
});

Deno.bench("parse and validate an INVITE", { group: "message" }, () => {
  const result = parseMessage(INVITE);
  if (result.ok && result.message.kind === "request") {
    validateRequest(result.message);
  }
});

Deno.bench("serialize an INVITE", { group: "message" }, () => {
  serialize(message);
});
