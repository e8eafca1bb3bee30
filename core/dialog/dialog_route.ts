import type { SendRoute } from "../transaction/request_sender.ts";
import type { Dialog } from "./dialog.ts";
import { routeBy } from "./pinned_way.ts";

/** Where a request goes. */
type Way = Omit<SendRoute, keyof RouteEnd>;

/** What its request needs besides. */
export type RouteEnd = Required<Pick<SendRoute, "addedBytes" | "prepare">>;

/**
 * Where a request within a dialog goes: by its route set; to a peer that has registered with us, the way it did that
 * last; on the flow that the peer's Contact asks for; else to the remote target.
 */
export function dialogRoute(dialog: Dialog, end: RouteEnd): SendRoute {
  const uri = dialog.nextHop;
  if (uri === undefined) return routeWith(NOWHERE, end);
  const way = dialog.routeSet.length > 0 ? undefined : dialog.way;
  if (way === undefined) {
    const { flow, boundFlow: boundTo } = dialog;
    return routeWith({ uri, flow, boundTo }, end);
  }
  const route = routeBy(way, uri);
  return routeWith(
    route.targets === undefined
      ? { ...route, flow: dialog.flow, boundTo: dialog.boundFlow }
      : route,
    end,
  );
}

const NOWHERE: Way = {};

/** A route and what its request needs besides. Field by field: every request has one, and all are of one shape. */
export function routeWith(
  way: Way,
  { addedBytes, prepare }: RouteEnd,
): SendRoute {
  return {
    uri: way.uri,
    targets: way.targets,
    first: way.first,
    boundTo: way.boundTo,
    flow: way.flow,
    listener: way.listener,
    health: way.health,
    udpOnly: way.udpOnly,
    addedBytes,
    prepare,
  };
}
