/** Helpers of the DTMF tests: who hears keys, and a stream that packets join. */

import type {
  HeardKind,
  Key,
  KeyListener,
  KeyPress,
} from "../../../core/media/key.ts";
import type { OutgoingStream } from "../../../core/media/key_sink.ts";
import { RTP_HEADER_BYTES, writeRtpHeader } from "../../../core/media/rtp.ts";
import { writeReport } from "../../../core/media/telephone_event.ts";

/** Writes down what is heard: `5 down`, `5 up 100`. */
export class KeyLog implements KeyListener {
  readonly lines: string[] = [];
  readonly presses: KeyPress[] = [];

  keyDown(key: Key, _kind: HeardKind): void {
    this.lines.push(`${key} down`);
  }

  keyUp(press: KeyPress): void {
    this.lines.push(`${press.key} up ${press.durationMs}`);
    this.presses.push(press);
  }

  /** What was heard since the last time. */
  take(): string[] {
    return this.lines.splice(0);
  }
}

/** A stream whose timestamps run with the clock. */
export class TestStream implements OutgoingStream {
  readonly ssrc = 0x1234;
  sequence: number;

  constructor(
    readonly clockRate: number = 8000,
    readonly start: { sequence?: number; timestamp?: number } = {},
  ) {
    this.sequence = start.sequence ?? 1;
  }

  nextSequence(): number {
    const next = this.sequence;
    this.sequence = (this.sequence + 1) & 0xffff;
    return next;
  }

  timestampAt(nowMs: number): number {
    const ticks = Math.round(nowMs * this.clockRate / 1000);
    return ((this.start.timestamp ?? 1000) + ticks) >>> 0;
  }
}

/** An event packet as a test writes it: only what matters to it. */
export interface EventPacket {
  readonly event?: number;
  readonly duration: number;
  readonly end?: boolean;
  readonly marker?: boolean;
  readonly timestamp?: number;
  readonly sequence?: number;
  readonly ssrc?: number;
  readonly payloadType?: number;
  /** More events in the same packet. */
  readonly more?: readonly EventPacket[];
}

export function eventPacket(packet: EventPacket): Uint8Array {
  const reports = [packet, ...packet.more ?? []];
  const bytes = new Uint8Array(RTP_HEADER_BYTES + 4 * reports.length);
  writeRtpHeader(bytes, {
    marker: packet.marker ?? false,
    payloadType: packet.payloadType ?? 101,
    sequence: packet.sequence ?? 1,
    timestamp: packet.timestamp ?? 1000,
    ssrc: packet.ssrc ?? 7,
  });
  for (
    const [index, { event = 5, end = false, duration }] of reports.entries()
  ) {
    const report = { event, end, volume: 10, duration };
    writeReport(bytes, { at: RTP_HEADER_BYTES + 4 * index, report });
  }
  return bytes;
}
