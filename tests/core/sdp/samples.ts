/** Session descriptions for tests, and a way to make more. */

import type { Random } from "../../../core/base/random.ts";

export const OFFER: string = [
  "v=0",
  "o=- 1 2 IN IP4 192.0.2.10",
  "s=call",
  "c=IN IP4 192.0.2.10",
  "t=0 0",
  "a=group:BUNDLE 0",
  "m=audio 40000 RTP/AVP 9 8 0 18 101 13",
  "a=rtpmap:9 G722/8000",
  "a=rtpmap:18 G729/8000",
  "a=fmtp:18 annexb=no",
  "a=rtpmap:101 telephone-event/8000",
  "a=fmtp:101 0-16",
  "a=ptime:20",
  "a=sendonly",
  "m=video 40002 RTP/AVP 96 97",
  "c=IN IP6 2001:db8::1",
  "a=rtpmap:96 H264/90000",
  "a=fmtp:96 profile-level-id=42e01f;packetization-mode=1",
  "a=rtcp-fb:96 nack",
  "a=rtpmap:97 rtx/90000",
  "a=fmtp:97 apt=96",
  "",
].join("\r\n");

const PIECES = [
  ..."v=0|o=- 1 2 IN IP4 192.0.2.1|s= |t=0 0|c=IN IP4 192.0.2.1|c=IN".split(
    "|",
  ),
  ..."m=audio 4000 RTP/AVP 0 8 101|m=audio|m=image 0 udptl t38|m= x y".split(
    "|",
  ),
  ..."a=rtpmap:8 PCMA/8000|a=rtpmap:|a=fmtp:101 0-15|a=sendrecv|a=inactive"
    .split("|"),
  ..."a=|a=:x|=|x|  |\t|a=rtpmap:101 telephone-event/8000|m=audio 1/2 RTP/SAVP 9  8"
    .split("|"),
  "\xff\xfe",
  "a=\xc3\xbc:\xc3",
  "\r",
];
const ENDINGS = ["\r\n", "\n", "\r\n", "\r\r\n", "\n\n"];

/** A text of lines that are SDP, nearly SDP and no SDP, with line breaks of all kinds. */
export function scrambled(random: Random): string {
  let text = `v=0${ENDINGS[below(random, 2)]}`;
  const count = below(random, 25);
  for (let i = 0; i < count; i++) {
    text += PIECES[below(random, PIECES.length)];
    text += ENDINGS[below(random, ENDINGS.length)];
  }
  return below(random, 3) === 0 ? `${text}a=last` : text;
}

function below(random: Random, limit: number): number {
  return Math.floor(random.fraction() * limit);
}
