/**
 * Which peer keeps its way to us alive, and how: of each address every kind with its count, last time and pace. The
 * table is bounded; the peer heard of longest ago is forgotten first.
 *
 * Hot path: a keep-alive costs one look-up here, and little else anywhere.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { Flow } from "../transport/flow.ts";
import { formatAddress } from "../transport/address.ts";

/** One kind from one peer. */
export interface KeepAliveSeen {
  readonly count: number;
  /** As {@linkcode Clock.now} counts. */
  readonly lastMs: number;
  /** Between the last two; undefined for the first. */
  readonly intervalMs: number | undefined;
}

/** What one address has sent. */
export interface KeepAlivePeer<Kind extends string> {
  /** `udp:192.0.2.1:5060`. */
  readonly address: string;
  /** The name of its trunk, or undefined. */
  readonly trunk: string | undefined;
  readonly kinds: ReadonlyMap<Kind, KeepAliveSeen>;
}

/** See the module's text. */
export class KeepAliveLog<Kind extends string> {
  readonly #clock: Pick<Clock, "now">;
  readonly #most: number;
  readonly #trunkOf: (flow: Flow) => string | undefined;
  readonly #peers = new Map<string, Peer<Kind>>();
  #last: Peer<Kind> | undefined;

  constructor(
    options: {
      clock: Pick<Clock, "now">;
      /** Most peers remembered. */
      most: number;
      /** Asked once for each peer. */
      trunkOf: (flow: Flow) => string | undefined;
    },
  ) {
    this.#clock = options.clock;
    this.#most = options.most;
    this.#trunkOf = options.trunkOf;
  }

  /** All peers, the one heard of longest ago first. */
  get peers(): readonly KeepAlivePeer<Kind>[] {
    return [...this.#peers.values()];
  }

  /** A keep-alive came; gives how it fits with those before. */
  note(
    kind: Kind,
    flow: Flow,
  ): { peer: KeepAlivePeer<Kind>; seen: KeepAliveSeen } {
    const peer = this.#peerOf(flow);
    const nowMs = this.#clock.now();
    let seen = peer.kinds.get(kind);
    if (seen === undefined) {
      seen = { count: 1, lastMs: nowMs, intervalMs: undefined };
      peer.kinds.set(kind, seen);
    } else {
      seen.count++;
      seen.intervalMs = nowMs - seen.lastMs;
      seen.lastMs = nowMs;
    }
    return { peer, seen };
  }

  #peerOf(flow: Flow): Peer<Kind> {
    const key = `${flow.listener} ${flow.remote.port} ${flow.remote.host}`;
    const known = this.#peers.get(key);
    if (known === this.#last && known !== undefined) return known;
    const peer = known ?? {
      address: `${flow.transport.toLowerCase()}:${formatAddress(flow.remote)}`,
      trunk: this.#trunkOf(flow),
      kinds: new Map(),
    };
    // Entered again, so that the first of the map is the one heard of longest ago.
    if (known !== undefined) this.#peers.delete(key);
    this.#peers.set(key, peer);
    this.#last = peer;
    if (this.#peers.size > this.#most) {
      for (const oldest of this.#peers.keys()) {
        this.#peers.delete(oldest);
        break;
      }
    }
    return peer;
  }
}

interface Peer<Kind> {
  readonly address: string;
  readonly trunk: string | undefined;
  readonly kinds: Map<Kind, Seen>;
}

interface Seen {
  count: number;
  lastMs: number;
  intervalMs: number | undefined;
}
