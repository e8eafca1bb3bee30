/** Targets that ring, answer and fail, as a policy sees them, and one that a policy does not want. */

import { toText } from "../message/bytes.ts";
import type { SipResponse } from "../message/message.ts";
import { reasonPhrase } from "../message/reason.ts";
import { parseNameAddr } from "../message/name_addr.ts";
import type { SipUri } from "../message/uri.ts";
import type { BLeg } from "./b_leg.ts";
import type { Failure } from "./best_response.ts";
import { headersOf, reasonOf } from "./decision_check.ts";
import type { Reject } from "./decisions.ts";
import type { ProgressView, TargetView } from "./event_views.ts";
import { NO_CONTENT } from "./header_policy.ts";
import { MessageDraft } from "./message_draft.ts";
import type { FailureView } from "./policy.ts";
import type { Target } from "./target.ts";

/** What a policy sees of an INVITE that is about to leave. */
export function targetView(
  { name, trunk }: Target,
  { uri, attempt, number }: { uri: SipUri; attempt: number; number: number },
): TargetView {
  return {
    target: name,
    trunk,
    uri: toText(uri.with({ headers: "" }).toString()),
    attempt,
    number,
  };
}

/** What a policy sees of a response on its way to the caller. */
export function progressView(leg: BLeg, response: SipResponse): ProgressView {
  return {
    leg,
    target: leg.target.name,
    status: response.status,
    reason: toText(response.reason),
    message: new MessageDraft(response),
  };
}

/** What a policy sees of a failure; `remaining` counts the targets that are left. */
export function failureView(
  target: Target,
  failure: Failure,
  remaining: number,
): FailureView {
  return {
    target: target.name,
    status: failure.status,
    reason: toText(failure.reason),
    local: failure.local,
    contacts: failure.contacts.flatMap((contact) => {
      const uri = parseNameAddr(contact)?.uri;
      return uri === undefined ? [] : toText(uri);
    }),
    remaining,
  };
}

/** A policy does not want this target: as if it had refused. */
export function rejection({ status, reason, headers }: Reject): Failure {
  return {
    type: "fail",
    status,
    reason: reasonOf(reason) ?? reasonPhrase(status),
    content: { headers: headersOf(headers), body: NO_CONTENT.body },
    contacts: [],
    local: true,
  };
}
