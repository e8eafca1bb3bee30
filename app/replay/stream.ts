/** Puts the segments of one direction of a TCP connection in order. */

/** What waits for a gap to close, in segments; past that the gap is given up. */
const MAX_WAITING = 64;

/** One direction of one connection; duplicates and what overlaps are cut away. */
export class StreamOrder {
  #next: number | undefined;
  readonly #waiting = new Map<number, Uint8Array>();

  /** The connection begins anew with this sequence number. */
  begin(sequence: number): void {
    this.#next = sequence;
    this.#waiting.clear();
  }

  /** Takes a segment; gives what can be read now. `gap` is true when bytes before it are missing for good. */
  take(
    sequence: number,
    payload: Uint8Array,
  ): { readonly parts: readonly Uint8Array[]; readonly gap: boolean } {
    if (payload.length === 0) return { parts: [], gap: false };
    // A capture that begins in the middle of a connection.
    this.#next ??= sequence;
    let gap = false;
    const known = this.#waiting.get(sequence);
    if (known === undefined || known.length < payload.length) {
      this.#waiting.set(sequence, payload);
    }
    const parts = this.#ready();
    if (this.#waiting.size > MAX_WAITING) {
      gap = true;
      this.#next = [...this.#waiting.keys()]
        .reduce((a, b) => distance(a, b) > 0 ? a : b);
      parts.push(...this.#ready());
    }
    return { parts, gap };
  }

  #ready(): Uint8Array[] {
    const parts: Uint8Array[] = [];
    for (let found = true; found;) {
      found = false;
      for (const [sequence, payload] of this.#waiting) {
        const next = this.#next ?? sequence;
        // How much of it was read before.
        const old = distance(sequence, next);
        if (old < 0) continue;
        this.#waiting.delete(sequence);
        if (old >= payload.length) continue;
        parts.push(payload.subarray(old));
        this.#next = (sequence + payload.length) >>> 0;
        found = true;
      }
    }
    return parts;
  }
}

/** How far `to` lies after `from`, in numbers that wrap at 32 bits. */
function distance(from: number, to: number): number {
  return (to - from) | 0;
}
