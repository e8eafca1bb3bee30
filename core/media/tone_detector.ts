/**
 * Hears the tones of keys in audio of 8 kHz: Goertzel filters over blocks of 51 samples, judged in pairs, every
 * 6.4 ms. A hot path: eight multiplications a sample, and nothing is allocated but for a key.
 *
 * What it accepts and refuses follows ITU-T Q.24. Each pair of blocks must pass:
 *
 * - level: each tone at least -36 dBm0;
 * - purity: two thirds of all energy at the two frequencies;
 * - twist: the tones within 10 dB of each other, either way;
 * - one of each: no other tone of the same group within 6 dB.
 *
 * Five pairs in a row make a key, if together they are what speech hardly is: nine tenths of the energy in two
 * tones, within 2.5 % of the right frequencies by how their phases advance (Q.24: up to 1.5 % is a key, from 3.5 %
 * on is none). 40 ms of tone are always enough, 22 never. Four pairs without it end the key, about 25 ms, so that
 * interruptions of 10 ms are bridged and pauses of 40 ms are heard.
 *
 * @module
 */

import { amplitudeOf, HIGH_HZ, keyOfTones, LOW_HZ } from "./dtmf_tones.ts";
import { G711_RATE } from "./g711.ts";
import type { Key } from "./key.ts";
import type { RtpView } from "./rtp.ts";

/** Told of tones. */
export interface ToneListener {
  toneStarted(key: Key): void;
  toneEnded(key: Key, durationMs: number): void;
}

const BLOCK = 51;
const LEVEL_DBM0 = -36;
const PURITY = 0.67;
/** Of all pairs together, and of one that is kept from the other leg before it is known what it becomes. */
const TONE_PURITY = 0.9;
const MUTED_PURITY = 0.85;
const TWIST = 10;
const DOMINANCE = 4;
const MAX_OFFSET = 0.025;
const PAIRS_TO_BEGIN = 5;
const PAIRS_TO_END = 4;
/** What a tone is longer than the way from its first pair to its last: what a pair must be filled, at both ends. */
const EDGES = BLOCK * (1 + 2 * (2 * PURITY - 1));

const TONES_HZ = [...LOW_HZ, ...HIGH_HZ];
const OMEGA = TONES_HZ.map((hz) => 2 * Math.PI * hz / G711_RATE);
const COS = Float64Array.from(OMEGA, Math.cos);
const SIN = Float64Array.from(OMEGA, Math.sin);
/** How a tone's phase advances over one block. */
const TURN_COS = Float64Array.from(OMEGA, (omega) => Math.cos(omega * BLOCK));
const TURN_SIN = Float64Array.from(OMEGA, (omega) => Math.sin(omega * BLOCK));
const MIN_POWER = (amplitudeOf(LEVEL_DBM0) * BLOCK) ** 2;
const HZ_PER_RADIAN = G711_RATE / (2 * Math.PI * BLOCK);
const NO_TONE = -1;

/** The detector of one stream. */
export class ToneDetector {
  readonly #listener: ToneListener;
  readonly #block = new Float64Array(BLOCK);
  /** Where the filters ended up: their last value, and the one before it. */
  readonly #last = new Float64Array(8);
  readonly #previous = new Float64Array(8);
  /** The block before as phasors, this pair's power, and how far the phases turned. */
  readonly #re = new Float64Array(8);
  readonly #im = new Float64Array(8);
  readonly #power = new Float64Array(8);
  readonly #turnRe = new Float64Array(8);
  readonly #turnIm = new Float64Array(8);
  /** Turns and power summed over a candidate's pairs: its low tone, then its high one. */
  readonly #sumRe = new Float64Array(2);
  readonly #sumIm = new Float64Array(2);
  readonly #sumPower = new Float64Array(2);
  #sumEnergy = 0;
  #filled = 0;
  #energy = 0;
  #energyBefore = 0;
  #hasBlockBefore = false;
  /** Samples since the beginning, those that were skipped included. */
  #position = 0;
  #candidate = NO_TONE;
  #candidatePairs = 0;
  #candidateFrom = 0;
  /** The tone that is on: four times its row, plus its column. */
  #tone = NO_TONE;
  #toneFrom = 0;
  #toneLast = 0;
  #misses = 0;
  #hasHit = false;

  constructor(listener: ToneListener) {
    this.#listener = listener;
  }

  /** Whether a tone is on. */
  get isOn(): boolean {
    return this.#tone !== NO_TONE;
  }

  /** Hears a packet; true when there was a tone in it, or what may become one: nobody else should hear it. */
  feed(packet: RtpView, linear: Int16Array): boolean {
    this.#hasHit = this.isOn;
    const { bytes, payloadEnd } = packet;
    for (let at = packet.payloadStart; at < payloadEnd; at++) {
      this.#block[this.#filled++] = linear[bytes[at]!]!;
      if (this.#filled === BLOCK) this.#endBlock();
    }
    return this.#hasHit;
  }

  /** So many samples were lost. A tone before and after is taken for one. */
  skip(samples: number): void {
    this.#position += this.#filled + samples;
    this.#filled = 0;
    this.#hasBlockBefore = false;
  }

  /** Nothing more comes: a tone that is on is over. */
  end(): void {
    this.#endTone();
    this.#candidate = NO_TONE;
    this.skip(0);
  }

  #endBlock(): void {
    this.#filled = 0;
    this.#position += BLOCK;
    this.#filter(0);
    this.#filter(4);
    for (let tone = 0; tone < 8; tone++) this.#measure(tone);
    if (this.#hasBlockBefore) this.#judge(this.#toneOfPair());
    this.#energyBefore = this.#energy;
    this.#hasBlockBefore = true;
  }

  /** Runs a group's four filters over the block, side by side: each waits for its own last value only. */
  #filter(from: number): void {
    const block = this.#block;
    const twice0 = 2 * COS[from]!;
    const twice1 = 2 * COS[from + 1]!;
    const twice2 = 2 * COS[from + 2]!;
    const twice3 = 2 * COS[from + 3]!;
    let last0 = 0, last1 = 0, last2 = 0, last3 = 0;
    let previous0 = 0, previous1 = 0, previous2 = 0, previous3 = 0;
    let energy = 0;
    for (let at = 0; at < BLOCK; at++) {
      const sample = block[at]!;
      energy += sample * sample;
      const next0 = sample + twice0 * last0 - previous0;
      const next1 = sample + twice1 * last1 - previous1;
      const next2 = sample + twice2 * last2 - previous2;
      const next3 = sample + twice3 * last3 - previous3;
      previous0 = last0;
      previous1 = last1;
      previous2 = last2;
      previous3 = last3;
      last0 = next0;
      last1 = next1;
      last2 = next2;
      last3 = next3;
    }
    this.#energy = energy;
    this.#last[from] = last0;
    this.#last[from + 1] = last1;
    this.#last[from + 2] = last2;
    this.#last[from + 3] = last3;
    this.#previous[from] = previous0;
    this.#previous[from + 1] = previous1;
    this.#previous[from + 2] = previous2;
    this.#previous[from + 3] = previous3;
  }

  /** One tone over this block and the one before: its power, and how its phase went on. */
  #measure(tone: number): void {
    const re = this.#last[tone]! - this.#previous[tone]! * COS[tone]!;
    const im = this.#previous[tone]! * SIN[tone]!;
    const turnCos = TURN_COS[tone]!;
    const turnSin = TURN_SIN[tone]!;
    const beforeRe = this.#re[tone]! * turnCos - this.#im[tone]! * turnSin;
    const beforeIm = this.#re[tone]! * turnSin + this.#im[tone]! * turnCos;
    this.#power[tone] = (beforeRe + re) ** 2 + (beforeIm + im) ** 2;
    this.#turnRe[tone] = re * beforeRe + im * beforeIm;
    this.#turnIm[tone] = im * beforeRe - re * beforeIm;
    this.#re[tone] = re;
    this.#im[tone] = im;
  }

  #toneOfPair(): number {
    const row = this.#strongest(0);
    const column = this.#strongest(4);
    if (row === NO_TONE || column === NO_TONE) return NO_TONE;
    const low = this.#power[row]!;
    const high = this.#power[column]!;
    const isPure = low + high >=
      PURITY * BLOCK * (this.#energy + this.#energyBefore);
    const isLevel = low <= TWIST * high && high <= TWIST * low;
    return isPure && isLevel ? 4 * row + column - 4 : NO_TONE;
  }

  /** The tone of a group that stands out, if one does. */
  #strongest(from: number): number {
    let best = from;
    let bestPower = 0;
    let nextPower = 0;
    for (let tone = from; tone < from + 4; tone++) {
      const power = this.#power[tone]!;
      if (power > bestPower) {
        nextPower = bestPower;
        bestPower = power;
        best = tone;
      } else if (power > nextPower) nextPower = power;
    }
    return bestPower >= MIN_POWER && bestPower >= DOMINANCE * nextPower
      ? best
      : NO_TONE;
  }

  #judge(tone: number): void {
    if (tone === this.#tone && tone !== NO_TONE) {
      this.#toneLast = this.#position;
      this.#misses = 0;
      this.#candidate = NO_TONE;
      return;
    }
    if (this.isOn && ++this.#misses === PAIRS_TO_END) this.#endTone();
    if (tone === NO_TONE) this.#candidate = NO_TONE;
    else this.#consider(tone);
  }

  #consider(tone: number): void {
    const row = tone >> 2;
    const column = 4 + (tone & 3);
    if (this.#purityOfPair(row, column) >= MUTED_PURITY) this.#hasHit = true;
    if (tone !== this.#candidate) this.#startCandidate(tone);
    this.#candidatePairs++;
    this.#add(0, row);
    this.#add(1, column);
    this.#sumEnergy += this.#energy + this.#energyBefore;
    if (this.#candidatePairs < PAIRS_TO_BEGIN || !this.#isKey(row, column)) {
      return;
    }
    this.#endTone();
    this.#tone = tone;
    this.#toneFrom = this.#candidateFrom;
    this.#toneLast = this.#position;
    this.#misses = 0;
    this.#candidate = NO_TONE;
    this.#hasHit = true;
    this.#listener.toneStarted(keyOfTones(tone >> 2, tone & 3));
  }

  #startCandidate(tone: number): void {
    this.#candidate = tone;
    this.#candidatePairs = 0;
    this.#candidateFrom = this.#position;
    this.#sumRe.fill(0);
    this.#sumIm.fill(0);
    this.#sumPower.fill(0);
    this.#sumEnergy = 0;
  }

  #add(group: 0 | 1, tone: number): void {
    this.#sumRe[group]! += this.#turnRe[tone]!;
    this.#sumIm[group]! += this.#turnIm[tone]!;
    this.#sumPower[group]! += this.#power[tone]!;
  }

  /** Whether the candidate's pairs together are a key. */
  #isKey(row: number, column: number): boolean {
    const lowHz = offsetHz(this.#sumRe[0]!, this.#sumIm[0]!);
    const highHz = offsetHz(this.#sumRe[1]!, this.#sumIm[1]!);
    const power = this.#sumPower[0]! / capture(lowHz) +
      this.#sumPower[1]! / capture(highHz);
    return Math.abs(lowHz) <= MAX_OFFSET * TONES_HZ[row]! &&
      Math.abs(highHz) <= MAX_OFFSET * TONES_HZ[column]! &&
      power >= TONE_PURITY * BLOCK * this.#sumEnergy;
  }

  #purityOfPair(row: number, column: number): number {
    const lowHz = offsetHz(this.#turnRe[row]!, this.#turnIm[row]!);
    const highHz = offsetHz(this.#turnRe[column]!, this.#turnIm[column]!);
    const power = this.#power[row]! / capture(lowHz) +
      this.#power[column]! / capture(highHz);
    return power / (BLOCK * (this.#energy + this.#energyBefore));
  }

  #endTone(): void {
    const tone = this.#tone;
    if (tone === NO_TONE) return;
    this.#tone = NO_TONE;
    const samples = this.#toneLast - this.#toneFrom + EDGES;
    const durationMs = Math.round(samples * 1000 / G711_RATE);
    this.#listener.toneEnded(keyOfTones(tone >> 2, tone & 3), durationMs);
  }
}

/** How far a tone is from its filter's frequency, by how its phase turned over a block. */
function offsetHz(turnRe: number, turnIm: number): number {
  return Math.atan2(turnIm, turnRe) * HZ_PER_RADIAN;
}

/** What part of a tone's power the filter sees of it at this offset, over a pair of blocks. */
function capture(hz: number): number {
  const turn = Math.PI * hz * 2 * BLOCK / G711_RATE;
  return Math.abs(turn) < 1e-6 ? 1 : (Math.sin(turn) / turn) ** 2;
}
