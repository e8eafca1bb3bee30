/**
 * URIs: `sip:` and `sips:` taken apart (RFC 3261 section 19.1), `tel:` and all others kept as they are.
 *
 * @module
 */

import { consistsOf, URI } from "./characters.ts";
import { HOST_PORT, SIP_URI } from "./grammar.ts";
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
  const parts = SIP_URI.exec(text);
  if (parts === null) return undefined;
  const [, secure, user, password, host, port, params, headers] = parts;
  return new SipUri(
    secure === undefined ? "sip" : "sips",
    user,
    password,
    hostOf(host!),
    portOf(port),
    params ?? "",
    headers ?? "",
  );
}

/**
 * True for a well-formed `sip:` or `sips:` URI.
 *
 * Hot path: most URIs of a message need to be well-formed and no more, so none is taken apart for that.
 */
export function isSipUri(text: string): boolean {
  return SIP_URI.test(text);
}

/** Whether it begins with `sip:` or `sips:`, well-formed or not. RFC 3986 §3.1: "schemes are case-insensitive". */
export function hasSipScheme(text: string): boolean {
  return /^sips?:/i.test(text);
}

/** `host`, `host:port`, `[v6]`, `[v6]:port`; undefined when malformed. */
export function parseHostPort(
  text: string,
): { host: string; port: number | undefined } | undefined {
  const parts = HOST_PORT.exec(text);
  return parts === null
    ? undefined
    : { host: hostOf(parts[1]!), port: portOf(parts[2]) };
}

/** A host as it was matched. */
export function hostOf(host: string): string {
  // RFC 5118 §4.10: a bug in RFC 3261's grammar has three colons; "it can choose to ignore the extra colon".
  return host.startsWith("[") ? host.replace(":::", "::") : host;
}

/** A port as it was matched, if it was. */
export function portOf(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : Number(digits);
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
