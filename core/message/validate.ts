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

import { DEFAULT_LIMITS, type Limits } from "../base/limits.ts";
import { consistsOf, smallNumber, WORD } from "./characters.ts";
import { headerName } from "./header_name.ts";
import type { HeaderLine, Headers } from "./headers.ts";
import { splitList } from "./list.ts";
import type { SipMessage, SipRequest, SipResponse } from "./message.ts";
import { parseNameAddr } from "./name_addr.ts";
import { MAGIC_COOKIE } from "./via.ts";
import { hasSipScheme, isUri } from "./uri.ts";

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
  { limits = DEFAULT_LIMITS }: { limits?: Limits } = {},
): RequestProblem | undefined {
  const reason = common(request, limits) ?? requestOnly(request);
  return reason === undefined ? undefined : { status: 400, reason };
}

/** The first thing wrong with a response, or undefined. Such a response is dropped: nobody can be told. */
export function validateResponse(
  response: SipResponse,
  { limits = DEFAULT_LIMITS }: { limits?: Limits } = {},
): string | undefined {
  const reason = common(response, limits);
  if (reason !== undefined) return reason;
  // §8.1.3.3: "If more than one Via header field value is present in a response, the UAC SHOULD discard the message."
  return hasSeveral(response.headers, response.headers.first("via")!)
    ? "More than one Via"
    : undefined;
}

const MANDATORY = 1 | 2 | 4 | 8;
/** Marks the fields whose values are counted. */
const ROUTING = 65536;

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
  ["via", ROUTING],
  ["route", ROUTING],
  ["record-route", ROUTING],
]);

function common(message: SipMessage, limits: Limits): string | undefined {
  let seen = 0;
  let routing = 0;
  for (const line of message.headers.lines) {
    const bit = SINGLE.get(line.key);
    if (bit === undefined) continue;
    if (bit === ROUTING) {
      routing += values(line.value);
      continue;
    }
    if ((seen & bit) !== 0) return `Duplicate ${headerName(line.key)}`;
    seen |= bit;
  }
  if (routing > limits.routeValues) return "Too many Via or Route values";
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
  // §25.1: `callid = word [ "@" word ]`. More than one "@" is let pass.
  const { callId } = message;
  if (callId === "" || !consistsOf(callId, WORD)) return "Malformed Call-ID";
  return undefined;
}

/** How many values a line has at most: commas and one. */
function values(value: string): number {
  let count = 1;
  for (let i = value.indexOf(","); i >= 0; i = value.indexOf(",", i + 1)) {
    count++;
  }
  return count;
}

function requestOnly(request: SipRequest): string | undefined {
  // §8.1.1.5: "The method MUST match that of the request."
  if (request.cseq!.method !== request.method) {
    return "CSeq method does not match";
  }
  const { sipUri } = request;
  if (sipUri === undefined && !isUri(request.uri)) {
    return "Malformed request URI";
  }
  // §19.1.1, table 1: headers are not allowed in a request URI (RFC 4475 §3.1.2.11: "It is acceptable [...] to reject").
  if (sipUri !== undefined && sipUri.headers !== "") {
    return "Header fields in request URI";
  }
  const hops = request.headers.first("max-forwards")?.value;
  // §20.22: "The Max-Forwards value is an integer in the range 0-255".
  if (hops !== undefined && (smallNumber(hops) ?? Infinity) > 255) {
    return "Malformed Max-Forwards";
  }
  const contact = request.headers.first("contact");
  if (request.method === "INVITE") return inviteContact(request, contact);
  return contact === undefined || isContact(request, contact.value)
    ? undefined
    : "Malformed Contact";
}

/** §10.2.2: a REGISTER may have "*", and several values. */
function isContact(request: SipRequest, value: string): boolean {
  if (request.method !== "REGISTER") return request.contact !== undefined;
  return value === "*" ||
    request.list("contact").every((one) => parseNameAddr(one) !== undefined);
}

/**
 * §8.1.1.8: "The Contact header field MUST be present and contain exactly one SIP or SIPS URI in any request that can
 * result in the establishment of a dialog." RFC 2543 peers, known by a branch without the cookie, may leave it out.
 */
function inviteContact(
  invite: SipRequest,
  line: HeaderLine | undefined,
): string | undefined {
  if (line === undefined) {
    const branch = invite.via!.branch;
    return branch?.startsWith(MAGIC_COOKIE) ? "Missing Contact" : undefined;
  }
  const { contact } = invite;
  if (contact === undefined || !hasSipScheme(contact.uri)) {
    return "Malformed Contact";
  }
  return hasSeveral(invite.headers, line) ? "More than one Contact" : undefined;
}

function hasSeveral(headers: Headers, first: HeaderLine): boolean {
  if (first.value.includes(",") && splitList(first.value).length > 1) {
    return true;
  }
  for (const line of headers.lines) {
    if (line.key === first.key && line !== first) return true;
  }
  return false;
}

function missing(seen: number): string {
  for (const key of ["from", "to", "call-id", "cseq"]) {
    if ((seen & SINGLE.get(key)!) === 0) return `Missing ${headerName(key)}`;
  }
  return "Missing header field";
}
