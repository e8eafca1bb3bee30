/** Work on one key at a time, in the order it came: what a store has not answered for keeps the next waiting. */

import type { Observer } from "../base/observer.ts";

/** A piece of work. */
export interface Turn {
  /** Does it; a promise where it takes longer. */
  start(): void | Promise<void>;
  /** Too many wait already. */
  refuse(): void;
}

/** How many may wait for one key. */
const MOST_WAITING = 8;

/** See the file's text. */
export class Turns {
  readonly #observer: Observer;
  readonly #busy = new Map<string, (() => void)[]>();

  constructor(observer: Observer) {
    this.#observer = observer;
  }

  /** Starts it at once where nothing is before it. */
  take(key: string, turn: Turn): void {
    const queue = this.#busy.get(key);
    if (queue === undefined) {
      this.#run(key, turn);
    } else if (queue.length >= MOST_WAITING) {
      this.#observer.count("registrar_queue_full");
      turn.refuse();
    } else queue.push(() => this.#run(key, turn));
  }

  #run(key: string, turn: Turn): void {
    const queue = this.#busy.get(key) ?? [];
    const waiting = turn.start();
    if (waiting === undefined) {
      this.#next(key, queue);
      return;
    }
    this.#busy.set(key, queue);
    void waiting.finally(() => this.#next(key, queue));
  }

  #next(key: string, queue: (() => void)[]): void {
    const next = queue.shift();
    if (next === undefined) this.#busy.delete(key);
    else next();
  }
}
