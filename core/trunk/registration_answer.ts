/**
 * What a registrar's responses say: for how long our Contact is bound, which way later requests go, where we were seen
 * from, how long to stay away. What is kept of them is detached from them.
 *
 * @module
 */

import { detached } from "../message/bytes.ts";
import type { SipResponse } from "../message/message.ts";
import { type NameAddr, parseNameAddr } from "../message/name_addr.ts";
import { flowTimerOf, namesOutbound } from "../message/outbound.ts";
import { parseSipUri, sameUri, type SipUri } from "../message/uri.ts";
import { type Address, ipVersion, unbracketed } from "../transport/address.ts";
import type { Outbound } from "./registration_settings.ts";

/** A 2xx, read. */
export interface RegistrationAnswer {
  /** How long our Contact is bound; 0: it is not. */
  readonly expiresSeconds: number;
  /** Whether our Contact is among those listed, or none is listed at all. */
  readonly found: boolean;
  /** RFC 3608: the Route of later requests, the next hop first. */
  readonly serviceRoute: readonly string[];
  /** The registrar keeps to flows, and by which text. */
  readonly outbound: Exclude<Outbound, "off"> | undefined;
  /** RFC 5626 §10.1: the longest silence the server lets a flow have, in seconds. */
  readonly flowTimerSeconds: number | undefined;
}

/** RFC 3261 section 10.2: malformed expirations count as an hour. */
const MALFORMED_SECONDS = 3600;
/** Longer than a day means a day to us: an absurd number would never be looked at again. */
const MOST_SECONDS = 86_400;
/** A server that binds for less is not asked more often for that: what it forgets meanwhile it forgets. */
const LEAST_SECONDS = 10;
/** Most bindings of a response that are looked at, and most Service-Route values that are kept. */
const MOST_CONTACTS = 64;
const MOST_ROUTES = 16;

/** Reads a 2xx; `ours` is the Contact that was registered, `askedSeconds` what was asked for. */
export function readAnswer(
  response: SipResponse,
  { ours, askedSeconds, outbound }: {
    ours: SipUri;
    askedSeconds: number;
    outbound: Outbound;
  },
): RegistrationAnswer {
  const values = response.list("contact").slice(0, MOST_CONTACTS);
  const contacts = values.flatMap((value) => parseNameAddr(value) ?? []);
  // §10.2.4: the response "contains a list of Contact fields enumerating all current bindings": others' among them.
  const own = ownContact(contacts, ours);
  const common = expiration(response.headers.get("Expires"));
  return {
    // §10.2.1.1, for a request as for its response: the parameter goes before the header field.
    expiresSeconds: bounded(
      expiration(own?.param("expires")) ?? common ?? askedSeconds,
    ),
    found: own !== undefined || values.length === 0,
    serviceRoute: serviceRoute(response),
    outbound: agreedOn(response, outbound),
    flowTimerSeconds: flowTimerOf(response),
  };
}

/**
 * RFC 5626 §6 has the registrar put `outbound` into Require where it keeps to the flow. draft-ietf-sip-outbound-03 §6.1: "The
 * Registrar MUST include the 'outbound' option-tag in a Supported header field value in its responses to REGISTER requests."
 */
function agreedOn(
  response: SipResponse,
  asked: Outbound,
): Exclude<Outbound, "off"> | undefined {
  if (asked === "off") return undefined;
  const field = asked === "draft-03" ? "supported" : "require";
  return namesOutbound(response, field) ? asked : undefined;
}

/** Min-Expires of a 423; undefined where there is none. */
export function minExpires(response: SipResponse): number | undefined {
  const seconds = whole(response.headers.get("Min-Expires"));
  return seconds === undefined ? undefined : Math.min(seconds, MOST_SECONDS);
}

/** Retry-After in seconds, at most a day: RFC 3261 section 20.33 lets a comment and parameters follow. */
export function retryAfter(response: SipResponse): number | undefined {
  const seconds = /^\d{1,10}/.exec(response.headers.get("Retry-After") ?? "");
  return seconds === null
    ? undefined
    : Math.min(Number(seconds[0]), MOST_SECONDS);
}

/**
 * The source address of our request as its first hop saw it: what the response's top Via says beside our own sent-by
 * (RFC 3261 section 18.2.1, RFC 3581 section 4). Undefined where it says nothing.
 */
export function seenFrom(response: SipResponse): Address | undefined {
  const { via } = response;
  const received = via?.param("received");
  const rport = Number(via?.param("rport") || NaN);
  if (via === undefined || (received === undefined && !(rport > 0))) {
    return undefined;
  }
  const host = unbracketed(received ?? via.host);
  if (ipVersion(host) === 0) return undefined;
  const port = rport > 0 && rport < 65_536 ? rport : via.port ?? 5060;
  return { host: detached(host), port };
}

/** Where a 3xx sends us: registrars, so their user parts go (RFC 3261 section 10.2). */
export function redirections(response: SipResponse): readonly SipUri[] {
  return response.list("contact").slice(0, MOST_CONTACTS).flatMap((value) => {
    const uri = parseNameAddr(value)?.sipUri;
    if (uri === undefined) return [];
    const own = parseSipUri(detached(uri.toString()));
    return own === undefined
      ? []
      : [own.with({ user: undefined, headers: "" })];
  });
}

/**
 * Our Contact among all bindings. Registrars lose parameters, write the host they saw, or spell it their way; so what is
 * the same URI goes first, then what has our `line`, then what has our user part and host.
 */
function ownContact(
  contacts: readonly NameAddr[],
  ours: SipUri,
): NameAddr | undefined {
  const line = ours.param("line");
  return contacts.find(({ sipUri }) => sipUri && sameUri(sipUri, ours)) ??
    contacts.find(({ sipUri }) =>
      line !== undefined && sipUri?.param("line") === line
    ) ??
    contacts.find(({ sipUri }) =>
      sipUri?.user?.toLowerCase() === ours.user?.toLowerCase() &&
      sipUri?.host.toLowerCase() === ours.host.toLowerCase()
    );
}

/**
 * RFC 3608 §6.1: "The REGISTER response may contain a Service-Route header field." A value without `lr` would have us
 * rewrite the Request-URI for a strict router: such a route is left alone.
 */
function serviceRoute(response: SipResponse): readonly string[] {
  const values = response.list("service-route");
  const loose = values.every((value) =>
    parseNameAddr(value)?.sipUri?.param("lr") !== undefined &&
    !/[\r\n]/.test(value)
  );
  return loose && values.length <= MOST_ROUTES ? values.map(detached) : [];
}

function bounded(seconds: number): number {
  if (seconds === 0) return 0;
  return Math.min(Math.max(seconds, LEAST_SECONDS), MOST_SECONDS);
}

/** "Malformed values SHOULD be treated as equivalent to 3600." */
function expiration(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return whole(text) ?? MALFORMED_SECONDS;
}

function whole(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text)
    ? Number(text)
    : undefined;
}
