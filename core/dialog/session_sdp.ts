/**
 * The session descriptions in force on one leg: what a refresh repeats, and what tells a refresh of the peer from a
 * change (RFC 4028 section 7.4). Bodies are looked at line by line and kept as they are.
 *
 * @module
 */

import { detached, fromBytes, trimmed } from "../message/bytes.ts";
import type { SipMessage, SipRequest } from "../message/message.ts";

/** A body that is SDP. It is shared with the message, and never changed. */
export interface SdpBody {
  readonly contentType: string;
  readonly body: Uint8Array;
}

/** Both descriptions, each from the last offer and answer that were completed. */
export class SessionSdp {
  /** Ours: to be sent again, byte for byte, when a refresh carries SDP. */
  local: SdpBody | undefined;
  /** The peer's. */
  remote: SdpBody | undefined;

  /**
   * True for an INVITE or UPDATE of the peer that leaves the media as they are, so that it can be answered on its leg:
   * without SDP, or with the SDP it sent last. RFC 4028 §7.4: "the offer MUST indicate that it has not changed. In the
   * case of SDP, this is accomplished by including the same value for the origin field as did previous SDP messages".
   * Many peers count the version up all the same, so what decides is everything else.
   */
  isRefresh(request: SipRequest): boolean {
    if (request.body.length === 0) {
      // RFC 3261 §14.2: a re-INVITE without an offer gets one in the 2xx: ours as it is, if we know it.
      return request.method === "UPDATE" || this.local !== undefined;
    }
    const offer = sdpOf(request);
    return offer !== undefined && this.local !== undefined &&
      this.remote !== undefined && sameMedia(offer.body, this.remote.body);
  }
}

/** The body of a message if it is SDP and nothing else. */
export function sdpOf(message: SipMessage): SdpBody | undefined {
  if (message.body.length === 0) return undefined;
  const contentType = message.headers.first("content-type")?.value ?? "";
  const [type = ""] = contentType.split(";");
  return trimmed(type).toLowerCase() === "application/sdp"
    ? { contentType: detached(contentType), body: message.body }
    : undefined;
}

/** True when two descriptions differ in nothing but the o= line and the kind of line ends. */
export function sameMedia(a: Uint8Array, b: Uint8Array): boolean {
  const left = linesOf(a);
  const right = linesOf(b);
  return left.length === right.length &&
    left.every((line, at) => line === right[at]);
}

function linesOf(body: Uint8Array): string[] {
  return fromBytes(body).split("\n").map(trimmed).filter((line) =>
    line !== "" && !line.startsWith("o=")
  );
}
