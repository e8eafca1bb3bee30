/**
 * SIP text as byte strings. Inside Legwork the text of a message is a string in which every character is one
 * byte (code points 0 to 255), so that what is not ours to change, invalid UTF-8 included, leaves as it came.
 * Only what a person or a script reads is decoded, by {@linkcode toText}.
 *
 * Hot path: `Buffer`'s latin1 and `encodeInto` are the fastest ways of this runtime between bytes and strings.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { asText } from "../base/as_text.ts";
import { isSpace } from "./characters.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
let lastRead: Buffer = Buffer.allocUnsafeSlow(0);
const QUESTION_MARK = 0x3f;

/** Bytes to a byte string. The result is a copy and keeps nothing of `bytes` alive. */
export function fromBytes(
  bytes: Uint8Array,
  start = 0,
  end: number = bytes.length,
): string {
  // Datagrams lie in one buffer, one after the other: it is made a Buffer once.
  if (bytes.buffer !== lastRead.buffer) lastRead = Buffer.from(bytes.buffer);
  const { byteOffset } = bytes;
  return lastRead.toString("latin1", byteOffset + start, byteOffset + end);
}

/**
 * A byte string to bytes, written into `target` at `offset`; returns how many were written. Bytes of `target` after
 * them, up to twice the text's length, may change too.
 */
export function writeBytes(
  text: string,
  target: Uint8Array,
  offset: number,
): number {
  const room = offset === 0 ? target : target.subarray(offset);
  const { read, written } = encoder.encodeInto(text, room);
  // Equal lengths mean that every character was ASCII: the common case, done.
  if (read === text.length && written === read) return written;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    // Not a byte string. Cut to eight bits, U+010A would leave as a line feed and end the header field.
    room[i] = code > 0xff ? QUESTION_MARK : code;
  }
  return text.length;
}

/** A byte string to new bytes. */
export function toBytes(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  writeBytes(text, bytes, 0);
  return bytes;
}

/** A byte string as people read it: decoded as UTF-8, invalid bytes as U+FFFD. */
export function toText(bytes: string): string {
  return isAscii(bytes) ? bytes : decoder.decode(toBytes(bytes));
}

/** What people write to a byte string: encoded as UTF-8. */
export function fromText(text: string): string {
  return isAscii(text) ? text : fromBytes(encoder.encode(text));
}

/**
 * A copy that shares no memory with what it was cut from. The engine keeps a cut string as a view of the whole
 * datagram's text; whatever outlives a message (a tag in a dialog, say) is detached first.
 */
export function detached(text: string): string {
  // Text put together from pieces by join is written anew; shorter text the engine copies by itself.
  if (text.length < 13) return text;
  PIECES[0] = text.slice(0, 1);
  PIECES[1] = text.slice(1);
  const copy = PIECES.join("");
  PIECES[1] = "";
  return copy;
}

const PIECES = ["", ""];

/**
 * Without the white space of SIP (space, tab, CR, LF) around it. `String.trim` would also take the byte A0,
 * which ends many a UTF-8 letter.
 */
export function trimmed(text: string): string {
  return trimmedPart(text, 0, text.length);
}

/** The stretch from `from` to before `to`, {@linkcode trimmed}. */
export function trimmedPart(
  whole: string,
  from: number,
  to: number,
): string {
  const text = asText(whole);
  let start = from;
  let end = to;
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 0x7f) return false;
  }
  return true;
}
