/** Mutated messages: nothing throws, what is taken leaves as it came, and hostile ones are read quickly. */

import { assert, assertEquals } from "@std/assert";
import { type Random, seededRandom } from "../../core/base/random.ts";
import { ackFor, cancelFor, responseTo } from "../../core/message/build.ts";
import { fromBytes, toBytes } from "../../core/message/bytes.ts";
import type { SipMessage } from "../../core/message/message.ts";
import { parseMessage } from "../../core/message/parse.ts";
import { serialize } from "../../core/message/serialize.ts";
import { isUri, parseSipUri, sameUri } from "../../core/message/uri.ts";
import {
  validateRequest,
  validateResponse,
} from "../../core/message/validate.ts";
import { TORTURE_MESSAGES } from "../torture/messages.ts";

const ROUNDS = 6_000;

/** What a parser may stumble over, put in at random places. */
const FRAGMENTS = [
  "\r\n",
  "\n",
  "\r",
  "\r\n ",
  "\r\n\r\n",
  "\0",
  ":",
  ";",
  ";;",
  ",",
  "=",
  "<",
  ">",
  '"',
  "\\",
  "@",
  "%",
  "%00",
  "[",
  "]",
  "sip:",
  "\x80\xff",
  "   ",
  "\t",
  "v: ",
  "l: 5\r\n",
  "Content-Length: -1\r\n",
  "99999999999999999999",
];

Deno.test("mutated messages never throw, and accepted ones make the round trip", () => {
  const random = seededRandom(3261);
  let taken = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const bytes = mutated(random);
    const parsed = parseMessage(bytes);
    const message = parsed.ok ? parsed.message : parsed.problem.message;
    if (message !== undefined) readAll(message);
    if (!parsed.ok) continue;
    taken++;
    assertRoundTrip(parsed.message, bytes);
  }
  // The mutations are mild enough that both outcomes are tried.
  assert(taken > ROUNDS / 5 && taken < ROUNDS, `${taken} of ${ROUNDS} taken`);
});

Deno.test("what is no message at all never throws", () => {
  const random = seededRandom(7);
  for (let round = 0; round < 500; round++) {
    const size = Math.floor(random.fraction() * 400);
    const noise = Uint8Array.from(
      { length: size },
      () => Math.floor(random.fraction() * 256),
    );
    const parsed = parseMessage(noise);
    if (parsed.ok) readAll(parsed.message);
  }
});

/** Text that makes a careless pattern try every way to match. */
const HOSTILE = [
  " ",
  "\t",
  "\r\n ",
  "\\",
  '"',
  '\\"',
  ";",
  ";a",
  ";a=",
  ",",
  "<",
  "<>",
  "=",
  "%",
  "%4",
  ":",
  "@",
  "[",
  "a ",
  "a;",
  "\r",
  "\0",
  "SIP/2.0/UDP ",
  "0",
  "&",
];

Deno.test("hostile repetitions as long as a message may be are read to their end", () => {
  // 64 KiB in every place that is parsed. No time is asserted: a quadratic reader needs some 2**32 steps for one of
  // these and would not come to the end of all.
  for (const piece of HOSTILE) {
    const long = piece.repeat(Math.floor(60_000 / piece.length));
    for (const tail of ["", "x"]) {
      for (
        const name of ["Via", "From", "Contact", "CSeq", "Call-ID", "Route"]
      ) readAll(hostile(name, `${HEADS[name] ?? ""}${long}${tail}`));
      parseSipUri(`sip:${long}${tail}`);
      parseSipUri(`sip:a@h;${long}${tail}`);
      isUri(`x:${long}${tail}`);
      parseMessage(toBytes(`INVITE ${long}${tail} SIP/2.0\r\n\r\n`));
      parseMessage(toBytes(`SIP/2.0 200 ${long}${tail}\r\n\r\n`));
      parseMessage(toBytes(`${long}${tail}`));
    }
  }
});

/** Beginnings that lead a parser into the middle of its work. */
const HEADS: Readonly<Record<string, string>> = {
  Via: "SIP/2.0/UDP h",
  From: '"a',
  Contact: "<sip:a@h>;a",
  CSeq: "1",
};

/** A message whose one line is too long for the limits, but is read nevertheless, as an answer's makers may. */
function hostile(name: string, value: string): SipMessage {
  const parsed = parseMessage(
    toBytes(`INVITE sip:h SIP/2.0\r\n${name}: ${value}\r\n\r\n`),
  );
  const message = parsed.ok ? parsed.message : parsed.problem.message;
  assert(message !== undefined);
  return message;
}

/** One torture message with up to four changes: bytes flipped, stretches cut or doubled, fragments put in. */
function mutated(random: Random): Uint8Array {
  function below(limit: number): number {
    return Math.floor(random.fraction() * limit);
  }
  const { bytes } = TORTURE_MESSAGES[below(TORTURE_MESSAGES.length)]!;
  let text = fromBytes(bytes);
  for (let changes = below(4) + 1; changes > 0; changes--) {
    const at = below(text.length);
    const end = at + below(12);
    const before = text.slice(0, at);
    switch (below(4)) {
      case 0:
        text = before + String.fromCharCode(below(256)) + text.slice(at + 1);
        break;
      case 1:
        text = before + text.slice(end);
        break;
      case 2:
        text = before + text.slice(at, end) + text.slice(at);
        break;
      case 3:
        text = before + FRAGMENTS[below(FRAGMENTS.length)] + text.slice(at);
        break;
    }
  }
  return toBytes(text);
}

/** Asks for everything a message knows and makes everything that is made of one. */
function readAll(message: SipMessage): void {
  void [message.via, message.from, message.to, message.cseq, message.callId];
  for (const key of ["via", "route", "contact"]) message.list(key);
  for (const address of [message.contact, message.from, message.to]) {
    void [address?.displayName, address?.tag, address?.sipUri?.param("lr")];
    if (address?.sipUri !== undefined) {
      assert(sameUri(address.sipUri, address.sipUri));
    }
  }
  if (message.kind === "response") {
    validateResponse(message);
    return;
  }
  validateRequest(message);
  const response = responseTo(message, 400, { toTag: "tag" });
  serialize(response);
  serialize(ackFor(message, response));
  serialize(cancelFor(message));
}

/** Written and read again a message is equal, and its lines (but Content-Length) are bytes of the original. */
function assertRoundTrip(message: SipMessage, bytes: Uint8Array): void {
  const written = serialize(message);
  const again = parseMessage(written);
  assert(
    again.ok,
    `${again.ok ? "" : again.problem.reason}\n${fromBytes(bytes)}`,
  );
  assertEquals(startLine(again.message), startLine(message));
  assertEquals(again.message.body, message.body);
  assertEquals(rawLines(again.message), rawLines(message));
  assertEquals(serialize(again.message), written);
  const original = fromBytes(bytes);
  for (const raw of rawLines(message)) assert(original.includes(raw));
}

function startLine(message: SipMessage): string {
  return message.kind === "request"
    ? `${message.method} ${message.uri}`
    : `${message.status} ${message.reason}`;
}

function rawLines(message: SipMessage): string[] {
  return message.headers.lines
    .filter((line) => line.key !== "content-length")
    .map((line) => line.raw);
}
