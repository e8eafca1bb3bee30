/** What Legwork does where no script decides, written against the interface that a script drives. */

import type { RouteRule } from "./call_context.ts";
import { reject, route } from "./decisions.ts";
import type { Policy } from "./policy.ts";

/**
 * The built-in policy: calls follow the route table, the first rule that names the trunk they came in on; where
 * none does, 404. Other requests than OPTIONS are refused with 405, and a failed target gives way to the next.
 */
export function builtInPolicy(routes: readonly RouteRule[]): Required<
  Pick<Policy, "onInvite" | "onFailure" | "onRequest">
> {
  return {
    onInvite(call) {
      const rule = routes.find((one) =>
        one.from === undefined ||
        (call.trunk !== undefined && one.from.includes(call.trunk))
      );
      return rule === undefined ? reject(404) : route(...rule.to);
    },
    onFailure(_call, failure) {
      // RFC 3261 §16.7 step 5: a 6xx means that nobody else is to be asked.
      return failure.status >= 600 || failure.remaining === 0
        ? { action: "relay" }
        : { action: "next" };
    },
    onRequest(request) {
      return request.method === "OPTIONS"
        ? { action: "answer", status: 200 }
        : reject(405);
    },
  };
}
