/**
 * What arrives from one source (RFC 3550 sections 6.4.1, A.1, A.3 and A.8): packets, bytes, loss, jitter. Hot path:
 * nothing is allocated per packet.
 *
 * @module
 */

import { type RtpView, sequenceDelta, timestampDelta } from "./rtp.ts";

/** Where a payload type is not known: RTP/AVP's usual clock. */
const USUAL_CLOCK_RATE = 8000;
/** A.1: a jump of more than this is a sender that began anew. */
const MAX_DROPOUT = 3000;
const MAX_MISORDER = 100;
const NO_RATES: ReadonlyMap<number, number> = new Map();

/** Counts one direction of one stream; a source that gives way to another is kept in the sums. */
export class Reception {
  packets = 0;
  bytes = 0;
  /** Datagrams that were not taken. */
  refused = 0;
  /** The description's own: a table of all types would be a call's largest part. */
  #clockRates: ReadonlyMap<number, number> = NO_RATES;
  #ssrc = -1;
  #first = 0;
  #highest = 0;
  #cycles = 0;
  #received = 0;
  #lostBefore = 0;
  #arrivalMs = 0;
  #timestamp = 0;
  #clockRate = 0;
  /** In units of the clock. */
  #jitter = 0;

  /** The clocks of the payload types, as the description has them. */
  setClockRates(rates: ReadonlyMap<number, number>): void {
    this.#clockRates = rates;
  }

  /** Hz of a payload type. */
  clockRateOf(payloadType: number): number {
    return this.#clockRates.get(payloadType) || USUAL_CLOCK_RATE;
  }

  /** A.3: packets expected, by their numbers, less packets received. */
  get lost(): number {
    if (this.#ssrc < 0) return 0;
    const expected = this.#cycles + this.#highest - this.#first + 1;
    return this.#lostBefore + expected - this.#received;
  }

  get jitterMs(): number {
    return this.#clockRate === 0 ? 0 : this.#jitter * 1000 / this.#clockRate;
  }

  /** A packet was taken. */
  count(view: RtpView, nowMs: number): void {
    this.packets++;
    this.bytes += view.length;
    const { sequence, ssrc } = view;
    if (ssrc !== this.#ssrc) {
      this.#begin(ssrc, sequence);
    } else {
      const delta = sequenceDelta(sequence, this.#highest);
      if (delta > MAX_DROPOUT || delta < -MAX_MISORDER) {
        this.#begin(ssrc, sequence);
      } else if (delta > 0) {
        if (sequence < this.#highest) this.#cycles += 0x10000;
        this.#highest = sequence;
      }
    }
    this.#received++;
    this.#time(view, nowMs);
  }

  /** What is not looked into has neither loss nor jitter. */
  countBytes(length: number): void {
    this.packets++;
    this.bytes += length;
  }

  #begin(ssrc: number, sequence: number): void {
    this.#lostBefore = this.lost;
    this.#ssrc = ssrc;
    this.#first = this.#highest = sequence;
    this.#cycles = this.#received = 0;
    this.#clockRate = 0;
  }

  /**
   * §6.4.1 and A.8: the smoothed difference between how far apart two packets were sent and received, J(i) = J(i-1) +
   * (|D(i-1,i)| - J(i-1))/16. Packets of one moment, such as those of an event, say nothing of the way.
   */
  #time(view: RtpView, nowMs: number): void {
    const clockRate = this.clockRateOf(view.payloadType);
    const { timestamp } = view;
    if (this.#clockRate === clockRate) {
      const sent = timestampDelta(timestamp, this.#timestamp);
      if (sent === 0) return;
      const arrived = (nowMs - this.#arrivalMs) * clockRate / 1000;
      this.#jitter += (Math.abs(arrived - sent) - this.#jitter) / 16;
    } else {
      this.#jitter = 0;
    }
    this.#clockRate = clockRate;
    this.#timestamp = timestamp;
    this.#arrivalMs = nowMs;
  }
}
