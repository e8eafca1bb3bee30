/**
 * When sockets are looked at under load.
 *
 * To be woken costs more than to receive: some ten microseconds of CPU for each time, whether one datagram is there or
 * twenty. So as long as datagrams come seldom each wakes the process, at once; and when they come thick and fast the
 * process looks by itself, a millisecond after it was done with the last, and finds them together. Nothing is ever
 * looked for while nothing comes.
 *
 * It sleeps the millisecond in place: a timer of the runtime takes two of them, and costs twice as much. All else that
 * the process waits for gets its turn after each look. The busier the process, the less it sleeps: what it finds is the
 * more with every turn, and a turn that took two milliseconds of work is followed by the next at once.
 *
 * @module
 */

/** The turns of the runtime's loop, and the time. */
export interface Turns {
  /** Monotonic milliseconds with fractions. */
  nowMs(): number;
  /** Stands still; whole numbers. */
  sleep(microseconds: number): void;
  /** Calls back in the next turn of the loop, when all that waited has had its own. */
  soon(callback: () => void): void;
}

/** A socket that can wait for a datagram by itself, and can be looked at. */
export interface Paced {
  /** Handles all that is there; how many datagrams that were. */
  look(): number;
  /** From now on it waits by itself. */
  rest(): void;
}

/** The longest sleep, and so the longest that a datagram waits because of it. */
const SLEEP_MS = 1;
/** From look to look; longer only where the work alone takes longer. */
const TURN_MS = 2;
/** Shorter sleeps are not worth their call. */
const LEAST_SLEEP_MS = 0.1;
/** What a sleep takes longer than it was asked for. */
const LATE_US = 60;
/** How fast the past is forgotten. */
const MEMORY_MS = 8;
/** Looking begins above this many datagrams a millisecond... */
const BUSY_RATE = 2.4;
/** ...and ends below this many. */
const QUIET_RATE = 1.2;

/** One for all the sockets of a thread. */
export class Pace {
  readonly #turns: Turns;
  readonly #looked: Paced[] = [];
  readonly #turn = (): void => this.#look();
  /** Datagrams, each the less the longer ago it came: {@linkcode MEMORY_MS} times the rate. */
  #weight = 0;
  #lastMs = -Infinity;

  constructor(turns: Turns) {
    this.#turns = turns;
  }

  /** Whether sockets are being looked at. */
  get busy(): boolean {
    return this.#looked.length > 0;
  }

  /**
   * A socket was woken and has received this many. True: it shall not wait by itself, it is looked at until it is told to
   * rest.
   */
  woken(socket: Paced, count: number): boolean {
    this.#add(count);
    if (!this.busy) {
      if (this.#weight < BUSY_RATE * MEMORY_MS) return false;
      this.#turns.soon(this.#turn);
    }
    this.#looked.push(socket);
    return true;
  }

  /** The socket is closed. */
  leave(socket: Paced): void {
    const at = this.#looked.indexOf(socket);
    if (at >= 0) this.#looked.splice(at, 1);
  }

  #look(): void {
    const { nowMs, sleep, soon } = this.#turns;
    const sleepMs = Math.min(SLEEP_MS, this.#lastMs + TURN_MS - nowMs());
    if (sleepMs > LEAST_SLEEP_MS) sleep(Math.round(sleepMs * 1000) - LATE_US);
    const atMs = nowMs();
    let count = 0;
    // A socket may be closed by what it has received.
    for (const socket of [...this.#looked]) count += socket.look();
    this.#add(count, atMs);
    if (this.#weight < QUIET_RATE * MEMORY_MS) {
      for (const socket of this.#looked.splice(0)) socket.rest();
    } else if (this.busy) soon(this.#turn);
  }

  #add(count: number, atMs = this.#turns.nowMs()): void {
    const passedMs = atMs - this.#lastMs;
    this.#weight = this.#weight * Math.exp(-passedMs / MEMORY_MS) + count;
    this.#lastMs = atMs;
  }
}
