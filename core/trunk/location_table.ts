/**
 * Who is registered where, in memory: by address-of-record, and by where the registration came from.
 *
 * No timer runs here. What has run out is invisible from that moment on; it is forgotten when the table is next
 * changed, a few entries at a time.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { Flow } from "../transport/flow.ts";
import { parseSipUri } from "../message/uri.ts";
import {
  type Address,
  canonicalHost,
  defaultPort,
  ipVersion,
  transportName,
} from "../transport/address.ts";
import type {
  BindingSource,
  StoredBinding,
  StoredLocation,
} from "./location_store.ts";

/** A binding in use. */
export interface Binding extends StoredBinding {
  readonly aor: string;
  /** What it was registered on; undefined after a restart. */
  readonly flow: Flow | undefined;
}

/** See the module's text. */
export class LocationTable {
  readonly #clock: Clock;
  readonly #byAor = new Map<string, readonly Binding[]>();
  /** Addresses-of-record by source address and Contact address. */
  readonly #bySource = new Map<string, Set<string>>();
  /** Addresses-of-record by the second in which one of their bindings runs out. */
  readonly #expiring = new Map<number, Set<string>>();
  /** How many bindings were registered from an address, whatever the port. */
  readonly #perHost = new Map<string, number>();
  #sweptSecond: number;
  #size = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#sweptSecond = secondOf(clock.wallTime());
  }

  /** Bindings held; a few that have run out among them. */
  get size(): number {
    return this.#size;
  }

  /** The bindings of an address-of-record that have not run out. */
  of(aor: string): readonly Binding[] {
    const all = this.#byAor.get(aor);
    if (all === undefined) return [];
    const nowMs = this.#clock.wallTime();
    return all.every(({ expiresAtMs }) => expiresAtMs > nowMs)
      ? all
      : all.filter(({ expiresAtMs }) => expiresAtMs > nowMs);
  }

  /** All bindings that have not run out, in the order of their addresses-of-record. */
  *all(): Generator<Binding> {
    for (const aor of this.#byAor.keys()) yield* this.of(aor);
  }

  /** Which bindings have that source, or a Contact with that address. */
  at(address: Address, listener: string): readonly Binding[] {
    const key = addressKey(transportOf(listener), address);
    const found: Binding[] = [];
    for (const aor of this.#bySource.get(key) ?? []) {
      for (const binding of this.of(aor)) {
        if (keysOf(binding).includes(key)) found.push(binding);
      }
    }
    return found;
  }

  /** How many were registered from an address; a few that have run out among them. */
  countFrom(host: string): number {
    return this.#perHost.get(host) ?? 0;
  }

  /** Those that were registered on a flow. */
  on(flow: Flow): readonly Binding[] {
    return this.at(flow.remote, flow.listener)
      .filter((binding) => binding.flow === flow);
  }

  /** Whether something is registered over it as a flow. */
  needsFlow(flow: Flow): boolean {
    return this.on(flow).some(({ regId }) => regId !== undefined);
  }

  /** Another flow of the same device, the latest first; undefined without one. */
  otherFlow(binding: Binding): Binding | undefined {
    if (binding.regId === undefined) return undefined;
    return this.of(binding.aor)
      .filter(({ instance, regId, flow }) =>
        instance === binding.instance && regId !== undefined &&
        regId !== binding.regId && flow?.open === true
      )
      .toSorted((a, b) => b.updatedAtMs - a.updatedAtMs)[0];
  }

  /** Puts bindings in place of all that the address-of-record has. */
  set(aor: string, bindings: readonly Binding[]): void {
    this.#unlink(aor);
    if (bindings.length > 0) {
      this.#byAor.set(aor, bindings);
      this.#size += bindings.length;
      for (const binding of bindings) this.#link(binding);
    }
    this.#sweep(SWEEP_STEPS);
  }

  /** Forgets all that has run out. */
  sweep(): void {
    this.#sweep(Infinity);
    this.#expire(secondOf(this.#clock.wallTime()));
  }

  /** Takes in what a store held. */
  restore(locations: readonly StoredLocation[]): void {
    for (const { aor, bindings } of locations) {
      this.set(
        aor,
        bindings.map((stored) => ({ ...stored, aor, flow: undefined })),
      );
    }
  }

  #link(binding: Binding): void {
    for (const key of keysOf(binding)) {
      add(this.#bySource, key, binding.aor);
    }
    this.#countHost(binding.source.host, 1);
    add(this.#expiring, secondOf(binding.expiresAtMs), binding.aor);
  }

  #unlink(aor: string): void {
    const before = this.#byAor.get(aor);
    if (before === undefined) return;
    this.#byAor.delete(aor);
    this.#size -= before.length;
    for (const binding of before) {
      for (const key of keysOf(binding)) remove(this.#bySource, key, aor);
      this.#countHost(binding.source.host, -1);
      remove(this.#expiring, secondOf(binding.expiresAtMs), aor);
    }
  }

  #countHost(host: string, by: number): void {
    const count = this.countFrom(host) + by;
    if (count === 0) this.#perHost.delete(host);
    else this.#perHost.set(host, count);
  }

  #sweep(steps: number): void {
    const now = secondOf(this.#clock.wallTime());
    // A clock that was put far forward, or stood still: look at what there is rather than at each second.
    if (now - this.#sweptSecond > this.#expiring.size) {
      for (const second of [...this.#expiring.keys()]) {
        if (second < now) this.#expire(second);
      }
      this.#sweptSecond = now;
      return;
    }
    for (let i = 0; i < steps && this.#sweptSecond < now; i++) {
      this.#expire(this.#sweptSecond++);
    }
  }

  #expire(second: number): void {
    for (const aor of [...this.#expiring.get(second) ?? []]) {
      const live = this.of(aor);
      this.#unlink(aor);
      if (live.length === 0) continue;
      this.#byAor.set(aor, live);
      this.#size += live.length;
      for (const binding of live) this.#link(binding);
    }
  }
}

/** Seconds looked at for what has run out with every change. */
const SWEEP_STEPS = 64;

/** True for what a device behind a NAT, or on a connection of its own, is reached by alone. */
export function isStream({ transport }: BindingSource): boolean {
  return transport !== "UDP";
}

function secondOf(ms: number): number {
  return Math.floor(ms / 1000);
}

function keysOf(binding: StoredBinding): string[] {
  const { source } = binding;
  const own = addressKey(source.transport, source);
  const contact = contactAddress(binding);
  if (contact === undefined || contact === own) return [own];
  return [own, contact];
}

/** Of a Contact that names an address; one that was registered through a proxy says nothing of who sends to us. */
function contactAddress(binding: StoredBinding): string | undefined {
  if (!binding.direct) return undefined;
  const uri = parseSipUri(binding.contact);
  if (uri === undefined || ipVersion(uri.host) === 0) return undefined;
  const host = canonicalHost(uri.host);
  // Behind a NAT the Contact is an address of another network: whoever has it here is somebody else.
  if (host !== binding.source.host) return undefined;
  const transport = transportName(uri.param("transport") ?? "UDP") ?? "UDP";
  return addressKey(transport, {
    host,
    port: uri.port ?? defaultPort(transport),
  });
}

function addressKey(transport: string, { host, port }: Address): string {
  return `${transport} ${host} ${port}`;
}

function transportOf(listener: string): string {
  return listener.slice(0, listener.indexOf(":")).toUpperCase();
}

function add<Key>(
  index: Map<Key, Set<string>>,
  key: Key,
  aor: string,
): void {
  const there = index.get(key);
  if (there === undefined) index.set(key, new Set([aor]));
  else there.add(aor);
}

function remove<Key>(
  index: Map<Key, Set<string>>,
  key: Key,
  aor: string,
): void {
  const there = index.get(key);
  there?.delete(aor);
  if (there?.size === 0) index.delete(key);
}
