/** What a policy answers a call with in our own name. */

import { fromText, toBytes } from "../message/bytes.ts";
import type { SipRequest } from "../message/message.ts";
import { headersOf } from "./decision_check.ts";
import type { Answer, Replace } from "./decisions.ts";
import type { Content } from "./header_policy.ts";

/** The content of our 200. */
export function answerContent(decision: Answer): Content {
  const { body = "" } = decision;
  const headers = headersOf(decision.headers);
  if (!headers.has("Content-Type")) {
    headers.append("Content-Type", "application/sdp");
  }
  return { headers, body: toBytes(fromText(body)) };
}

/** What crosses of a provisional response when another status takes its place. */
export function replaced(
  { content }: { content: Content },
  { body }: Replace,
): { content: Content } {
  if (body === undefined) return { content };
  const headers = content.headers.clone();
  if (body === "") headers.delete("Content-Type");
  else if (!headers.has("Content-Type")) {
    headers.append("Content-Type", "application/sdp");
  }
  return { content: { headers, body: toBytes(fromText(body)) } };
}

/** True for an INVITE without SDP: the 2xx has the offer, the ACK its answer. */
export function isLateOffer(invite: SipRequest, answer: Content): boolean {
  return invite.body.length === 0 && answer.body.length > 0;
}
