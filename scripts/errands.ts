/**
 * What hooks have asked of the world and not yet got: each errand belongs to one hook, has its time, and is given up
 * when its hook is over.
 *
 * @module
 */

import type { Clock, Timed } from "../core/base/clock.ts";
import type { Observer } from "../core/base/observer.ts";
import type { Answered, Store } from "../core/base/store.ts";
import { exchange, type HttpAccess } from "./http.ts";
import type { LimitWatch } from "./limit_watch.ts";
import type { ScriptLimits } from "./limits.ts";

/** What scripts may reach beyond their call; what is left out is denied. */
export interface Reach {
  readonly http?: HttpAccess | undefined;
  readonly store?: Store | undefined;
}

/** Parts of the API that can be denied. */
export const DENIABLE = ["fetch", "store", "sleep", "log", "vars"] as const;
/** One of them. */
export type Deniable = typeof DENIABLE[number];

/** What an errand ends in, as it crosses into the sandbox. */
export type ErrandOutcome =
  | { readonly value?: unknown }
  | { readonly error: ErrandError };

interface ErrandError {
  readonly name: string;
  readonly message: string;
}

/** What errands need of their surroundings. */
export interface ErrandsWorld {
  readonly clock: Clock;
  readonly observer: Observer;
  readonly limits: ScriptLimits;
  readonly reach?: Reach | undefined;
  readonly denied?: readonly Deniable[] | undefined;
  readonly watch?: LimitWatch | undefined;
}

/** Who runs an errand. */
export interface Asker {
  /** The frame of its hook. */
  readonly frame: number;
  /** Why this one may not wait; undefined when it may. */
  readonly refusal: string | undefined;
}

interface Errand {
  readonly frame: number;
  /** Stops what is under way in the world. */
  stop(): void;
}

interface HookErrands {
  asked: number;
  readonly pending: Set<number>;
}

/** See the module comment. */
export class Errands {
  readonly #world: ErrandsWorld;
  readonly #resume: (errand: number, frame: number, outcome: string) => void;
  readonly #pending: Map<number, Errand> = new Map();
  readonly #hooks: Map<number, HookErrands> = new Map();
  #last = 0;

  /** `resume` is told of each errand that comes back, later than it was asked for. */
  constructor(
    world: ErrandsWorld,
    resume: (errand: number, frame: number, outcome: string) => void,
  ) {
    this.#world = world;
    this.#resume = resume;
  }

  /** How many are under way. */
  get size(): number {
    return this.#pending.size;
  }

  /**
   * Begins an errand: gives its number, or its outcome as JSON where that is known at once. One that may not be run
   * has a member `refused` in its outcome.
   */
  ask(asker: Asker, kind: string, json: string): number | string {
    try {
      const request = fieldsOf(JSON.parse(json));
      this.#check(asker, kind);
      return this.#begin(asker.frame, kind, request);
    } catch (error) {
      return JSON.stringify({ refused: errorOf(error) });
    }
  }

  /** Gives up what a hook waits for; the numbers of what it will never get. */
  drop(frame: number): readonly number[] {
    const hook = this.#hooks.size === 0 ? undefined : this.#hooks.get(frame);
    if (hook === undefined) return NONE;
    this.#hooks.delete(frame);
    for (const id of hook.pending) {
      this.#pending.get(id)?.stop();
      this.#pending.delete(id);
    }
    return [...hook.pending];
  }

  #check({ frame, refusal }: Asker, kind: string): void {
    const { limits, observer, denied, reach, watch } = this.#world;
    const what = kind === "sleep" || kind === "fetch" ? kind : "store";
    if (refusal !== undefined) {
      throw new Refusal("WaitError", `Cannot use ${what}: ${refusal}`);
    }
    if (
      denied?.includes(what) ||
      (what === "fetch" && reach?.http === undefined) ||
      (what === "store" && reach?.store === undefined)
    ) {
      observer.count("script_denied");
      const why = what === "fetch" && !denied?.includes(what)
        ? "script_fetch.hosts is empty"
        : "the configuration denies it";
      throw new Refusal("DeniedError", `Cannot use ${what}: ${why}`);
    }
    const hook = this.#hooks.get(frame) ?? { asked: 0, pending: new Set() };
    this.#hooks.set(frame, hook);
    hook.asked++;
    watch?.use("errands", hook.asked, limits.errands);
    watch?.use("pending", hook.pending.size + 1, limits.pending);
    if (hook.asked > limits.errands) {
      watch?.exceeded("errands");
      throw new Refusal(
        "LimitError",
        `Cannot use ${what}: more than ${limits.errands} times in one hook`,
      );
    }
    if (hook.pending.size >= limits.pending) {
      watch?.exceeded("pending");
      throw new Refusal(
        "LimitError",
        `Cannot use ${what}: ${limits.pending} of this hook are under way already`,
      );
    }
  }

  #begin(frame: number, kind: string, request: Fields): number | string {
    switch (kind) {
      case "sleep":
        return this.#sleep(frame, number(request.ms, "milliseconds"));
      case "fetch":
        return this.#fetch(frame, request);
      default:
        return this.#useStore(frame, kind, request);
    }
  }

  #sleep(frame: number, ms: number): number {
    const id = ++this.#last;
    const owner: Timed = { onTimer: () => this.#finish(id, {}) };
    const timer = this.#world.clock
      .schedule(Math.min(ms, this.#world.limits.asyncMs), owner, "script");
    return this.#add(id, {
      frame,
      stop: () => this.#world.clock.cancel(timer),
    });
  }

  #fetch(frame: number, request: Fields): number {
    const { clock, reach, observer } = this.#world;
    const http = reach!.http!;
    const id = ++this.#last;
    const abort = new AbortController();
    const { timeoutMs } = http.rules;
    const sent = {
      url: text(request.url, "URL"),
      method: text(request.method ?? "GET", "method").toUpperCase(),
      headers: headers(request.headers),
      body: request.body === undefined
        ? undefined
        : text(request.body, "request body"),
    };
    const failed = (message: string) => {
      observer.count("script_fetch_failed");
      this.#finish(id, { error: { name: "FetchError", message } });
    };
    const owner: Timed = {
      onTimer: () => {
        abort.abort();
        failed(`Cannot fetch ${sent.url}: no response in ${timeoutMs} ms`);
      },
    };
    const timer = clock.schedule(timeoutMs, owner, "script");
    observer.count("script_fetches");
    exchange(http, sent, abort.signal).then(
      (value) => {
        clock.cancel(timer);
        this.#finish(id, { value });
      },
      (error) => {
        clock.cancel(timer);
        if (!abort.signal.aborted) {
          failed(`Cannot fetch ${sent.url}: ${errorOf(error).message}`);
        }
      },
    );
    return this.#add(id, {
      frame,
      stop(): void {
        clock.cancel(timer);
        abort.abort();
      },
    });
  }

  #useStore(frame: number, kind: string, request: Fields): number | string {
    const answered = this.#askStore(kind, request);
    if (!(answered instanceof Promise)) {
      return JSON.stringify({ value: answered });
    }
    const id = ++this.#last;
    answered.then(
      (value) => this.#finish(id, { value }),
      (error) => this.#finish(id, { error: errorOf(error) }),
    );
    return this.#add(id, { frame, stop: () => {} });
  }

  #askStore(kind: string, request: Fields): Answered<unknown> {
    const { reach } = this.#world;
    const store = reach!.store!;
    const key = this.#key(request.key);
    const options = { expiresMs: expiry(request.expiresSeconds) };
    switch (kind) {
      case "get":
        return mapped(store.get(key), parsed);
      case "set":
        return store.set(key, this.#value(request.value), options);
      case "increment":
        return store.increment(key, whole(request.by ?? 1), options);
      case "compareAndSet": {
        const from = request.from === undefined
          ? undefined
          : JSON.stringify(request.from);
        const to = this.#value(request.to);
        return store.compareAndSet(key, { from, to }, options);
      }
      case "delete":
        return store.delete(key);
    }
    throw new TypeError(`Cannot use store: it has no ${kind}`);
  }

  #key(key: unknown): string {
    const name = text(key, "key");
    const most = this.#world.limits.storeKeyChars;
    if (name.includes("\0") || name.length > most) {
      throw new RangeError(
        `Cannot use store: a key has at most ${most} characters and no NUL`,
      );
    }
    return name;
  }

  #value(value: unknown): string {
    const { limits, watch } = this.#world;
    if (value === undefined) {
      throw new TypeError("Cannot use store: the value is no JSON");
    }
    const json = JSON.stringify(value);
    watch?.use("storeValueChars", json.length, limits.storeValueChars);
    if (json.length <= limits.storeValueChars) return json;
    watch?.exceeded("storeValueChars");
    throw new Refusal(
      "LimitError",
      `Cannot use store: ${json.length} characters of JSON, at most ${limits.storeValueChars}`,
    );
  }

  #add(id: number, errand: Errand): number {
    this.#pending.set(id, errand);
    this.#hooks.get(errand.frame)?.pending.add(id);
    return id;
  }

  #finish(id: number, outcome: ErrandOutcome): void {
    const errand = this.#pending.get(id);
    if (errand === undefined) return;
    this.#pending.delete(id);
    this.#hooks.get(errand.frame)?.pending.delete(id);
    this.#resume(id, errand.frame, JSON.stringify(outcome));
  }
}

/** What may not be done, by the name that the script's error gets. */
class Refusal extends Error {
  constructor(override readonly name: string, message: string) {
    super(message);
  }
}

type Fields = Readonly<Record<string, unknown>>;
const NONE: readonly number[] = [];

function errorOf(error: unknown): ErrandError {
  return error instanceof Error
    ? { name: error.name, message: error.message }
    : { name: "Error", message: String(error) };
}

function fieldsOf(value: unknown): Fields {
  if (typeof value === "object" && value !== null) return value as Fields;
  throw new TypeError("Cannot use API: found no request");
}

function parsed(json: string | undefined): unknown {
  return json === undefined ? undefined : JSON.parse(json);
}

function mapped<T, U>(
  value: Answered<T>,
  change: (value: T) => U,
): Answered<U> {
  return value instanceof Promise ? value.then(change) : change(value);
}

function text(value: unknown, what: string): string {
  if (typeof value === "string") return value;
  throw new TypeError(`${what}: found ${typeof value}, wanted text`);
}

function number(value: unknown, what: string): number {
  if (typeof value === "number" && value >= 0) return value;
  throw new TypeError(`${what}: found ${String(value)}, wanted a number`);
}

function whole(value: unknown): number {
  if (Number.isSafeInteger(value)) return value as number;
  throw new TypeError("Cannot increment: wanted a whole number");
}

function expiry(seconds: unknown): number | undefined {
  if (seconds === undefined || seconds === null) return undefined;
  return number(seconds, "expiresSeconds") * 1_000;
}

function headers(value: unknown): Record<string, string> {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) {
    throw new TypeError("headers: wanted names with values");
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, text(each, name)]),
  );
}
