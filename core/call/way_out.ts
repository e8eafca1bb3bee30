/** How a request to one URI of a target leaves: as its device has registered with us, or we with its trunk. */

import { type PinnedWay, routeBy } from "../dialog/pinned_way.ts";
import { parseNameAddr } from "../message/name_addr.ts";
import type { SipUri } from "../message/uri.ts";
import type { SendRoute } from "../transaction/request_sender.ts";
import type { CallContext } from "./call_context.ts";
import type { Target } from "./target.ts";

/** See the file's text. */
export interface WayOut {
  readonly route: Omit<SendRoute, "prepare">;
  /** Route values, the next hop first. */
  readonly routes: readonly string[];
  /** For what follows in the dialog. */
  readonly pin: PinnedWay | undefined;
}

/** The way to the target's URI of that number, from 0. */
export function wayOut(
  target: Target,
  { uri, at }: { uri: SipUri; at: number },
  { registrations, health }: Pick<CallContext, "registrations" | "health">,
): WayOut {
  const device = target.ways?.[at];
  if (device !== undefined) {
    // RFC 3327 §5.3: the Path that a Contact was registered by is the Route of what is sent there.
    const routes = device.path;
    const hop = routes[0] === undefined
      ? undefined
      : parseNameAddr(routes[0])?.sipUri;
    return { route: routeBy(device, hop ?? uri), routes, pin: device };
  }
  // RFC 3608 §5: the service route that a registration brought is the Route of what is sent to its carrier.
  const way = registrations?.wayTo(target.trunk, uri);
  const route = { uri, health: health.of(target.trunk), ...way };
  return { route, routes: way?.routes ?? [], pin: undefined };
}
