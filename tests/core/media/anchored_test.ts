import { assertEquals } from "@std/assert";
import {
  anchorDescription,
  type AnchorPoint,
} from "../../../core/media/anchored.ts";
import { parsed, sdp } from "./sdp_texts.ts";

const OURS = "203.0.113.9";

function anchored(
  text: string,
  points: readonly (AnchorPoint | undefined)[],
  address = OURS,
): string {
  const description = parsed(text);
  anchorDescription(description, { address, points });
  return String(description);
}

const POINT = { port: 20000, rtcpPort: 20001 };

/** Before, after: what is not named in `after` stays byte for byte. */
const TABLE: readonly {
  name: string;
  before: string;
  points: readonly (AnchorPoint | undefined)[];
  after: string;
  address?: string;
}[] = [
  {
    name: "the session's address and the stream's port",
    before:
      "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns= a  b\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\na=ptime:30\r\n",
    points: [POINT],
    after:
      "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns= a  b\r\nc=IN IP4 203.0.113.9\r\nt=0 0\r\nm=audio 20000 RTP/AVP 0\r\na=ptime:30\r\n",
  },
  {
    name: "a stream's own address, bare line feeds, bytes above 127",
    before:
      "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=\xe9\xff\nt=0 0\nm=audio 4000 RTP/AVP 0\ni=\xc3\nc=IN IP4 192.0.2.7\nx-nonsense\n",
    points: [POINT],
    after:
      "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=\xe9\xff\nt=0 0\nm=audio 20000 RTP/AVP 0\ni=\xc3\nc=IN IP4 203.0.113.9\nx-nonsense\n",
  },
  {
    name: "IPv6 for IPv4",
    before: sdp(
      "v=0",
      "o=- 1 1 IN IP4 192.0.2.1",
      "s=-",
      "c=IN IP4 192.0.2.1",
      "t=0 0",
      "m=audio 4000 RTP/AVP 0",
    ),
    points: [POINT],
    address: "2001:db8::9",
    after: sdp(
      "v=0",
      "o=- 1 1 IN IP4 192.0.2.1",
      "s=-",
      "c=IN IP6 2001:db8::9",
      "t=0 0",
      "m=audio 20000 RTP/AVP 0",
    ),
  },
  {
    // RFC 3605 §2.1: a=rtcp says where RTCP is when it is not the next higher port.
    name: "a=rtcp, with and without an address, and with rtcp-mux",
    before: sdp(
      "v=0",
      "o=- 1 1 IN IP4 192.0.2.1",
      "s=-",
      "c=IN IP4 192.0.2.1",
      "t=0 0",
      "m=audio 4000 RTP/AVP 0",
      "a=rtcp:4077",
      "m=audio 4002 RTP/AVP 0",
      "a=rtcp:4078 IN IP4 192.0.2.2",
      "m=audio 4004 RTP/AVP 0",
      "a=rtcp:4004",
      "a=rtcp-mux",
    ),
    points: [
      POINT,
      { port: 20002, rtcpPort: 20003 },
      { port: 20004, rtcpPort: 20005 },
    ],
    after: sdp(
      "v=0",
      "o=- 1 1 IN IP4 192.0.2.1",
      "s=-",
      "c=IN IP4 203.0.113.9",
      "t=0 0",
      "m=audio 20000 RTP/AVP 0",
      "a=rtcp:20001",
      "m=audio 20002 RTP/AVP 0",
      "a=rtcp:20003 IN IP4 203.0.113.9",
      "m=audio 20004 RTP/AVP 0",
      "a=rtcp:20004",
      "a=rtcp-mux",
    ),
  },
  {
    name: "candidates go, a refused stream and its port of zero stay",
    before: sdp(
      "v=0",
      "o=- 1 1 IN IP4 192.0.2.1",
      "s=-",
      "c=IN IP4 192.0.2.1",
      "t=0 0",
      "a=ice-lite",
      "m=audio 4000 RTP/AVP 0",
      "a=ice-ufrag:x",
      "a=ice-pwd:y",
      "a=candidate:1 1 UDP 1 192.0.2.1 4000 typ host",
      "m=video 0 RTP/AVP 31",
    ),
    points: [POINT, undefined],
    after: sdp(
      "v=0",
      "o=- 1 1 IN IP4 192.0.2.1",
      "s=-",
      "c=IN IP4 203.0.113.9",
      "t=0 0",
      "m=audio 20000 RTP/AVP 0",
      "m=video 0 RTP/AVP 31",
    ),
  },
  {
    // RFC 3264 §8.4: an old peer holds by the address 0.0.0.0.
    name: "hold by address stays hold",
    before: sdp(
      "v=0",
      "o=- 1 2 IN IP4 192.0.2.1",
      "s=-",
      "c=IN IP4 0.0.0.0",
      "t=0 0",
      "m=audio 4000 RTP/AVP 0",
    ),
    points: [POINT],
    after: sdp(
      "v=0",
      "o=- 1 2 IN IP4 192.0.2.1",
      "s=-",
      "c=IN IP4 0.0.0.0",
      "t=0 0",
      "m=audio 20000 RTP/AVP 0",
    ),
  },
  {
    name: "what is not relayed keeps its address, the session's if it has none",
    before: sdp(
      "v=0",
      "o=- 1 1 IN IP4 192.0.2.1",
      "s=-",
      "c=IN IP4 192.0.2.1",
      "t=0 0",
      "m=audio 4000 RTP/AVP 0",
      "m=message 7394 TCP/MSRP *",
      "a=path:msrp://192.0.2.1:7394/x;tcp",
    ),
    points: [POINT, undefined],
    after: sdp(
      "v=0",
      "o=- 1 1 IN IP4 192.0.2.1",
      "s=-",
      "c=IN IP4 203.0.113.9",
      "t=0 0",
      "m=audio 20000 RTP/AVP 0",
      "m=message 7394 TCP/MSRP *",
      "c=IN IP4 192.0.2.1",
      "a=path:msrp://192.0.2.1:7394/x;tcp",
    ),
  },
  {
    name: "T.38 is relayed like any other",
    before: sdp(
      "v=0",
      "o=- 1 1 IN IP4 192.0.2.1",
      "s=-",
      "c=IN IP4 192.0.2.1",
      "t=0 0",
      "m=image 4000 udptl t38",
      "a=T38FaxVersion:0",
    ),
    points: [POINT],
    after: sdp(
      "v=0",
      "o=- 1 1 IN IP4 192.0.2.1",
      "s=-",
      "c=IN IP4 203.0.113.9",
      "t=0 0",
      "m=image 20000 udptl t38",
      "a=T38FaxVersion:0",
    ),
  },
];

for (const { name, before, points, after, address } of TABLE) {
  Deno.test(`anchored: ${name}`, () => {
    assertEquals(anchored(before, points, address), after);
  });
}
