/**
 * Cuts a byte stream into SIP messages by Content-Length (RFC 3261 section 18.3), with the keep-alives of RFC 5626
 * between them.
 *
 * Hot path: a chunk that holds whole messages is cut in place; only what is incomplete is copied.
 *
 * @module
 */

import { fromBytes, trimmed } from "../message/bytes.ts";
import type { FramingProblem } from "./transport.ts";

/** Who receives what a {@linkcode StreamFramer} cuts. */
export interface FramerSink {
  /** A whole message; the bytes are only good during the call. */
  onFrame(bytes: Uint8Array): void;
  /** A double CRLF between messages: RFC 5626 section 3.5.1 asks for a single CRLF in return. */
  onPing(): void;
  /** The single CRLF that {@linkcode StreamFramer.awaitPong} waits for. */
  onPong?(): void;
}

const CR = 0x0d;
const LF = 0x0a;
const NUL = 0x00;

/** The framing state of one direction of one connection. It holds at most one message of the largest size. */
export class StreamFramer {
  readonly #limitBytes: number;
  /** Bytes of the message that is not complete yet. */
  #held = new Uint8Array(0);
  #heldSize = 0;
  /** How far into that message the end of its head was looked for. */
  #scanned = 0;
  /** Its whole length, once its head is there; otherwise 0. */
  #length = 0;
  /** Line ends seen since the last message or ping. */
  #lineEnds = 0;
  #pongDue = false;
  #failed = false;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** A ping was sent: the next line end between messages is its pong. */
  awaitPong(): void {
    this.#pongDue = true;
  }

  /** Takes what was read. A problem is final: the framer takes nothing more. */
  push(chunk: Uint8Array, sink: FramerSink): FramingProblem | undefined {
    if (this.#failed) return undefined;
    const fresh = this.#heldSize === 0;
    if (!fresh) this.#hold(chunk);
    const data = fresh ? chunk : this.#held.subarray(0, this.#heldSize);
    let at = 0;
    for (;;) {
      if (this.#length === 0) {
        if (this.#scanned === 0) at = this.#skipKeepAlives(data, at, sink);
        const problem = this.#findLength(data, at);
        if (problem !== undefined) {
          this.#failed = true;
          this.#held = new Uint8Array(0);
          return problem;
        }
      }
      if (this.#length === 0 || data.length - at < this.#length) break;
      const end = at + this.#length;
      this.#length = 0;
      this.#scanned = 0;
      sink.onFrame(data.subarray(at, end));
      at = end;
    }
    if (fresh) {
      if (at < data.length) this.#hold(data.subarray(at));
    } else {
      this.#held.copyWithin(0, at, this.#heldSize);
      this.#heldSize -= at;
      // A quiet connection holds no memory.
      if (this.#heldSize === 0) this.#held = new Uint8Array(0);
    }
    return undefined;
  }

  /**
   * §7.5: "Implementations processing SIP messages over stream-oriented transports MUST ignore any CRLF appearing
   * before the start-line." NULs, which some peers send to keep a connection alive, are ignored as well.
   */
  #skipKeepAlives(data: Uint8Array, from: number, sink: FramerSink): number {
    let at = from;
    let ponged = false;
    for (; at < data.length; at++) {
      const byte = data[at];
      if (byte === LF) {
        if (this.#pongDue) {
          this.#pongDue = false;
          ponged = true;
          sink.onPong?.();
        }
        // RFC 5626 §4.4.1: "the "ping" is a double-CRLF sequence, and the "pong" is a single CRLF".
        if (++this.#lineEnds === 2) {
          this.#lineEnds = 0;
          sink.onPing();
        }
      } else if (byte !== CR && byte !== NUL) {
        this.#lineEnds = 0;
        break;
      }
    }
    // A pong is no half of a ping, unless the other half came with it: then it may be either.
    if (ponged && this.#lineEnds === 1) this.#lineEnds = 0;
    return at;
  }

  /** Looks for the end of the head, and with it for the length of the message. */
  #findLength(data: Uint8Array, start: number): FramingProblem | undefined {
    const headEnd = this.#findHeadEnd(data, start);
    if (headEnd < 0) {
      this.#scanned = Math.max(0, data.length - start);
      // A head without end is never held beyond the limit.
      return this.#scanned > this.#limitBytes
        ? problemOf(513, "Message too large", undefined)
        : undefined;
    }
    const head = data.subarray(start, headEnd);
    const body = contentLengthOf(head);
    // §18.3: "The Content-Length header field MUST be used with stream oriented transports."
    if (body === undefined) {
      return problemOf(400, "Missing Content-Length", head);
    }
    if (body === "malformed") {
      return problemOf(400, "Malformed Content-Length", head);
    }
    this.#length = head.length + body;
    return this.#length > this.#limitBytes
      ? problemOf(513, "Message too large", head)
      : undefined;
  }

  /** Where the body begins: after an empty line, ended by CRLF or by LF alone as the parser takes it. */
  #findHeadEnd(data: Uint8Array, start: number): number {
    // The last three bytes seen may be the beginning of the empty line.
    let at = start + Math.max(0, this.#scanned - 3);
    for (;;) {
      at = data.indexOf(LF, at);
      if (at < 0) return -1;
      if (data[at + 1] === LF) return at + 2;
      if (data[at + 1] === CR && data[at + 2] === LF) return at + 3;
      at++;
    }
  }

  #hold(chunk: Uint8Array): void {
    const size = this.#heldSize + chunk.length;
    if (size > this.#held.length) {
      const larger = new Uint8Array(Math.max(size, 2 * this.#held.length));
      larger.set(this.#held.subarray(0, this.#heldSize));
      this.#held = larger;
    }
    this.#held.set(chunk, this.#heldSize);
    this.#heldSize = size;
  }
}

/** A line of that name, its folds included. */
const CONTENT_LENGTH = /\n(?:content-length|l)[ \t]*:((?:[^\n]|\n[ \t])*)/gi;

function contentLengthOf(head: Uint8Array): number | "malformed" | undefined {
  let length: number | undefined;
  for (const [, text] of fromBytes(head).matchAll(CONTENT_LENGTH)) {
    const value = trimmed(text!);
    if (!/^\d{1,9}$/.test(value)) return "malformed";
    if (length !== undefined && length !== Number(value)) return "malformed";
    length = Number(value);
  }
  return length;
}

function problemOf(
  status: 400 | 513,
  reason: string,
  head: Uint8Array | undefined,
): FramingProblem {
  return { status, reason, head: head?.slice() };
}
