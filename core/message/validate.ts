/**
 * What RFC 3261 asks of every message before anything acts on it: the mandatory fields (section 8.1.1), each once
 * where it may stand only once, each well-formed, and CSeq agreeing with the method.
 *
 * Not decided here, since it depends on who receives: whether the scheme of the request URI is served (416), the
 * method known (405), an extension supported (420), the body understood (415), Max-Forwards spent (483).
 *
 * Hot path: one pass over the lines, and parses that the message keeps for those who come after.
 *
 * @module
 */

import { headerName } from "./header_name.ts";
import type { HeaderLine, Headers } from "./headers.ts";
import { splitList } from "./list.ts";
import type { SipMessage, SipRequest, SipResponse } from "./message.ts";
import { MAGIC_COOKIE } from "./via.ts";
import { isUri } from "./uri.ts";

/** Why a request is refused: the status and, as its reason phrase, what is wrong. */
export interface RequestProblem {
  readonly status: 400;
  readonly reason: string;
}

/**
 * The first thing wrong with a request, or undefined. Max-Forwards, the From tag and Contact may be absent from
 * what an RFC 2543 peer sends, and are then not asked for.
 */
export function validateRequest(
  request: SipRequest,
): RequestProblem | undefined {
  const reason = common(request) ?? requestOnly(request);
  return reason === undefined ? undefined : { status: 400, reason };
}

/** The first thing wrong with a response, or undefined. Such a response is dropped: nobody can be told. */
export function validateResponse(response: SipResponse): string | undefined {
  return common(response);
}

/**
 * Fields that may stand only once and that something here acts on: key to its bit. §7.3.1: several rows of one name
 * "MAY be present in a message if and only if the entire field-value for that header field is defined as a
 * comma-separated list". Others (Subject, say) are only carried, so their doubling is left to the far end.
 */
const SINGLE = new Map<string, number>([
  ["from", 1],
  ["to", 2],
  ["call-id", 4],
  ["cseq", 8],
  ["max-forwards", 16],
  ["content-type", 32],
  ["content-disposition", 64],
  ["event", 128],
  ["expires", 256],
  ["min-expires", 512],
  ["min-se", 1024],
  ["rack", 2048],
  ["refer-to", 4096],
  ["replaces", 8192],
  ["rseq", 16384],
  ["session-expires", 32768],
]);
const MANDATORY = 1 | 2 | 4 | 8;

function common(message: SipMessage): string | undefined {
  let seen = 0;
  for (const { key } of message.headers.lines) {
    const bit = SINGLE.get(key);
    if (bit === undefined) continue;
    if ((seen & bit) !== 0) return `Duplicate ${headerName(key)}`;
    seen |= bit;
  }
  // §8.1.1: "A valid SIP request formulated by a UAC MUST, at a minimum, contain the following header fields: To,
  // From, CSeq, Call-ID, Max-Forwards, and Via". §8.2.6.2 has a response copy them.
  if ((seen & MANDATORY) !== MANDATORY) return missing(seen);
  if (message.via === undefined) {
    return message.headers.first("via") === undefined
      ? "Missing Via"
      : "Malformed Via";
  }
  if (message.from === undefined) return "Malformed From";
  if (message.to === undefined) return "Malformed To";
  if (message.cseq === undefined) return "Malformed CSeq";
  if (!CALL_ID.test(message.callId)) return "Malformed Call-ID";
  return undefined;
}

/** §25.1: `callid = word [ "@" word ]`; a word has no space, comma or semicolon. More than one "@" is let pass. */
const CALL_ID = /^[!-+\--:<-~\x80-\xff]+$/;

function requestOnly(request: SipRequest): string | undefined {
  // §8.1.1.5: "The method MUST match that of the request."
  if (request.cseq!.method !== request.method) {
    return "CSeq method does not match";
  }
  if (request.sipUri === undefined && !isUri(request.uri)) {
    return "Malformed request URI";
  }
  const hops = request.headers.first("max-forwards")?.value;
  // §20.22: "The Max-Forwards value is an integer in the range 0-255".
  if (hops !== undefined && !(/^\d{1,9}$/.test(hops) && Number(hops) <= 255)) {
    return "Malformed Max-Forwards";
  }
  return request.method === "INVITE" ? inviteContact(request) : undefined;
}

/**
 * §8.1.1.8: "The Contact header field MUST be present and contain exactly one SIP or SIPS URI in any request that can
 * result in the establishment of a dialog." RFC 2543 peers, known by a branch without the cookie, may leave it out.
 */
function inviteContact(invite: SipRequest): string | undefined {
  const line = invite.headers.first("contact");
  if (line === undefined) {
    const branch = invite.via!.branch;
    return branch?.startsWith(MAGIC_COOKIE) ? "Missing Contact" : undefined;
  }
  if (invite.contact?.sipUri === undefined) return "Malformed Contact";
  return hasSeveral(invite.headers, line) ? "More than one Contact" : undefined;
}

function hasSeveral(headers: Headers, first: HeaderLine): boolean {
  if (first.value.includes(",") && splitList(first.value).length > 1) {
    return true;
  }
  return headers.lines.some((line) => line.key === first.key && line !== first);
}

function missing(seen: number): string {
  for (const key of ["from", "to", "call-id", "cseq"]) {
    if ((seen & SINGLE.get(key)!) === 0) return `Missing ${headerName(key)}`;
  }
  return "Missing header field";
}
