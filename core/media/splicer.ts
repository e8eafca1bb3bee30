/**
 * The RTP stream that leaves one port: what is relayed, with packets taken out of it and packets put into it. The peer
 * shall see one stream: one SSRC, sequence numbers without gaps that were not there, timestamps that go on.
 *
 * Hot path: a stream that nobody has touched passes byte for byte; nothing is allocated per packet.
 *
 * @module
 */

import type { OutgoingStream } from "./key_sink.ts";
import { type RtpView, sequenceDelta } from "./rtp.ts";

/** Looks at the RTP packets of one direction before they are passed on. */
export interface PacketTap {
  /** The view lies on the packet where it is; false keeps it from being passed on. */
  onPacket(view: RtpView, nowMs: number): boolean;
}

/** See the module's text. Numbers of packets that are put in are taken by {@linkcode Splicer.nextSequence}. */
export class Splicer implements OutgoingStream {
  /** Ours, until a relayed stream brings its own. */
  #ssrc: number;
  #isOwn = false;
  #began = false;
  /** Of the relayed stream. */
  #sourceSsrc = -1;
  #sourceSequence = 0;
  /** What is added to sequence numbers, and what was before the last change. */
  #offset = 0;
  #offsetBefore = 0;
  #changedAt = 0;
  #timestampOffset = 0;
  /** The last packet that left. */
  #sequence = 0;
  #timestamp = 0;
  #atMs = 0;
  #clockRate = 8000;

  /** `ssrc` is what a stream of our own making begins with, where nothing is relayed. */
  constructor(ssrc: number) {
    this.#ssrc = ssrc;
    this.#sequence = ssrc & 0x7fff;
    this.#timestamp = ssrc;
  }

  get ssrc(): number {
    return this.#ssrc;
  }

  nextSequence(): number {
    if (!this.#began) this.#began = this.#isOwn = true;
    this.#sequence = this.#sequence + 1 & 0xffff;
    if (this.#sourceSsrc >= 0) this.#shift(1);
    return this.#sequence;
  }

  timestampAt(nowMs: number): number {
    const ticks = Math.round((nowMs - this.#atMs) * this.#clockRate / 1000);
    return (this.#timestamp + ticks) >>> 0;
  }

  /** A relayed packet leaves: its numbers are made to fit, in place. */
  pass(view: RtpView, { nowMs, clockRate }: {
    nowMs: number;
    clockRate: number;
  }): void {
    const { sequence, ssrc } = view;
    if (ssrc !== this.#sourceSsrc) this.#follow(view, { nowMs, clockRate });
    const isLate = sequenceDelta(sequence, this.#changedAt) < 0;
    const offset = isLate ? this.#offsetBefore : this.#offset;
    if (offset !== 0) view.sequence = sequence + offset & 0xffff;
    if (this.#isOwn) {
      view.ssrc = this.#ssrc;
      view.timestamp = (view.timestamp + this.#timestampOffset) >>> 0;
    }
    if (sequenceDelta(sequence, this.#sourceSequence) < 0) return;
    this.#sourceSequence = sequence;
    this.#sequence = sequence + this.#offset & 0xffff;
    this.#timestamp = view.timestamp;
    this.#atMs = nowMs;
    this.#clockRate = clockRate;
  }

  /** A packet of the relayed stream was taken out: those after it move up. */
  skip(view: RtpView, how: { nowMs: number; clockRate: number }): void {
    const { sequence, ssrc } = view;
    if (ssrc !== this.#sourceSsrc) this.#follow(view, how);
    if (sequenceDelta(sequence, this.#sourceSequence) < 0) return;
    this.#sourceSequence = sequence;
    this.#shift(-1);
  }

  /** The next packets of the source are counted otherwise than those before. */
  #shift(by: number): void {
    const after = this.#sourceSequence + 1 & 0xffff;
    if (this.#changedAt !== after) {
      this.#offsetBefore = this.#offset;
      this.#changedAt = after;
    }
    this.#offset = this.#offset + by << 16 >> 16;
  }

  /** Another source: a stream that we began goes on with its packets, any other is its own from here on. */
  #follow(
    view: RtpView,
    { nowMs, clockRate }: { nowMs: number; clockRate: number },
  ): void {
    const { sequence } = view;
    this.#sourceSsrc = view.ssrc;
    this.#sourceSequence = sequence - 1 & 0xffff;
    this.#changedAt = sequence;
    this.#began = true;
    if (this.#isOwn) {
      this.#clockRate = clockRate;
      this.#offset = (this.#sequence + 1 - sequence) << 16 >> 16;
      this.#timestampOffset = (this.timestampAt(nowMs) - view.timestamp) | 0;
    } else {
      this.#ssrc = view.ssrc;
      this.#offset = 0;
    }
    this.#offsetBefore = this.#offset;
  }
}
