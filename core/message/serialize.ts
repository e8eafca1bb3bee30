/**
 * Messages to bytes. Lines leave as they came; only Content-Length is ours to write, and always written
 * (RFC 3261 section 20.14: "Applications SHOULD use this field [...] If a stream-based protocol (such as TCP)
 * is used as transport, the header field MUST be used").
 *
 * Hot path: one string is put together and encoded once, where it stays.
 *
 * @module
 */

import { writeBytes } from "./bytes.ts";
import type { SipMessage } from "./message.ts";

/** Memory of its own costs a message more than all else about it: neighbours that are let go together share theirs. */
class Slab {
  #bytes = new Uint8Array(0);
  #used = 0;

  take(size: number): Uint8Array<ArrayBuffer> {
    if (size > SLAB_BYTES / 4) return new Uint8Array(size);
    if (this.#used + size > this.#bytes.length) {
      this.#bytes = new Uint8Array(SLAB_BYTES);
      this.#used = 0;
    }
    this.#used += size;
    return this.#bytes.subarray(this.#used - size, this.#used);
  }
}

const SLAB_BYTES = 8 * 1024;
/** The ACK of a 2xx waits half a minute for the doubles of the 2xx. */
const acks = new Slab();
/** All others are held no longer than they may be sent again by themselves. */
const others = new Slab();

/** The bytes of a message, in an array that nobody else writes to. */
export function serialize(message: SipMessage): Uint8Array<ArrayBuffer> {
  let text = startLine(message);
  const { body } = message;
  let lengthWritten = false;
  for (const line of message.headers.lines) {
    if (line.key !== "content-length") {
      text += line.wire;
    } else if (!lengthWritten) {
      lengthWritten = true;
      // A length that still holds keeps its own spelling.
      text += Number(line.value) === body.length
        ? line.wire
        : `${line.name}: ${body.length}\r\n`;
    }
  }
  text += lengthWritten ? "\r\n" : `Content-Length: ${body.length}\r\n\r\n`;
  const size = text.length + body.length;
  const isAck = message.kind === "request" && message.method === "ACK";
  const bytes = (isAck ? acks : others).take(size);
  const written = writeBytes(text, bytes, 0);
  if (body.length > 0) bytes.set(body, written);
  return bytes;
}

/** The start line. A line break that got into a reason phrase or URI must not become a header field of its own. */
function startLine(message: SipMessage): string {
  return message.kind === "request"
    ? `${inOneLine(message.method)} ${inOneLine(message.uri)} SIP/2.0\r\n`
    : `SIP/2.0 ${message.status} ${inOneLine(message.reason)}\r\n`;
}

function inOneLine(text: string): string {
  return text.includes("\n") || text.includes("\r")
    ? text.replace(/[\r\n]/g, " ")
    : text;
}
