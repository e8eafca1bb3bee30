/** G.711 at 8 kHz: the two laws between their bytes and linear samples of 16 bits. */

/** How audio is coded: PCMU is payload type 0, PCMA 8. */
export interface G711 {
  readonly name: "PCMU" | "PCMA";
  readonly payloadType: number;
  /** The sample of each byte. */
  readonly linear: Int16Array;
  /** The byte of silence. */
  readonly silence: number;
  /** The byte of a sample. */
  encode(sample: number): number;
}

/** Samples a second, of both. */
export const G711_RATE = 8000;

const MU_BIAS = 0x84;
const MU_CLIP = 32_635;
/** A-law sends every other bit inverted. */
const A_TOGGLE = 0x55;

/** µ-law: North America and Japan. */
export const PCMU: G711 = {
  name: "PCMU",
  payloadType: 0,
  linear: Int16Array.from({ length: 256 }, (_, byte) => muLawSample(byte)),
  silence: 0xff,
  encode: muLawByte,
};

/** A-law: everywhere else. */
export const PCMA: G711 = {
  name: "PCMA",
  payloadType: 8,
  linear: Int16Array.from({ length: 256 }, (_, byte) => aLawSample(byte)),
  silence: A_TOGGLE | 0x80,
  encode: aLawByte,
};

function muLawSample(byte: number): number {
  const code = ~byte & 0xff;
  const size = (((code & 0x0f) << 3) + MU_BIAS) << (code >> 4 & 7);
  return (code & 0x80) === 0 ? size - MU_BIAS : MU_BIAS - size;
}

function muLawByte(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const size = Math.min(sample < 0 ? -sample : sample, MU_CLIP) + MU_BIAS;
  const segment = 24 - Math.clz32(size);
  return ~(sign | segment << 4 | size >> (segment + 3) & 0x0f) & 0xff;
}

function aLawSample(byte: number): number {
  const code = byte ^ A_TOGGLE;
  const segment = code >> 4 & 7;
  const step = (code & 0x0f) << 4;
  const size = segment === 0 ? step + 8 : (step + 0x108) << (segment - 1);
  return (code & 0x80) === 0 ? -size : size;
}

function aLawByte(sample: number): number {
  const sign = sample < 0 ? 0 : 0x80;
  const size = Math.min(sample < 0 ? ~sample : sample, 32_767);
  const segment = size < 256 ? 0 : 24 - Math.clz32(size);
  const code = segment === 0
    ? size >> 4
    : segment << 4 | size >> (segment + 3) & 0x0f;
  return (code | sign) ^ A_TOGGLE;
}
