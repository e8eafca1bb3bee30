/**
 * What RFC 5626 writes into messages: `+sip.instance` and `reg-id` of a Contact, `ob` of its URI, the `outbound` option tag
 * and Flow-Timer.
 *
 * @module
 */

import { detached } from "./bytes.ts";
import type { SipMessage } from "./message.ts";
import type { NameAddr } from "./name_addr.ts";
import type { SipUri } from "./uri.ts";

/** Which flow of which device a Contact stands for. */
export interface FlowIdentity {
  /** The URN between the angle brackets of `+sip.instance`. */
  readonly instance: string;
  /** `reg-id`; undefined where there is none: an instance that registers without flows. */
  readonly regId: number | undefined;
}

/** The option tag of RFC 5626. */
export const OUTBOUND = "outbound";

/** Contacts carry nothing longer. */
const MAX_INSTANCE_CHARS = 256;
/** draft-ietf-sip-outbound-03 §9, as RFC 5626 §10: "The value of the reg-id MUST NOT be 0 and MUST be less than 2**31." */
const MAX_REG_ID = 2 ** 31 - 1;

/** What a Contact says of its flow; undefined without a `+sip.instance` that can be read. */
export function flowIdentity(contact: NameAddr): FlowIdentity | undefined {
  const value = contact.param("+sip.instance");
  const urn = value === undefined ? undefined : INSTANCE.exec(value)?.[1];
  if (urn === undefined || urn.length > MAX_INSTANCE_CHARS) return undefined;
  const digits = contact.param("reg-id");
  const regId = digits !== undefined && /^\d{1,10}$/.test(digits)
    ? Number(digits)
    : 0;
  return {
    instance: detached(urn),
    regId: regId >= 1 && regId <= MAX_REG_ID ? regId : undefined,
  };
}

/** A Contact that says which flow it is. */
export function withFlowIdentity(
  contact: NameAddr,
  identity: FlowIdentity,
): NameAddr {
  const marked = contact.withParam("+sip.instance", `"<${identity.instance}>"`);
  return identity.regId === undefined
    ? marked
    : marked.withParam("reg-id", String(identity.regId));
}

/**
 * The spelling by which instances are compared: of a URN the scheme and the namespace have no case (RFC 2141 section 5), of
 * a UUID the rest has none either (RFC 4122 section 3).
 */
export function canonicalInstance(urn: string): string {
  const lower = urn.toLowerCase();
  if (lower.startsWith("urn:uuid:")) return lower;
  const namespaceEnd = lower.startsWith("urn:") ? urn.indexOf(":", 4) : -1;
  return namespaceEnd < 0
    ? urn
    : lower.slice(0, namespaceEnd) + urn.slice(namespaceEnd);
}

/** True when the peer asks for requests of its dialog on the flow that it sent this Contact over. */
export function asksForFlow(contactUri: SipUri): boolean {
  return contactUri.param("ob") !== undefined;
}

/** Whether a message names the `outbound` tag in Supported or Require. */
export function namesOutbound(
  message: SipMessage,
  field: "supported" | "require",
): boolean {
  return message.list(field).some((tag) => tag.toLowerCase() === OUTBOUND);
}

/** Flow-Timer in seconds; undefined where there is none, or no number above 0. */
export function flowTimerOf(message: SipMessage): number | undefined {
  const value = message.headers.first("flow-timer")?.value.trim();
  if (value === undefined || !/^\d{1,9}$/.test(value)) return undefined;
  return Number(value) > 0 ? Number(value) : undefined;
}

/** A quoted string with a URN in angle brackets; some peers leave out the brackets, or all. */
const INSTANCE = /^"?<?([^\s"<>]+)>?"?$/;
