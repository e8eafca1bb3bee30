import { assert, assertEquals } from "@std/assert";
import { seededRandom } from "../../../core/base/random.ts";
import { toBytes } from "../../../core/message/bytes.ts";
import {
  decodeStun,
  encodeStun,
  isStun,
  STUN_ATTRIBUTE,
  stunId,
  type StunMessage,
  stunValue,
} from "../../../core/transport/stun.ts";
import {
  addressIn,
  mappedAddress,
  xorMappedAddress,
} from "../../../core/transport/stun_address.ts";
import { stunAnswer } from "../../../core/transport/stun_server.ts";

/** RFC 5769 section 2.1: a request with PRIORITY, credentials and a FINGERPRINT. */
const REQUEST = hex(
  "000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74" +
    "002400046e0001ff80290008932ff9b151263b36000600096576746a3a68367659202020" +
    "000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf",
);
/** RFC 5769 section 2.2: its answer over IPv4. */
const RESPONSE = hex(
  "0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220" +
    "002000080001a147e112a643000800142b91f599fd9e90c38c7489f92af9ba53f06be7d7" +
    "80280004c07d4c96",
);
const SOURCE = { host: "192.0.2.1", port: 32_853 };
const ID = stunId(hex("b7e7a701bc34d686fa87dfae"));
/** What a client of RFC 3489 sends: no cookie, and a CHANGE-REQUEST that asks for nothing. */
const CLASSIC_ID = hex("0102030405060708090a0b0c0d0e0f10");

Deno.test("the sample messages of RFC 5769", () => {
  const request = decoded(REQUEST);
  assertEquals(request.kind, "request");
  assertEquals(request.method, 1);
  assertEquals(request.fingerprint, "right");
  assertEquals(request.classic, false);
  assertEquals(request.attributes.map((one) => one.type), [
    0x8022,
    0x0024,
    0x8029,
    0x0006,
    0x0008,
  ]);
  const response = decoded(RESPONSE);
  assertEquals(response.kind, "success");
  assertEquals(response.fingerprint, "right");
  assertEquals(addressIn(response), SOURCE);
});

Deno.test("a Binding request is answered with where it came from", () => {
  const answer = answered(encodeStun({ kind: "request", id: ID }), SOURCE);
  assertEquals(answer.kind, "success");
  assertEquals(answer.id, ID);
  // RFC 5389 §7.3.1.1: "the server adds a XOR-MAPPED-ADDRESS attribute to the response, where the contents of the attribute
  // are the source transport address of the request message."
  assertEquals(
    stunValue(answer, STUN_ATTRIBUTE.xorMappedAddress),
    hex("0001a147e112a643"),
  );
  assertEquals(addressIn(answer), SOURCE);
  assertEquals(answer.fingerprint, "absent");
  assert(stunValue(answer, STUN_ATTRIBUTE.software) !== undefined);
});

Deno.test("IPv6 addresses, in every spelling", () => {
  for (
    const host of [
      "2001:db8:1234:5678:11:2233:4455:6677",
      "::1",
      "2001:db8::",
      "fe80::1:2",
      "::",
    ]
  ) {
    const source = { host, port: 5060 };
    const request = encodeStun({ kind: "request", id: ID });
    assertEquals(addressIn(answered(request, source)), source);
    const classic = classicRequest([]);
    assertEquals(addressIn(answered(classic, source)), source);
  }
  // RFC 5769 section 2.3.
  const host = "2001:db8:1234:5678:11:2233:4455:6677";
  assertEquals(
    xorMappedAddress({ host, port: 32_853 }, ID).value,
    hex("0002a1470113a9faa5d3f179bc25f4b5bed2b9d9"),
  );
  assertEquals(
    mappedAddress({ host: "fe80::1%eth0", port: 1 }).value,
    mappedAddress({ host: "fe80::1", port: 1 }).value,
  );
});

Deno.test("FINGERPRINT is answered where it was sent, and checked", () => {
  const request = encodeStun({ kind: "request", id: ID, fingerprint: true });
  assertEquals(decoded(request).fingerprint, "right");
  assertEquals(answered(request, SOURCE).fingerprint, "right");
  request[request.length - 1]! ^= 1;
  // RFC 5389 §7.3: "If any errors are detected, the message is silently discarded."
  assertEquals(decoded(request).fingerprint, "wrong");
  assertEquals(stunAnswer(decoded(request), SOURCE).kind, "dropped");
  // §15.5: "When present, the FINGERPRINT attribute MUST be the last attribute in the message".
  const fingerprint = {
    type: STUN_ATTRIBUTE.fingerprint,
    value: new Uint8Array(4),
  };
  const software = { type: STUN_ATTRIBUTE.software, value: toBytes("x") };
  assertEquals(
    decodeStun(
      encodeStun({
        kind: "request",
        id: ID,
        attributes: [fingerprint, software],
      }),
    ),
    undefined,
  );
});

Deno.test("a client of RFC 3489 gets MAPPED-ADDRESS and its 128 bits back", () => {
  const change = {
    type: STUN_ATTRIBUTE.changeRequest,
    value: new Uint8Array(4),
  };
  const request = classicRequest([change]);
  assert(isStun(request));
  assertEquals(decoded(request).classic, true);
  const answer = stunAnswer(decoded(request), SOURCE);
  assert(answer.kind === "answered");
  // Read as that client reads it: the cookie's place holds the client's own bytes.
  assertEquals(answer.bytes.subarray(0, 4), hex("0101000c"));
  assertEquals(answer.bytes.subarray(4, 20), CLASSIC_ID);
  assertEquals(answer.bytes.subarray(20), hex("00010008000180" + "55c0000201"));
});

Deno.test("unknown attributes that have to be understood get 420", () => {
  const answer = stunAnswer(decoded(REQUEST), SOURCE);
  assert(answer.kind === "refused");
  const response = decoded(answer.bytes);
  assertEquals(response.kind, "error");
  assertEquals(
    stunValue(response, STUN_ATTRIBUTE.errorCode),
    toBytes("\0\0\x04\x14Unknown Attribute"),
  );
  assertEquals(
    stunValue(response, STUN_ATTRIBUTE.unknownAttributes),
    hex("0024"),
  );
  assertEquals(response.fingerprint, "right");
  // Nobody has an answer sent elsewhere: RFC 3489's RESPONSE-ADDRESS, and a CHANGE-REQUEST that does ask.
  const elsewhere = classicRequest([
    { type: 0x0002, value: mappedAddress(SOURCE).value },
  ]);
  const refused = stunAnswer(decoded(elsewhere), SOURCE);
  assert(refused.kind === "refused");
  // RFC 5389 §15.9: "In [RFC3489], this field was padded to 32 by duplicating the last attribute."
  assertEquals(refused.bytes.subarray(-8), hex("000a000400020002"));
  const change = { type: STUN_ATTRIBUTE.changeRequest, value: hex("00000006") };
  assertEquals(
    stunAnswer(decoded(classicRequest([change])), SOURCE).kind,
    "refused",
  );
});

Deno.test("an answer is never much longer than what asked for it", () => {
  const many = Array.from({ length: 300 }, (_, i) => ({
    type: 0x1000 + i,
    value: new Uint8Array(0),
  }));
  const request = encodeStun({ kind: "request", id: ID, attributes: many });
  const refused = stunAnswer(decoded(request), SOURCE);
  assert(refused.kind === "refused" && refused.bytes.length < request.length);
  const bare = encodeStun({ kind: "request", id: ID });
  const answer = stunAnswer(decoded(bare), SOURCE);
  assert(answer.kind === "answered" && answer.bytes.length <= 44);
});

Deno.test("what is no Binding request is dropped", () => {
  for (const kind of ["indication", "success", "error"] as const) {
    const message = decoded(encodeStun({ kind, id: ID }));
    assertEquals(message.kind, kind);
    assertEquals(stunAnswer(message, SOURCE).kind, "dropped");
  }
  const allocate = encodeStun({ kind: "request", id: ID });
  allocate[1] = 0x03;
  assertEquals(decoded(allocate).method, 3);
  assertEquals(stunAnswer(decoded(allocate), SOURCE).kind, "dropped");
});

Deno.test("malformed bytes are undefined, never an exception", () => {
  const random = seededRandom(5626);
  let kept = 0;
  for (let round = 0; round < 20_000; round++) {
    const bytes = (round % 2 === 0 ? REQUEST : RESPONSE).slice(
      0,
      round % 3 === 0 ? 20 + Math.floor(random.fraction() * 88) : undefined,
    );
    for (let i = 0; i < 3; i++) {
      bytes[Math.floor(random.fraction() * bytes.length)] = Math.floor(
        random.fraction() * 256,
      );
    }
    // Half of them with a length that is right, so that the attributes are read.
    if (round % 4 < 2) {
      bytes[2] = (bytes.length - 20) >> 8;
      bytes[3] = (bytes.length - 20) & 0xff;
    }
    const message = decodeStun(bytes);
    if (message === undefined) continue;
    kept++;
    stunAnswer(message, SOURCE);
    addressIn(message);
  }
  assert(kept > 1_000 && kept < 19_000);
  assertEquals(decodeStun(new Uint8Array(0)), undefined);
  assertEquals(
    decodeStun(
      encodeStun({
        kind: "request",
        id: ID,
        attributes: [{ type: 0x8000, value: new Uint8Array(1_300) }],
      }),
    ),
    undefined,
  );
});

Deno.test("other datagrams are not taken for classic STUN", () => {
  const close = classicRequest([]);
  assert(isStun(close));
  for (
    const wrong of [
      new Uint8Array(20),
      close.subarray(0, 19),
      // An attribute that RFC 3489 does not have, one that does not fit.
      classicRequest([{ type: 0x0024, value: new Uint8Array(4) }]),
      hex("00010004" + "0102030405060708090a0b0c0d0e0f10" + "00030008"),
      // A Binding response without a cookie: we always send one, and an old server gives it back.
      hex("01010000" + "0102030405060708090a0b0c0d0e0f10"),
      // RTP, and a message.
      hex("80000000" + "0102030405060708090a0b0c0d0e0f10"),
      toBytes("OPTIONS sip:a@b SIP/2.0\r\n\r\n"),
    ]
  ) assertEquals(isStun(wrong), false);
});

function decoded(bytes: Uint8Array): StunMessage {
  const message = decodeStun(bytes);
  assert(message !== undefined);
  return message;
}

function answered(
  request: Uint8Array,
  source: { host: string; port: number },
): StunMessage {
  const answer = stunAnswer(decoded(request), source);
  assert(answer.kind === "answered");
  const bytes = answer.bytes.slice();
  if (decoded(request).classic) bytes.set([0x21, 0x12, 0xa4, 0x42], 4);
  return decoded(bytes);
}

function classicRequest(
  attributes: { type: number; value: Uint8Array }[],
): Uint8Array {
  return encodeStun({ kind: "request", id: CLASSIC_ID, attributes });
}

function hex(text: string): Uint8Array {
  return Uint8Array.from(
    text.match(/../g) ?? [],
    (pair) => parseInt(pair, 16),
  );
}
