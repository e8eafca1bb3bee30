/** Audio of 8 kHz for the tests of tones: what a key sounds like, and what is none. */

import type { Random } from "../../../core/base/random.ts";
import { amplitudeOf, tonesOfKey } from "../../../core/media/dtmf_tones.ts";
import type { G711 } from "../../../core/media/g711.ts";
import type { Key } from "../../../core/media/key.ts";
import { RTP_HEADER_BYTES, writeRtpHeader } from "../../../core/media/rtp.ts";

const RATE = 8000;

/** How a key's tone is, where it is not the plain one. */
export interface ToneShape {
  readonly ms?: number;
  readonly lowDBm0?: number;
  readonly highDBm0?: number;
  /** Of the frequencies: 0.015 is 1.5 % above. */
  readonly lowOffset?: number;
  readonly highOffset?: number;
}

export function tone(key: Key, shape: ToneShape = {}): Float64Array {
  const { lowHz, highHz } = tonesOfKey(key)!;
  const { ms = 100, lowOffset = 0, highOffset = 0 } = shape;
  return mix(
    sine(lowHz * (1 + lowOffset), { ms, dBm0: shape.lowDBm0 ?? -9 }),
    sine(highHz * (1 + highOffset), { ms, dBm0: shape.highDBm0 ?? -7 }),
  );
}

export function sine(
  hz: number,
  options: { ms: number; dBm0: number },
): Float64Array {
  const amplitude = amplitudeOf(options.dBm0);
  return Float64Array.from(
    { length: Math.round(options.ms * RATE / 1000) },
    (_, index) => amplitude * Math.sin(2 * Math.PI * hz * index / RATE),
  );
}

export function silence(ms: number): Float64Array {
  return new Float64Array(Math.round(ms * RATE / 1000));
}

/** White noise of this power. */
export function noise(
  random: Random,
  options: { ms: number; dBm0: number },
): Float64Array {
  // Of the same power as a sine of the level; uniform noise has a third of its square.
  const peak = amplitudeOf(options.dBm0) * Math.sqrt(1.5);
  return Float64Array.from(
    { length: Math.round(options.ms * RATE / 1000) },
    () => peak * (2 * random.fraction() - 1),
  );
}

export function mix(...parts: readonly Float64Array[]): Float64Array {
  const sum = new Float64Array(Math.max(...parts.map(({ length }) => length)));
  for (const part of parts) {
    for (let index = 0; index < part.length; index++) {
      sum[index]! += part[index]!;
    }
  }
  return sum;
}

export function join(...parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/**
 * What a voice is like: syllables of a gliding pitch with all its harmonics, shaped by formants that move, between
 * them hisses and pauses.
 */
export function voice(random: Random, seconds: number): Float64Array {
  const samples = new Float64Array(seconds * RATE);
  const between = (low: number, high: number): number =>
    low + (high - low) * random.fraction();
  let at = 0;
  while (at < samples.length) {
    const length = Math.round(between(0.06, 0.35) * RATE);
    const end = Math.min(samples.length, at + length);
    if (random.fraction() < 0.2) at += Math.round(between(0.02, 0.2) * RATE);
    const level = amplitudeOf(between(-25, -8));
    if (random.fraction() < 0.2) {
      for (; at < end; at++) samples[at] = level * between(-0.5, 0.5);
      continue;
    }
    const pitch = [between(80, 320), between(80, 320)] as const;
    const formants = [
      between(250, 900),
      between(800, 2300),
      between(2200, 3200),
    ];
    const glides = formants.map(() => between(0.8, 1.25));
    const start = at;
    let phase = 0;
    for (; at < end; at++) {
      const part = (at - start) / length;
      const hz = pitch[0] + (pitch[1] - pitch[0]) * part;
      phase += 2 * Math.PI * hz / RATE;
      let sum = 0;
      for (let harmonic = 1; harmonic * hz < 3600; harmonic++) {
        let gain = 0.02;
        for (const [index, formant] of formants.entries()) {
          const centre = formant * (1 + (glides[index]! - 1) * part);
          gain +=
            Math.exp(-(((harmonic * hz - centre) / (90 + 60 * index)) ** 2)) /
            (1 + index);
        }
        sum += gain * Math.sin(harmonic * phase);
      }
      samples[at] = level * sum * Math.sin(Math.PI * part);
    }
  }
  return samples;
}

/** Audio as packets of 20 ms, or of another length. */
export function packets(
  audio: Float64Array,
  options: { law: G711; ms?: number },
): Uint8Array[] {
  const { law, ms = 20 } = options;
  const step = ms * RATE / 1000;
  const all: Uint8Array[] = [];
  for (let at = 0; at < audio.length; at += step) {
    const part = audio.subarray(at, at + step);
    const bytes = new Uint8Array(RTP_HEADER_BYTES + part.length);
    writeRtpHeader(bytes, {
      marker: false,
      payloadType: law.payloadType,
      sequence: all.length & 0xffff,
      timestamp: at,
      ssrc: 7,
    });
    for (let index = 0; index < part.length; index++) {
      const sample = Math.max(
        -32768,
        Math.min(32767, Math.round(part[index]!)),
      );
      bytes[RTP_HEADER_BYTES + index] = law.encode(sample);
    }
    all.push(bytes);
  }
  return all;
}
