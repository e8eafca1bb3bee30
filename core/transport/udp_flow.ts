/** What the UDP transports share: the flow to one peer, and the table of them. */

import { type Address, canonicalHost, type TransportName } from "./address.ts";
import type { Flow } from "./flow.ts";

/** Whose socket a flow leaves from. */
export interface UdpOwner {
  readonly local: Address;
  readonly listener: string;
  readonly sentBy: string;
  readonly isOpen: boolean;
}

/** A UDP socket and one remote address; `Peer` is how the socket wants that address. */
export class UdpFlow<Peer> implements Flow {
  readonly transport: TransportName = "UDP";
  readonly reliable = false;
  readonly remote: Address;
  readonly #owner: UdpOwner;

  constructor(owner: UdpOwner, readonly peer: Peer, remote: Address) {
    this.#owner = owner;
    this.remote = { host: canonicalHost(remote.host), port: remote.port };
  }

  get local(): Address {
    return this.#owner.local;
  }

  get listener(): string {
    return this.#owner.listener;
  }

  get sentBy(): string {
    return this.#owner.sentBy;
  }

  get open(): boolean {
    return this.#owner.isOpen;
  }
}

/** The flows of one socket: as many as allowed, the oldest are forgotten first. */
export class UdpFlows<Peer> {
  readonly #flows = new Map<string | number, UdpFlow<Peer>>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: string | number): UdpFlow<Peer> | undefined {
    return this.#flows.get(key);
  }

  add(key: string | number, flow: UdpFlow<Peer>): UdpFlow<Peer> {
    if (this.#flows.size >= this.#limit) {
      for (const oldest of this.#flows.keys()) {
        this.#flows.delete(oldest);
        break;
      }
    }
    this.#flows.set(key, flow);
    return flow;
  }

  clear(): void {
    this.#flows.clear();
  }
}
