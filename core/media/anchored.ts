/**
 * A description as the other side of an anchored call gets it: with our addresses and ports, and every other byte as
 * it came.
 *
 * @module
 */

import type { MediaDescription } from "../sdp/media_description.ts";
import type { SdpSection } from "../sdp/section.ts";
import {
  type SessionDescription,
  setAddress,
} from "../sdp/session_description.ts";
import { connectionOf, isNowhere } from "./stream_facts.ts";

/** Where we take the packets of one stream. */
export interface AnchorPoint {
  readonly port: number;
  readonly rtcpPort: number;
}

/** Attributes that would have the two sides find each other past us (RFC 8839, 8840). */
const ICE: readonly string[] = [
  "candidate",
  "remote-candidates",
  "end-of-candidates",
  "ice-ufrag",
  "ice-pwd",
  "ice-options",
  "ice-lite",
  "ice-mismatch",
  "ice-pacing",
];

/**
 * Puts us in the place of whoever wrote the description. `points` has one item a stream; undefined leaves the stream
 * as it is. The `o=` line is written by {@linkcode OriginKeeper}.
 */
export function anchorDescription(
  { session, media }: SessionDescription,
  { address, points }: {
    address: string;
    points: readonly (AnchorPoint | undefined)[];
  },
): void {
  const theirs = session.get("c");
  const shared = theirs !== undefined;
  media.forEach((stream, at) => {
    const point = points[at];
    if (point !== undefined) {
      anchorStream(stream, { address, point, session });
    } else if (shared && stream.port !== 0 && stream.get("c") === undefined) {
      // What is not ours to relay stays where it was, whatever the session's line will say.
      stream.set("c", theirs, "bka");
    }
  });
  if (shared && points.some((point) => point !== undefined)) {
    move(session, address);
  }
  for (const section of [session, ...media]) {
    section.removeAttributes(({ name }) => ICE.includes(name));
  }
}

function anchorStream(
  stream: MediaDescription,
  { address, point, session }: {
    address: string;
    point: AnchorPoint;
    session: SdpSection;
  },
): void {
  // A sender on hold by address stays on hold: see move().
  if (connectionOf(stream, session) === undefined) setAddress(stream, address);
  else if (stream.get("c") !== undefined) move(stream, address);
  stream.port = point.port;
  const rtcp = stream.attribute("rtcp");
  if (rtcp === undefined) return;
  // RFC 3605 §2.1: `a=rtcp:port [nettype addrtype connection-address]`; what was said is said of us.
  const family = address.includes(":") ? "IP6" : "IP4";
  const port = stream.attribute("rtcp-mux") === undefined
    ? point.rtcpPort
    : point.port;
  const value = /\s/.test((rtcp.value ?? "").trim())
    ? `${port} IN ${family} ${address}`
    : `${port}`;
  stream.setAttribute({ name: "rtcp", value });
}

/** RFC 3264 §8.4: the address 0.0.0.0 of an old peer puts a stream on hold, and has to reach the other side. */
function move(section: SdpSection, address: string): void {
  const host =
    (section.get("c") ?? "").split(" ").filter((word) => word !== "")[2] ?? "";
  if (!isNowhere(host)) setAddress(section, address);
}
