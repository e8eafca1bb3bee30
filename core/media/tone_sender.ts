/**
 * Keys as tones (ITU-T Q.23) in packets of G.711, joined to a running stream. A hot path: nothing is allocated per
 * packet, and a sample costs two multiplications.
 *
 * @module
 */

import { amplitudeOf, tonesOfKey } from "./dtmf_tones.ts";
import { type G711, G711_RATE } from "./g711.ts";
import type { KeySource, KeyToSend, OutgoingStream } from "./key_sink.ts";
import { RTP_HEADER_BYTES, writeRtpHeader } from "./rtp.ts";

/** How tones are sent on one leg. */
export interface ToneSenderOptions {
  readonly law: G711;
  /** Between packets, at most 60. */
  readonly stepMs?: number;
}

/** ETSI ES 201 235-2: the high tone 2 dB above the low one, which lines weaken less. */
const LOW_DBM0 = -9;
const HIGH_DBM0 = -7;
/** Tones that begin and end softly do not click. */
const RAMP_SAMPLES = 24;
const RAMP = Float64Array.from(
  { length: RAMP_SAMPLES },
  (_, index) => 0.5 - 0.5 * Math.cos(Math.PI * (index + 0.5) / RAMP_SAMPLES),
);
const LONGEST_STEP_MS = 60;
const SHORTEST_STEP_MS = 5;

/** A sine, sample after sample: each from the two before it. */
class Oscillator {
  #twice = 0;
  #last = 0;
  #before = 0;

  start(hz: number, amplitude: number): void {
    const omega = 2 * Math.PI * hz / G711_RATE;
    this.#twice = 2 * Math.cos(omega);
    this.#last = -amplitude * Math.sin(omega);
    this.#before = -amplitude * Math.sin(2 * omega);
  }

  next(): number {
    const sample = this.#twice * this.#last - this.#before;
    this.#before = this.#last;
    this.#last = sample;
    return sample;
  }
}

/** Writes the packets of one key after the other. */
export class ToneSender implements KeySource {
  readonly #stream: OutgoingStream;
  readonly #law: G711;
  readonly #stepMs: number;
  readonly #samples: number;
  readonly #low = new Oscillator();
  readonly #high = new Oscillator();
  readonly #header: {
    marker: boolean;
    payloadType: number;
    sequence: number;
    timestamp: number;
    ssrc: number;
  };
  #startMs = 0;
  #nextMs = Infinity;
  #isBusy = false;
  /** When the tone ends; Infinity: the key is held. */
  #endMs = 0;
  /** Samples that were sent, and how many there will be. */
  #sent = 0;
  #total = 0;

  constructor(stream: OutgoingStream, options: ToneSenderOptions) {
    const { law, stepMs = 20 } = options;
    this.#stream = stream;
    this.#law = law;
    this.#stepMs = Math.min(
      Math.max(stepMs, SHORTEST_STEP_MS),
      LONGEST_STEP_MS,
    );
    this.#samples = Math.round(this.#stepMs * G711_RATE / 1000);
    this.#header = {
      marker: false,
      payloadType: law.payloadType,
      sequence: 0,
      timestamp: 0,
      ssrc: 0,
    };
  }

  get busy(): boolean {
    return this.#isBusy;
  }

  get dueMs(): number {
    return this.#nextMs;
  }

  get endMs(): number {
    return this.#endMs;
  }

  begin({ key, durationMs }: KeyToSend, nowMs: number): boolean {
    const tones = tonesOfKey(key);
    if (tones === undefined) return false;
    this.#low.start(tones.lowHz, amplitudeOf(LOW_DBM0));
    this.#high.start(tones.highHz, amplitudeOf(HIGH_DBM0));
    this.#startMs = nowMs;
    this.#nextMs = nowMs;
    this.#sent = 0;
    this.#total = Infinity;
    this.#endMs = Infinity;
    this.#isBusy = true;
    this.#header.timestamp = this.#stream.timestampAt(nowMs);
    if (durationMs !== undefined) this.release(durationMs);
    return true;
  }

  release(durationMs: number): void {
    if (!this.#isBusy) return;
    const samples = Math.round(durationMs * G711_RATE / 1000);
    // What was sent went on to the end of its packet; a ramp is still to come.
    this.#total = Math.max(
      samples,
      this.#sent === 0 ? 0 : this.#sent + RAMP_SAMPLES,
    );
    this.#endMs = this.#startMs + this.#total * 1000 / G711_RATE;
  }

  stop(): void {
    this.#isBusy = false;
    this.#nextMs = Infinity;
  }

  write(nowMs: number, out: Uint8Array): number {
    if (nowMs < this.#nextMs) return 0;
    if (this.#sent >= this.#total) {
      this.stop();
      return 0;
    }
    const header = this.#header;
    header.sequence = this.#stream.nextSequence();
    header.ssrc = this.#stream.ssrc;
    writeRtpHeader(out, header);
    for (let index = 0; index < this.#samples; index++) {
      out[RTP_HEADER_BYTES + index] = this.#next(this.#sent + index);
    }
    header.timestamp = (header.timestamp + this.#samples) >>> 0;
    this.#sent += this.#samples;
    this.#nextMs += this.#stepMs;
    return RTP_HEADER_BYTES + this.#samples;
  }

  #next(at: number): number {
    const left = this.#total - at;
    if (left <= 0) return this.#law.silence;
    const sample = this.#low.next() + this.#high.next();
    const rise = at < RAMP_SAMPLES ? RAMP[at]! : 1;
    const fall = left <= RAMP_SAMPLES ? RAMP[left - 1]! : 1;
    return this.#law.encode(Math.round(sample * Math.min(rise, fall)));
  }
}
