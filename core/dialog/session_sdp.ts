/**
 * The session descriptions in force on one leg: what a refresh repeats, and what tells a refresh of the peer from a
 * change (RFC 4028 section 7.4). Bodies are looked at line by line and kept as they are.
 *
 * @module
 */

import { detached, fromBytes, trimmed } from "../message/bytes.ts";
import type {
  SipMessage,
  SipRequest,
  SipResponse,
} from "../message/message.ts";

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
  /** Our offer in a 2xx, until the ACK answers it. */
  #offer: SdpBody | undefined;

  /** A response of ours to an INVITE or UPDATE, as it left. */
  answered(request: SipRequest, response: SipResponse): void {
    const { status } = response;
    const ours = sdpOf(response);
    if (status < 200) {
      // RFC 3261 §13.2.1: the answer of a provisional response is that of the 2xx as well, which some leave out.
      this.local ??= ours;
    } else if (status < 300) {
      const theirs = sdpOf(request);
      this.#offer = theirs === undefined ? ours : undefined;
      if (theirs === undefined) return;
      this.remote = theirs;
      this.local = ours ?? this.local;
    }
  }

  /** The peer's ACK of a 2xx. */
  acknowledged(ack: SipRequest): void {
    const answer = sdpOf(ack);
    if (this.#offer !== undefined && answer !== undefined) {
      this.local = this.#offer;
      this.remote = answer;
    }
    this.#offer = undefined;
  }

  /** A 2xx of the peer to an INVITE or UPDATE of ours, which left with `sent`. */
  succeeded(sent: SdpBody | undefined, response: SipResponse): void {
    this.local = sent ?? this.local;
    this.remote = sdpOf(response) ?? this.remote;
  }

  /** Our ACK of a 2xx, as it left: the answer to an offer in that. */
  acknowledging(ack: SipRequest): void {
    this.local = sdpOf(ack) ?? this.local;
  }

  /**
   * True for an INVITE or UPDATE of the peer that leaves the media as they are, so that it can be answered on its leg:
   * without SDP, or with the SDP it sent last. RFC 4028 §7.4: "the offer MUST indicate that it has not changed. In the
   * case of SDP, this is accomplished by including the same value for the origin field as did previous SDP messages".
   * Many peers count the version up all the same, so what decides is everything else.
   */
  isRefresh(request: SipRequest): boolean {
    if (request.body.length === 0) {
      // RFC 3261 §14.2: a re-INVITE without an offer gets one in the 2xx: ours as it is, if we know it. Of a side on
      // hold only the other side knows what it would offer now.
      return request.method === "UPDATE" ||
        (this.local !== undefined && !isOneWay(this.local.body));
    }
    const offer = sdpOf(request);
    return offer !== undefined && this.local !== undefined &&
      this.remote !== undefined && sameMedia(offer.body, this.remote.body);
  }
}

const SDP = "application/sdp";

/** The body of a message if it is SDP and nothing else. */
export function sdpOf(message: SipMessage): SdpBody | undefined {
  if (message.body.length === 0) return undefined;
  const contentType = message.headers.first("content-type")?.value ?? "";
  if (contentType === SDP) return { contentType: SDP, body: message.body };
  const [type = ""] = contentType.split(";");
  return trimmed(type).toLowerCase() === SDP
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

function isOneWay(body: Uint8Array): boolean {
  return /^a=(?:sendonly|recvonly|inactive)\s*$/m.test(fromBytes(body));
}

function linesOf(body: Uint8Array): string[] {
  return fromBytes(body).split("\n").map(trimmed).filter((line) =>
    line !== "" && !line.startsWith("o=")
  );
}
