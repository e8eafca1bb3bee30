/**
 * Targets made of registrations: `aor:bob`, and trunks that register. Contacts of equal q are tried at once, those of a
 * lower q after them (RFC 3261 section 16.6); the flows of one device one after the other (RFC 5626).
 *
 * @module
 */

import { parseSipUri, type SipUri } from "../message/uri.ts";
import { BindingWay } from "../trunk/binding_way.ts";
import type { Binding } from "../trunk/location_table.ts";
import type { Registrar } from "../trunk/registrar.ts";

/** Where one registered device is tried. */
export interface Place {
  readonly uris: readonly SipUri[];
  /** How each of the URIs is reached. */
  readonly ways?: readonly BindingWay[] | undefined;
  /** Places with the same object here are tried at once. */
  readonly group?: object | undefined;
  /** Nobody is registered: 480. */
  readonly isAbsent?: boolean;
}

/** The places of an address-of-record in the order they are tried; one that fails with 480 where nobody is registered. */
export function placesOf(
  { aor, registrar, user }: {
    /** As a route or a trunk names it. */
    aor: string;
    registrar: Registrar;
    /** In place of that of each Contact. */
    user: string | undefined;
  },
): Place[] {
  const devices = byDevice(registrar.find(aor));
  if (devices.length === 0) return [{ uris: [], isAbsent: true }];
  return groups(devices).flatMap((group) => {
    const together = group.length > 1 ? { group: {} } : {};
    return group.map((flows): Place => ({
      ...together,
      uris: flows.map((binding) => contactUri(binding, user)),
      ways: flows.map((binding) => new BindingWay(registrar, binding)),
    }));
  });
}

/** The flows of one device are one place to try; the latest goes first. */
function byDevice(bindings: readonly Binding[]): Binding[][] {
  const devices = new Map<string, Binding[]>();
  for (const binding of bindings) {
    if (parseSipUri(binding.contact) === undefined) continue;
    const key = binding.regId === undefined
      ? `contact ${binding.contact}`
      : `instance ${binding.instance}`;
    const flows = devices.get(key);
    if (flows === undefined) devices.set(key, [binding]);
    else flows.push(binding);
  }
  return [...devices.values()];
}

function groups(devices: readonly Binding[][]): Binding[][][] {
  const found: Binding[][][] = [];
  let q: number | undefined;
  for (const device of devices) {
    if (device[0]!.q === q) found.at(-1)!.push(device);
    else found.push([device]);
    q = device[0]!.q;
  }
  return found;
}

/** RFC 3261 §16.5 and §16.6: the Contact becomes the Request-URI, less what may not stand there. */
function contactUri({ contact }: Binding, user: string | undefined): SipUri {
  const uri = parseSipUri(contact)!.withoutParam("method").with({
    headers: "",
  });
  return user === undefined ? uri : uri.with({ user });
}
