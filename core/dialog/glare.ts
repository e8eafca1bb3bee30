/** Two sides that ask for a change at the same time (RFC 3261 section 14, RFC 3311 section 5.2). */

import type { Random } from "../base/random.ts";

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
