/**
 * What hooks that may wait can reach. Inside a sandbox these are the host's; in plain Deno, where a test calls a
 * script's hooks, no time passes: `sleep` is over at once and nothing in `store` expires. `fetch` is Deno's own there.
 *
 * @module
 */

import { MemoryStore } from "../core/base/memory_store.ts";
import { TimerWheel } from "../core/base/timer_wheel.ts";
import type { Json } from "../core/call/decisions.ts";

/** How a request is sent. */
export interface FetchOptions {
  /** Default: GET. */
  readonly method?: string;
  /** Header fields. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The body as text. */
  readonly body?: string;
}

/** What a server answered, whatever its status. */
export interface FetchResponse {
  /** The status of the last response, redirections followed. */
  readonly status: number;
  /** True from 200 to 299. */
  readonly ok: boolean;
  /** The URL that answered. */
  readonly url: string;
  /** Header fields by name in any case; null where there is none. */
  readonly headers: { get(name: string): string | null };
  /** The body. */
  text(): Promise<string>;
  /** The body as JSON; rejects with SyntaxError where it is none. */
  json(): Promise<unknown>;
}

/** How long a value is kept. */
export interface KeepOptions {
  /** Default: until it is deleted. */
  readonly expiresSeconds?: number;
}

/** Values by key that all calls and all scripts share. Each use takes effect at once or not at all. */
export interface SharedStore {
  /** What is there; undefined where nothing is, or what was there has expired. */
  get(key: string): Promise<Json | undefined>;
  /** Puts a value and its expiry in place of what is there. */
  set(key: string, value: Json, options?: KeepOptions): Promise<void>;
  /** Adds a whole number, by default 1, and gives the sum; the expiry is that of the first addition. */
  increment(key: string, by?: number, options?: KeepOptions): Promise<number>;
  /** Puts `to` where `from` is, undefined meaning nothing; says whether it did. Values are compared as JSON. */
  compareAndSet(
    key: string,
    from: Json | undefined,
    to: Json,
    options?: KeepOptions,
  ): Promise<boolean>;
  /** Says whether there was one. */
  delete(key: string): Promise<boolean>;
}

/**
 * Asks a web server. Hosts are those of `script_fetch.hosts`. Rejects with an error named `FetchError` when no
 * response comes, `DeniedError`, `WaitError` (in a hook that may not wait), or `LimitError`.
 */
export async function fetch(
  url: string,
  options: FetchOptions = {},
): Promise<FetchResponse> {
  return await globalThis.fetch(url, options);
}

/** Waits; a hook as a whole may take `script_limits.async_ms`. */
export async function sleep(_ms: number): Promise<void> {}

const entries = new MemoryStore(new TimerWheel());

/** Shared by all calls; see {@linkcode SharedStore}. */
export const store: SharedStore = {
  async get(key: string): Promise<Json | undefined> {
    const json = await entries.get(key);
    return json === undefined ? undefined : JSON.parse(json);
  },
  async set(key: string, value: Json): Promise<void> {
    await entries.set(key, JSON.stringify(value));
  },
  async increment(key: string, by = 1): Promise<number> {
    return await entries.increment(key, by);
  },
  async compareAndSet(
    key: string,
    from: Json | undefined,
    to: Json,
  ): Promise<boolean> {
    return await entries.compareAndSet(key, {
      from: from === undefined ? undefined : JSON.stringify(from),
      to: JSON.stringify(to),
    });
  },
  async delete(key: string): Promise<boolean> {
    return await entries.delete(key);
  },
};
