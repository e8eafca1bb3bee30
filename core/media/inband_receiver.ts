import type { Clock, Timed, Timer } from "../base/clock.ts";
import { type G711, G711_RATE } from "./g711.ts";
import type { Key, KeyListener } from "./key.ts";
import { type RtpView, sequenceDelta, timestampDelta } from "./rtp.ts";
import { ToneDetector, type ToneListener } from "./tone_detector.ts";

/** What a receiver of tones works with. */
export interface InbandReceiverOptions {
  readonly clock: Clock;
  readonly listener: KeyListener;
  /** The laws that were agreed. */
  readonly laws: readonly G711[];
}

/** A hole of more is not bridged: whatever was on is over. */
const LONGEST_HOLE = 80 * G711_RATE / 1000;
/** A packet that is further back was not late: the sender has begun anew. */
const LATEST = 100;
/** A sender that suppresses silence sends none after a tone. */
const LAPSE_MS = 150;

/** Turns the audio of one leg into keys, and keeps their tones from the other. */
export class InbandReceiver implements ToneListener, Timed {
  readonly #clock: Clock;
  readonly #listener: KeyListener;
  readonly #laws: (G711 | undefined)[] = Array(128).fill(undefined);
  readonly #detector = new ToneDetector(this);
  #ssrc = -1;
  #sequence = 0;
  #nextTimestamp = 0;
  #heardMs = 0;
  #timer: Timer | undefined;

  constructor({ clock, listener, laws }: InbandReceiverOptions) {
    this.#clock = clock;
    this.#listener = listener;
    this.setLaws(laws);
  }

  /** Takes others: after a new answer, say. */
  setLaws(laws: readonly G711[]): void {
    this.#laws.fill(undefined);
    for (const law of laws) this.#laws[law.payloadType] = law;
  }

  /** Hears a packet; true when the other leg must not hear it: see {@linkcode InbandReceiver.mute}. */
  receive(packet: RtpView): boolean {
    const law = this.#laws[packet.payloadType];
    if (law === undefined) return false;
    if (!this.#follows(packet)) return this.#detector.isOn;
    const samples = packet.payloadEnd - packet.payloadStart;
    this.#nextTimestamp = (packet.timestamp + samples) >>> 0;
    this.#heardMs = this.#clock.now();
    return this.#detector.feed(packet, law.linear);
  }

  /** Makes a packet silent, in place. */
  mute(packet: RtpView): void {
    const law = this.#laws[packet.payloadType];
    if (law === undefined) return;
    packet.bytes.fill(law.silence, packet.payloadStart, packet.payloadEnd);
  }

  /** The leg ends: a key that is down is up. */
  close(): void {
    this.#detector.end();
  }

  toneStarted(key: Key): void {
    this.#timer ??= this.#clock.schedule(LAPSE_MS, this, "tone lapse");
    this.#listener.keyDown(key, "inband");
  }

  toneEnded(key: Key, durationMs: number): void {
    this.#clock.cancel(this.#timer);
    this.#timer = undefined;
    this.#listener.keyUp({ key, durationMs, kind: "inband" });
  }

  onTimer(_name: string): void {
    this.#timer = undefined;
    const leftMs = this.#heardMs + LAPSE_MS - this.#clock.now();
    if (leftMs <= 0) this.#detector.end();
    else this.#timer = this.#clock.schedule(leftMs, this, "tone lapse");
  }

  /** Whether the packet goes on from those before; where some are missing, the detector is told. */
  #follows(packet: RtpView): boolean {
    const { ssrc, sequence, timestamp } = packet;
    if (ssrc !== this.#ssrc) {
      this.#detector.end();
      this.#ssrc = ssrc;
      this.#sequence = sequence;
      return true;
    }
    const after = sequenceDelta(sequence, this.#sequence);
    if (after <= 0 && after > -LATEST) return false;
    this.#sequence = sequence;
    const hole = timestampDelta(timestamp, this.#nextTimestamp);
    if (hole > 0 && hole <= LONGEST_HOLE) this.#detector.skip(hole);
    else if (hole !== 0) this.#detector.end();
    return true;
  }
}
