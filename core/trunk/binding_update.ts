/**
 * What a REGISTER makes of the bindings of one address-of-record: RFC 3261 section 10.3 steps 6 and 7, RFC 5626 section
 * 6. Either all of it, or a refusal and nothing.
 *
 * @module
 */

import { parseSipUri, sameUri } from "../message/uri.ts";
import type { Flow } from "../transport/flow.ts";
import type { BindingSource } from "./location_store.ts";
import type { Binding } from "./location_table.ts";
import type { RegisterContact, RegisterWish } from "./register_request.ts";
import type { RegistrarSettings } from "./registrar_settings.ts";

/** What all Contacts of one REGISTER have in common. */
export interface UpdateGround {
  readonly aor: string;
  readonly nowMs: number;
  readonly callId: string;
  readonly cseq: number;
  readonly source: BindingSource;
  readonly flow: Flow;
  readonly direct: boolean;
  readonly path: readonly string[];
  readonly userAgent: string | undefined;
  /** RFC 5626 applies: a binding is that of an instance and its reg-id. */
  readonly outbound: boolean;
  readonly settings: Pick<
    RegistrarSettings,
    | "minExpiresSeconds"
    | "maxExpiresSeconds"
    | "defaultExpiresSeconds"
    | "maxContacts"
  >;
}

/** What came of it. */
export type Update =
  | {
    readonly kind: "refused";
    readonly status: 423 | 500 | 403;
    readonly reason: string;
  }
  | { readonly kind: "done"; readonly bindings: readonly Binding[] };

/** The bindings after the REGISTER. */
export function updated(
  current: readonly Binding[],
  wish: Extract<RegisterWish, { kind: "update" | "removeAll" }>,
  ground: UpdateGround,
): Update {
  if (wish.kind === "removeAll") return removedAll(current, ground);
  const bindings = [...current];
  for (const contact of wish.contacts) {
    const refusal = apply({ current, bindings }, contact, ground);
    if (refusal !== undefined) return refusal;
  }
  // More than before, and more than there may be: who had more before a reload may still refresh them.
  if (
    bindings.length > ground.settings.maxContacts &&
    bindings.length > current.length
  ) return { kind: "refused", status: 403, reason: "Too Many Bindings" };
  return { kind: "done", bindings };
}

const OUT_OF_ORDER: Update = {
  kind: "refused",
  status: 500,
  reason: "CSeq Out Of Order",
};

/**
 * §10.3 step 6: "the registrar checks whether the Call-ID agrees with the value stored for each binding. If not, it MUST
 * remove the binding. If it does agree, it MUST remove the binding only if the CSeq in the request is higher than the
 * value stored for that binding. Otherwise, the update MUST be aborted and the request fails."
 */
function removedAll(
  current: readonly Binding[],
  ground: UpdateGround,
): Update {
  if (current.some((binding) => isLate(binding, ground))) return OUT_OF_ORDER;
  return { kind: "done", bindings: [] };
}

function apply(
  { current, bindings }: { current: readonly Binding[]; bindings: Binding[] },
  contact: RegisterContact,
  ground: UpdateGround,
): Update | undefined {
  const { settings } = ground;
  const asked = contact.expiresSeconds ?? settings.defaultExpiresSeconds;
  // §10.3 step 7: "If and only if the requested expiration interval is greater than zero AND smaller than one hour AND
  // less than a registrar-configured minimum, the registrar MAY reject the registration with a response of 423".
  if (asked > 0 && asked < 3_600 && asked < settings.minExpiresSeconds) {
    return { kind: "refused", status: 423, reason: "Interval Too Brief" };
  }
  const at = bindings.findIndex((binding) => isSame(binding, contact, ground));
  const before = bindings[at];
  // The same step: "If they are the same, the registrar compares the CSeq value. If the value is higher than that of
  // the existing binding, it MUST update or remove the binding as above. If not, the update MUST be aborted and the
  // request fails."
  // What the same request has just made is not older than it.
  if (before !== undefined && current.includes(before)) {
    if (isLate(before, ground)) return OUT_OF_ORDER;
  }
  if (asked === 0) {
    // "If the Call-ID value in the existing binding differs from the Call-ID value in the request, the binding MUST be
    // removed if the expiration time is zero and updated otherwise."
    if (at >= 0) bindings.splice(at, 1);
    return undefined;
  }
  // "If the binding does not exist, it is tentatively added."
  bindings.splice(
    at < 0 ? bindings.length : at,
    1,
    bound(contact, asked, ground),
  );
  return undefined;
}

function isLate(
  { callId, cseq }: Binding,
  ground: UpdateGround,
): boolean {
  return callId === ground.callId && ground.cseq <= cseq;
}

function isSame(
  binding: Binding,
  contact: RegisterContact,
  ground: UpdateGround,
): boolean {
  // RFC 5626 §6: instance and reg-id tell such bindings apart, whatever their Contact URIs are.
  if (ground.outbound && contact.regId !== undefined) {
    return binding.instance === contact.instance &&
      binding.regId === contact.regId;
  }
  // "For each address, the registrar then searches the list of current bindings using the URI comparison rules."
  if (binding.contact === contact.uri) return true;
  const [a, b] = [parseSipUri(binding.contact), parseSipUri(contact.uri)];
  return a !== undefined && b !== undefined && sameUri(a, b);
}

function bound(
  contact: RegisterContact,
  askedSeconds: number,
  ground: UpdateGround,
): Binding {
  const { aor, nowMs, callId, cseq, source, flow, direct, path } = ground;
  // §10.3 step 7: "The registrar MAY choose an expiration less than the requested expiration interval."
  const seconds = Math.min(askedSeconds, ground.settings.maxExpiresSeconds);
  const { instance, regId } = contact;
  const flowId = ground.outbound && instance !== undefined &&
      regId !== undefined
    ? { instance, regId }
    : {};
  return {
    aor,
    contact: contact.uri,
    params: contact.params,
    q: contact.q,
    expiresAtMs: nowMs + seconds * 1000,
    updatedAtMs: nowMs,
    // "Each binding record records the Call-ID and CSeq values from the request."
    callId,
    cseq,
    ...flowId,
    path,
    source,
    direct,
    flow,
    ...(ground.userAgent === undefined ? {} : { userAgent: ground.userAgent }),
  };
}
