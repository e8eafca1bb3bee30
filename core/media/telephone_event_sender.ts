/**
 * Telephone events as they are sent (RFC 4733 §2.5.1), joined to a running stream. A hot path: nothing is
 * allocated per packet.
 *
 * @module
 */

import { eventOfKey } from "./key.ts";
import type { KeySource, KeyToSend, OutgoingStream } from "./key_sink.ts";
import { RTP_HEADER_BYTES, writeRtpHeader } from "./rtp.ts";
import {
  DTMF_EVENTS,
  EVENT_BYTES,
  type EventFormat,
  MAX_DURATION,
  writeReport,
} from "./telephone_event.ts";

/** How events are sent on one leg. */
export interface TelephoneEventSenderOptions extends EventFormat {
  /** Between packets: the stream's `ptime`, "A natural interval" of RFC 4733 §2.5.1.2, 20 where nothing is said. */
  readonly stepMs?: number;
  /** Power in dBm0 without its sign. */
  readonly volume?: number;
  /** The events that the peer takes: {@linkcode eventsOf} its `fmtp`. */
  readonly events?: ReadonlySet<number>;
}

/** §2.5.1.4: "SHOULD be sent a total of three times at the interval used by the source for updates." */
const REPEATS = 2;
/** Whatever `ptime` a peer has asked for. */
const SHORTEST_STEP_MS = 5;
const PACKET_BYTES = RTP_HEADER_BYTES + EVENT_BYTES;

/** Writes the packets of one key after the other. */
export class TelephoneEventSender implements KeySource {
  readonly #stream: OutgoingStream;
  readonly #stepMs: number;
  readonly #clockRate: number;
  readonly #events: ReadonlySet<number>;
  readonly #header: {
    marker: boolean;
    payloadType: number;
    sequence: number;
    timestamp: number;
    ssrc: number;
  };
  readonly #report = { event: 0, end: false, volume: 0, duration: 0 };
  #state: "idle" | "sending" | "repeating" = "idle";
  #startMs = 0;
  /** When the key is up; Infinity: it is still down. */
  #endMs = 0;
  #nextMs = 0;
  /** How long the key is by the packets sent. */
  #announcedMs = 0;
  /** Timestamp of the segment, and the length of those before it. */
  #timestamp = 0;
  #earlierTicks = 0;
  #isFirst = true;
  /** How often the end of the key is still to be repeated. */
  #repeats = 0;
  /** The same of the segment before this one. */
  #segmentRepeats = 0;
  #segmentTimestamp = 0;
  #segmentIsDone = true;

  constructor(stream: OutgoingStream, options: TelephoneEventSenderOptions) {
    const { payloadType, clockRate, stepMs = 20, volume = 10 } = options;
    this.#stream = stream;
    this.#stepMs = Math.max(stepMs, SHORTEST_STEP_MS);
    this.#clockRate = clockRate;
    this.#events = options.events ?? DTMF_EVENTS;
    this.#report.volume = volume;
    this.#header = {
      marker: false,
      payloadType,
      sequence: 0,
      timestamp: 0,
      ssrc: 0,
    };
  }

  get busy(): boolean {
    return this.#state === "sending";
  }

  get dueMs(): number {
    if (this.#state === "idle") return Infinity;
    return this.#state === "sending"
      ? Math.min(this.#nextMs, this.#endMs)
      : this.#nextMs;
  }

  get endMs(): number {
    return this.#endMs;
  }

  begin({ key, durationMs }: KeyToSend, nowMs: number): boolean {
    const event = eventOfKey(key);
    if (!this.#events.has(event)) return false;
    this.#report.event = event;
    this.#state = "sending";
    this.#startMs = nowMs;
    this.#endMs = durationMs === undefined ? Infinity : nowMs + durationMs;
    // §2.3.5: a report says how long the event "has so far lasted", so the first waits until there is something.
    this.#nextMs = nowMs + this.#stepMs;
    this.#announcedMs = 0;
    // §2.5.1.2: events "MUST use the same sequence number and timestamp base as the regular audio channel"
    this.#timestamp = this.#stream.timestampAt(nowMs);
    this.#earlierTicks = 0;
    this.#isFirst = true;
    this.#segmentRepeats = 0;
    this.#segmentIsDone = true;
    return true;
  }

  release(durationMs: number): void {
    if (this.#state !== "sending") return;
    // §2.5.1.2: "the duration MUST be increased", so the end cannot lie before what was announced.
    this.#endMs = this.#startMs + Math.max(durationMs, this.#announcedMs, 1);
  }

  stop(): void {
    this.#state = "idle";
  }

  write(nowMs: number, out: Uint8Array): number {
    if (nowMs < this.dueMs) return 0;
    if (this.#state === "repeating") return this.#repeatEnd(nowMs, out);
    if (!this.#segmentIsDone) return this.#repeatSegment(out);
    const elapsedMs = Math.min(nowMs, this.#endMs) - this.#startMs;
    const ticks = Math.round(elapsedMs * this.#clockRate / 1000) -
      this.#earlierTicks;
    return ticks > MAX_DURATION
      ? this.#endSegment(out)
      : this.#update(nowMs, { out, ticks, elapsedMs });
  }

  #update(
    nowMs: number,
    options: { out: Uint8Array; ticks: number; elapsedMs: number },
  ): number {
    const { out, ticks, elapsedMs } = options;
    const isEnd = nowMs >= this.#endMs;
    // §2.5.1.2: "The final packet for an event MUST have the E bit set"
    this.#report.end = isEnd;
    this.#report.duration = ticks;
    this.#announcedMs = elapsedMs;
    if (isEnd) {
      this.#state = "repeating";
      this.#repeats = REPEATS;
      this.#nextMs = nowMs + this.#stepMs;
    } else {
      while (this.#nextMs <= nowMs) this.#nextMs += this.#stepMs;
      this.#segmentIsDone = this.#segmentRepeats === 0;
    }
    return this.#packet(out, this.#timestamp);
  }

  #repeatEnd(nowMs: number, out: Uint8Array): number {
    this.#repeats--;
    this.#nextMs = nowMs + this.#stepMs;
    if (this.#repeats === 0) this.#state = "idle";
    // §2.5.1.4: "Once the sender has set the E bit for a packet, it MUST continue to set the E bit for any further
    // retransmissions of that packet."
    return this.#packet(out, this.#timestamp);
  }

  /**
   * §2.5.1.3: "the sender MUST send a packet reporting this maximum duration but MUST NOT set the E bit in this
   * packet. The sender MUST then begin reporting a new "segment" with the RTP timestamp set to the time at which
   * the previous segment ended"
   */
  #endSegment(out: Uint8Array): number {
    this.#report.end = false;
    this.#report.duration = MAX_DURATION;
    this.#segmentTimestamp = this.#timestamp;
    this.#segmentRepeats = REPEATS;
    this.#earlierTicks += MAX_DURATION;
    this.#timestamp = (this.#timestamp + MAX_DURATION) >>> 0;
    return this.#packet(out, this.#segmentTimestamp);
  }

  #repeatSegment(out: Uint8Array): number {
    this.#segmentRepeats--;
    this.#segmentIsDone = true;
    this.#report.end = false;
    this.#report.duration = MAX_DURATION;
    return this.#packet(out, this.#segmentTimestamp);
  }

  #packet(out: Uint8Array, timestamp: number): number {
    const header = this.#header;
    // §2.5.1.2: "The first packet for an event MUST have the M bit set."
    header.marker = this.#isFirst;
    this.#isFirst = false;
    // §2.5.1.6: "Incrementing applies to retransmitted as well as initial instances of event reports"
    header.sequence = this.#stream.nextSequence();
    header.timestamp = timestamp;
    header.ssrc = this.#stream.ssrc;
    writeRtpHeader(out, header);
    writeReport(out, { at: RTP_HEADER_BYTES, report: this.#report });
    return PACKET_BYTES;
  }
}
