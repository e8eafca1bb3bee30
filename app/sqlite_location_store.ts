import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { Clock, Timed, Timer } from "../core/base/clock.ts";
import {
  type LocationStore,
  LocationStoreError,
  type StoredBinding,
  type StoredLocation,
} from "../core/trunk/location_store.ts";

/** One row for each address-of-record; times are calendar milliseconds, so that they hold across restarts. */
const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA busy_timeout = 100;
  CREATE TABLE IF NOT EXISTS locations (
    aor TEXT PRIMARY KEY, bindings TEXT NOT NULL, expires_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS by_expiry ON locations (expires_at);
`;
/** How long a change waits for others to share its transaction, and how many may. */
const GATHER_MS = 5;
const MOST_GATHERED = 500;
/** Transactions between two removals of what has run out. */
const COMMITS_TO_SWEEP = 256;

interface Pending {
  readonly location: StoredLocation;
  resolve(): void;
  reject(error: LocationStoreError): void;
}

/**
 * A {@linkcode LocationStore} in a file, which outlives the process. Changes that come within a few milliseconds share a
 * transaction, and each is answered when that is committed: so what was answered is found again after the process was
 * killed, at whatever moment. After a loss of power the file is whole, but may lack what was committed since it was last
 * written through (`synchronous = NORMAL`, at a checkpoint each 1000 pages).
 */
export class SqliteLocationStore implements LocationStore, Timed {
  readonly #clock: Clock;
  readonly #database: DatabaseSync;
  readonly #upsert: StatementSync;
  readonly #remove: StatementSync;
  readonly #removeExpired: StatementSync;
  #pending: Pending[] = [];
  #timer: Timer | undefined;
  #commitsToSweep = COMMITS_TO_SWEEP;

  /** Opens the file, made where there is none. Throws {@linkcode LocationStoreError} when it cannot be. */
  constructor(file: string, { clock }: { clock: Clock }) {
    this.#clock = clock;
    try {
      const database = new DatabaseSync(file);
      database.exec(SCHEMA);
      this.#database = database;
      this.#upsert = database.prepare(
        "INSERT INTO locations VALUES (?, ?, ?) ON CONFLICT (aor) DO UPDATE SET bindings = excluded.bindings, expires_at = excluded.expires_at",
      );
      this.#remove = database.prepare("DELETE FROM locations WHERE aor = ?");
      this.#removeExpired = database.prepare(
        "DELETE FROM locations WHERE expires_at <= ?",
      );
    } catch (error) {
      throw new LocationStoreError(
        `Cannot open registrations ${file}: ${reasonOf(error)}`,
      );
    }
  }

  load(nowMs: number): StoredLocation[] {
    try {
      this.#removeExpired.run(nowMs);
      const rows = this.#database.prepare(
        "SELECT aor, bindings FROM locations",
      ).iterate();
      const found: StoredLocation[] = [];
      for (const row of rows) {
        const bindings = bindingsOf(String(row["bindings"]))
          .filter(({ expiresAtMs }) => expiresAtMs > nowMs);
        if (bindings.length > 0) {
          found.push({ aor: String(row["aor"]), bindings });
        }
      }
      return found;
    } catch (error) {
      throw new LocationStoreError(
        `Cannot read registrations: ${reasonOf(error)}`,
      );
    }
  }

  commit(location: StoredLocation): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ location, resolve, reject });
      if (this.#pending.length >= MOST_GATHERED) this.#flush();
      else this.#timer ??= this.#clock.schedule(GATHER_MS, this, "commit");
    });
  }

  close(): void {
    this.#flush();
    this.#database.close();
  }

  onTimer(_name: string): void {
    this.#timer = undefined;
    this.#flush();
  }

  #flush(): void {
    this.#clock.cancel(this.#timer);
    this.#timer = undefined;
    const changes = this.#pending;
    if (changes.length === 0) return;
    this.#pending = [];
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      try {
        for (const { location } of changes) this.#write(location);
        this.#sweep();
        this.#database.exec("COMMIT");
      } catch (error) {
        // On a full disk SQLite has rolled back by itself, and what counts is why.
        if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
        throw error;
      }
    } catch (error) {
      const failure = new LocationStoreError(
        `Cannot keep registrations: ${reasonOf(error)}`,
      );
      for (const { reject } of changes) reject(failure);
      return;
    }
    for (const { resolve } of changes) resolve();
  }

  #write({ aor, bindings }: StoredLocation): void {
    if (bindings.length === 0) {
      this.#remove.run(aor);
      return;
    }
    const last = Math.max(...bindings.map(({ expiresAtMs }) => expiresAtMs));
    this.#upsert.run(aor, JSON.stringify(bindings), last);
  }

  #sweep(): void {
    if (--this.#commitsToSweep > 0) return;
    this.#commitsToSweep = COMMITS_TO_SWEEP;
    this.#removeExpired.run(this.#clock.wallTime());
  }
}

/** What this class wrote; a row that somebody else has written over counts for nothing. */
function bindingsOf(json: string): StoredBinding[] {
  try {
    const value: unknown = JSON.parse(json);
    return Array.isArray(value) ? value.filter(isBinding) : [];
  } catch {
    return [];
  }
}

function isBinding(value: unknown): value is StoredBinding {
  if (typeof value !== "object" || value === null) return false;
  const { contact, expiresAtMs, source } = value as Partial<StoredBinding>;
  return typeof contact === "string" && typeof expiresAtMs === "number" &&
    typeof source === "object";
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
