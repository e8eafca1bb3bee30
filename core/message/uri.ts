/**
 * URIs: `sip:` and `sips:` taken apart (RFC 3261 section 19.1), `tel:` and all others kept as they are.
 *
 * @module
 */

import { consistsOf, hasValidEscapes, URI, USERINFO } from "./characters.ts";
import { eachParam, getParam, withParam } from "./params.ts";

/** A `sip:` or `sips:` URI, immutable. Parts are byte strings as written, escapes included. */
export class SipUri {
  constructor(
    readonly scheme: "sip" | "sips",
    /** Undefined when there is no `@`. */
    readonly user: string | undefined,
    readonly password: string | undefined,
    /** A name, an IPv4 address, or an IPv6 address in brackets. */
    readonly host: string,
    readonly port: number | undefined,
    /** `;transport=tcp;lr`, or empty. */
    readonly params: string,
    /** What follows the `?`, or empty. */
    readonly headers: string,
  ) {}

  /** The value of a URI parameter: undefined when absent, "" when it has none. `name` is lower case. */
  param(name: string): string | undefined {
    // §19.1.4: a character and its escape are equivalent; RFC 4475 §3.1.1.3 writes lr as %6C%72.
    return this.params.includes("%")
      ? getParam(decoded(this.params) ?? "", name)
      : getParam(this.params, name);
  }

  /** The same URI with other parts. */
  with(parts: {
    scheme?: "sip" | "sips";
    user?: string | undefined;
    host?: string;
    port?: number | undefined;
    params?: string;
    headers?: string;
  }): SipUri {
    return new SipUri(
      parts.scheme ?? this.scheme,
      "user" in parts ? parts.user : this.user,
      "user" in parts ? undefined : this.password,
      parts.host ?? this.host,
      "port" in parts ? parts.port : this.port,
      parts.params ?? this.params,
      parts.headers ?? this.headers,
    );
  }

  /** The same URI with a parameter set, or (value undefined) set without a value. */
  withParam(name: string, value: string | undefined): SipUri {
    return this.with({ params: withParam(this.params, { name, value }) });
  }

  /** The same URI without a parameter. */
  withoutParam(name: string): SipUri {
    return this.with({
      params: withParam(this.params, { name, value: undefined, remove: true }),
    });
  }

  toString(): string {
    const password = this.password === undefined ? "" : `:${this.password}`;
    const user = this.user === undefined ? "" : `${this.user}${password}@`;
    const port = this.port === undefined ? "" : `:${this.port}`;
    const headers = this.headers === "" ? "" : `?${this.headers}`;
    return `${this.scheme}:${user}${this.host}${port}${this.params}${headers}`;
  }
}

/** Takes a `sip:` or `sips:` URI apart; undefined when it is another scheme or malformed. */
export function parseSipUri(text: string): SipUri | undefined {
  const colon = text.indexOf(":");
  if (colon !== 3 && colon !== 4) return undefined;
  const scheme = text.slice(0, colon).toLowerCase();
  if (scheme !== "sip" && scheme !== "sips") return undefined;

  // §25.1: userinfo may hold ";" and "?" unescaped, so the "@" is looked for before them; none holds an "@".
  const at = text.indexOf("@");
  let user: string | undefined;
  let password: string | undefined;
  if (at >= 0) {
    const userinfo = text.slice(colon + 1, at);
    const split = userinfo.indexOf(":");
    user = split < 0 ? userinfo : userinfo.slice(0, split);
    password = split < 0 ? undefined : userinfo.slice(split + 1);
    // An empty user ("sip:@host") breaks the grammar but is sent by some gateways.
    if (!consistsOf(userinfo, USERINFO)) return undefined;
    if (!hasValidEscapes(userinfo)) return undefined;
  }

  let end = text.length;
  const hostStart = at >= 0 ? at + 1 : colon + 1;
  const question = text.indexOf("?", hostStart);
  const headers = question < 0 ? "" : text.slice(question + 1);
  if (question >= 0) end = question;
  const semicolon = text.indexOf(";", hostStart);
  const params = semicolon < 0 || semicolon > end
    ? ""
    : text.slice(semicolon, end);
  if (params !== "") end = semicolon;

  const hostPort = parseHostPort(text.slice(hostStart, end));
  if (hostPort === undefined || !consistsOf(text, URI, hostStart)) {
    return undefined;
  }
  if (!hasValidEscapes(params) || !hasValidEscapes(headers)) return undefined;
  return new SipUri(
    scheme,
    user,
    password,
    hostPort.host,
    hostPort.port,
    params,
    headers,
  );
}

/** `host`, `host:port`, `[v6]`, `[v6]:port`; undefined when malformed. */
export function parseHostPort(
  text: string,
): { host: string; port: number | undefined } | undefined {
  const bracketed = text.charCodeAt(0) === 0x5b;
  const colon = text.indexOf(":", bracketed ? text.indexOf("]") + 1 : 0);
  let host = colon < 0 ? text : text.slice(0, colon);
  if (!(bracketed ? V6 : NAME).test(host)) return undefined;
  // RFC 5118 §4.10: a bug in RFC 3261's grammar has three colons; "it can choose to ignore the extra colon".
  if (bracketed && host.includes(":::")) host = host.replace(":::", "::");
  if (colon < 0) return { host, port: undefined };
  const digits = text.slice(colon + 1);
  const port = Number(digits);
  if (!/^\d{1,5}$/.test(digits) || port > 65535) return undefined;
  return { host, port };
}

/** A host name or an IPv4 address; "_" is no letter of host names but is used in them. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/;
/** An IPv6 reference, with an RFC 4007 zone perhaps. */
const V6 = /^\[[0-9A-Fa-f:.]+(?:%[A-Za-z0-9]+)?\]$/;

/** True for any URI with a scheme, `sip:`, `tel:` or other, without white space or angle brackets. */
export function isUri(text: string): boolean {
  const lower = text.slice(0, 5).toLowerCase();
  if (lower.startsWith("sip:") || lower === "sips:") {
    return parseSipUri(text) !== undefined;
  }
  const colon = text.indexOf(":");
  return colon > 0 && colon < text.length - 1 &&
    /^[A-Za-z][A-Za-z0-9+.-]*$/.test(text.slice(0, colon)) &&
    consistsOf(text, URI, colon + 1);
}

/** Parameters that must match when either URI has them (RFC 3261 section 19.1.4). */
const DECISIVE_PARAMS = ["user", "ttl", "method", "maddr", "transport"];

/** RFC 3261 section 19.1.4: whether two SIP URIs are the same. */
export function sameUri(a: SipUri, b: SipUri): boolean {
  // "A SIP and SIPS URI are never equivalent."
  if (a.scheme !== b.scheme) return false;
  // "Comparison of the userinfo of SIP and SIPS URIs is case-sensitive."
  if (decoded(a.user) !== decoded(b.user)) return false;
  if (decoded(a.password) !== decoded(b.password)) return false;
  if (a.host.toLowerCase() !== b.host.toLowerCase()) return false;
  // "A URI omitting the [port] will not match a URI explicitly containing that component with its default value."
  if (a.port !== b.port) return false;
  return sameParams(a, b) && sameHeaders(a.headers, b.headers);
}

function sameParams(a: SipUri, b: SipUri): boolean {
  for (const name of DECISIVE_PARAMS) {
    if (folded(a.param(name)) !== folded(b.param(name))) return false;
  }
  // "Any uri-parameter appearing in both URIs must match."
  for (const { name, value } of eachParam(a.params)) {
    const other = b.param(name.toLowerCase());
    if (other !== undefined && folded(other) !== folded(value ?? "")) {
      return false;
    }
  }
  return true;
}

/** "URI header components are never ignored. Any present header component MUST be present in both URIs and match." */
function sameHeaders(a: string, b: string): boolean {
  if (a === b) return true;
  const sorted = (text: string): string =>
    text.split("&").map((header) => {
      const equals = header.indexOf("=");
      return equals < 0
        ? header.toLowerCase()
        : header.slice(0, equals).toLowerCase() + decoded(header.slice(equals));
    }).sort().join("&");
  return sorted(a) === sorted(b);
}

/** Escapes undone where §19.1.4 has them "equivalent": for `Characters other than those in the "reserved" set`. */
function decoded(text: string | undefined): string | undefined {
  return text?.replace(/%([0-9A-Fa-f]{2})/g, (escape, hex: string) => {
    const char = String.fromCharCode(parseInt(hex, 16));
    return /[;/?:@&=+$,]/.test(char) ? escape.toUpperCase() : char;
  });
}

function folded(text: string | undefined): string | undefined {
  return decoded(text)?.toLowerCase();
}
