/**
 * The STUN server on the SIP port: RFC 5626 section 8 asks for one that answers Binding requests and nothing else. It
 * keeps no state: RFC 5389 section 7.3.1 lets a Binding request be answered anew each time it comes.
 *
 * @module
 */

import { toBytes } from "../message/bytes.ts";
import type { Address } from "./address.ts";
import {
  BINDING,
  encodeStun,
  STUN_ATTRIBUTE,
  type StunAttribute,
  type StunMessage,
} from "./stun.ts";
import { mappedAddress, xorMappedAddress } from "./stun_address.ts";

/** What becomes of a STUN request. */
export type StunAnswer =
  | { readonly kind: "answered" | "refused"; readonly bytes: Uint8Array }
  | { readonly kind: "dropped" };

const SOFTWARE: StunAttribute = {
  type: STUN_ATTRIBUTE.software,
  value: toBytes("Legwork"),
};

/**
 * Comprehension-required attributes that are known, though nothing here asks for them: credentials (RFC 5389 sections 15.3
 * to 15.8, RFC 8489 section 14) and what only responses bear. §7.3: "Known-but-unexpected attributes SHOULD be ignored by
 * the agent."
 */
const KNOWN = new Set([
  0x0001, // MAPPED-ADDRESS
  0x0006, // USERNAME
  0x0008, // MESSAGE-INTEGRITY
  0x0009, // ERROR-CODE
  0x000a, // UNKNOWN-ATTRIBUTES
  0x0014, // REALM
  0x0015, // NONCE
  0x001c, // MESSAGE-INTEGRITY-SHA256
  0x001d, // PASSWORD-ALGORITHM
  0x001e, // USERHASH
  0x0020, // XOR-MAPPED-ADDRESS
]);

const NONE: readonly number[] = [];

/** What a request that came from `source` is answered with. */
export function stunAnswer(request: StunMessage, source: Address): StunAnswer {
  if (
    request.kind !== "request" || request.method !== BINDING ||
    // §7.3: "If any errors are detected, the message is silently discarded."
    request.fingerprint === "wrong"
  ) return { kind: "dropped" };
  const unknown = unknownTypes(request);
  return unknown.length > 0
    ? { kind: "refused", bytes: refusal(request, unknown) }
    : { kind: "answered", bytes: success(request, source) };
}

function success(request: StunMessage, source: Address): Uint8Array {
  const { id } = request;
  // §12.2: for an RFC 3489 client "it SHOULD copy the value seen in the magic cookie field in the Binding request to the
  // magic cookie field in the Binding response message, and insert a MAPPED-ADDRESS attribute instead of an
  // XOR-MAPPED-ADDRESS attribute."
  const attributes = request.classic
    ? [mappedAddress(source)]
    // §7.3.1.1: "In addition, the server SHOULD add a SOFTWARE attribute to the message."
    : [xorMappedAddress(source, id), SOFTWARE];
  return encodeStun({
    kind: "success",
    id,
    attributes,
    fingerprint: request.fingerprint === "right",
  });
}

/**
 * §7.3.1: "the server replies with an error response with an error code of 420 (Unknown Attribute), and includes an
 * UNKNOWN-ATTRIBUTES attribute in the response that lists the unknown comprehension-required attributes."
 */
function refusal(
  request: StunMessage,
  unknown: readonly number[],
): Uint8Array {
  // §15.9: "In [RFC3489], this field was padded to 32 by duplicating the last attribute."
  const types = request.classic && unknown.length % 2 === 1
    ? [...unknown, unknown.at(-1)!]
    : unknown;
  const list = new Uint8Array(2 * types.length);
  types.forEach((type, i) => {
    list[2 * i] = type >> 8;
    list[2 * i + 1] = type & 0xff;
  });
  return encodeStun({
    kind: "error",
    id: request.id,
    attributes: [
      {
        type: STUN_ATTRIBUTE.errorCode,
        value: toBytes("\x00\x00\x04\x14Unknown Attribute"),
      },
      { type: STUN_ATTRIBUTE.unknownAttributes, value: list },
    ],
    fingerprint: request.fingerprint === "right",
  });
}

function unknownTypes(request: StunMessage): readonly number[] {
  if (request.attributes.length === 0) return NONE;
  const unknown = new Set<number>();
  for (const { type, value } of request.attributes) {
    // §15: types "between 0x0000 and 0x7FFF are comprehension-required attributes".
    if (type >= 0x8000 || KNOWN.has(type)) continue;
    // Clients of RFC 3489 always send a CHANGE-REQUEST; one whose flags are 0 asks for nothing.
    const idle = type === STUN_ATTRIBUTE.changeRequest &&
      value.every((byte) => byte === 0);
    if (!idle) unknown.add(type);
  }
  return [...unknown];
}
