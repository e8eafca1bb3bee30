/**
 * What a REGISTER asks for, taken apart and checked, before anyone looks at what is registered (RFC 3261 sections 10.2
 * and 10.3, RFC 5626 section 6, RFC 3327).
 *
 * @module
 */

import { detached } from "../message/bytes.ts";
import { hasToken } from "../message/list.ts";
import type { SipRequest } from "../message/message.ts";
import { type NameAddr, parseNameAddr } from "../message/name_addr.ts";
import { eachParam } from "../message/params.ts";

/** One Contact of a REGISTER. */
export interface RegisterContact {
  readonly uri: string;
  /** All parameters but `expires` and `q`. */
  readonly params: string;
  /** Thousandths. */
  readonly q: number;
  /** As asked for; undefined where nothing was. */
  readonly expiresSeconds: number | undefined;
  readonly instance: string | undefined;
  readonly regId: number | undefined;
}

/** What a REGISTER asks for. */
export type RegisterWish =
  | { readonly kind: "fetch" }
  | { readonly kind: "removeAll" }
  | { readonly kind: "update"; readonly contacts: readonly RegisterContact[] }
  | { readonly kind: "malformed"; readonly reason: string };

/** Most Contact values in one REGISTER, removals included. */
const MOST_CONTACTS = 64;
/** Longest Contact that is kept, in bytes. */
const LONGEST_CONTACT = 2_048;

/** Reads the Contact and Expires fields. */
export function registerWish(request: SipRequest): RegisterWish {
  const values = request.list("contact");
  const expires = request.headers.get("Expires");
  // §10.3 step 6: "The registrar checks whether the request contains the Contact header field. If not, it skips to the
  // last step."
  if (values.length === 0) {
    return request.headers.has("Contact")
      ? { kind: "malformed", reason: "Empty Contact" }
      : { kind: "fetch" };
  }
  if (values.includes("*")) {
    // §10.3 step 6: "If the request has additional Contact fields or an expiration time other than zero, the request is
    // invalid, and the server MUST return a 400 (Invalid Request) and skip the remaining steps."
    return values.length === 1 && /^0+$/.test(expires ?? "")
      ? { kind: "removeAll" }
      : { kind: "malformed", reason: "Contact * Wants To Be Alone, Expires 0" };
  }
  if (values.length > MOST_CONTACTS) {
    return { kind: "malformed", reason: "Too Many Contacts" };
  }
  const contacts: RegisterContact[] = [];
  for (const value of values) {
    const contact = registerContact(value, expires);
    if (contact === undefined) {
      return { kind: "malformed", reason: "Malformed Contact" };
    }
    contacts.push(contact);
  }
  const lasting = contacts.filter((one) => one.expiresSeconds !== 0);
  // RFC 5626 §6: a Contact with reg-id stands for one flow, so no other may be registered with it.
  if (lasting.length > 1 && lasting.some(({ regId }) => regId !== undefined)) {
    return { kind: "malformed", reason: "One Contact With reg-id" };
  }
  return { kind: "update", contacts };
}

/** Path values, the next hop first; undefined when one is malformed. */
export function pathOf(request: SipRequest): readonly string[] | undefined {
  const values = request.list("path").map(detached);
  return values.every((value) => parseNameAddr(value)?.sipUri !== undefined)
    ? values
    : undefined;
}

/** Whether the client's Supported, or Require, has an option tag. */
export function supports(request: SipRequest, tag: string): boolean {
  return hasToken(request.headers.getAll("Supported"), tag) ||
    hasToken(request.headers.getAll("Require"), tag);
}

/** How many hops a request has come: 1 where its sender sent it to us. */
export function hops(request: SipRequest): number {
  return request.list("via").length;
}

/**
 * RFC 5626 §6: whether a binding is that of a flow. The first hop must be one that keeps flows: we, or a proxy whose
 * Path has `ob`; a device that wanted it and got another first hop is told by 439.
 */
export function outboundOf(
  request: SipRequest,
  { wish, direct, path }: {
    wish: RegisterWish;
    direct: boolean;
    path: readonly string[];
  },
): boolean | "refused" {
  const wanted = wish.kind === "update" &&
    wish.contacts.some(({ regId }) => regId !== undefined);
  if (!wanted || !supports(request, "outbound")) return false;
  if (direct && path.length === 0) return true;
  return path.some((hop) => /;ob(?:[;=>\s]|$)/i.test(hop)) || "refused";
}

function registerContact(
  value: string,
  expires: string | undefined,
): RegisterContact | undefined {
  if (value.length > LONGEST_CONTACT) return undefined;
  const contact = parseNameAddr(value);
  if (contact === undefined) return undefined;
  const q = qValue(contact.param("q"));
  if (q === undefined) return undefined;
  const instance = instanceOf(contact);
  const regId = instance === undefined ? undefined : regIdOf(contact);
  return {
    uri: detached(contact.uri),
    params: detached(otherParams(contact)),
    q,
    expiresSeconds: requestedSeconds(contact.param("expires"), expires),
    instance,
    regId,
  };
}

/**
 * §10.3 step 7: "If the field value has an "expires" parameter, that value MUST be taken as the requested expiration",
 * else "that value" of the Expires header field, else "a locally-configured default value".
 */
function requestedSeconds(
  own: string | undefined,
  common: string | undefined,
): number | undefined {
  const text = own ?? common;
  if (text === undefined) return undefined;
  // §10.2.1.1 has a malformed value treated as 3600. What is larger than 2**32-1 is as good as that.
  return /^\d+$/.test(text) ? Math.min(Number(text), 0xffff_ffff) : 3_600;
}

/** §25.1: `qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] )`; undefined when malformed. */
function qValue(text: string | undefined): number | undefined {
  if (text === undefined) return 1_000;
  if (!/^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(text)) return undefined;
  return Math.round(Number(text) * 1_000);
}

/** RFC 5626 §4.1: `+sip.instance="<urn:uuid:...>"`; with its angle brackets, without the quotes. */
function instanceOf(contact: NameAddr): string | undefined {
  const value = contact.param("+sip.instance");
  const match = /^"(<[^<>"\\]{1,256}>)"$/.exec(value ?? "");
  return match === null ? undefined : detached(match[1]!);
}

/** RFC 5626 §4.2: from 1 to 2**31 - 1. */
function regIdOf(contact: NameAddr): number | undefined {
  const text = contact.param("reg-id");
  if (text === undefined || !/^[0-9]{1,10}$/.test(text)) return undefined;
  const id = Number(text);
  return id >= 1 && id < 2 ** 31 ? id : undefined;
}

function otherParams({ params }: NameAddr): string {
  let text = "";
  for (const { name, value } of eachParam(params)) {
    if (/^(?:expires|q)$/i.test(name)) continue;
    text += value === undefined ? `;${name}` : `;${name}=${value}`;
  }
  return text;
}
