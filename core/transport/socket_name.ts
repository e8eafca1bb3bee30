/**
 * Addresses as the kernel writes them: `sockaddr_in` {u16 family; u16 port; u32 address; 8 bytes of zeros} and
 * `sockaddr_in6` {u16 family; u16 port; u32 flow; 16 bytes of address; u32 scope}, port and address in network order.
 *
 * @module
 */

import { type Address, canonicalHost, ipVersion } from "./address.ts";

/** Room for either kind, rounded up. */
export const NAME_BYTES = 32;

const AF_INET = 2;
const AF_INET6 = 10;
const IPV4_BYTES = 16;
const IPV6_BYTES = 28;

/** The name of an IP address and port; a zone (`fe80::1%2`) is its interface's number. */
export function socketName({ host, port }: Address): Uint8Array<ArrayBuffer> {
  const isV6 = ipVersion(host.split("%", 1)[0]!) === 6;
  const name = new Uint8Array(new ArrayBuffer(isV6 ? IPV6_BYTES : IPV4_BYTES));
  // The family alone is in the machine's order, and all machines here are little-endian.
  name[0] = isV6 ? AF_INET6 : AF_INET;
  name[2] = port >> 8;
  name[3] = port & 255;
  if (isV6) writeIpv6(host, name);
  else host.split(".").forEach((part, at) => name[4 + at] = Number(part));
  return name;
}

/** The address that a name stands for, as {@linkcode canonicalHost} spells it. */
export function addressOfName(name: Uint8Array): Address {
  const port = name[2]! * 256 + name[3]!;
  if (name[0] === AF_INET) {
    return { host: `${name[4]}.${name[5]}.${name[6]}.${name[7]}`, port };
  }
  const groups = Array.from(
    { length: 8 },
    (_, at) => (name[8 + 2 * at]! * 256 + name[9 + 2 * at]!).toString(16),
  );
  const host = canonicalHost(groups.join(":"));
  const zone = zoneOf(name);
  return { host: zone === 0 ? host : `${host}%${zone}`, port };
}

/** What tells two names apart, as cheaply as it can be had: a number for IPv4. `at` is where the name begins. */
export function nameKey(names: Uint8Array, at: number): number | string {
  if (names[at] === AF_INET) {
    return ((names[at + 4]! << 24 | names[at + 5]! << 16 |
          names[at + 6]! << 8 | names[at + 7]!) >>> 0) * 65_536 +
      names[at + 2]! * 256 + names[at + 3]!;
  }
  return names.subarray(at + 2, at + IPV6_BYTES).join();
}

function writeIpv6(host: string, name: Uint8Array): void {
  const [address = "", zone] = host.split("%");
  const [head = "", tail] = expanded(address).split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array<string>(8 - before.length - after.length).fill("0");
  [...before, ...zeros, ...after].forEach((group, at) => {
    const value = parseInt(group, 16);
    name[8 + 2 * at] = value >> 8;
    name[9 + 2 * at] = value & 255;
  });
  if (zone !== undefined) {
    new DataView(name.buffer).setUint32(24, Number(zone) || 0, true);
  }
}

/** An IPv4 address at the end of an IPv6 one, as two groups. */
function expanded(address: string): string {
  const colon = address.lastIndexOf(":");
  const last = address.slice(colon + 1);
  if (!last.includes(".")) return address;
  const [a = 0, b = 0, c = 0, d = 0] = last.split(".").map(Number);
  const groups = [a << 8 | b, c << 8 | d].map((group) => group.toString(16));
  return `${address.slice(0, colon + 1)}${groups.join(":")}`;
}

function zoneOf(name: Uint8Array): number {
  return new DataView(name.buffer, name.byteOffset).getUint32(24, true);
}
