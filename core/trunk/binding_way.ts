/**
 * How a registered device is reached: by its Path, on the flow that it registered on, or where its Contact says.
 *
 * @module
 */

import type { PinnedWay } from "../dialog/pinned_way.ts";
import { parseSipUri } from "../message/uri.ts";
import { canonicalHost, ipVersion } from "../transport/address.ts";
import type { Flow } from "../transport/flow.ts";
import { type Binding, isStream } from "./location_table.ts";
import type { Registrar } from "./registrar.ts";

/** The way back to whoever sent something on a flow, if it is registered with that address. */
export function wayBack(
  flow: Flow,
  registrar: Registrar,
): BindingWay | undefined {
  const binding = registrar.bindingAt(flow.remote, flow.listener);
  return binding && new BindingWay(registrar, binding);
}

/** The way to one device; it follows the device when that registers again. */
export class BindingWay implements PinnedWay {
  readonly #registrar: Registrar;
  #binding: Binding;

  constructor(registrar: Registrar, binding: Binding) {
    this.#registrar = registrar;
    this.#binding = binding;
  }

  /** RFC 3327 section 5.3: the Route of a request to this Contact. */
  get path(): readonly string[] {
    return this.#binding.path;
  }

  /** RFC 5626: the flow is a connection, and closed; no other way leads to the device. */
  get isGone(): boolean {
    const { source, flow, regId, direct } = this.#latest();
    return regId !== undefined && direct && isStream(source) &&
      flow?.open !== true;
  }

  now(): ReturnType<PinnedWay["now"]> {
    // RFC 5626 §7: a device whose flow has failed is tried on another of its flows.
    const binding = this.isGone
      ? this.#registrar.table.otherFlow(this.#binding) ?? this.#binding
      : this.#latest();
    const { source, flow, path, direct } = binding;
    if (path.length > 0 || !direct) return undefined;
    const { host, port, transport, listener } = source;
    const way = { targets: [{ host, port, transport }], listener };
    if (isStream(source)) {
      return flow?.open === true ? { ...way, flow } : undefined;
    }
    return this.#isFollowed(binding) ? way : undefined;
  }

  /** Whether a datagram goes to where the REGISTER came from rather than to the Contact. */
  #isFollowed({ contact, source, regId }: Binding): boolean {
    if (regId !== undefined) return true;
    switch (this.#registrar.settings.nat) {
      case "always":
        return true;
      case "never":
        return false;
      case "auto": {
        const host = parseSipUri(contact)?.host ?? "";
        return ipVersion(host) !== 0 && canonicalHost(host) !== source.host;
      }
    }
  }

  #latest(): Binding {
    this.#binding = this.#registrar.latest(this.#binding) ?? this.#binding;
    return this.#binding;
  }
}
