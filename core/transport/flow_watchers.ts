/** Who wants to know what keeps a flow alive, and when it is gone: RFC 5626's clients and servers. */

import { formatAddress } from "./address.ts";
import type { Flow } from "./flow.ts";

/** Hears of one flow. What it does not care for it leaves out. */
export interface FlowWatcher {
  /** A keep-alive of the peer's, of whatever kind. */
  onPing?(): void;
  /** The CRLF that answers a ping of ours. */
  onPong?(): void;
  /** The connection is gone. Datagram flows never say so. */
  onClosed?(reason: string): void;
}

/** The watchers of all flows. While there are none, nothing is looked up. */
export class FlowWatchers {
  readonly #watchers = new Map<Flow | string, Set<FlowWatcher>>();

  /** Flows that are watched. */
  get size(): number {
    return this.#watchers.size;
  }

  add(flow: Flow, watcher: FlowWatcher): void {
    const key = flowKey(flow);
    const known = this.#watchers.get(key);
    if (known === undefined) this.#watchers.set(key, new Set([watcher]));
    else known.add(watcher);
  }

  remove(flow: Flow, watcher: FlowWatcher): void {
    const key = flowKey(flow);
    const known = this.#watchers.get(key);
    if (known?.delete(watcher) && known.size === 0) this.#watchers.delete(key);
  }

  pinged(flow: Flow): void {
    for (const watcher of this.#of(flow)) watcher.onPing?.();
  }

  ponged(flow: Flow): void {
    for (const watcher of this.#of(flow)) watcher.onPong?.();
  }

  /** Nobody watches a flow any more that is gone. */
  closed(flow: Flow, reason: string): void {
    const watchers = this.#of(flow);
    if (watchers.length > 0) this.#watchers.delete(flowKey(flow));
    for (const watcher of watchers) watcher.onClosed?.(reason);
  }

  #of(flow: Flow): readonly FlowWatcher[] {
    if (this.#watchers.size === 0) return [];
    const known = this.#watchers.get(flowKey(flow));
    return known === undefined ? [] : [...known];
  }
}

/** A connection is itself; the object that stands for a datagram flow may be forgotten and made anew. */
export function flowKey(flow: Flow): Flow | string {
  return flow.reliable
    ? flow
    : `${flow.listener} ${formatAddress(flow.remote)}`;
}
