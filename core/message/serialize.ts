/**
 * Messages to bytes. Lines leave as they came; only Content-Length is ours to write, and always written
 * (RFC 3261 section 20.14: "Applications SHOULD use this field [...] If a stream-based protocol (such as TCP)
 * is used as transport, the header field MUST be used").
 *
 * Hot path: one string is put together and encoded once into a buffer that is kept.
 *
 * @module
 */

import { writeBytes } from "./bytes.ts";
import type { SipMessage } from "./message.ts";

let scratch = new Uint8Array(128 * 1024);

/** Memory of its own costs a message more than all else about it; a dozen that are soon let go share theirs. */
const SLAB_BYTES = 8 * 1024;
let slab = new Uint8Array(SLAB_BYTES);
let slabUsed = 0;

/** The bytes of a message, in an array that nobody else writes to. */
export function serialize(message: SipMessage): Uint8Array<ArrayBuffer> {
  let text = message.kind === "request"
    ? `${message.method} ${message.uri} SIP/2.0`
    : `SIP/2.0 ${message.status} ${message.reason}`;
  // A line break that got into a reason phrase or URI must not become a header field of its own.
  if (text.includes("\n") || text.includes("\r")) {
    text = text.replace(/[\r\n]/g, " ");
  }
  text += "\r\n";
  const { body } = message;
  let lengthWritten = false;
  for (const line of message.headers.lines) {
    if (line.key !== "content-length") {
      text += line.raw;
      text += "\r\n";
    } else if (!lengthWritten) {
      lengthWritten = true;
      // A length that still holds keeps its own spelling.
      text += Number(line.value) === body.length
        ? line.raw
        : `${line.name}: ${body.length}`;
      text += "\r\n";
    }
  }
  text += lengthWritten ? "\r\n" : `Content-Length: ${body.length}\r\n\r\n`;
  const size = text.length + body.length;
  // encodeInto stops where two-byte characters would not fit, so room for twice the text is kept.
  if (scratch.length < 2 * size) scratch = new Uint8Array(2 * size);
  const written = writeBytes(text, scratch, 0);
  if (body.length > 0) scratch.set(body, written);
  return isBrief(message) ? shared(size) : scratch.slice(0, size);
}

/**
 * Whether it is held no longer than a few retransmissions. A final response, and the ACK of one, wait half a minute for
 * their doubles, and would keep their neighbours' memory that long.
 */
function isBrief(message: SipMessage): boolean {
  return message.kind === "request"
    ? message.method !== "ACK"
    : message.status < 200;
}

/** What the scratch begins with, in memory shared with others. */
function shared(size: number): Uint8Array<ArrayBuffer> {
  if (size > SLAB_BYTES / 4) return scratch.slice(0, size);
  if (slabUsed + size > SLAB_BYTES) {
    slab = new Uint8Array(SLAB_BYTES);
    slabUsed = 0;
  }
  const bytes = slab.subarray(slabUsed, slabUsed + size);
  bytes.set(scratch.subarray(0, size));
  slabUsed += size;
  return bytes;
}
