/** What a configuration lets scripts reach: web servers, the store they share. */

import type { Clock } from "../core/base/clock.ts";
import { MemoryStore } from "../core/base/memory_store.ts";
import type { Deniable, Reach } from "../scripts/errands.ts";
import type { HttpPort, HttpRules } from "../scripts/http.ts";
import type { Config } from "./config/schema.ts";
import { HTTP_PORT } from "./http_port.ts";
import { SqliteStore } from "./sqlite_store.ts";

/** What scripts are given; ends with {@linkcode ScriptReach.close}. */
export interface ScriptReach {
  readonly reach: Reach;
  readonly denied: readonly Deniable[];
  close(): void;
}

/** Throws `StoreError` for a file that cannot be opened. */
export function scriptReach(
  config: Config,
  { clock, http }: { clock: Clock; http: HttpPort },
): ScriptReach {
  const { file } = config.script_store;
  const store = file === undefined
    ? new MemoryStore(clock)
    : new SqliteStore(file, { clock });
  const rules = httpRules(config);
  return {
    reach: {
      store,
      http: rules.hosts.length === 0 ? undefined : { port: http, rules },
    },
    denied: config.script_deny,
    close(): void {
      if (store instanceof SqliteStore) store.close();
    },
  };
}

/** What scripts are given where they are only tried out: the web as configured, a store that nobody else has. */
export function trialReach(
  config: Config | undefined,
  clock: Clock,
): Pick<ScriptReach, "reach" | "denied"> {
  return config === undefined
    ? { reach: { store: new MemoryStore(clock) }, denied: [] }
    : scriptReach({ ...config, script_store: {} }, { clock, http: HTTP_PORT });
}

/** The rules of a configuration's `script_fetch`. */
export function httpRules(config: Config): HttpRules {
  const { hosts, timeout_ms, max_kib } = config.script_fetch;
  return { hosts, timeoutMs: timeout_ms, maxBytes: max_kib * 1024 };
}
