/** What a request outside any dialog is refused for before anyone looks at what it wants: RFC 3261 section 8.2. */

import { Headers } from "../message/headers.ts";
import type { SipRequest } from "../message/message.ts";
import type { CallContext } from "./call_context.ts";
import { maxForwards } from "./call_invite.ts";
import { unsupportedTags } from "./header_policy.ts";
import { timerSettings } from "./leg_timer.ts";

/** Why it is not let in: a status, or silence. */
export type Refusal =
  | { readonly status: number; readonly headers?: Headers }
  | "drop";

/** What of the B2BUA it depends on. */
export interface Door {
  readonly context: CallContext;
  /** It comes from a trunk, or from somebody who is registered or wants to be. */
  readonly known: boolean;
  /** A REGISTER for our own registrar. */
  readonly isRegister: boolean;
  /** What becomes of sources that are no trunk's. */
  readonly unknownPeers: "reject" | "drop" | "accept";
  /** No new call is taken: a drain, or too many already. */
  readonly closed: "draining" | "full" | undefined;
}

/** Undefined lets it in; `trunk` is whose it is. */
export function refusalOf(
  request: SipRequest,
  trunk: string | undefined,
  { known, isRegister, context, unknownPeers, closed }: Door,
): Refusal | undefined {
  if (!known) {
    if (unknownPeers === "drop") return "drop";
    if (unknownPeers !== "accept") return { status: 403 };
  }
  // §8.2.2.1: "If the Request-URI uses a scheme not supported by the UAS, it SHOULD reject the request with a 416".
  if (request.sipUri === undefined && !/^(?:sips?|tel):/i.test(request.uri)) {
    return { status: 416 };
  }
  // §16.3: "If the request contains a Max-Forwards header field with a field value of zero (0), the
  // element MUST NOT forward the request"; an OPTIONS is for us then.
  if (
    maxForwards(request) === 0 && request.method !== "OPTIONS" && !isRegister
  ) return { status: 483 };
  // An INVITE of our own that came back: sending it on again would never end.
  if (context.ownInvites.has(request.callId)) return { status: 482 };
  // §8.2.2.3: "If a UAS does not understand an option-tag listed in a Require header field, it MUST respond by
  // generating a response with status code 420 (Bad Extension)."
  const { mode } = timerSettings(context, trunk);
  const register = request.method === "REGISTER";
  const tags = unsupportedTags(request, { timer: mode !== "off", register });
  if (tags.length > 0) {
    const headers = new Headers().append("Unsupported", tags.join(", "));
    return { status: 420, headers };
  }
  if (request.method !== "INVITE" || closed === undefined) return undefined;
  if (closed === "full") context.observer.count("calls_refused");
  return { status: 503, headers: new Headers().append("Retry-After", "5") };
}
