/** A number for a text: what tables of our own find texts by. */

/** The steps of MurmurHash2, a character each: 32 bits, from `start` on. */
export function textHash(text: string, start: number): number {
  let hash = start;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x5bd1e995);
    hash ^= hash >>> 15;
  }
  return hash;
}
