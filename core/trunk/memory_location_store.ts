import type { LocationStore, StoredLocation } from "./location_store.ts";

/** A {@linkcode LocationStore} that ends with its process. */
export class MemoryLocationStore implements LocationStore {
  readonly #locations = new Map<string, StoredLocation>();

  load(nowMs: number): StoredLocation[] {
    const found: StoredLocation[] = [];
    for (const { aor, bindings } of this.#locations.values()) {
      const live = bindings.filter(({ expiresAtMs }) => expiresAtMs > nowMs);
      if (live.length > 0) found.push({ aor, bindings: live });
      else this.#locations.delete(aor);
    }
    return found;
  }

  commit(location: StoredLocation): void {
    if (location.bindings.length === 0) this.#locations.delete(location.aor);
    else this.#locations.set(location.aor, location);
  }

  close(): void {}
}
