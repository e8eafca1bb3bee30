/** The session descriptions of a simulated peer: one audio stream, its version counted. */

import { toBytes } from "../../core/message/bytes.ts";

/** What a description is for. */
export type SdpWord = "offer" | "answer" | "hold" | "same as before";

/** The media side of one peer in one call. */
export class PeerSdp {
  readonly #name: string;
  readonly #host: string;
  #version = 0;
  #direction = "sendrecv";
  #last: Uint8Array | undefined;

  constructor(name: string, host: string) {
    this.#name = name;
    this.#host = host;
  }

  /** A description; `offered` is what it answers. */
  write(word: SdpWord, offered?: Uint8Array): Uint8Array {
    if (word === "same as before" && this.#last !== undefined) {
      return this.#last;
    }
    this.#version++;
    this.#direction = word === "hold"
      ? "sendonly"
      : isHold(offered)
      ? "recvonly"
      : "sendrecv";
    this.#last = toBytes(
      [
        "v=0",
        `o=${this.#name} 1 ${this.#version} IN IP4 ${this.#host}`,
        "s=-",
        `c=IN IP4 ${this.#host}`,
        "t=0 0",
        "m=audio 40000 RTP/AVP 0 101",
        "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:101 telephone-event/8000",
        `a=${this.#direction}`,
        "",
      ].join("\r\n"),
    );
    return this.#last;
  }
}

/** Whether a description puts the other side on hold: RFC 3264 section 8.4. */
export function isHold(body: Uint8Array | undefined): boolean {
  if (body === undefined) return false;
  const text = String.fromCharCode(...body);
  return /^a=(?:sendonly|inactive)\r?$/m.test(text) ||
    /^c=IN IP4 0\.0\.0\.0\r?$/m.test(text);
}
