/** What was relayed in a call, for its record. */

/** One direction of one stream. */
export interface MediaFlow {
  /** The side it came from. */
  readonly from: "a" | "b";
  /** The stream's place in the descriptions, from 0. */
  readonly stream: number;
  /** `audio`, `video`, `image`. */
  readonly kind: string;
  readonly packets: number;
  /** Of the datagrams, RTP header included. */
  readonly bytes: number;
  /** RFC 3550 section 6.4.1: packets expected less packets received; negative where some came twice. */
  readonly lost: number;
  /** RFC 3550 section 6.4.1: interarrival jitter, here in milliseconds. */
  readonly jitterMs: number;
  /** Datagrams that were not passed on: of another source, or no RTP. */
  readonly refused: number;
}

/** One direction in a line: `a audio: 1502 packets, 0 lost, 0.4 ms`. */
export function flowText(
  { from, kind, packets, lost, jitterMs, refused }: MediaFlow,
): string {
  const strangers = refused === 0 ? "" : `, ${refused} refused`;
  return `${from} ${kind}: ${packets} packets, ${lost} lost, ` +
    `${Math.round(jitterMs * 10) / 10} ms${strangers}`;
}

/** All of a call. */
export interface MediaSummary {
  readonly mode: "relay" | "rtpengine";
  readonly flows: readonly MediaFlow[];
}
