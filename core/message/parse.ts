/**
 * Bytes to messages (RFC 3261 section 7). Every datagram passes here, so the text is cut into lines once and
 * header values are left alone until asked for.
 *
 * @module
 */

import { DEFAULT_LIMITS, type Limits } from "../base/limits.ts";
import { fromBytes } from "./bytes.ts";
import { headerKey, isToken } from "./header_name.ts";
import { HeaderLine, Headers } from "./headers.ts";
import { type SipMessage, SipRequest, SipResponse } from "./message.ts";

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

const EMPTY = new Uint8Array(0);

/** Parses one datagram: a whole message, with any CRLF before it. */
export function parseMessage(
  bytes: Uint8Array,
  limits: Limits = DEFAULT_LIMITS,
): Parsed {
  const start = skipLineEnds(bytes);
  const text = fromBytes(bytes, start);
  const end = headEnd(text);
  const head = parseHead(end === undefined ? text : text.slice(0, end.at), {
    limits,
  });
  if (head === undefined) {
    return failure(400, "Malformed start line", undefined);
  }
  const { message } = head;
  if (end === undefined) {
    return failure(400, "Header fields without end", message);
  }
  if (bytes.length > limits.messageBytes) {
    return failure(513, "Message too large", message);
  }
  if (head.problem !== undefined) {
    return failure(head.problem.status, head.problem.reason, message);
  }
  const bodyStart = start + end.at + end.length;
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
  // "If there is no Content-Length header field, the body is assumed to end at the end of the transport packet."
  const size = length ?? available;
  const body = size === 0 ? EMPTY : bytes.slice(bodyStart, bodyStart + size);
  return { ok: true, message: withBody(message, body) };
}

/** Parses the lines before the empty line; undefined when the start line is not SIP at all. */
export function parseHead(
  text: string,
  { limits = DEFAULT_LIMITS }: { limits?: Limits } = {},
): Head | undefined {
  const lineEnd = endOfLine(text, 0);
  const startLine = text.slice(0, lineEnd.at);
  const headers = new Headers();
  const start = parseStartLine(startLine, headers);
  if (start === undefined) return undefined;
  const problem = parseLines(text, {
    from: lineEnd.next,
    headers,
    limits,
  });
  return {
    message: start.message,
    problem: start.problem ?? problem,
  };
}

/** The same message with a body. */
export function withBody(message: SipMessage, body: Uint8Array): SipMessage {
  if (body.length === 0) return message;
  return message.kind === "request"
    ? new SipRequest(message.method, message.uri, message.headers, body)
    : new SipResponse(message.status, message.reason, message.headers, body);
}

/** Content-Length, RFC 3261 section 20.14; several that agree count as one. */
export function contentLength(
  headers: Headers,
): number | "malformed" | undefined {
  let length: number | undefined;
  for (const line of headers.lines) {
    if (line.key !== "content-length") continue;
    if (!/^\d{1,9}$/.test(line.value)) return "malformed";
    const value = Number(line.value);
    if (length !== undefined && length !== value) return "malformed";
    length = value;
  }
  return length;
}

/** Where the empty line begins that ends the head, and how long it is with the line end before it. */
export function headEnd(
  text: string,
): { at: number; length: number } | undefined {
  const crlf = text.indexOf("\r\n\r\n");
  const lf = text.indexOf("\n\n");
  if (crlf >= 0 && (lf < 0 || crlf < lf)) return { at: crlf, length: 4 };
  return lf >= 0 ? { at: lf, length: 2 } : undefined;
}

function parseStartLine(
  line: string,
  headers: Headers,
):
  | {
    message: SipMessage;
    problem: { status: 400 | 505; reason: string } | undefined;
  }
  | undefined {
  if (/^SIP\/\d/i.test(line)) return parseStatusLine(line, headers);
  const first = line.indexOf(" ");
  const last = line.lastIndexOf(" ");
  if (first <= 0) return undefined;
  const method = line.slice(0, first);
  const version = line.slice(last + 1);
  const uri = line.slice(first + 1, Math.max(first + 1, last));
  // §7.1: "Request-Line = Method SP Request-URI SP SIP-Version CRLF": single spaces, none elsewhere.
  const message = new SipRequest(method, uri, headers);
  if (!isToken(method)) return undefined;
  if (/^SIP\/2\.0$/i.test(version)) {
    const bad = uri === "" || /[ \t<>]/.test(uri);
    return {
      message,
      problem: bad
        ? { status: 400, reason: "Malformed request URI" }
        : undefined,
    };
  }
  if (/^SIP\/\d+\.\d+$/i.test(version)) {
    return {
      message,
      problem: { status: 505, reason: "Version Not Supported" },
    };
  }
  return /SIP\/\d+\.\d+/i.test(line)
    ? { message, problem: { status: 400, reason: "Malformed request line" } }
    : undefined;
}

function parseStatusLine(
  line: string,
  headers: Headers,
):
  | {
    message: SipMessage;
    problem: { status: 400 | 505; reason: string } | undefined;
  }
  | undefined {
  const match = /^SIP\/2\.0 (\d{3})(?: (.*))?$/is.exec(line);
  if (match === null) return undefined;
  const status = Number(match[1]);
  const problem = status < 100 || status > 699
    ? { status: 400, reason: "Status out of range" } as const
    : undefined;
  return {
    message: new SipResponse(status, match[2] ?? "", headers),
    problem,
  };
}

function parseLines(
  text: string,
  { from, headers, limits }: { from: number; headers: Headers; limits: Limits },
): { status: 400 | 513; reason: string } | undefined {
  let problem: { status: 400 | 513; reason: string } | undefined;
  let count = 0;
  let at = from;
  while (at < text.length) {
    let end = text.indexOf("\n", at);
    // §7.3.1: a line that begins with white space belongs to the one before.
    while (end >= 0 && isFold(text, end + 1)) end = text.indexOf("\n", end + 1);
    const next = end < 0 ? text.length : end + 1;
    let stop = end < 0 ? text.length : end;
    if (text.charCodeAt(stop - 1) === 0x0d) stop--;
    if (stop === at) break;
    if (++count > limits.headerLines) {
      return { status: 513, reason: "Too many header fields" };
    }
    if (stop - at > limits.headerLineBytes) {
      problem ??= { status: 513, reason: "Header field too long" };
    }
    const colon = text.indexOf(":", at);
    if (colon < 0 || colon > stop) {
      problem ??= { status: 400, reason: "Header field without a colon" };
      at = next;
      continue;
    }
    let nameEnd = colon;
    while (nameEnd > at && isBlank(text.charCodeAt(nameEnd - 1))) nameEnd--;
    const name = text.slice(at, nameEnd);
    const key = headerKey(name);
    if (!isToken(name)) {
      problem ??= { status: 400, reason: "Malformed header field name" };
    } else {
      headers.add(new HeaderLine(key, text.slice(at, stop), colon - at));
    }
    at = next;
  }
  return problem;
}

function isFold(text: string, at: number): boolean {
  return at < text.length && isBlank(text.charCodeAt(at));
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function endOfLine(text: string, from: number): { at: number; next: number } {
  const lf = text.indexOf("\n", from);
  if (lf < 0) return { at: text.length, next: text.length };
  return {
    at: text.charCodeAt(lf - 1) === 0x0d ? lf - 1 : lf,
    next: lf + 1,
  };
}

/** §7.5: "Implementations processing SIP messages over stream-oriented transports MUST ignore any CRLF appearing before the start-line." */
function skipLineEnds(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length && (bytes[at] === 0x0d || bytes[at] === 0x0a)) at++;
  return at;
}

function failure(
  status: 400 | 505 | 513,
  reason: string,
  message: SipMessage | undefined,
): Parsed {
  return { ok: false, problem: { status, reason, message } };
}
