/** The tones of ITU-T Q.23: a key is one of four low and one of four high frequencies. */

import type { Key } from "./key.ts";

/** Low frequencies, one a row of the keypad, in Hz. */
export const LOW_HZ: readonly number[] = [697, 770, 852, 941];
/** High frequencies, one a column, in Hz. */
export const HIGH_HZ: readonly number[] = [1209, 1336, 1477, 1633];

const KEYPAD = [..."123A456B789C*0#D"] as readonly Key[];

/** A sine of 0 dBm0 has this amplitude in samples of 16 bits: 3.17 dB below the largest that µ-law can say. */
const AMPLITUDE_0_DBM0 = 32_124 / 10 ** (3.17 / 20);

/** The key of a row and a column. */
export function keyOfTones(row: number, column: number): Key {
  return KEYPAD[4 * row + column]!;
}

/** The frequencies of a key; undefined of flash, which has none. */
export function tonesOfKey(
  key: Key,
): { lowHz: number; highHz: number } | undefined {
  const at = KEYPAD.indexOf(key);
  return at < 0
    ? undefined
    : { lowHz: LOW_HZ[at >> 2]!, highHz: HIGH_HZ[at & 3]! };
}

/** The amplitude of a sine of this level. */
export function amplitudeOf(dBm0: number): number {
  return AMPLITUDE_0_DBM0 * 10 ** (dBm0 / 20);
}
