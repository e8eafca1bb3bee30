/**
 * STUN messages as they stand in datagrams: RFC 8489 and 5389 in what SIP needs of them, and the "classic" requests of
 * RFC 3489, which had no magic cookie. Attributes that hold addresses are in stun_address.ts.
 *
 * @module
 */

import { crc32 } from "node:zlib";
import { fromBytes } from "../message/bytes.ts";

/** The four classes of RFC 5389 section 6. */
export type StunKind = "request" | "indication" | "success" | "error";

/** One attribute; its value is a view of the bytes it was read from. */
export interface StunAttribute {
  readonly type: number;
  readonly value: Uint8Array;
}

/** A STUN message. */
export interface StunMessage {
  readonly kind: StunKind;
  /** {@linkcode BINDING}, or a method that is not ours. */
  readonly method: number;
  /** The magic cookie and the 96 bits of the transaction; for a classic client the 128 bits that it chose. */
  readonly id: Uint8Array;
  /** Without the magic cookie: its sender knows RFC 3489 and no more. */
  readonly classic: boolean;
  readonly attributes: readonly StunAttribute[];
  readonly fingerprint: "absent" | "right" | "wrong";
}

/** What a message to send is made of. */
export interface StunParts {
  readonly kind: StunKind;
  readonly id: Uint8Array;
  readonly attributes?: readonly StunAttribute[];
  readonly fingerprint?: boolean;
}

/** The only method there is here. */
export const BINDING = 1;

/** Attribute types (RFC 5389 section 18.2, RFC 3489 section 11.2). */
export const STUN_ATTRIBUTE = {
  mappedAddress: 0x0001,
  changeRequest: 0x0003,
  messageIntegrity: 0x0008,
  errorCode: 0x0009,
  unknownAttributes: 0x000a,
  xorMappedAddress: 0x0020,
  software: 0x8022,
  fingerprint: 0x8028,
} as const;

/** An address and a cookie, or a request's worth of credentials: nothing that SIP's port is asked needs more. */
const MAX_BYTES = 1_280;
const HEADER_BYTES = 20;
const FINGERPRINT_BYTES = 8;
/** §15.5: "XOR'ed with the 32-bit value 0x5354554e". */
const FINGERPRINT_XOR = 0x5354554e;
const COOKIE = [0x21, 0x12, 0xa4, 0x42];
/** The class of a message is spread over bits 4 and 8 of its type. */
const CLASS_BITS: Readonly<Record<StunKind, number>> = {
  request: 0x0000,
  indication: 0x0010,
  success: 0x0100,
  error: 0x0110,
};
const KINDS: readonly StunKind[] = [
  "request",
  "indication",
  "success",
  "error",
];

/**
 * Whether a datagram is STUN and no SIP. §6: the first two bits are 0, the magic cookie stands at its place, and the
 * length, a multiple of 4, leaves out the 20 bytes of the header. Without a cookie only a Binding request whose attributes
 * fill it to the last byte is taken for one.
 */
export function isStun(bytes: Uint8Array): boolean {
  const { length } = bytes;
  if (length < HEADER_BYTES || bytes[0]! >= 0x40 || length % 4 !== 0) {
    return false;
  }
  if (sixteenBits(bytes, 2) + HEADER_BYTES !== length) return false;
  return hasCookie(bytes) || isClassicRequest(bytes);
}

/** Reads a message; undefined where it is malformed. It never throws, and `id` is a copy. */
export function decodeStun(bytes: Uint8Array): StunMessage | undefined {
  if (bytes.length > MAX_BYTES || !isStun(bytes)) return undefined;
  const attributes: StunAttribute[] = [];
  let fingerprint: StunMessage["fingerprint"] = "absent";
  let sealed = false;
  for (let at = HEADER_BYTES; at < bytes.length;) {
    const end = attributeEnd(bytes, at);
    if (end === undefined) return undefined;
    // §15.5: "When present, the FINGERPRINT attribute MUST be the last attribute in the message".
    if (fingerprint !== "absent") return undefined;
    const type = sixteenBits(bytes, at);
    const value = bytes.subarray(at + 4, at + 4 + sixteenBits(bytes, at + 2));
    if (type === STUN_ATTRIBUTE.fingerprint && hasCookie(bytes)) {
      fingerprint = value.length === 4 &&
          thirtyTwoBits(value, 0) === fingerprintOf(bytes.subarray(0, at))
        ? "right"
        : "wrong";
    } else if (!sealed) {
      attributes.push({ type, value });
      // §15.4: "With the exception of the FINGERPRINT attribute, which appears after MESSAGE-INTEGRITY, agents MUST ignore
      // all other attributes that follow MESSAGE-INTEGRITY."
      sealed = type === STUN_ATTRIBUTE.messageIntegrity;
    }
    at = end;
  }
  const type = sixteenBits(bytes, 0);
  return {
    kind: KINDS[((type & 0x0010) >> 4) | ((type & 0x0100) >> 7)]!,
    method: (type & 0x000f) | ((type & 0x00e0) >> 1) | ((type & 0x3e00) >> 2),
    id: bytes.slice(4, HEADER_BYTES),
    classic: !hasCookie(bytes),
    attributes,
    fingerprint,
  };
}

/** The bytes of a Binding message. */
export function encodeStun(parts: StunParts): Uint8Array<ArrayBuffer> {
  const { attributes = [], fingerprint = false } = parts;
  let length = fingerprint ? FINGERPRINT_BYTES : 0;
  for (const { value } of attributes) length += 4 + padded(value.length);
  const bytes = new Uint8Array(HEADER_BYTES + length);
  putSixteen(bytes, 0, BINDING | CLASS_BITS[parts.kind]);
  putSixteen(bytes, 2, length);
  bytes.set(parts.id, 4);
  let at = HEADER_BYTES;
  for (const { type, value } of attributes) {
    putSixteen(bytes, at, type);
    putSixteen(bytes, at + 2, value.length);
    bytes.set(value, at + 4);
    at += 4 + padded(value.length);
  }
  if (fingerprint) {
    putSixteen(bytes, at, STUN_ATTRIBUTE.fingerprint);
    putSixteen(bytes, at + 2, 4);
    // §15.5: the CRC "covers the length field from the STUN message header. Therefore, this value must be correct and
    // include the CRC attribute as part of the message length, prior to computation of the CRC."
    const crc = fingerprintOf(bytes.subarray(0, at));
    putSixteen(bytes, at + 4, crc >>> 16);
    putSixteen(bytes, at + 6, crc & 0xffff);
  }
  return bytes;
}

/** The id of a new transaction: the cookie, then the first 12 bytes of `random`. */
export function stunId(random: Uint8Array): Uint8Array {
  const id = new Uint8Array(16);
  id.set(COOKIE);
  id.set(random.subarray(0, 12), 4);
  return id;
}

/** What transactions are found by. */
export function stunKey(id: Uint8Array): string {
  return fromBytes(id);
}

/** The first attribute of a type. §15: "only the first occurrence needs to be processed by a receiver". */
export function stunValue(
  message: StunMessage,
  type: number,
): Uint8Array | undefined {
  return message.attributes.find((one) => one.type === type)?.value;
}

function isClassicRequest(bytes: Uint8Array): boolean {
  if (sixteenBits(bytes, 0) !== BINDING) return false;
  let at = HEADER_BYTES;
  while (at < bytes.length) {
    const type = sixteenBits(bytes, at);
    const end = attributeEnd(bytes, at);
    const known = (type >= 0x0001 && type <= 0x000b) || type >= 0x8000;
    if (end === undefined || !known) return false;
    at = end;
  }
  return true;
}

/** Where the attribute at `at` ends with its padding; undefined where it does not fit. */
function attributeEnd(bytes: Uint8Array, at: number): number | undefined {
  if (at + 4 > bytes.length) return undefined;
  const end = at + 4 + padded(sixteenBits(bytes, at + 2));
  return end > bytes.length ? undefined : end;
}

function hasCookie(bytes: Uint8Array): boolean {
  return bytes[4] === COOKIE[0] && bytes[5] === COOKIE[1] &&
    bytes[6] === COOKIE[2] && bytes[7] === COOKIE[3];
}

function fingerprintOf(before: Uint8Array): number {
  return (crc32(before) ^ FINGERPRINT_XOR) >>> 0;
}

/** §15: "Each STUN attribute MUST end on a 32-bit boundary." */
function padded(length: number): number {
  return (length + 3) & ~3;
}

function sixteenBits(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

function thirtyTwoBits(bytes: Uint8Array, at: number): number {
  return (sixteenBits(bytes, at) * 0x10000) + sixteenBits(bytes, at + 2);
}

function putSixteen(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8;
  bytes[at + 1] = value & 0xff;
}
