/** Something that waits on timers: it is called back with the name it gave. */
export interface Timed {
  /** The timer called `name` has come due. */
  onTimer(name: string): void;
}

/** A handle on one scheduled timer; it is only good for {@linkcode Clock.cancel}. */
export interface Timer {
  /** True until the timer has fired or was cancelled. */
  readonly pending: boolean;
}

/** The only way code in `core/` may learn or wait for time. */
export interface Clock {
  /** Monotonic milliseconds, whole numbers. */
  now(): number;
  /** Calendar time as milliseconds since 1970, for records and Date headers only. */
  wallTime(): number;
  /** Calls `owner.onTimer(name)` once, `afterMs` from now. */
  schedule(afterMs: number, owner: Timed, name: string): Timer;
  /** Cancels a timer; doing it twice, or after it fired, is harmless. */
  cancel(timer: Timer | undefined): void;
}
