/** What a policy answers a call with in our own name. */

import { fromText, toBytes } from "../message/bytes.ts";
import type { SipRequest } from "../message/message.ts";
import { headersOf } from "./decision_check.ts";
import type { Answer, Replace } from "./decisions.ts";
import type { Content } from "./header_policy.ts";

/**
 * The content of our 200; throws TypeError when it has no SDP. RFC 3261 §13.2.1: with an offer in the INVITE "the
 * answer MUST only be in [...] the 2xx", and "If the initial offer is in the first reliable non-failure message back
 * from UAS to UAC", it is in the 2xx as well.
 */
export function answerContent(decision: Answer): Content {
  const { body = "" } = decision;
  if (!/^v=0\r?\n/.test(body)) {
    throw new TypeError(
      "Cannot answer call: found no SDP, wanted body to be one",
    );
  }
  const headers = headersOf(decision.headers);
  if (!headers.has("Content-Type")) {
    headers.append("Content-Type", "application/sdp");
  }
  return { headers, body: toBytes(fromText(body)) };
}

/** What crosses of a provisional response when another takes its place. */
export function replaced(content: Content, { body }: Replace): Content {
  if (body === undefined) return content;
  const headers = content.headers.clone();
  if (body === "") headers.delete("Content-Type");
  else if (!headers.has("Content-Type")) {
    headers.append("Content-Type", "application/sdp");
  }
  return { headers, body: toBytes(fromText(body)) };
}

/** True for an INVITE without SDP: the 2xx has the offer, the ACK its answer. */
export function isLateOffer(invite: SipRequest, answer: Content): boolean {
  return invite.body.length === 0 && answer.body.length > 0;
}
