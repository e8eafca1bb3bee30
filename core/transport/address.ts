/** Where a peer is: IP address, port and, for a target, the transport that leads there. */

import { isIP } from "node:net";

/** One end of a way through the network. */
export interface Address {
  /** An IP address, IPv6 without brackets and in its canonical spelling. */
  readonly host: string;
  readonly port: number;
}

/** The transports that SIP is spoken over, as a Via writes them. */
export type TransportName = "UDP" | "TCP" | "TLS" | "WS" | "WSS";

/** Where a request may be sent. */
export interface Target extends Address {
  readonly transport: TransportName;
  /** The name the peer's certificate must bear (RFC 5922), where the target came from a name. */
  readonly serverName?: string;
}

/** `192.0.2.1:5060` or `[2001:db8::1]:5060`. */
export function formatAddress(address: Address): string {
  return `${bracketed(address.host)}:${address.port}`;
}

/** An IPv6 address in brackets; any other host as it is. */
export function bracketed(host: string): string {
  return host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
}

/** A host without the brackets of an IPv6 reference. */
export function unbracketed(host: string): string {
  return host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
}

/** 4 or 6 for an IP address, in brackets or not; 0 for anything else. */
export function ipVersion(host: string): 4 | 6 | 0 {
  const bare = unbracketed(host);
  if (isDottedQuad(bare)) return 4;
  return bare.includes(":") && isIP(bare) === 6 ? 6 : 0;
}

/** Four numbers to 255 without leading zeros, as `isIP` has them; each message asks, so it is no regular expression. */
function isDottedQuad(host: string): boolean {
  let dots = 0;
  let number = -1;
  for (let i = 0; i < host.length; i++) {
    const code = host.charCodeAt(i);
    if (code === DOT) {
      if (number < 0) return false;
      dots++;
      number = -1;
      continue;
    }
    const digit = code - 0x30;
    if (digit < 0 || digit > 9 || number === 0) return false;
    number = number < 0 ? digit : number * 10 + digit;
    if (number > 255) return false;
  }
  return dots === 3 && number >= 0;
}

const DOT = 0x2e;

/**
 * The one spelling of a host that addresses are compared by: IPv6 without brackets and compressed (RFC 5952), an
 * IPv4 address that a dual-stack socket shows as `::ffff:192.0.2.1` as IPv4, names in lower case.
 */
export function canonicalHost(host: string): string {
  if (!host.includes(":")) return host.toLowerCase();
  const bare = unbracketed(host);
  if (bare.includes("%") || isIP(bare) !== 6) return bare.toLowerCase();
  const spelled = new URL(`http://[${bare}]`).hostname.slice(1, -1);
  const mapped = MAPPED.exec(spelled);
  if (mapped === null) return spelled;
  const high = parseInt(mapped[1]!, 16);
  const low = parseInt(mapped[2]!, 16);
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}

const MAPPED = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/;

/** True when both name the same end. Hosts are to be canonical. */
export function sameAddress(a: Address, b: Address): boolean {
  return a.port === b.port && a.host === b.host;
}

/** RFC 3261 section 19.1.2 (UDP and TCP 5060, TLS 5061) and RFC 7118 section 5 (WS 80, WSS 443). */
export function defaultPort(transport: TransportName): number {
  switch (transport) {
    case "UDP":
    case "TCP":
      return 5060;
    case "TLS":
      return 5061;
    case "WS":
      return 80;
    case "WSS":
      return 443;
  }
}

/** A transport as a Via or a `transport` parameter names it, whatever its case; undefined when unknown. */
export function transportName(text: string): TransportName | undefined {
  const name = text.toUpperCase();
  switch (name) {
    case "UDP":
    case "TCP":
    case "TLS":
    case "WS":
    case "WSS":
      return name;
  }
  return undefined;
}
