/**
 * URIs: `sip:` and `sips:` taken apart (RFC 3261 section 19.1), `tel:` and all others kept as they are.
 *
 * @module
 */

import { asText } from "../base/as_text.ts";
import {
  codeAt,
  consistsOf,
  endOf,
  hasValidEscapes,
  HOST,
  IPV6,
  isDigit,
  LETTER_OR_DIGIT,
  URI,
  USERINFO,
} from "./characters.ts";
import { eachParam, getParam, withParam } from "./params.ts";

const PERCENT = 0x25;
const COLON = 0x3a;
const SEMICOLON = 0x3b;
const QUESTION_MARK = 0x3f;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

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
export function parseSipUri(whole: string): SipUri | undefined {
  const text = asText(whole);
  if (!isSipUri(text)) return undefined;
  const start = text.indexOf(":") + 1;
  const at = text.indexOf("@");
  let user: string | undefined;
  let password: string | undefined;
  if (at >= 0) {
    const split = text.indexOf(":", start);
    user = text.slice(start, split < at && split >= 0 ? split : at);
    if (split >= 0 && split < at) password = text.slice(split + 1, at);
  }
  const hostStart = at >= 0 ? at + 1 : start;
  const hostEnd = endOfHost(text, hostStart);
  const paramsStart = endOfColonPort(text, hostEnd);
  const question = text.indexOf("?", paramsStart);
  return new SipUri(
    start === "sip:".length ? "sip" : "sips",
    user,
    password,
    hostOf(text, hostStart, hostEnd),
    portOf(text, hostEnd),
    text.slice(paramsStart, question < 0 ? text.length : question),
    question < 0 ? "" : text.slice(question + 1),
  );
}

/**
 * True for a well-formed `sip:` or `sips:` URI.
 *
 * Hot path: most URIs of a message need to be well-formed and no more, so none is taken apart for that.
 */
export function isSipUri(whole: string): boolean {
  const text = asText(whole);
  const start = endOfSipScheme(text);
  if (start < 0) return false;
  // §25.1: userinfo may hold ";" and "?" unescaped, so the "@" is looked for before them; none holds an "@".
  const at = text.indexOf("@");
  // An empty user ("sip:@host") breaks the grammar but is sent by some gateways.
  if (
    at >= 0 && !(consistsOf(text, USERINFO, start, at) &&
      hasValidEscapes(text, start, at))
  ) return false;
  const hostEnd = endOfHost(text, at >= 0 ? at + 1 : start);
  const end = hostEnd < 0 ? -1 : endOfColonPort(text, hostEnd);
  if (end < 0) return false;
  if (end === text.length) return true;
  const code = codeAt(text, end);
  return (code === SEMICOLON || code === QUESTION_MARK) &&
    consistsOf(text, URI, end) && hasValidEscapes(text, end, text.length);
}

/** Whether it begins with `sip:` or `sips:`, well-formed or not. */
export function hasSipScheme(text: string): boolean {
  return endOfSipScheme(text) >= 0;
}

/** Where what follows `sip:` or `sips:` begins; -1 for another scheme. */
function endOfSipScheme(text: string): number {
  if (text.startsWith("sip:")) return "sip:".length;
  if (text.startsWith("sips:")) return "sips:".length;
  // RFC 3986 §3.1: "schemes are case-insensitive".
  const colon = text.indexOf(":");
  if (colon !== 3 && colon !== 4) return -1;
  const scheme = text.slice(0, colon).toLowerCase();
  return scheme === "sip" || scheme === "sips" ? colon + 1 : -1;
}

/** `host`, `host:port`, `[v6]`, `[v6]:port`; undefined when malformed. */
export function parseHostPort(
  text: string,
): { host: string; port: number | undefined } | undefined {
  const hostEnd = endOfHost(text, 0);
  if (hostEnd < 0 || endOfColonPort(text, hostEnd) !== text.length) {
    return undefined;
  }
  return { host: hostOf(text, 0, hostEnd), port: portOf(text, hostEnd) };
}

/** Where the host name or address that begins at `start` ends; -1 when it is malformed. */
export function endOfHost(whole: string, start: number): number {
  const text = asText(whole);
  const first = codeAt(text, start);
  if (first !== OPEN_BRACKET) {
    return LETTER_OR_DIGIT[first] === 1 ? endOf(HOST, text, start) : -1;
  }
  let at = endOf(IPV6, text, start + 1);
  if (at === start + 1) return -1;
  // An RFC 4007 zone.
  if (codeAt(text, at) === PERCENT) {
    const zone = at + 1;
    at = endOf(LETTER_OR_DIGIT, text, zone);
    if (at === zone) return -1;
  }
  return codeAt(text, at) === CLOSE_BRACKET ? at + 1 : -1;
}

/** The host that lies there, as {@linkcode endOfHost} found it. */
export function hostOf(text: string, start: number, end: number): string {
  const host = text.slice(start, end);
  // RFC 5118 §4.10: a bug in RFC 3261's grammar has three colons; "it can choose to ignore the extra colon".
  return codeAt(text, start) === OPEN_BRACKET
    ? host.replace(":::", "::")
    : host;
}

/** Where the port whose digits begin at `start` ends; -1 when it is malformed. */
export function endOfPort(whole: string, start: number): number {
  const text = asText(whole);
  let at = start;
  while (isDigit(codeAt(text, at))) at++;
  const isPort = at > start && at <= start + 5 &&
    numberAt(text, start) <= 65535;
  return isPort ? at : -1;
}

/** Where `:port`, if there at all, ends; -1 when it is malformed. */
function endOfColonPort(text: string, hostEnd: number): number {
  return codeAt(text, hostEnd) === COLON
    ? endOfPort(text, hostEnd + 1)
    : hostEnd;
}

/** The port that {@linkcode endOfColonPort} found well-formed; undefined where there is none. */
function portOf(text: string, hostEnd: number): number | undefined {
  return codeAt(text, hostEnd) === COLON
    ? numberAt(text, hostEnd + 1)
    : undefined;
}

/** The number whose digits begin at `start`. */
export function numberAt(text: string, start: number): number {
  let number = 0;
  for (let at = start; isDigit(codeAt(text, at)); at++) {
    number = number * 10 + codeAt(text, at) - 0x30;
  }
  return number;
}

/** True for any URI with a scheme, `sip:`, `tel:` or other, without white space or angle brackets. */
export function isUri(text: string): boolean {
  if (hasSipScheme(text)) return isSipUri(text);
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
