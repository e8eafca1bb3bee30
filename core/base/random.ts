/** Where randomness comes from; passed in, so that a run can be repeated. */
export interface Random {
  /** A number in [0, 1). */
  fraction(): number;
  /**
   * An identifier nobody can guess, of letters and digits: at least 80 bits, as RFC 3261 section 19.3 asks
   * (32 bits for a tag) and more.
   */
  token(): string;
}

const DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz";

/** A generator for tests, ladders and simulations: the same seed gives the same run. Not for the network. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  function fraction(): number {
    // Mulberry32.
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
  function token(): string {
    let text = "";
    for (let i = 0; i < 16; i++) text += DIGITS[Math.floor(fraction() * 36)];
    return text;
  }
  return { fraction, token };
}
