/** MAPPED-ADDRESS and XOR-MAPPED-ADDRESS (RFC 5389 sections 15.1 and 15.2). */

import { type Address, canonicalHost, unbracketed } from "./address.ts";
import {
  STUN_ATTRIBUTE,
  type StunAttribute,
  type StunMessage,
  stunValue,
} from "./stun.ts";

const IPV4 = 0x01;
const IPV6 = 0x02;
const DOT = 0x2e;
const ZERO = 0x30;

/** The address as plain bytes, for clients of RFC 3489. */
export function mappedAddress(address: Address): StunAttribute {
  return { type: STUN_ATTRIBUTE.mappedAddress, value: addressValue(address) };
}

/** The address as no NAT recognizes and rewrites it; `id` is the message's. */
export function xorMappedAddress(
  address: Address,
  id: Uint8Array,
): StunAttribute {
  const value = addressValue(address);
  xor(value, id);
  return { type: STUN_ATTRIBUTE.xorMappedAddress, value };
}

/**
 * Where a response says that the request came from. §12.1: "A client seeking to interoperate with an older server MUST be
 * prepared to receive either."
 */
export function addressIn(response: StunMessage): Address | undefined {
  const hidden = stunValue(response, STUN_ATTRIBUTE.xorMappedAddress);
  if (hidden !== undefined) {
    const value = hidden.slice();
    xor(value, response.id);
    return addressOf(value);
  }
  const plain = stunValue(response, STUN_ATTRIBUTE.mappedAddress);
  return plain === undefined ? undefined : addressOf(plain);
}

/**
 * §15.2: the port is XORed "with the most significant 16 bits of the magic cookie", an IPv4 address with the cookie, an
 * IPv6 address "with the concatenation of the magic cookie and the 96-bit transaction ID".
 */
function xor(value: Uint8Array, id: Uint8Array): void {
  if (value.length < 4) return;
  value[2]! ^= id[0]!;
  value[3]! ^= id[1]!;
  for (let i = 4; i < value.length && i < 20; i++) value[i]! ^= id[i - 4]!;
}

/** A byte of 0, the family, the port, the address. */
function addressValue(address: Address): Uint8Array {
  const host = unbracketed(address.host);
  const six = host.includes(":");
  const value = new Uint8Array(six ? 20 : 8);
  value[1] = six ? IPV6 : IPV4;
  value[2] = address.port >> 8;
  value[3] = address.port & 0xff;
  if (six) putIpv6(host, value);
  else putIpv4(host, value);
  return value;
}

function addressOf(value: Uint8Array): Address | undefined {
  const port = value[2]! * 256 + value[3]!;
  // §15.1: "The first 8 bits of the MAPPED-ADDRESS MUST be set to 0 and MUST be ignored by receivers."
  if (value[1] === IPV4 && value.length === 8) {
    return { host: value.subarray(4).join("."), port };
  }
  if (value[1] === IPV6 && value.length === 20) {
    const groups: string[] = [];
    for (let i = 4; i < 20; i += 2) {
      groups.push((value[i]! * 256 + value[i + 1]!).toString(16));
    }
    return { host: canonicalHost(groups.join(":")), port };
  }
  return undefined;
}

/** Writes an IPv4 address from the fifth byte on, without a string for each of its parts. */
function putIpv4(host: string, value: Uint8Array): void {
  let at = 4;
  for (let i = 0; i < host.length; i++) {
    const code = host.charCodeAt(i);
    if (code === DOT) at++;
    else value[at] = value[at]! * 10 + code - ZERO;
  }
}

/** Writes an IPv6 address in any of its spellings, a zone left out, from the fifth byte on. */
function putIpv6(host: string, value: Uint8Array): void {
  const [bare = ""] = host.split("%");
  const [front = "", back] = canonicalHost(bare).split("::");
  const left = groupsOf(front);
  const right = groupsOf(back ?? "");
  left.forEach((group, i) => putGroup(value, i, group));
  right.forEach((group, i) => putGroup(value, 8 - right.length + i, group));
}

function groupsOf(text: string): number[] {
  return text === "" ? [] : text.split(":").map((group) => parseInt(group, 16));
}

function putGroup(value: Uint8Array, index: number, group: number): void {
  value[4 + 2 * index] = group >> 8;
  value[5 + 2 * index] = group & 0xff;
}
