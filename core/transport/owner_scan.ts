/**
 * Which of several workers that share an address a datagram belongs to, told from its bytes before anything is parsed.
 *
 * Each worker begins the tokens it makes with {@linkcode workerMark}, so that the branch of a response and the To tag of a
 * request within a dialog name their worker. All else is spread by Call-ID and From tag, which an INVITE, its
 * retransmissions and its CANCEL have in common (RFC 3261 section 9.1). What is folded or malformed may be spread as well:
 * then it is some worker's to refuse.
 *
 * Hot path: every datagram is looked at once, and nothing is allocated.
 *
 * @module
 */

/** Workers that a mark can tell apart. */
export const MAX_WORKERS = 64;

/** What a worker's tokens begin with: `w<number in base 36>-`. */
export function workerMark(worker: number): string {
  return `w${worker.toString(36)}-`;
}

/** The worker whose mark a token begins with; undefined for none. */
export function markedWorker(token: string): number | undefined {
  const [, digits] = /^w([0-9a-z]{1,2})-/.exec(token) ?? [];
  return digits === undefined ? undefined : parseInt(digits, 36);
}

/** The worker from 0 to `workers` - 1 that a datagram belongs to; -1 when it is no SIP message, and anybody's. */
export function ownerOf(bytes: Uint8Array, workers: number): number {
  const length = Math.min(bytes.length, MOST_BYTES);
  // §7.5: "Implementations [...] MUST ignore any CRLF appearing before the start-line".
  let start = 0;
  while (isLineEnd(bytes[start])) start++;
  if (!isLetter(bytes[start])) return -1;
  const isResponse = startsWith(bytes, start, RESPONSE);
  let callId = 0;
  let fromTag = 0;
  let seen = 0;
  let isTopVia = isResponse;
  while (start < length && seen < 3) {
    const end = lineEnd(bytes, start, length);
    if (end === start) break;
    const colon = colonOf(bytes, start, end);
    const header = colon < 0 ? 0 : nameOf(bytes, start, colon);
    switch (header) {
      case VIA:
        // §8.1.3.3: a response belongs to whoever wrote the topmost Via.
        if (isTopVia) {
          isTopVia = false;
          const owner = branchOwner(bytes, { at: colon, end, workers });
          if (owner >= 0) return owner;
        }
        break;
      case TO: {
        seen++;
        if (isResponse) break;
        const tag = tagOf(bytes, colon, end);
        const owner = tag === 0 ? -1 : markedBy(bytes, startOf(tag), workers);
        if (owner >= 0) return owner;
        break;
      }
      case FROM:
        seen++;
        fromTag = tagOf(bytes, colon, end);
        break;
      case CALL_ID:
        seen++;
        callId = trimmed(bytes, colon + 1, end);
        break;
    }
    start = bytes[end] === CR && bytes[end + 1] === LF ? end + 2 : end + 1;
  }
  if (callId === 0) return -1;
  return spread(hash(bytes, hash(bytes, BASIS, callId), fromTag), workers);
}

/** Headers behind that many bytes are not looked for. */
const MOST_BYTES = 8_192;
const RESPONSE = ascii("SIP/2.0 ");
const BRANCH = ascii("branch=");
const COOKIE = ascii("z9hg4bk");
const TAG = ascii("tag=");
const NAMES = {
  via: ascii("via"),
  to: ascii("to"),
  from: ascii("from"),
  callId: ascii("call-id"),
};
const VIA = 1;
const TO = 2;
const FROM = 3;
const CALL_ID = 4;
const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const DASH = 0x2d;
const DOT = 0x2e;
const COLON = 0x3a;
const SEMICOLON = 0x3b;
const COMMA = 0x2c;
const GREATER = 0x3e;
const SMALL_W = 0x77;
/** Digits of a slot in a branch at most, see the table of client transactions. */
const MOST_SLOT = 8;
/** A span is its start times this, plus its end; 0 is none. */
const SPAN = 65_536;
const BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function lineEnd(bytes: Uint8Array, from: number, length: number): number {
  let at = from;
  while (at < length && !isLineEnd(bytes[at])) at++;
  return at;
}

/** Where the name of a line ends, -1 where there is none: nothing past the line is looked at. */
function colonOf(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== COLON) at++;
  return at < end ? at : -1;
}

/** Which header's name stands before the colon. RFC 3261 section 7.3.3 has the compact ones. */
function nameOf(bytes: Uint8Array, start: number, colon: number): number {
  let end = colon;
  while (end > start && isBlank(bytes[end - 1])) end--;
  const length = end - start;
  if (length === 1) {
    switch (lower(bytes[start]!)) {
      case 0x76:
        return VIA;
      case 0x74:
        return TO;
      case 0x66:
        return FROM;
      case 0x69:
        return CALL_ID;
    }
    return 0;
  }
  if (length === 3 && matches(bytes, start, NAMES.via)) return VIA;
  if (length === 2 && matches(bytes, start, NAMES.to)) return TO;
  if (length === 4 && matches(bytes, start, NAMES.from)) return FROM;
  if (length === 7 && matches(bytes, start, NAMES.callId)) return CALL_ID;
  return 0;
}

/** The worker that wrote the first branch of a Via, `z9hG4bK<slot>.w1-...` or without a slot. */
function branchOwner(
  bytes: Uint8Array,
  { at, end, workers }: { at: number; end: number; workers: number },
): number {
  for (let i = at; i < end && bytes[i] !== COMMA; i++) {
    if (bytes[i] !== SEMICOLON) continue;
    let value = i + 1;
    while (isBlank(bytes[value])) value++;
    if (!matches(bytes, value, BRANCH)) continue;
    value += BRANCH.length;
    if (!matches(bytes, value, COOKIE)) return -1;
    value += COOKIE.length;
    let dot = value;
    while (dot < value + MOST_SLOT && bytes[dot] !== DOT) dot++;
    const hasSlot = dot > value && bytes[dot] === DOT;
    return markedBy(bytes, hasSlot ? dot + 1 : value, workers);
  }
  return -1;
}

/** The span of a tag, behind the address where that is in angle brackets. */
function tagOf(bytes: Uint8Array, from: number, end: number): number {
  let at = end;
  while (at > from && bytes[at] !== GREATER) at--;
  for (; at < end; at++) {
    if (bytes[at] !== SEMICOLON) continue;
    let value = at + 1;
    while (isBlank(bytes[value])) value++;
    if (!matches(bytes, value, TAG)) continue;
    value += TAG.length;
    let last = value;
    while (last < end && bytes[last] !== SEMICOLON && !isBlank(bytes[last])) {
      last++;
    }
    return value * SPAN + last;
  }
  return 0;
}

/** The worker whose mark stands here; -1 for none, or for one that is not. */
function markedBy(bytes: Uint8Array, at: number, workers: number): number {
  if (bytes[at] !== SMALL_W) return -1;
  let worker = 0;
  for (let i = at + 1; i <= at + 3; i++) {
    const byte = bytes[i]!;
    if (byte === DASH) return i > at + 1 && worker < workers ? worker : -1;
    if (byte >= 0x30 && byte <= 0x39) worker = worker * 36 + byte - 0x30;
    else if (byte >= 0x61 && byte <= 0x7a) worker = worker * 36 + byte - 0x57;
    else return -1;
  }
  return -1;
}

function trimmed(bytes: Uint8Array, from: number, to: number): number {
  let start = from;
  let end = to;
  while (start < end && isBlank(bytes[start])) start++;
  while (end > start && isBlank(bytes[end - 1])) end--;
  return end > start ? start * SPAN + end : 0;
}

/** FNV-1a, from what was hashed before. */
function hash(bytes: Uint8Array, before: number, span: number): number {
  const end = span % SPAN;
  let value = before;
  for (let at = startOf(span); at < end; at++) {
    value = Math.imul(value ^ bytes[at]!, PRIME);
  }
  return value >>> 0;
}

/** The low bits of the hash depend on the low bits of the text alone; the high ones are mixed in. */
function spread(value: number, workers: number): number {
  const mixed = Math.imul(value ^ (value >>> 16), 0x45d9f3b);
  return ((mixed ^ (mixed >>> 16)) >>> 0) % workers;
}

function startOf(span: number): number {
  return Math.floor(span / SPAN);
}

/** Whether lower-case `wanted` stands here, in either case. */
function matches(bytes: Uint8Array, at: number, wanted: Uint8Array): boolean {
  for (let i = 0; i < wanted.length; i++) {
    if (lower(bytes[at + i] ?? 0) !== wanted[i]) return false;
  }
  return true;
}

function startsWith(
  bytes: Uint8Array,
  at: number,
  wanted: Uint8Array,
): boolean {
  for (let i = 0; i < wanted.length; i++) {
    if (bytes[at + i] !== wanted[i]) return false;
  }
  return true;
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
}

function isLetter(byte: number | undefined): boolean {
  const letter = lower(byte ?? 0);
  return letter >= 0x61 && letter <= 0x7a;
}

function isLineEnd(byte: number | undefined): boolean {
  return byte === CR || byte === LF;
}

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB;
}
