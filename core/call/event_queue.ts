/**
 * The events of one call, one at a time and in order: what an event leads to is queued, never nested, and while a hook
 * waits for its decision all that comes later is held.
 *
 * @module
 */

import type { CallEvent } from "./call_event.ts";

/** Most events held for one call; past it provisional responses are forgotten, which nobody may rely on anyway. */
const MAX_HELD = 64;

/** Who handles events: the call. */
export interface EventHandler<Leg> {
  /** The event's turn has come. */
  arrives(leg: Leg, event: CallEvent): void;
}

/** See the module comment. */
export class EventQueue<Leg> {
  readonly #handler: EventHandler<Leg>;
  /** What waits; as a rule nothing does. */
  #events: { leg: Leg; event: CallEvent }[] | undefined;
  #handling = false;
  /** Hooks that are waited for: a target's time may run out while another's failure is being decided. */
  #held = 0;

  constructor(handler: EventHandler<Leg>) {
    this.#handler = handler;
  }

  /** Handles an event when its turn has come. BYE, and whatever else ends a leg, overtakes what is held. */
  push(leg: Leg, event: CallEvent): void {
    if (this.#held > 0 && !this.#handling && event.type === "end") {
      this.run(() => this.#handler.arrives(leg, event));
      return;
    }
    const waiting = this.#events?.length ?? 0;
    if (this.#held > 0 && event.type === "ring" && waiting >= MAX_HELD) return;
    if (waiting === 0 && this.#held === 0 && !this.#handling) {
      this.#handling = true;
      try {
        this.#handler.arrives(leg, event);
      } finally {
        this.#handling = false;
      }
    } else {
      this.#events ??= [];
      this.#events.push({ leg, event });
    }
    this.#drain();
  }

  /** Does something that may lead to events; they come after it. */
  run(act: () => void): void {
    this.#handling = true;
    try {
      act();
    } finally {
      this.#handling = false;
    }
    this.#drain();
  }

  /** From now on events wait, until {@linkcode resume} or {@linkcode release}. */
  hold(): void {
    this.#held++;
  }

  /** Does what was waited for; what was held comes after it. */
  resume(act: () => void): void {
    this.run(() => {
      // First, since what is done may ask another hook that has to be waited for, or fail.
      this.#held = Math.max(0, this.#held - 1);
      act();
    });
  }

  /** Nothing is waited for any more. */
  release(): void {
    this.#held = 0;
    this.#drain();
  }

  #drain(): void {
    if (this.#handling || this.#events === undefined) return;
    this.#handling = true;
    try {
      while (this.#held === 0) {
        const next = this.#events?.shift();
        if (next === undefined) {
          this.#events = undefined;
          break;
        }
        this.#handler.arrives(next.leg, next.event);
      }
    } finally {
      this.#handling = false;
    }
  }
}
