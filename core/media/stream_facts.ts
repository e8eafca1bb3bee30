/** What a description says of each of its streams, as far as a relay has to know (RFC 3264, 8866, 3605, 5761). */

import { payloadFormats } from "../sdp/codecs.ts";
import type { MediaDescription } from "../sdp/media_description.ts";
import type { SdpSection } from "../sdp/section.ts";
import {
  addressOf,
  type SessionDescription,
} from "../sdp/session_description.ts";

import { type EventPayload, eventPayloads } from "./event_formats.ts";

/** Where media are to be sent. */
export interface MediaAddress {
  readonly host: string;
  readonly port: number;
}

/** The four directions of RFC 3264 section 5.1. */
export type Direction = "sendrecv" | "sendonly" | "recvonly" | "inactive";

/** One stream of a description. */
export interface StreamFacts {
  /** `audio`, `video`, `image` or other. */
  readonly kind: string;
  /**
   * `rtp`: RTP in the clear. `datagrams`: what is not looked into, such as T.38 in UDPTL or encrypted media. `other`:
   * nothing that goes by datagrams, and nothing for a relay.
   */
  readonly transport: "rtp" | "datagrams" | "other";
  /** RFC 3264 §6: a port of zero refuses the stream, or ends it. */
  readonly refused: boolean;
  /** Undefined where nothing may be sent: the stream is refused, or held by the address 0.0.0.0. */
  readonly rtp: MediaAddress | undefined;
  /** Where RTCP goes, by default and by `a=rtcp`; that of RTP with `a=rtcp-mux`. */
  readonly rtcp: MediaAddress | undefined;
  readonly mux: boolean;
  readonly direction: Direction;
  /** What telephone events it has. */
  readonly events: readonly EventPayload[];
  /** Hz, by payload type. */
  readonly clockRates: ReadonlyMap<number, number>;
}

/** All streams of a description in order. */
export function streamFacts(
  { session, media }: SessionDescription,
): StreamFacts[] {
  return media.map((stream) => factsOf(stream, session));
}

/** RFC 3264 §8.4 and its forebear: sendonly, inactive, or the address 0.0.0.0. A refused stream is not held. */
export function isHeld(stream: StreamFacts): boolean {
  return !stream.refused &&
    (stream.direction === "sendonly" || stream.direction === "inactive" ||
      stream.rtp === undefined);
}

/** What a stream says of its direction, or the session for it. RFC 3264 §5.1: "sendrecv is the default". */
export function directionOf(
  stream: MediaDescription,
  session: SdpSection,
): Direction {
  return (stream.direction ?? session.direction ?? "sendrecv") as Direction;
}

/** The address that holds for a stream, its own or the session's; undefined where there is none. */
export function connectionOf(
  stream: MediaDescription,
  session: SdpSection,
): string | undefined {
  return addressOf(stream.get("c") ?? session.get("c"));
}

/** True for the addresses that nothing is sent to: RFC 3264 §8.4 has 0.0.0.0 for old peers on hold. */
export function isNowhere(host: string): boolean {
  return /^(?:0\.0\.0\.0|[0:]+)$/.test(host);
}

function factsOf(stream: MediaDescription, session: SdpSection): StreamFacts {
  const { kind, port } = stream;
  const host = connectionOf(stream, session);
  const refused = port === 0;
  const rtp = refused || host === undefined || host === "" || isNowhere(host)
    ? undefined
    : { host: withoutTtl(host), port };
  const mux = stream.attribute("rtcp-mux") !== undefined;
  return {
    kind,
    // Without a format the line is malformed, and not to be edited.
    transport: stream.formats.length === 0
      ? "other"
      : transportOf(stream.protocol),
    refused,
    rtp,
    rtcp: mux ? rtp : rtp && rtcpAddress(stream, rtp),
    mux,
    direction: directionOf(stream, session),
    events: eventPayloads(stream),
    clockRates: new Map(
      payloadFormats(stream).map(({ payload, clock }) => [payload, clock]),
    ),
  };
}

function transportOf(protocol: string): StreamFacts["transport"] {
  const name = protocol.toUpperCase();
  if (/\b(?:TCP|MSRP)\b/.test(name)) return "other";
  if (/^RTP\/AVPF?$/.test(name)) return "rtp";
  return /\b(?:RTP|UDP|UDPTL|DTLS)\b/.test(name) ? "datagrams" : "other";
}

/**
 * RFC 3605 §2.1: the attribute "is used to document the RTCP port used for media stream, when that port is not the next
 * higher (odd) port number following the RTP port described in the media line".
 */
function rtcpAddress(
  stream: MediaDescription,
  rtp: MediaAddress,
): MediaAddress {
  const words = (stream.attribute("rtcp")?.value ?? "").trim().split(/\s+/);
  const port = /^\d{1,5}$/.test(words[0]!) ? Number(words[0]) : rtp.port + 1;
  return { host: words[3] ?? rtp.host, port };
}

/** RFC 8866 §5.7: a multicast address may have a lifetime after a slash. */
function withoutTtl(host: string): string {
  return host.split("/", 1)[0]!;
}
