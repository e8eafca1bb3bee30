/** What Legwork does where no script decides, written against the interface that a script drives. */

import type { RouteRule } from "./call_context.ts";
import { type Reject, reject, type Route } from "./decisions.ts";
import { isKeepAliveEvent } from "./keep_alive_kind.ts";
import type { Policy } from "./policy.ts";

/**
 * The built-in policy: calls follow the route table, the first rule that names the trunk they came in on; where
 * none does, 404. Other requests than keep-alives are refused with 405, and a failed target gives way to the next.
 */
export function builtInPolicy(routes: readonly RouteRule[]): Required<
  Pick<Policy, "onInvite" | "onFailure" | "onRequest">
> {
  return {
    onInvite(call) {
      return builtInRoute(routes, call.trunk);
    },
    onFailure(_call, failure) {
      // RFC 3261 §16.7 step 5: a 6xx means that nobody else is to be asked.
      return failure.status >= 600 || failure.remaining === 0
        ? { action: "relay" }
        : { action: "next" };
    },
    onRequest(request) {
      const isPing = request.method === "OPTIONS" ||
        (request.method === "NOTIFY" &&
          isKeepAliveEvent(request.headers.get("Event")));
      return isPing ? { action: "answer", status: 200 } : reject(405);
    },
  };
}

/** Where the built-in policy sends a call that came in on a trunk. */
export function builtInRoute(
  routes: readonly RouteRule[],
  trunk: string | undefined,
): Route | Reject {
  return tableRoute(routes, trunk) ?? reject(404);
}

/** Where the route table sends what came in on a trunk: the first rule that names it; undefined where none does. */
export function tableRoute(
  routes: readonly RouteRule[],
  trunk: string | undefined,
): Route | undefined {
  const rule = routes.find((one) =>
    one.from === undefined ||
    (trunk !== undefined && one.from.includes(trunk))
  );
  return rule && { action: "route", targets: rule.to };
}
