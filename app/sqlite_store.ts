import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { Clock } from "../core/base/clock.ts";
import {
  DEFAULT_STORE_LIMITS,
  incremented,
  type Store,
  StoreError,
  type StoreLimits,
  type StoreOptions,
} from "../core/base/store.ts";

/** Statements on the one table; times are calendar milliseconds, so that they hold across restarts. */
const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA busy_timeout = 100;
  CREATE TABLE IF NOT EXISTS entries (
    key TEXT PRIMARY KEY, value TEXT NOT NULL, expires_at INTEGER
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS by_expiry ON entries (expires_at)
    WHERE expires_at IS NOT NULL;
`;
/** Writes between two looks at how much is held. */
const WRITES_TO_LOOK = 64;

/** A {@linkcode Store} in a file, which outlives the process. When it is full it does as the one in memory does. */
export class SqliteStore implements Store {
  readonly #clock: Clock;
  readonly #limits: StoreLimits;
  readonly #database: DatabaseSync;
  readonly #select: StatementSync;
  readonly #upsert: StatementSync;
  readonly #remove: StatementSync;
  readonly #measure: StatementSync;
  readonly #removeExpired: StatementSync;
  readonly #removeSoonest: StatementSync;
  #writesToLook = 0;

  /** Opens the file, made where there is none. Throws {@linkcode StoreError} when it cannot be. */
  constructor(
    file: string,
    options: { clock: Clock; limits?: StoreLimits },
  ) {
    this.#clock = options.clock;
    this.#limits = options.limits ?? DEFAULT_STORE_LIMITS;
    try {
      const database = new DatabaseSync(file);
      database.exec(SCHEMA);
      this.#database = database;
      this.#select = database.prepare(
        "SELECT value, expires_at FROM entries WHERE key = ? AND (expires_at IS NULL OR expires_at > ?)",
      );
      this.#upsert = database.prepare(
        "INSERT INTO entries VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at",
      );
      this.#remove = database.prepare("DELETE FROM entries WHERE key = ?");
      this.#measure = database.prepare(
        "SELECT count(*) AS entries, coalesce(sum(length(key) + length(value)), 0) AS chars FROM entries",
      );
      this.#removeExpired = database.prepare(
        "DELETE FROM entries WHERE expires_at <= ?",
      );
      this.#removeSoonest = database.prepare(
        "DELETE FROM entries WHERE key IN (SELECT key FROM entries WHERE expires_at IS NOT NULL AND key <> ? ORDER BY expires_at LIMIT ?)",
      );
    } catch (error) {
      throw new StoreError(`Cannot open store ${file}: ${reasonOf(error)}`);
    }
  }

  get(key: string): string | undefined {
    return this.#entry(key)?.value;
  }

  set(key: string, value: string, options: StoreOptions = {}): void {
    this.#atOnce(() => this.#put(key, value, this.#after(options)));
  }

  increment(key: string, by: number, options: StoreOptions = {}): number {
    return this.#atOnce(() => {
      const entry = this.#entry(key);
      const sum = incremented(key, entry?.value, by);
      this.#put(
        key,
        String(sum),
        entry === undefined ? this.#after(options) : entry.expiresAtMs,
      );
      return sum;
    });
  }

  compareAndSet(
    key: string,
    change: { from: string | undefined; to: string },
    options: StoreOptions = {},
  ): boolean {
    return this.#atOnce(() => {
      if (this.get(key) !== change.from) return false;
      this.#put(key, change.to, this.#after(options));
      return true;
    });
  }

  delete(key: string): boolean {
    return this.#atOnce(() => {
      const isThere = this.#entry(key) !== undefined;
      this.#remove.run(key);
      return isThere;
    });
  }

  /** Closes the file; nothing may be asked after that. */
  close(): void {
    this.#database.close();
  }

  #after({ expiresMs }: StoreOptions): number | null {
    return expiresMs === undefined ? null : this.#clock.wallTime() + expiresMs;
  }

  #entry(
    key: string,
  ): { value: string; expiresAtMs: number | null } | undefined {
    const row = this.#select.get(key, this.#clock.wallTime());
    if (row === undefined) return undefined;
    const expiresAt = row["expires_at"];
    return {
      value: String(row["value"]),
      expiresAtMs: typeof expiresAt === "number" ? expiresAt : null,
    };
  }

  #put(key: string, value: string, expiresAtMs: number | null): void {
    this.#upsert.run(key, value, expiresAtMs);
    if (--this.#writesToLook > 0 && !this.#isSmall) return;
    this.#writesToLook = WRITES_TO_LOOK;
    this.#makeRoom(key);
  }

  /** A store of few entries is held to its bounds at every write. */
  get #isSmall(): boolean {
    return this.#limits.entries <= WRITES_TO_LOOK;
  }

  #makeRoom(key: string): void {
    if (this.#excess() <= 0) return;
    this.#removeExpired.run(this.#clock.wallTime());
    for (;;) {
      const excess = this.#excess();
      if (excess <= 0) return;
      if (this.#removeSoonest.run(key, excess).changes === 0) {
        throw new StoreError(
          `Cannot keep ${JSON.stringify(key)}: the store is full`,
        );
      }
    }
  }

  /** How many entries should go; at least one while there are too many characters. */
  #excess(): number {
    const { entries, chars } = this.#measure.get() as {
      entries: number;
      chars: number;
    };
    const tooMany = entries - this.#limits.entries;
    return chars > this.#limits.chars ? Math.max(1, tooMany) : tooMany;
  }

  #atOnce<T>(change: () => T): T {
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      try {
        const result = change();
        this.#database.exec("COMMIT");
        return result;
      } catch (error) {
        // On a full disk SQLite has rolled back by itself, and what counts is why.
        if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
        throw error;
      }
    } catch (error) {
      if (error instanceof StoreError) throw error;
      throw new StoreError(`Cannot use store: ${reasonOf(error)}`);
    }
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
