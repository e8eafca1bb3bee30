/** One server of a trunk by its URI: resolved now and then, each of its addresses kept awake. */

import type { Timed, Timer } from "../base/clock.ts";
import type { SipUri } from "../message/uri.ts";
import { ipVersion, type Target } from "../transport/address.ts";
import type { KeepAliveWorld } from "./send_keep_alive.ts";
import type { Spread } from "./spread.ts";

/** Hears where a server is. */
export interface ServerOwner {
  /** These are its addresses from now on. */
  onResolved(server: ServerWatch, targets: readonly Target[]): void;
  /** Its name leads nowhere; what was known of it stays. */
  onUnresolved(server: ServerWatch): void;
}

/** How long an answer of the name service is relied on: as long as the resolver keeps one. */
const RESOLVE_MS = 60_000;
/** A name that led nowhere is asked for again sooner. */
const RETRY_MS = 15_000;

/** See the module's text. */
export class ServerWatch implements Timed {
  readonly uri: SipUri;
  /** Its place among all that something is sent to: that of its first address as well. */
  readonly phase: number;
  readonly #world: KeepAliveWorld;
  readonly #owner: ServerOwner;
  #timer: Timer | undefined;
  #stopped = true;

  constructor(
    uri: SipUri,
    parts: { world: KeepAliveWorld; owner: ServerOwner; phase: number },
  ) {
    this.uri = uri;
    this.phase = parts.phase;
    this.#world = parts.world;
    this.#owner = parts.owner;
  }

  /** Begins, in its turn among the `count` that begin with it. */
  start(spread: Spread, pace: { count: number; intervalMs: number }): void {
    this.#stopped = false;
    this.#wait(spread.firstMs(this.phase, pace));
  }

  stop(): void {
    this.#stopped = true;
    this.#world.clock.cancel(this.#timer);
  }

  onTimer(_name: string): void {
    const found = this.#world.resolver.resolve(this.uri);
    if (found instanceof Promise) {
      found.then((targets) => this.#found(targets), () => this.#found([]));
    } else this.#found(found);
  }

  #found(targets: readonly Target[]): void {
    if (this.#stopped) return;
    const isName = ipVersion(this.uri.param("maddr") ?? this.uri.host) === 0;
    if (targets.length > 0) {
      if (isName) this.#wait(RESOLVE_MS);
      this.#owner.onResolved(this, targets);
    } else {
      this.#wait(RETRY_MS);
      this.#owner.onUnresolved(this);
    }
  }

  #wait(ms: number): void {
    this.#timer = this.#world.clock.schedule(ms, this, "resolve");
  }
}
