/** How what happens below is told to who operates it. Nothing in `core/` logs or counts by other means. */

/** How grave a log record is. */
export type LogLevel = "error" | "warn" | "info" | "debug";

/** One thing worth a line in the log. */
export interface LogRecord {
  readonly level: LogLevel;
  /** A fixed sentence, so that lines can be searched for. */
  readonly text: string;
  /** What varies: call id, trunk, address, status. */
  readonly fields?: Readonly<Record<string, string | number | boolean>>;
}

/** Receives counts and log records. It must not throw. */
export interface Observer {
  /** Adds to a counter; names are `snake_case` with a layer's name first: `transport_malformed`. */
  count(counter: string, by?: number): void;
  log(record: LogRecord): void;
}

/** An observer that counts in a map and keeps no log: for tests and for embedding. */
export class CountingObserver implements Observer {
  readonly counters: Map<string, number> = new Map();

  count(counter: string, by = 1): void {
    this.counters.set(counter, (this.counters.get(counter) ?? 0) + by);
  }

  log(_record: LogRecord): void {}
}
