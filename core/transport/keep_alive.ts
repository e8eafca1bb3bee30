/** What peers send to keep a NAT binding open, and STUN: none of it is SIP, none of it is an error. */

import { isStun } from "./stun.ts";

/** How a datagram that is no SIP message is counted; undefined when it may be one. */
export type NonSip = "keep_alive" | "stun" | undefined;

const KEEP_ALIVE_WORDS = /^(?:keep-?alive|jak|hello|ping|0+)$/i;

/**
 * Tells keep-alives (nothing at all, line ends, NULs, "jaK", "keep-alive") and STUN from messages. The first byte
 * of a SIP message is a letter of its method or version, so all but a few datagrams are settled by it.
 */
export function nonSip(bytes: Uint8Array): NonSip {
  const { length } = bytes;
  if (length === 0) return "keep_alive";
  const first = bytes[0]!;
  if (first > 0x20 && length > 16) return undefined;
  if (isStun(bytes)) return "stun";
  if (length <= 16) {
    let text = "";
    for (const byte of bytes) {
      if (!isFiller(byte)) text += String.fromCharCode(byte);
    }
    return text === "" || KEEP_ALIVE_WORDS.test(text)
      ? "keep_alive"
      : undefined;
  }
  for (const byte of bytes) if (!isFiller(byte)) return undefined;
  return "keep_alive";
}

/** NUL, tab, LF, CR, space. */
function isFiller(byte: number): boolean {
  return byte === 0 || byte === 0x09 || byte === 0x0a || byte === 0x0d ||
    byte === 0x20;
}
