/** How the hooks of a script have fared since it was first loaded, for metrics. */

/** Upper bounds of the time histogram's buckets in milliseconds; one more holds what took longer. */
export const TIME_BOUNDS_MS: readonly number[] = [
  0.01,
  0.03,
  0.1,
  0.3,
  1,
  3,
  10,
  30,
  100,
];

/** One hook's figures. */
export interface HookStatistics {
  readonly calls: number;
  readonly faults: number;
  /** Processor time of all calls together, of an async hook up to its first wait. */
  readonly totalMs: number;
  /** Calls by time, a count for each bound and one for the rest. */
  readonly times: readonly number[];
}

/** A script's figures. */
export interface ScriptStatistics {
  /** The revision that new calls get. */
  readonly script: string;
  readonly revisions: number;
  readonly setAside: boolean;
  /** Hooks that wait now, and what they wait for. */
  readonly waiting: number;
  readonly errands: number;
  /** The most memory a sandbox of this script has had, the engine's own included. */
  readonly memoryHighWaterBytes: number;
  readonly hooks: Readonly<Record<string, HookStatistics>>;
}

/** Names past this many count together: a script may be reloaded with new patterns for ever. */
const MOST_HOOKS = 200;
const OTHERS = "others";

interface Tally {
  calls: number;
  faults: number;
  totalMs: number;
  readonly times: number[];
}

/** Counts; see the module comment. */
export class HookTallies {
  readonly #tallies: Map<string, Tally> = new Map();
  #memoryHighWaterBytes = 0;

  /** The most that was seen. */
  get memoryHighWaterBytes(): number {
    return this.#memoryHighWaterBytes;
  }

  /** A copy of what was counted. */
  get hooks(): Record<string, HookStatistics> {
    return Object.fromEntries(
      [...this.#tallies].map(([name, tally]) => [name, {
        ...tally,
        times: [...tally.times],
      }]),
    );
  }

  /** A hook was called. */
  called(hook: string, usedMs: number): void {
    const tally = this.#tallyOf(hook);
    let bucket = 0;
    while (usedMs > (TIME_BOUNDS_MS[bucket] ?? Infinity)) bucket++;
    tally.calls++;
    tally.totalMs += usedMs;
    tally.times[bucket]!++;
  }

  /** It had a fault. */
  faulted(hook: string): void {
    this.#tallyOf(hook).faults++;
  }

  /** A sandbox has that much memory. */
  memory(bytes: number): void {
    if (bytes > this.#memoryHighWaterBytes) this.#memoryHighWaterBytes = bytes;
  }

  #tallyOf(hook: string): Tally {
    const known = this.#tallies.get(hook);
    if (known !== undefined) return known;
    if (this.#tallies.size >= MOST_HOOKS && hook !== OTHERS) {
      return this.#tallyOf(OTHERS);
    }
    const fresh = {
      calls: 0,
      faults: 0,
      totalMs: 0,
      times: Array.from({ length: TIME_BOUNDS_MS.length + 1 }, () => 0),
    };
    this.#tallies.set(hook, fresh);
    return fresh;
  }
}
