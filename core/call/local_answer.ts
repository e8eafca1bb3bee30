/** The SDP that answers an offer on its own leg, without asking the other side (RFC 3264 section 6). */

import { fromBytes, toBytes } from "../message/bytes.ts";
import type { SdpBody } from "../dialog/session_sdp.ts";
import {
  type Direction,
  directionOf,
  mediaWords,
  type SdpSections,
  sdpText,
  sectionsOf,
  withoutDirection,
} from "./sdp_sections.ts";

/** What is in force around an offer. */
export interface Standing {
  /** What we said last on the leg. */
  readonly local: SdpBody;
  /** What the other side said last, whose wish to hear and be heard stands; undefined where there is none. */
  readonly other: SdpBody | undefined;
}

/**
 * What we said last, with each stream's direction as the offer and the other side leave it; undefined when the offer
 * asks for more than that: other streams, or no format that we named.
 */
export function localAnswer(
  offer: SdpBody,
  { local, other }: Standing,
): SdpBody | undefined {
  const asked = sectionsOf(fromBytes(offer.body));
  const ours = sectionsOf(fromBytes(local.body));
  const theirs = other && sectionsOf(fromBytes(other.body));
  // §6: "For each "m=" line in the offer, there MUST be a corresponding "m=" line in the answer."
  if (asked.media.length !== ours.media.length) return undefined;
  const lines = withoutDirection(ours.head);
  for (const [at, wanted] of asked.media.entries()) {
    const own = ours.media[at]!;
    const [kind, port, protocol, ...formats] = mediaWords(wanted);
    const [ownKind, ownPort, ownProtocol, ...ownFormats] = mediaWords(own);
    if (kind !== ownKind || protocol !== ownProtocol) return undefined;
    const [mLine = "", ...rest] = withoutDirection(own);
    // §8.2: "A stream that is offered with a port of zero MUST be marked with port zero in the answer."
    if (port === "0") {
      lines.push(mLine.replace(/ \d+/, " 0"), ...rest);
      continue;
    }
    // §6.1: "the "m=" line MUST contain at least one codec the answerer is willing to both send and receive, from
    // amongst those listed in the offer"; of a stream that we had switched off nobody knows any.
    if (ownPort === "0" || !formats.some((one) => ownFormats.includes(one))) {
      return undefined;
    }
    const wish = wishOf(theirs, at);
    const direction = answering(directionOf(wanted, asked.head), wish);
    lines.push(mLine, ...rest, `a=${direction}`);
  }
  return { contentType: local.contentType, body: settled(lines, local) };
}

function wishOf(theirs: SdpSections | undefined, at: number): Direction {
  const section = theirs?.media[at];
  return theirs === undefined || section === undefined
    ? "sendrecv"
    : directionOf(section, theirs.head);
}

/** §6.1: "If a stream is offered as sendonly, the corresponding stream MUST be marked as recvonly or inactive in the answer", and so on. */
function answering(offered: Direction, wish: Direction): Direction {
  const sends = wish !== "recvonly" && wish !== "inactive" &&
    offered !== "sendonly" && offered !== "inactive";
  const hears = wish !== "sendonly" && wish !== "inactive" &&
    offered !== "recvonly" && offered !== "inactive";
  if (sends) return hears ? "sendrecv" : "sendonly";
  return hears ? "recvonly" : "inactive";
}

/** §8: "If the version in the origin line does not increment, the SDP MUST be identical to the SDP with that version number." */
function settled(lines: readonly string[], local: SdpBody): Uint8Array {
  const before = sectionsOf(fromBytes(local.body));
  const same = canonical(lines) ===
    canonical([before.head, ...before.media].flatMap(({ lines }) => lines));
  if (same) return local.body;
  return toBytes(sdpText(lines.map((line) =>
    line.replace(
      /^(o=\S+ \S+ )(\d+)/,
      (_, start: string, version: string) => `${start}${BigInt(version) + 1n}`,
    )
  )));
}

function canonical(lines: readonly string[]): string {
  return lines.filter((line) => line !== "a=sendrecv").join("\n");
}
