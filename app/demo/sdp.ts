/** Session descriptions of the demo's phones: one audio stream that nobody sends on. */

import { fromBytes, toBytes } from "../../core/message/bytes.ts";
import type { Address } from "../../core/transport/address.ts";

/** Which way media may flow, as its sender sees it: RFC 3264 section 5.1. */
export type Direction = "sendrecv" | "sendonly" | "recvonly" | "inactive";

/** A description; `version` rises with each that differs (RFC 3264 section 8). */
export function describe(
  local: Address,
  { version, direction }: { version: number; direction: Direction },
): Uint8Array {
  const family = local.host.includes(":") ? "IP6" : "IP4";
  return toBytes([
    "v=0",
    `o=- 1 ${version} IN ${family} ${local.host}`,
    "s=-",
    `c=IN ${family} ${local.host}`,
    "t=0 0",
    // The discard port: there is no audio.
    "m=audio 9 RTP/AVP 0",
    "a=rtpmap:0 PCMU/8000",
    `a=${direction}`,
    "",
  ].join("\r\n"));
}

/** The direction that answers an offer: RFC 3264 section 6.1. */
export function answering(offer: Uint8Array): Direction {
  const found = /^a=(sendrecv|sendonly|recvonly|inactive)\r?$/m.exec(
    fromBytes(offer),
  );
  switch (found?.[1]) {
    case "sendonly":
      return "recvonly";
    case "recvonly":
      return "sendonly";
    case "inactive":
      return "inactive";
    default:
      return "sendrecv";
  }
}
