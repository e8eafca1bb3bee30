/** Descriptions for the tests of media. */

import { SessionDescription } from "../../../core/sdp/session_description.ts";

/** Lines with CRLF. */
export function sdp(...lines: string[]): string {
  return lines.map((line) => `${line}\r\n`).join("");
}

/** Taken apart; throws for what is no description. */
export function parsed(text: string): SessionDescription {
  const description = SessionDescription.parse(text);
  if (description === undefined) throw new Error("it is no SDP");
  return description;
}

/** One audio stream. */
export function audio(
  { host = "192.0.2.1", port = 4000, origin = "alice 1 1 IN IP4 192.0.2.1" },
  ...attributes: string[]
): string {
  return sdp(
    "v=0",
    `o=${origin}`,
    "s=-",
    `c=IN IP4 ${host}`,
    "t=0 0",
    `m=audio ${port} RTP/AVP 0 8 101`,
    "a=rtpmap:0 PCMU/8000",
    "a=rtpmap:101 telephone-event/8000",
    "a=fmtp:101 0-15",
    ...attributes.map((attribute) => `a=${attribute}`),
  );
}
