/**
 * What peers send to keep a NAT binding or a connection open, and STUN: none of it is SIP, none of it is an error.
 *
 * Hot path: the busiest port of a house full of phones hears little else, so nothing is allocated to tell one.
 *
 * @module
 */

import { isStun } from "./stun.ts";

/**
 * How a keep-alive that is no SIP message came: `crlf`, line ends and spaces alone, on a stream a double CRLF
 * (RFC 5626); `stun`; `nul`, NUL bytes, line ends among them or not; `keep-alive`, the word; `jak`, the word "jaK";
 * `empty`, a datagram of no bytes; `other`, words and zeros that some phones send.
 */
export type WireKeepAlive =
  | "crlf"
  | "stun"
  | "nul"
  | "keep-alive"
  | "jak"
  | "empty"
  | "other";

/** The counter of each kind. */
export const WIRE_COUNTERS: Readonly<Record<WireKeepAlive, string>> = {
  crlf: "transport_keep_alive_crlf",
  stun: "transport_keep_alive_stun",
  nul: "transport_keep_alive_nul",
  "keep-alive": "transport_keep_alive_word",
  jak: "transport_keep_alive_jak",
  empty: "transport_keep_alive_empty",
  other: "transport_keep_alive_other",
};

/** Longer than any word that serves as a keep-alive. */
const LONGEST_WORD = 16;

/**
 * The kind of a datagram that is a keep-alive or STUN; undefined when it may be a message. The first byte of a SIP
 * message is a letter of its method or version, so all but a few datagrams are settled by it.
 */
export function wireKeepAlive(bytes: Uint8Array): WireKeepAlive | undefined {
  const { length } = bytes;
  if (length === 0) return "empty";
  const first = bytes[0]!;
  if (first > 0x20) {
    return length <= LONGEST_WORD ? wordOf(bytes) : undefined;
  }
  if (isStun(bytes)) return "stun";
  const filler = fillerOf(bytes);
  if (filler !== undefined) return filler;
  return length <= LONGEST_WORD ? wordOf(bytes) : undefined;
}

/** NULs or line ends and nothing else. */
function fillerOf(bytes: Uint8Array): "nul" | "crlf" | undefined {
  let kind: "nul" | "crlf" = "crlf";
  for (const byte of bytes) {
    if (!isFiller(byte)) return undefined;
    if (byte === 0) kind = "nul";
  }
  return kind;
}

/** A word, whatever stands around it. */
function wordOf(bytes: Uint8Array): WireKeepAlive | undefined {
  let word = "";
  for (const byte of bytes) {
    if (!isFiller(byte)) word += String.fromCharCode(byte);
  }
  switch (word.toLowerCase()) {
    case "keep-alive":
    case "keepalive":
      return "keep-alive";
    case "jak":
      return "jak";
    case "hello":
    case "ping":
      return "other";
  }
  return /^0+$/.test(word) ? "other" : undefined;
}

/** NUL, tab, LF, CR, space. */
function isFiller(byte: number): boolean {
  return byte === 0 || byte === 0x09 || byte === 0x0a || byte === 0x0d ||
    byte === 0x20;
}
