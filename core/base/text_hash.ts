/** A number for a text: what tables of our own find texts by. */

import { asText } from "./as_text.ts";

/** The steps of MurmurHash2, a character each: 32 bits, from `start` on. */
export function textHash(whole: string, start: number): number {
  const text = asText(whole);
  let hash = start;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x5bd1e995);
    hash ^= hash >>> 15;
  }
  return hash;
}
