/** The first line of a message: request line or status line (RFC 3261 sections 7.1 and 7.2). */

import { consistsOf, smallNumber, URI } from "./characters.ts";
import { isToken } from "./header_name.ts";
import type { Headers } from "./headers.ts";
import { type SipMessage, SipRequest, SipResponse } from "./message.ts";

const SLASH = 0x2f;

/** A start line that could be read, if not without fault. */
export interface StartLine {
  readonly message: SipMessage;
  readonly problem: StartLineProblem | undefined;
}

/** What is wrong with a start line, and the status a request with that fault is answered with. */
export interface StartLineProblem {
  readonly status: 400 | 505;
  readonly reason: string;
}

/** Parses a start line (without its line end); undefined when it is not SIP, or a response nobody can use. */
export function parseStartLine(
  line: string,
  headers: Headers,
): StartLine | undefined {
  return line.charCodeAt(3) === SLASH && /^SIP\/\d/i.test(line)
    ? parseStatusLine(line, headers)
    : parseRequestLine(line, headers);
}

/**
 * §7.1: "Request-Line = Method SP Request-URI SP SIP-Version CRLF", and "No linear whitespace (LWS) is allowed
 * in any of the elements."
 * RFC 4475 §3.1.2.9 and §3.1.2.10 let spaces too many be refused; they are.
 */
function parseRequestLine(
  line: string,
  headers: Headers,
): StartLine | undefined {
  const first = line.indexOf(" ");
  const last = line.lastIndexOf(" ");
  const method = line.slice(0, Math.max(0, first));
  if (!isToken(method)) return undefined;
  const version = line.slice(last + 1);
  const uri = line.slice(first + 1, Math.max(first + 1, last));
  const message = new SipRequest(method, uri, headers);
  if (isSip2(version)) {
    const malformed = uri === "" || !consistsOf(uri, URI);
    return {
      message,
      problem: malformed
        ? { status: 400, reason: "Malformed request URI" }
        : undefined,
    };
  }
  // §21.5.6: 505, "the server does not support [...] the SIP protocol version that was used in the request".
  if (/^SIP\/\d{1,9}\.\d{1,9}$/i.test(version)) {
    return {
      message,
      problem: { status: 505, reason: "Version Not Supported" },
    };
  }
  return /SIP\/\d/i.test(line)
    ? { message, problem: { status: 400, reason: "Malformed request line" } }
    : undefined;
}

/** §7.2: "Status-Line = SIP-Version SP Status-Code SP Reason-Phrase CRLF". Without a reason the last SP may lack. */
function parseStatusLine(
  line: string,
  headers: Headers,
): StartLine | undefined {
  if (!isSip2(line.slice(0, 7)) || line[7] !== " ") return undefined;
  const status = smallNumber(line.slice(8, 11));
  if (status === undefined || line.length < 11) return undefined;
  if (line.length > 11 && line[11] !== " ") return undefined;
  const reason = line.slice(12);
  const message = new SipResponse(status, reason, headers);
  if (status < 100 || status > 699) {
    return { message, problem: { status: 400, reason: "Status out of range" } };
  }
  const stray = reason.includes("\r") || reason.includes("\0");
  return {
    message,
    problem: stray
      ? { status: 400, reason: "Malformed reason phrase" }
      : undefined,
  };
}

/** §7.1: "The SIP-Version string is case-insensitive, but implementations MUST send upper-case." */
function isSip2(version: string): boolean {
  return version === "SIP/2.0" || version.toUpperCase() === "SIP/2.0";
}
