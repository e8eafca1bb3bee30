/**
 * The address forms of the configuration: listeners, servers, match entries
 * and port ranges. Each parser returns undefined for what is not one.
 *
 * @module
 */

/** Where Legwork can listen. */
export type ListenTransport = "udp" | "tcp" | "tls" | "ws" | "wss";

/** `udp:127.0.0.1:5060`, taken apart. */
export interface ListenAddress {
  readonly transport: ListenTransport;
  /** An IP literal, IPv6 without its brackets. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

/** A server of a trunk: a SIP URI without user part. */
export interface ServerAddress {
  /** As it was written. */
  readonly uri: string;
  /** Host name or IP literal, IPv6 without its brackets. */
  readonly host: string;
  /** Absent: RFC 3263 finds it. */
  readonly port?: number;
  /** The `transport` parameter in lower case. Absent: RFC 3263 finds it. */
  readonly transport?: ListenTransport;
}

/** Which requests belong to a trunk. */
export type MatchEntry =
  /** Source address within a network; a single address has the full prefix. */
  | {
    readonly kind: "source";
    readonly network: string;
    readonly prefix: number;
    readonly port?: number;
  }
  /** Received on this listener. */
  | { readonly kind: "listener"; readonly listener: ListenAddress };

/** A range of UDP ports, both ends included. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

const LISTEN = /^(udp|tcp|tls|ws|wss):(.+)$/i;
const HOST_PORT = /^(?:\[([0-9a-f:.]+)\]|([^[\]:]+))(?::(\d{1,5}))?$/i;
const SERVER =
  /^sips?:((?:\[[0-9a-f:.]+\]|[^[\]:;?@\s]+)(?::\d{1,5})?)((?:;[^;?\s]+)*)$/i;
const NAME = /^(?!-)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*\.?$/i;

/** `TRANSPORT:ADDRESS:PORT`; the address is an IP literal, IPv6 in brackets. */
export function parseListen(text: string): ListenAddress | undefined {
  const [, transport, rest = ""] = LISTEN.exec(text) ?? [];
  const at = parseHostPort(rest);
  if (
    transport === undefined || at?.port === undefined ||
    addressBits(at.host) === undefined
  ) return undefined;
  return {
    transport: transport.toLowerCase() as ListenTransport,
    host: at.host,
    port: at.port,
  };
}

/** `sip:HOST[:PORT][;transport=...]`, without a user part. */
export function parseServer(text: string): ServerAddress | undefined {
  const [, hostPort = "", parameters = ""] = SERVER.exec(text) ?? [];
  const at = parseHostPort(hostPort);
  if (at === undefined || at.port === 0 || !isHost(at.host)) return undefined;
  const named = /;transport=([^;]*)/i.exec(parameters)?.[1]?.toLowerCase();
  if (named !== undefined && !isTransport(named)) return undefined;
  return {
    uri: text,
    host: at.host,
    ...(at.port === undefined ? {} : { port: at.port }),
    ...(named === undefined ? {} : { transport: named }),
  };
}

/** An address, `ADDRESS:PORT`, a CIDR network, or `listener:` and a listen address. */
export function parseMatch(text: string): MatchEntry | undefined {
  if (text.startsWith("listener:")) {
    const listener = parseListen(text.slice("listener:".length));
    return listener && { kind: "listener", listener };
  }
  const [network = "", prefixText, ...more] = text.split("/");
  if (prefixText !== undefined) {
    const bits = addressBits(network);
    const prefix = /^\d{1,3}$/.test(prefixText) ? Number(prefixText) : Infinity;
    if (bits === undefined || prefix > bits || more.length > 0) {
      return undefined;
    }
    return { kind: "source", network, prefix };
  }
  const bareBits = addressBits(text);
  if (bareBits !== undefined) {
    return { kind: "source", network: text, prefix: bareBits };
  }
  const at = parseHostPort(text);
  const bits = at && addressBits(at.host);
  if (at === undefined || bits === undefined || at.port === 0) return undefined;
  return {
    kind: "source",
    network: at.host,
    prefix: bits,
    ...(at.port === undefined ? {} : { port: at.port }),
  };
}

/** `FIRST-LAST`, 1024 to 65535. */
export function parsePorts(text: string): PortRange | undefined {
  const [, first, last] = (/^(\d{1,5})-(\d{1,5})$/.exec(text) ?? []).map(
    Number,
  );
  if (first === undefined || last === undefined) return undefined;
  // A call of one stream takes two pairs, and a pair begins with an even port.
  const evenFirst = first + first % 2;
  return first >= 1024 && evenFirst + 3 <= last && last <= 65535
    ? { first, last }
    : undefined;
}

/** `127.0.0.1:2223` or `[::1]:2223`: an IP literal and a port. */
export function parseAddressPort(
  text: string,
): { host: string; port: number } | undefined {
  const at = parseHostPort(text);
  if (!at?.port || addressBits(at.host) === undefined) return undefined;
  return { host: at.host, port: at.port };
}

/** Statuses from one to another, both included. */
export interface StatusRange {
  readonly from: number;
  readonly to: number;
}

/** `404`, `2xx` or `200-499`: final responses. */
export function parseStatusRange(text: string): StatusRange | undefined {
  const one = /^([2-6])xx$/i.exec(text);
  if (one !== null) {
    const from = Number(one[1]) * 100;
    return { from, to: from + 99 };
  }
  const match = /^(\d{3})(?:-(\d{3}))?$/.exec(text);
  const from = Number(match?.[1]);
  const to = Number(match?.[2] ?? match?.[1]);
  return from >= 200 && to <= 699 && from <= to ? { from, to } : undefined;
}

/** As it is written in the configuration: `udp:[::1]:5060`. */
export function formatListen(address: ListenAddress): string {
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  return `${address.transport}:${host}:${address.port}`;
}

/** Nobody but this machine can reach the address. */
export function isLoopback(host: string): boolean {
  return host.startsWith("127.") || host === "::1";
}

/** 32 for an IPv4 literal, 128 for IPv6, undefined for anything else. */
export function addressBits(host: string): 32 | 128 | undefined {
  const parts = host.split(".");
  if (
    parts.length === 4 &&
    parts.every((part) =>
      /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255
    )
  ) return 32;
  // The URL parser knows every form of an IPv6 address, and refuses the rest.
  return host.includes(":") && /^[0-9a-f:.]+$/i.test(host) &&
      URL.canParse(`http://[${host}]/`)
    ? 128
    : undefined;
}

function parseHostPort(
  text: string,
): { host: string; port?: number } | undefined {
  const match = HOST_PORT.exec(text);
  const host = match?.[1] ?? match?.[2];
  if (
    host === undefined ||
    (match?.[1] !== undefined && addressBits(host) !== 128)
  ) return undefined;
  if (match?.[3] === undefined) return { host };
  const port = Number(match[3]);
  return port <= 65535 ? { host, port } : undefined;
}

/** A host name, or an IP literal; four numbers that are no address are neither. */
export function isHost(host: string): boolean {
  return addressBits(host) !== undefined ||
    (NAME.test(host) && !/^[\d.]+$/.test(host));
}

function isTransport(text: string): text is ListenTransport {
  return text === "udp" || text === "tcp" || text === "tls" || text === "ws" ||
    text === "wss";
}
