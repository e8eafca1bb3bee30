/** The SIP messages of a capture file. */

import { DEFAULT_LIMITS } from "../../core/base/limits.ts";
import type { SipMessage } from "../../core/message/message.ts";
import { parseMessage } from "../../core/message/parse.ts";
import type { Address } from "../../core/transport/address.ts";
import { StreamFramer } from "../../core/transport/stream_framer.ts";
import { packets } from "./capture.ts";
import { knowsLink, type Segment, segmentOf } from "./datagram.ts";
import { StreamOrder } from "./stream.ts";

/** One message as it was captured. */
export interface CapturedMessage {
  /** The packet that completed it, counted from 1. */
  readonly packet: number;
  readonly atMs: number;
  readonly transport: "UDP" | "TCP";
  readonly from: Address;
  readonly to: Address;
  readonly message: SipMessage;
}

/** What a capture has besides. */
export interface CaptureCounts {
  packets: number;
  /** Packets of link layers that cannot be read. */
  unreadable: number;
  /** What looked like SIP and was none. */
  malformed: number;
}

/** Most directions of TCP connections followed at once. */
const MAX_STREAMS = 10_000;
const STREAM_BYTES = DEFAULT_LIMITS.messageBytes;

interface Stream {
  order: StreamOrder;
  framer: StreamFramer;
}

/** All SIP messages in order. Throws `CaptureError` where the file is broken. */
export function* sipMessages(
  file: Uint8Array,
  counts: CaptureCounts,
): Generator<CapturedMessage> {
  const streams = new Map<string, Stream>();
  for (const packet of packets(file)) {
    counts.packets++;
    if (!knowsLink(packet.linkType)) counts.unreadable++;
    const segment = segmentOf(packet);
    if (segment === undefined) continue;
    const wholes = segment.transport === "UDP"
      ? looksLikeSip(segment.payload) ? [segment.payload] : []
      : framesOf(segment, streams, counts);
    for (const bytes of wholes) {
      const parsed = parseMessage(bytes, DEFAULT_LIMITS);
      if (!parsed.ok) {
        counts.malformed++;
        continue;
      }
      const { message } = parsed;
      const { transport, from, to } = segment;
      const { number, atMs } = packet;
      yield { packet: number, atMs, transport, from, to, message };
    }
  }
}

function framesOf(
  segment: Segment,
  streams: Map<string, Stream>,
  counts: CaptureCounts,
): Uint8Array[] {
  const { from, to, begins, sequence, payload } = segment;
  const key = `${from.host} ${from.port} ${to.host} ${to.port}`;
  let stream = streams.get(key);
  if (stream === undefined) {
    // RTP over TCP, HTTP and the like are not followed.
    if (!begins && !looksLikeSip(payload)) return [];
    if (streams.size >= MAX_STREAMS) return [];
    stream = {
      order: new StreamOrder(),
      framer: new StreamFramer(STREAM_BYTES),
    };
    streams.set(key, stream);
  }
  if (begins) {
    stream.order.begin(sequence);
    stream.framer = new StreamFramer(STREAM_BYTES);
  }
  const frames: Uint8Array[] = [];
  const sink = {
    onFrame: (bytes: Uint8Array) => {
      frames.push(bytes.slice());
    },
    onPing: () => {},
  };
  const { parts, gap } = stream.order.take(sequence, payload);
  if (gap) stream.framer = new StreamFramer(STREAM_BYTES);
  for (const part of parts) {
    if (stream.framer.push(part, sink) === undefined) continue;
    if (looksLikeSip(part)) counts.malformed++;
    streams.delete(key);
    break;
  }
  return frames;
}

/** A start line of RFC 3261 section 7; keep-alives, RTP and STUN begin otherwise. */
function looksLikeSip(bytes: Uint8Array): boolean {
  const start = new TextDecoder("latin1").decode(bytes.subarray(0, 400));
  return /^\s*(?:SIP\/2\.0 |[A-Z]{2,20} \S+ SIP\/2\.0)/i.test(start);
}
