/**
 * Telephone events as they arrive (RFC 4733 §2.5.2): however many packets of a key are lost, doubled or out of
 * order, it goes down once and up once. A hot path: a packet allocates nothing, only a key does.
 *
 * @module
 */

import type { Clock, Timed, Timer } from "../base/clock.ts";
import type { Observer } from "../base/observer.ts";
import { type Key, type KeyListener, keyOfEvent } from "./key.ts";
import { type RtpView, sequenceDelta, timestampDelta } from "./rtp.ts";
import {
  EVENT_BYTES,
  type EventFormat,
  MAX_DURATION,
  readReport,
} from "./telephone_event.ts";

/** What a receiver works with. */
export interface TelephoneEventReceiverOptions {
  readonly clock: Clock;
  readonly listener: KeyListener;
  readonly observer: Observer;
  /** Of the media description that we sent: linphone picks telephone-event/16000 on a call of 8000. */
  readonly formats: readonly EventFormat[];
}

/**
 * A key whose end is lost is up once nothing was heard of it for three packet intervals, but no sooner than this.
 * Departs from RFC 4733 §2.5.2.2: "the tone SHOULD NOT be extended by more than three packet interarrival times".
 * The length that is reported is never extended; a key that is passed on while it is down may be, by this much,
 * since packets of 20 ms are lost three together too often to end a key for it.
 */
const MIN_LAPSE_MS = 150;
const LAPSE_INTERVALS = 3;
/** RFC 4733 §2.5.1.2 recommends it, and nothing is known before the second packet. */
const USUAL_INTERVAL_MS = 50;
/** Segments of a sender that combines events with audio are shorter (§2.5.1.3.1), but not shorter than this. */
const SHORTEST_SEGMENT = 0x2000;
/** Events that are over and whose late packets are known again; a power of two. */
const HISTORY = 16;

/** Turns the event packets of one leg into keys. */
export class TelephoneEventReceiver implements Timed {
  readonly #clock: Clock;
  readonly #listener: KeyListener;
  readonly #observer: Observer;
  /** By payload type; 0: not an event. */
  readonly #clockRates = new Uint32Array(128);
  readonly #history = {
    ssrc: new Uint32Array(HISTORY),
    timestamp: new Uint32Array(HISTORY),
    event: new Uint8Array(HISTORY).fill(255),
    next: 0,
  };
  /** The report at hand, with what the RTP header says of it. */
  readonly #report = {
    event: 0,
    end: false,
    volume: 0,
    duration: 0,
    ssrc: 0,
    timestamp: 0,
    sequence: 0,
    marker: false,
    clockRate: 0,
  };
  /** The event that goes on, or the last one. Its duration and timestamp are those of its last segment. */
  readonly #heard = {
    ssrc: 0,
    timestamp: 0,
    event: 255,
    duration: 0,
    sequence: 0,
    clockRate: 8000,
    /** Length of the segments before the last. */
    earlierTicks: 0,
    intervalMs: USUAL_INTERVAL_MS,
    atMs: 0,
  };
  /** The key that is down. */
  #key: Key | undefined;
  #timer: Timer | undefined;

  constructor(options: TelephoneEventReceiverOptions) {
    this.#clock = options.clock;
    this.#listener = options.listener;
    this.#observer = options.observer;
    this.setFormats(options.formats);
  }

  /** Takes other payload types: after a new answer, say. */
  setFormats(formats: readonly EventFormat[]): void {
    this.#clockRates.fill(0);
    for (const { payloadType, clockRate } of formats) {
      this.#clockRates[payloadType & 0x7f] = clockRate;
    }
  }

  /** Takes a packet; false where it is not an event, but audio. */
  receive(packet: RtpView): boolean {
    const report = this.#report;
    report.clockRate = this.#clockRates[packet.payloadType]!;
    if (report.clockRate === 0) return false;
    report.ssrc = packet.ssrc;
    report.timestamp = packet.timestamp;
    report.sequence = packet.sequence;
    report.marker = packet.marker;
    let at = packet.payloadStart;
    if (at + EVENT_BYTES > packet.payloadEnd) {
      this.#observer.count("media_event_malformed");
    }
    for (; at + EVENT_BYTES <= packet.payloadEnd; at += EVENT_BYTES) {
      readReport(packet.bytes, { at, report });
      this.#take();
      // §2.5.2.4: "it is equal to the sum of the start time of the preceding event plus the duration of the
      // preceding event."
      report.timestamp = (report.timestamp + report.duration) >>> 0;
    }
    return true;
  }

  /** The leg ends: a key that is down is up. */
  close(): void {
    this.#end();
  }

  onTimer(_name: string): void {
    const quietMs = this.#clock.now() - this.#heard.atMs;
    const lapseMs = this.#lapseMs();
    // §2.5.2.2: "Limiting the time period of extending the tone is necessary to avoid that a tone "gets stuck"."
    if (quietMs >= lapseMs) return this.#end();
    this.#timer = this.#clock.schedule(lapseMs - quietMs, this, "key lapse");
  }

  #take(): void {
    const report = this.#report;
    const key = keyOfEvent(report.event);
    if (key === undefined) {
      this.#observer.count("media_event_unknown");
    } else if (this.#isCurrent() || this.#hasMoved()) {
      this.#update();
    } else if (this.#continues()) {
      this.#remember();
      this.#heard.earlierTicks += timestampDelta(
        report.timestamp,
        this.#heard.timestamp,
      );
      this.#heard.timestamp = report.timestamp;
      this.#heard.duration = 0;
      this.#update();
    } else if (!this.#isPast() && report.duration > 0) {
      // §2.3.5: "The receiver SHOULD ignore an event report with zero duration if the event is not a state."
      // §2.5.2.2: a tone plays until "it receives the next tone, distinguished by a different timestamp value"
      this.#end();
      this.#begin(key);
      this.#update();
    }
  }

  #isCurrent(): boolean {
    return this.#key !== undefined && this.#isSameKey() &&
      this.#report.timestamp === this.#heard.timestamp;
  }

  #isSameKey(): boolean {
    return this.#report.ssrc === this.#heard.ssrc &&
      this.#report.event === this.#heard.event;
  }

  /**
   * Some senders let the timestamp run with the duration, against §2.5.1.2. They are known by both having grown by
   * the same, or by an end that moves within its own length, with no packet in between.
   */
  #hasMoved(): boolean {
    const { marker, end, duration, timestamp, sequence } = this.#report;
    if (this.#key === undefined || marker || !this.#isSameKey()) return false;
    if (sequenceDelta(sequence, this.#heard.sequence) !== 1) return false;
    const after = timestampDelta(timestamp, this.#heard.timestamp);
    const grown = duration - this.#heard.duration;
    const moved = grown > 0
      ? after === grown
      : grown === 0 && end && after > 0 && after < duration;
    if (moved) {
      this.#remember();
      this.#heard.timestamp = timestamp;
    }
    return moved;
  }

  /**
   * §2.5.2.3: "The receiver uses the absence of a gap between the events to detect that it is receiving a single
   * long-duration event." All packets that end a segment may be lost, so the gap alone is asked for.
   */
  #continues(): boolean {
    const { marker, duration, timestamp } = this.#report;
    // §2.5.1.3: "The M bit of the first packet reporting the new segment MUST NOT be set."
    if (this.#key === undefined || marker || !this.#isSameKey()) return false;
    const after = timestampDelta(timestamp, this.#heard.timestamp);
    // §2.5.2.3.1: of combined payloads, "the lack of an E bit and the adjacency of two reports with the same event
    // code are strong indicators in themselves."
    const isAdjacent = after === this.#heard.duration &&
      after >= SHORTEST_SEGMENT && duration <= after;
    return after === MAX_DURATION || isAdjacent;
  }

  /**
   * §2.5.2.2: "The receiver MAY determine on the basis of retained history and the timestamp and event code of the
   * current packet that it corresponds to an event already played out and lapsed. In that case, further reports for
   * the event MUST be ignored"
   */
  #isPast(): boolean {
    const { ssrc, timestamp, event } = this.#report;
    const history = this.#history;
    for (let at = 0; at < HISTORY; at++) {
      if (
        history.timestamp[at] === timestamp && history.event[at] === event &&
        history.ssrc[at] === ssrc
      ) return true;
    }
    return this.#isLate() || this.#isMovedEnd();
  }

  /** A packet that was overtaken by the key after its own. */
  #isLate(): boolean {
    const { ssrc, timestamp, sequence } = this.#report;
    return this.#key !== undefined && ssrc === this.#heard.ssrc &&
      timestampDelta(timestamp, this.#heard.timestamp) < 0 &&
      sequenceDelta(sequence, this.#heard.sequence) < 0;
  }

  /** The end again, from a sender whose timestamps run: nothing was lost in between, and no key was ever so short. */
  #isMovedEnd(): boolean {
    const { end, marker, timestamp, sequence, duration } = this.#report;
    const heard = this.#heard;
    const after = timestampDelta(timestamp, heard.timestamp);
    if (
      this.#key !== undefined || !end || marker || !this.#isSameKey() ||
      duration !== heard.duration || after <= 0 || after >= duration ||
      sequenceDelta(sequence, heard.sequence) !== 1
    ) return false;
    heard.timestamp = timestamp;
    heard.sequence = sequence;
    return true;
  }

  #begin(key: Key): void {
    const { ssrc, timestamp, event, sequence, clockRate } = this.#report;
    const heard = this.#heard;
    heard.ssrc = ssrc;
    heard.timestamp = timestamp;
    heard.event = event;
    heard.sequence = sequence;
    heard.clockRate = clockRate;
    heard.duration = 0;
    heard.earlierTicks = 0;
    heard.intervalMs = USUAL_INTERVAL_MS;
    heard.atMs = this.#clock.now();
    this.#key = key;
    this.#timer = this.#clock.schedule(this.#lapseMs(), this, "key lapse");
    this.#listener.keyDown(key, "rfc4733");
  }

  #update(): void {
    const { duration, sequence, end, clockRate } = this.#report;
    const heard = this.#heard;
    const grown = duration - heard.duration;
    // §2.5.2.2: "A receiver SHOULD NOT rely on a particular event packet spacing, but instead MUST use the event
    // timestamps and durations to determine timing and duration of playout."
    if (grown > 0) {
      if (sequenceDelta(sequence, heard.sequence) === 1) {
        heard.intervalMs = grown * 1000 / clockRate;
      }
      heard.duration = duration;
      heard.sequence = sequence;
    }
    heard.atMs = this.#clock.now();
    if (end) this.#end();
  }

  #end(): void {
    const key = this.#key;
    if (key === undefined) return;
    this.#key = undefined;
    this.#clock.cancel(this.#timer);
    this.#timer = undefined;
    this.#remember();
    const { earlierTicks, duration, clockRate } = this.#heard;
    // §2.5.2.3: "The total duration of a long-duration event is (obviously) the sum of the durations of the
    // segments used to report it."
    const durationMs = Math.round((earlierTicks + duration) * 1000 / clockRate);
    this.#listener.keyUp({ key, durationMs, kind: "rfc4733" });
  }

  #remember(): void {
    const history = this.#history;
    const at = history.next;
    history.ssrc[at] = this.#heard.ssrc;
    history.timestamp[at] = this.#heard.timestamp;
    history.event[at] = this.#heard.event;
    history.next = (at + 1) % HISTORY;
  }

  #lapseMs(): number {
    return Math.max(MIN_LAPSE_MS, LAPSE_INTERVALS * this.#heard.intervalMs);
  }
}
