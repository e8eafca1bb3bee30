/**
 * Bodies of several parts (RFC 2046 section 5.1, RFC 5621): taken apart so that the pieces in a row are the body again,
 * and a part that is edited leaves all others byte for byte.
 *
 * @module
 */

import { headerKey } from "./header_name.ts";
import { HeaderLine, Headers } from "./headers.ts";
import { getParam } from "./params.ts";

/** Most parts that are looked for; the rest belongs to the last. */
const MAX_PARTS = 100;

/** One part. */
export interface MultipartPart {
  /** The delimiter line before it, the line break that belongs to it included. */
  readonly delimiter: string;
  /** The header lines, and the empty line after them, as they came. */
  readonly head: string;
  readonly headers: Headers;
  /** A byte string. */
  readonly body: string;
}

/** A body taken apart. */
export interface Multipart {
  readonly boundary: string;
  readonly parts: readonly MultipartPart[];
  /** The close-delimiter and what follows it. */
  readonly tail: string;
}

/** The media type of a Content-Type value in lower case, without its parameters; "" for none. */
export function mediaType(contentType: string | undefined): string {
  return /^[^;\s]*/.exec(contentType ?? "")![0].toLowerCase();
}

/** Takes a body apart; undefined when the Content-Type is not multipart, or the body does not have its parts. */
export function parseMultipart(
  contentType: string | undefined,
  body: string,
): Multipart | undefined {
  if (!mediaType(contentType).startsWith("multipart/")) return undefined;
  const semicolon = contentType!.indexOf(";");
  const value = semicolon < 0
    ? undefined
    : getParam(contentType!.slice(semicolon), "boundary");
  const boundary = value?.replace(/^"(.*)"$/, "$1") ?? "";
  if (boundary === "") return undefined;
  const delimiters = findDelimiters(body, boundary);
  const close = delimiters.findIndex((each) => each.closes);
  if (close < 1) return undefined;
  const parts = delimiters.slice(0, close).map((delimiter, index) => {
    const first = index === 0 ? 0 : delimiter.start;
    return parsePart(
      body.slice(first, delimiter.end),
      body.slice(delimiter.end, delimiters[index + 1]!.start),
    );
  });
  return { boundary, parts, tail: body.slice(delimiters[close]!.start) };
}

/** The body again. */
export function joinMultipart({ parts, tail }: Multipart): string {
  return parts.map((part) => part.delimiter + part.head + part.body).join("") +
    tail;
}

/**
 * The same part with another body; throws TypeError for one that holds the boundary. A Content-Length among the
 * part's header fields is brought up to date.
 */
export function withPartBody(
  part: MultipartPart,
  { body, boundary }: { body: string; boundary: string },
): MultipartPart {
  if (body.includes(`--${boundary}`)) {
    throw new TypeError("Cannot set part: its body holds the boundary");
  }
  const changed = { ...part, body };
  return part.headers.has("Content-Length")
    ? withPartHeader(changed, "Content-Length", String(body.length))
    : changed;
}

/** The same part with a header field set, or (value undefined) removed. */
export function withPartHeader(
  part: MultipartPart,
  name: string,
  value: string | undefined,
): MultipartPart {
  const headers = part.headers.clone();
  if (value === undefined) headers.delete(name);
  else headers.set(name, value);
  const ending = /\r?\n$/.exec(part.head)?.[0] ?? "\r\n";
  const head = headers.lines.map((line) => line.raw + ending).join("") + ending;
  return { ...part, head, headers };
}

interface Delimiter {
  /** Where it begins: with the line break before it, which belongs to it. */
  readonly start: number;
  readonly end: number;
  readonly closes: boolean;
}

/** RFC 2046 §5.1.1: `delimiter := CRLF "--" boundary`, with `transport-padding` after it. */
function findDelimiters(body: string, boundary: string): Delimiter[] {
  const found: Delimiter[] = [];
  const dashes = `--${boundary}`;
  let at = body.indexOf(dashes);
  while (at >= 0 && found.length <= MAX_PARTS) {
    const atLineStart = at === 0 || body.charAt(at - 1) === "\n";
    const after = at + dashes.length;
    const closes = body.startsWith("--", after);
    const rest = /^[ \t]*(?:\r?\n|$)/.exec(
      body.slice(closes ? after + 2 : after, after + 200),
    );
    if (atLineStart && rest !== null) {
      let start = at;
      if (start > 0) start--;
      if (start > 0 && body.charAt(start - 1) === "\r") start--;
      // A part without anything: the line break before it ended the delimiter before.
      start = Math.max(start, found.at(-1)?.end ?? 0);
      found.push({
        start,
        end: closes ? after + 2 : after + rest[0].length,
        closes,
      });
      if (closes) break;
    }
    at = body.indexOf(dashes, after);
  }
  return found;
}

/** A part without header fields begins with the empty line that ends them. */
function parsePart(delimiter: string, text: string): MultipartPart {
  const end = /^\r?\n|\r?\n\r?\n/.exec(text);
  const headEnd = end === null ? text.length : end.index + end[0].length;
  const head = text.slice(0, headEnd);
  const lines: HeaderLine[] = [];
  for (const raw of head.split(/\r?\n(?![ \t])/)) {
    const colon = raw.indexOf(":");
    if (colon <= 0) continue;
    const name = raw.slice(0, colon);
    lines.push(new HeaderLine(headerKey(name.trimEnd()), raw));
  }
  return {
    delimiter,
    head,
    headers: new Headers(lines),
    body: text.slice(headEnd),
  };
}
