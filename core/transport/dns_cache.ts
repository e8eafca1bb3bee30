/** Answers kept for a short while, so that a busy trunk does not ask for every call. */

import type { Clock } from "../base/clock.ts";
import type { Limits } from "../base/limits.ts";
import type { Dns, Naptr, Srv } from "./dns.ts";

/** Kinds of question, and what each is answered with. */
export interface Answers {
  readonly naptr: Naptr;
  readonly srv: Srv;
  readonly a: string;
  readonly aaaa: string;
}

/** The runtime does not tell a record's TTL: a minute is short enough for those who move their service. */
const KEPT_MS = 60_000;
/** A name that did not resolve is worth asking for again soon. */
const KEPT_EMPTY_MS = 10_000;

interface Entry {
  readonly records: { readonly [K in keyof Answers]?: readonly Answers[K][] };
  readonly expiresMs: number;
}

/** A bounded cache in front of a {@linkcode Dns}; questions asked twice at once are asked once. */
export class DnsCache {
  readonly #dns: Dns;
  readonly #clock: Clock;
  readonly #limits: Limits;
  readonly #entries = new Map<string, Entry>();
  readonly #asking = new Map<string, Promise<void>>();

  constructor(dns: Dns, { clock, limits }: { clock: Clock; limits: Limits }) {
    this.#dns = dns;
    this.#clock = clock;
    this.#limits = limits;
  }

  /** The records known for a name; undefined when it has to be asked for. */
  known<K extends keyof Answers>(
    kind: K,
    name: string,
  ): readonly Answers[K][] | undefined {
    const entry = this.#entries.get(`${kind} ${name}`);
    if (entry === undefined || entry.expiresMs <= this.#clock.now()) {
      return undefined;
    }
    return entry.records[kind];
  }

  /**
   * Asks, so that {@linkcode DnsCache.known} knows. A failing server counts as one that has nothing, for a short
   * while; it never rejects.
   */
  ask(kind: keyof Answers, name: string): Promise<void> {
    const key = `${kind} ${name}`;
    const asked = this.#asking.get(key);
    if (asked !== undefined) return asked;
    const asking = this.#ask(kind, name).finally(() =>
      this.#asking.delete(key)
    );
    this.#asking.set(key, asking);
    return asking;
  }

  async #ask(kind: keyof Answers, name: string): Promise<void> {
    let records: Entry["records"];
    let empty = false;
    try {
      records = await this.#query(kind, name);
      empty = records[kind]?.length === 0;
    } catch {
      records = { [kind]: [] };
      empty = true;
    }
    const key = `${kind} ${name}`;
    this.#entries.delete(key);
    if (this.#entries.size >= this.#limits.resolverCache) {
      for (const oldest of this.#entries.keys()) {
        this.#entries.delete(oldest);
        break;
      }
    }
    const expiresMs = this.#clock.now() + (empty ? KEPT_EMPTY_MS : KEPT_MS);
    this.#entries.set(key, { records, expiresMs });
  }

  async #query(kind: keyof Answers, name: string): Promise<Entry["records"]> {
    const most = this.#limits.resolvedTargets;
    switch (kind) {
      case "naptr":
        return { naptr: (await this.#dns.naptr(name)).slice(0, most) };
      case "srv":
        return { srv: (await this.#dns.srv(name)).slice(0, most) };
      case "a":
        return { a: (await this.#dns.a(name)).slice(0, most) };
      case "aaaa":
        return { aaaa: (await this.#dns.aaaa(name)).slice(0, most) };
    }
  }
}
