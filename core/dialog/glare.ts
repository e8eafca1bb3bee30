/** Two sides that ask for a change at the same time (RFC 3261 section 14, RFC 3311 section 5.2). */

import type { Random } from "../base/random.ts";
import type { SipRequest } from "../message/message.ts";

/** What a session has under way when a request of the peer comes. */
export interface UnderWay {
  /** Our requests without a final response. */
  readonly ours: readonly {
    readonly method: string;
    readonly offering: boolean;
  }[];
  /** The peer's, not answered finally. */
  readonly theirs: readonly SipRequest[];
}

/**
 * How long to wait after a 491 before trying again, in milliseconds. RFC 3261 section 14.1: "If the UAC is the owner
 * of the Call-ID of the dialog ID [...], T has a randomly chosen value between 2.1 and 4 seconds in units of 10 ms";
 * if it "is not the owner", "a randomly chosen value of between 0 and 2 seconds in units of 10 ms."
 */
export function glareWaitMs(ownsCallId: boolean, random: Random): number {
  return ownsCallId
    ? 2_100 + Math.floor(random.fraction() * 191) * 10
    : Math.floor(random.fraction() * 201) * 10;
}

/**
 * The Retry-After of a 500 to a second INVITE or UPDATE while the first is unanswered, in seconds. Section 14.2:
 * "a Retry-After header field with a randomly chosen value of between 0 and 10 seconds".
 */
export function busyRetryAfterSeconds(random: Random): number {
  return Math.floor(random.fraction() * 11);
}

/** The status a request of the peer is refused with because it crosses another, or undefined. */
export function crossingStatus(
  request: SipRequest,
  { ours, theirs }: UnderWay,
): 491 | 500 | undefined {
  const invite = theirs.find(({ method }) => method === "INVITE");
  if (request.method === "INVITE") {
    // §14.2: "A UAS that receives an INVITE on a dialog while an INVITE it had sent on that dialog is in progress
    // MUST return a 491 (Request Pending) response".
    if (ours.some(({ method }) => method === "INVITE")) return 491;
    // §14.2: "A UAS that receives a second INVITE before it sends the final response to a first INVITE with a lower
    // CSeq sequence number on the same dialog MUST return a 500".
    return invite === undefined ? undefined : 500;
  }
  if (request.method !== "UPDATE") return undefined;
  // RFC 3311 §5.2: "A UAS that receives an UPDATE before it has generated a final response to a previous UPDATE on
  // the same dialog MUST return a 500".
  if (theirs.some(({ method }) => method === "UPDATE")) return 500;
  if (request.body.length === 0) return undefined;
  // RFC 3311 §5.2: "If an UPDATE is received that contains an offer, and the UAS has generated an offer [...] to
  // which it has not yet received an answer, the UAS MUST reject the UPDATE with a 491".
  if (ours.some(({ offering }) => offering)) return 491;
  // "[...] and the UAS has received an offer [...] to which it has not yet generated an answer, [...] 500".
  return (invite?.body.length ?? 0) > 0 ? 500 : undefined;
}
