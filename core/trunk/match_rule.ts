/** Which source addresses are a trunk's: an address, an address and port, a network, or a listener of ours. */

import type { Address } from "../transport/address.ts";

/** One rule. */
export type MatchRule =
  | {
    readonly kind: "address";
    readonly host: string;
    readonly port: number | undefined;
  }
  | {
    readonly kind: "network";
    readonly network: bigint;
    readonly bits: number;
    readonly size: 32 | 128;
  }
  | { readonly kind: "listener"; readonly listener: string };

/** Reads `192.0.2.1`, `192.0.2.1:5060`, `[2001:db8::1]:5060`, `192.0.2.0/24` or `listener:udp:127.0.0.1:5062`; undefined when it is none of these. */
export function parseMatchRule(text: string): MatchRule | undefined {
  if (text.startsWith("listener:")) {
    const listener = text.slice("listener:".length).toLowerCase();
    return /^(udp|tcp|tls|ws|wss):.+:\d+$/.test(listener)
      ? { kind: "listener", listener }
      : undefined;
  }
  const slash = text.indexOf("/");
  if (slash >= 0) return parseNetwork(text, slash);
  const match =
    /^(?:\[([0-9a-fA-F:.]+)\](?::(\d+))?|([\d.]+)(?::(\d+))?|([0-9a-fA-F:.]+))$/
      .exec(text);
  if (match === null) return undefined;
  const host = match[1] ?? match[3] ?? match[5] ?? "";
  const digits = match[2] ?? match[4];
  const port = digits === undefined ? undefined : Number(digits);
  if (addressBits(host) === undefined) return undefined;
  if (port !== undefined && (port < 1 || port > 65535)) return undefined;
  return { kind: "address", host: canonical(host), port };
}

/** How well a rule fits a source: 0 not at all; the higher the more exact. */
export function matchWeight(
  rule: MatchRule,
  source: { address: Address; listener: string },
): number {
  switch (rule.kind) {
    case "address":
      if (rule.host !== canonical(source.address.host)) return 0;
      if (rule.port === undefined) return 300;
      return rule.port === source.address.port ? 400 : 0;
    case "network": {
      const bits = addressBits(source.address.host);
      if (bits === undefined || bits.size !== rule.size) return 0;
      const shift = BigInt(rule.size - rule.bits);
      return bits.value >> shift === rule.network >> shift ? 1 + rule.bits : 0;
    }
    case "listener":
      return rule.listener === source.listener.toLowerCase() ? 350 : 0;
  }
}

function parseNetwork(text: string, slash: number): MatchRule | undefined {
  const host = text.slice(0, slash).replace(/^\[|\]$/g, "");
  const bits = addressBits(host);
  const digits = text.slice(slash + 1);
  if (bits === undefined || !/^\d{1,3}$/.test(digits)) return undefined;
  if (Number(digits) > bits.size) return undefined;
  return {
    kind: "network",
    network: bits.value,
    bits: Number(digits),
    size: bits.size,
  };
}

/** An IP address as a number; an IPv4 address mapped into IPv6 is that IPv4 address. */
function addressBits(
  host: string,
): { value: bigint; size: 32 | 128 } | undefined {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(host)) {
    const parts = host.split(".").map(Number);
    if (parts.some((part) => part > 255)) return undefined;
    return {
      value: parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n),
      size: 32,
    };
  }
  if (!host.includes(":")) return undefined;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(host);
  if (mapped !== null) return addressBits(mapped[1]!);
  const halves = host.split("::");
  if (halves.length > 2) return undefined;
  const groups = halves.map((half) => half === "" ? [] : half.split(":"));
  const given = groups.flat();
  if (given.some((group) => !/^[0-9a-fA-F]{1,4}$/.test(group))) {
    return undefined;
  }
  const missing = 8 - given.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const all = halves.length === 1
    ? given
    : [...groups[0]!, ...Array<string>(missing).fill("0"), ...groups[1]!];
  return {
    value: all.reduce(
      (sum, group) => sum * 65536n + BigInt(parseInt(group, 16)),
      0n,
    ),
    size: 128,
  };
}

function canonical(host: string): string {
  if (!host.includes(":")) return host;
  const bits = addressBits(host);
  return bits === undefined ? host : `${bits.size}:${bits.value.toString(16)}`;
}
