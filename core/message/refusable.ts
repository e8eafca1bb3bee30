/**
 * As much of a request as its refusal is made of, found without reading the rest: what RFC 3261 section 8.2.6.2 has a
 * response copy.
 *
 * Hot path under overload: a refusal must cost next to nothing. Whatever is not as nearly everybody writes it (folded
 * lines, a line twice, a To tag, an odd character) is left to the parser, and so is a request that is malformed where
 * this looks.
 *
 * @module
 */

import { trimmedPart } from "./bytes.ts";
import { knownHeaderKey } from "./header_name.ts";

/** Lines as they came, with their CRLF. */
export interface Refusable {
  /** The value of the first Via line, which may hold several. */
  readonly topVia: string;
  /** The Via lines below it; often none. */
  readonly vias: string;
  readonly from: string;
  readonly to: string;
  readonly callIdLine: string;
  readonly callId: string;
  readonly cseq: string;
}

/** Behind that many bytes nothing is looked for. */
const MOST_TEXT = 8_192;
const SPACE = 0x20;
const TAB = 0x09;
const START_LINE_END = " SIP/2.0";

/** Undefined where the request is to be parsed. `text` begins with its start line. */
export function refusable(text: string): Refusable | undefined {
  let end = lineEnd(text, 0);
  if (
    end < 0 || !text.startsWith(START_LINE_END, end - START_LINE_END.length)
  ) return undefined;
  let topVia: string | undefined;
  let vias = "";
  let from = "";
  let to = "";
  let callIdLine = "";
  let callId = "";
  let cseq = "";
  for (let at = end + 2;; at = end + 2) {
    end = lineEnd(text, at);
    if (end === at) break;
    // §7.3.1: a line that begins with white space belongs to the one before.
    if (end < 0 || isBlank(text.charCodeAt(at))) return undefined;
    if (!mayBeCopied(text.charCodeAt(at))) continue;
    const colon = text.indexOf(":", at);
    if (colon < 0 || colon > end) return undefined;
    switch (knownHeaderKey(text, at, nameEnd(text, at, colon))) {
      case "via":
        if (topVia === undefined) topVia = trimmedPart(text, colon + 1, end);
        else vias += text.slice(at, end + 2);
        break;
      case "from":
        if (from !== "") return undefined;
        from = text.slice(at, end + 2);
        break;
      case "to":
        if (to !== "") return undefined;
        to = text.slice(at, end + 2);
        break;
      case "call-id":
        if (callId !== "") return undefined;
        callIdLine = text.slice(at, end + 2);
        callId = trimmedPart(text, colon + 1, end);
        break;
      case "cseq":
        if (cseq !== "") return undefined;
        cseq = text.slice(at, end + 2);
        break;
    }
  }
  if (
    topVia === undefined || from === "" || to === "" || callId === "" ||
    cseq === ""
  ) return undefined;
  return { topVia, vias, from, to, callIdLine, callId, cseq };
}

/**
 * Where the line ends that begins here: before its CRLF. -1 when it has none, or another control character within that
 * would end it for others.
 */
function lineEnd(text: string, at: number): number {
  const lf = text.indexOf("\n", at);
  if (lf <= at || lf > MOST_TEXT) return -1;
  const cr = text.indexOf("\r", at);
  return cr === lf - 1 ? cr : -1;
}

/** §7.3.1: there may be white space before the colon. */
function nameEnd(text: string, at: number, colon: number): number {
  let end = colon;
  while (end > at && isBlank(text.charCodeAt(end - 1))) end--;
  return end;
}

/** Via, From, To, Call-ID and CSeq, or their short forms, begin with one of these. */
function mayBeCopied(code: number): boolean {
  switch (code | 0x20) {
    case 0x76:
    case 0x66:
    case 0x74:
    case 0x63:
    case 0x69:
      return true;
  }
  return false;
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}
