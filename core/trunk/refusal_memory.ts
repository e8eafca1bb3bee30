/**
 * What peers refuse, or drop without a word, when a session is refreshed: remembered over calls, so that each peer
 * costs the detour once.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { PeerRefusals, RefreshStep } from "../dialog/refresh_steps.ts";
import { detached } from "../message/bytes.ts";
import { parseSipUri } from "../message/uri.ts";

/** One peer: many calls to it have a Contact each, but one host and port. */
export interface PeerIdentity {
  /** Undefined for a peer of no trunk. */
  readonly trunk: string | undefined;
  /** The URI of the peer's Contact: the dialog's remote target. */
  readonly contact: string;
}

/** How long a refusal is held against a peer: it may be mended, or the silence was the network's. */
const KEPT_MS = 3_600_000;
/** Most refusals kept; the oldest goes first, and costs one detour more. */
const MOST_KEPT = 10_000;

/** The refusals of all peers. */
export class RefusalMemory {
  readonly #clock: Clock;
  readonly #keptMs: number;
  readonly #most: number;
  /** Peer and step, with the time until which it counts; in the order of their making, so the oldest are first. */
  readonly #until = new Map<string, number>();

  constructor(
    clock: Clock,
    options: { keptMs?: number; most?: number } = {},
  ) {
    this.#clock = clock;
    this.#keptMs = options.keptMs ?? KEPT_MS;
    this.#most = options.most ?? MOST_KEPT;
  }

  /** How many refusals are held, run out ones among them. */
  get size(): number {
    return this.#until.size;
  }

  /** The part that concerns one peer. */
  of(peer: PeerIdentity): PeerRefusals {
    const prefix = detached(`${peer.trunk ?? ""} ${placeOf(peer.contact)}`);
    return {
      refuses: (step) => this.#refuses(keyOf(prefix, step)),
      remember: (step) => this.#remember(keyOf(prefix, step)),
      forget: (step) => void this.#until.delete(keyOf(prefix, step)),
    };
  }

  #refuses(key: string): boolean {
    const until = this.#until.get(key);
    if (until === undefined) return false;
    if (until > this.#clock.now()) return true;
    this.#until.delete(key);
    return false;
  }

  #remember(key: string): void {
    this.#until.delete(key);
    this.#until.set(key, this.#clock.now() + this.#keptMs);
    for (const [oldest, until] of this.#until) {
      if (until > this.#clock.now() && this.#until.size <= this.#most) break;
      this.#until.delete(oldest);
    }
  }
}

function keyOf(prefix: string, { method, withSdp }: RefreshStep): string {
  return withSdp ? `${prefix} ${method} SDP` : `${prefix} ${method}`;
}

/** Host and port of a Contact URI; what is no SIP URI stands for itself. */
function placeOf(contact: string): string {
  const uri = parseSipUri(contact);
  if (uri === undefined) return contact;
  const host = uri.host.toLowerCase();
  return uri.port === undefined ? host : `${host}:${uri.port}`;
}
