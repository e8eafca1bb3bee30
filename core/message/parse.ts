/**
 * Bytes to messages (RFC 3261 section 7). Every datagram passes here, so the text is cut into lines once and
 * header values are left alone until asked for.
 *
 * @module
 */

import { DEFAULT_LIMITS, type Limits } from "../base/limits.ts";
import { fromBytes } from "./bytes.ts";
import { smallNumber } from "./characters.ts";
import { headerKey, isToken, knownHeaderKey } from "./header_name.ts";
import { HeaderLine, Headers } from "./headers.ts";
import { type SipMessage, SipRequest, SipResponse } from "./message.ts";
import { parseStartLine } from "./start_line.ts";

/** Why bytes are no acceptable message. */
export interface ParseProblem {
  /** The status a request with this fault is answered with. */
  readonly status: 400 | 505 | 513;
  /** What is wrong, in words that fit a reason phrase. */
  readonly reason: string;
  /** What could be read of it, for the answer; undefined when nothing can be answered. */
  readonly message: SipMessage | undefined;
}

/** The outcome of {@linkcode parseMessage}. */
export type Parsed =
  | { readonly ok: true; readonly message: SipMessage }
  | { readonly ok: false; readonly problem: ParseProblem };

/** The head of a message: all before the empty line, cut into lines. */
export interface Head {
  readonly message: SipMessage;
  /** The first thing wrong with it. */
  readonly problem: { status: 400 | 505 | 513; reason: string } | undefined;
}

interface LineProblem {
  readonly status: 400 | 513;
  readonly reason: string;
}

const EMPTY = new Uint8Array(0);
const CR = 0x0d;
const LF = 0x0a;

/** Parses one datagram: a whole message, with any CRLF before it. */
export function parseMessage(
  bytes: Uint8Array,
  limits: Limits = DEFAULT_LIMITS,
): Parsed {
  const start = skipLineEnds(bytes);
  const text = fromBytes(bytes, start);
  const head = readHead(text, limits);
  if (head === undefined) {
    return failure(400, "Malformed start line", undefined);
  }
  const { message } = head;
  if (head.bodyAt < 0) {
    return failure(400, "Header fields without end", message);
  }
  if (bytes.length > limits.messageBytes) {
    return failure(513, "Message too large", message);
  }
  if (head.problem !== undefined) {
    return failure(head.problem.status, head.problem.reason, message);
  }
  const bodyStart = start + head.bodyAt;
  const available = bytes.length - bodyStart;
  const length = contentLength(message.headers);
  if (length === "malformed") {
    return failure(400, "Malformed Content-Length", message);
  }
  // §18.3: "If the transport packet ends before the end of the message body, this is considered an error."
  if (length !== undefined && length > available) {
    return failure(400, "Body shorter than Content-Length", message);
  }
  // §18.3: "If there are additional bytes in the transport packet beyond the end of the body, they MUST be discarded."
  // "If the message has no Content-Length header field, the message body is assumed to end at the end of the transport
  // packet."
  const size = length ?? available;
  const body = size === 0 ? EMPTY : bytes.slice(bodyStart, bodyStart + size);
  return { ok: true, message: withBody(message, body) };
}

/**
 * Parses the lines before the empty line (which may follow); undefined when the start line is not SIP at all. Lines with a malformed name
 * or a stray control character are left out of the message.
 */
export function parseHead(
  text: string,
  { limits = DEFAULT_LIMITS }: { limits?: Limits } = {},
): Head | undefined {
  return readHead(text, limits);
}

/** The head, and where the body begins after the empty line: -1 when there is none. */
function readHead(
  text: string,
  limits: Limits,
): Head & { readonly bodyAt: number } | undefined {
  const lf = text.indexOf("\n");
  let stop = lf < 0 ? text.length : lf;
  if (text.charCodeAt(stop - 1) === CR) stop--;
  const headers = new Headers();
  const start = parseStartLine(text.slice(0, stop), headers);
  if (start === undefined) return undefined;
  const from = lf < 0 ? text.length : lf + 1;
  const { problem, bodyAt } = parseLines(text, { from, headers, limits });
  return { message: start.message, problem: start.problem ?? problem, bodyAt };
}

/** The same message with a body. */
function withBody(message: SipMessage, body: Uint8Array): SipMessage {
  if (body.length === 0) return message;
  return message.kind === "request"
    ? new SipRequest(message.method, message.uri, message.headers, body)
    : new SipResponse(message.status, message.reason, message.headers, body);
}

/** Content-Length, RFC 3261 section 20.14; several that agree count as one. */
function contentLength(
  headers: Headers,
): number | "malformed" | undefined {
  let length: number | undefined;
  for (const line of headers.lines) {
    if (line.key !== "content-length") continue;
    const value = smallNumber(line.value);
    if (value === undefined) return "malformed";
    if (length !== undefined && length !== value) return "malformed";
    length = value;
  }
  return length;
}

/**
 * The lines from `from` to the empty line. A line may end in LF alone, which RFC 3261 does not have but some send.
 */
function parseLines(
  text: string,
  { from, headers, limits }: {
    from: number;
    headers: Headers;
    limits: Limits;
  },
): { problem: LineProblem | undefined; bodyAt: number } {
  const { length } = text;
  const hasNul = text.includes("\0");
  let cr = text.indexOf("\r", from);
  let problem: LineProblem | undefined;
  let count = 0;
  let at = from;
  while (at < length) {
    const bodyAt = afterEmptyLine(text, at);
    if (bodyAt > 0) return { problem, bodyAt };
    let lf = text.indexOf("\n", at);
    // §7.3.1: a line that begins with white space belongs to the one before.
    let isFolded = false;
    while (lf >= 0 && isBlank(text.charCodeAt(lf + 1))) {
      isFolded = true;
      lf = text.indexOf("\n", lf + 1);
    }
    let stop = lf < 0 ? length : lf;
    if (text.charCodeAt(stop - 1) === CR) stop--;
    if (stop <= at) break;
    if (cr >= 0 && cr < at) cr = text.indexOf("\r", at);
    if (++count > limits.headerLines) {
      problem = { status: 513, reason: "Too many header fields" };
    } else {
      // Hardly a line has a CR before its end, or a NUL: only those are looked through.
      const isOdd = hasNul || (cr >= 0 && cr < stop);
      const line = { at, stop, isFolded, isOdd };
      const fault = addLine(text, line, headers, limits);
      problem ??= fault;
    }
    at = lf < 0 ? length : lf + 1;
  }
  return { problem, bodyAt: -1 };
}

/** Where the body begins if the line there is empty, else -1. */
function afterEmptyLine(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code === LF) return at + 1;
  return code === CR && text.charCodeAt(at + 1) === LF ? at + 2 : -1;
}

/** Adds the line from `at` to before `stop`, unless something is wrong with it that a copy of it would spread. */
function addLine(
  text: string,
  { at, stop, isFolded, isOdd }: {
    at: number;
    stop: number;
    isFolded: boolean;
    isOdd: boolean;
  },
  headers: Headers,
  limits: Limits,
): LineProblem | undefined {
  const colon = text.indexOf(":", at);
  if (colon < 0 || colon >= stop) {
    return { status: 400, reason: "Header field without a colon" };
  }
  // §7.3.1: the grammar "allows for an arbitrary amount of whitespace on either side of the colon".
  let nameEnd = colon;
  while (nameEnd > at && isBlank(text.charCodeAt(nameEnd - 1))) nameEnd--;
  const key = knownHeaderKey(text, at, nameEnd) ??
    tokenKey(text.slice(at, nameEnd));
  if (key === undefined) {
    return { status: 400, reason: "Malformed header field name" };
  }
  const isEnded = !isFolded && text.charCodeAt(stop) === CR &&
    text.charCodeAt(stop + 1) === LF;
  const line = text.slice(at, isEnded ? stop + 2 : stop);
  if (isOdd && (hasStrayCr(line) || hasStrayNul(line))) {
    return { status: 400, reason: "Control character in header field" };
  }
  const valueAt = colon + 1 - at;
  headers.add(
    isEnded
      ? HeaderLine.ended(key, line, valueAt)
      : new HeaderLine(key, line, valueAt),
  );
  return stop - at > limits.headerLineBytes
    ? { status: 513, reason: "Header field too long" }
    : undefined;
}

/** The key of a name written in no usual way; undefined for a malformed one. */
function tokenKey(name: string): string | undefined {
  return isToken(name) ? headerKey(name) : undefined;
}

/** A CR that begins no line end: other programs may take it for one and see a header field that we did not. */
function hasStrayCr(raw: string): boolean {
  for (let cr = raw.indexOf("\r"); cr >= 0; cr = raw.indexOf("\r", cr + 1)) {
    if (raw.charCodeAt(cr + 1) !== LF) return true;
  }
  return false;
}

/** A NUL that no backslash precedes: §25.1 has it only in quoted pairs. */
function hasStrayNul(raw: string): boolean {
  for (
    let nul = raw.indexOf("\0");
    nul >= 0;
    nul = raw.indexOf("\0", nul + 1)
  ) {
    if (raw[nul - 1] !== "\\") return true;
  }
  return false;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** §7.5: "Implementations processing SIP messages over stream-oriented transports MUST ignore any CRLF appearing before the start-line." */
function skipLineEnds(bytes: Uint8Array): number {
  let at = 0;
  while (bytes[at] === CR || bytes[at] === LF) at++;
  return at;
}

function failure(
  status: 400 | 505 | 513,
  reason: string,
  message: SipMessage | undefined,
): Parsed {
  return { ok: false, problem: { status, reason, message } };
}
