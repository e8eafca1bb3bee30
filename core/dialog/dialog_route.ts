import type { SendRoute } from "../transaction/request_sender.ts";
import type { Dialog } from "./dialog.ts";
import { routeBy } from "./pinned_way.ts";

/**
 * Where a request within a dialog goes: by its route set; to a peer that has registered with us, the way it did that
 * last; on the flow that the peer's Contact asks for; else to the remote target.
 */
export function dialogRoute(
  dialog: Dialog,
): Omit<SendRoute, "prepare" | "addedBytes"> {
  const uri = dialog.nextHop;
  if (uri === undefined) return {};
  const way = dialog.routeSet.length > 0 ? undefined : dialog.way;
  const route = routeBy(way, uri);
  return route.targets === undefined
    ? { ...route, flow: dialog.flow, boundTo: dialog.boundFlow }
    : route;
}
