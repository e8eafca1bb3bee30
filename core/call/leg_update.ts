/**
 * Re-INVITEs and UPDATEs as a policy sees them, and their answer where it wants them answered on their leg.
 *
 * @module
 */

import { fromText, toBytes } from "../message/bytes.ts";
import type { SipRequest } from "../message/message.ts";
import { type SdpBody, sdpOf } from "../dialog/session_sdp.ts";
import type { Session } from "../dialog/session.ts";
import type { ReplyParts } from "../dialog/session_user.ts";
import { headersOf, reasonOf } from "./decision_check.ts";
import type { Answer } from "./decisions.ts";
import type { UpdateView } from "./event_views.ts";
import { localAnswer } from "./local_answer.ts";
import { MessageDraft } from "./message_draft.ts";
import type { LegView } from "./policy.ts";
import { updateKind } from "./update_kind.ts";

/** What a policy sees of it. */
export function updateView(
  request: SipRequest,
  { leg, session }: { leg: LegView; session: Session },
): UpdateView {
  return {
    leg,
    method: request.method,
    kind: updateKind(request, {
      contact: session.dialog.remoteTarget,
      remote: session.sdp.remote,
    }),
    message: new MessageDraft(request),
  };
}

/**
 * The 2xx that answers it here: with the body of the decision, else with what the leg heard last, made to fit. Throws
 * TypeError when that is no answer to it. `other` is what the other side of the call said last.
 */
export function updateAnswer(
  decision: Answer,
  { request, session, other }: {
    request: SipRequest;
    session: Session;
    other: SdpBody | undefined;
  },
): ReplyParts {
  const headers = headersOf(decision.headers);
  const reason = reasonOf(decision.reason);
  if (decision.body !== undefined) {
    if (decision.body !== "" && !headers.has("Content-Type")) {
      headers.append("Content-Type", "application/sdp");
    }
    return { reason, headers, body: toBytes(fromText(decision.body)) };
  }
  const sdp = answerTo(request, { session, other });
  if (sdp === undefined) return { reason, headers };
  headers.delete("Content-Type");
  headers.append("Content-Type", sdp.contentType);
  return { reason, headers, body: sdp.body };
}

function answerTo(
  request: SipRequest,
  { session, other }: { session: Session; other: SdpBody | undefined },
): SdpBody | undefined {
  const { local } = session.sdp;
  const bare = request.body.length === 0;
  // RFC 3311 §5.2: an UPDATE without an offer has nothing to answer.
  if (bare && request.method === "UPDATE") return undefined;
  const offer = sdpOf(request);
  const answer = local === undefined
    ? undefined
    // RFC 3261 §14.2: a re-INVITE without an offer gets one in its 2xx.
    : bare
    ? local
    : offer && localAnswer(offer, { local, other });
  if (answer !== undefined) return answer;
  throw new TypeError(
    `Cannot answer ${request.method}: it asks for other media than the call has, a body must say which`,
  );
}
