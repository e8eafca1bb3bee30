import { assertEquals, assertThrows } from "@std/assert";
import { seededRandom } from "../../../core/base/random.ts";
import {
  type Bencoded,
  decode,
  dictionary,
  encode,
} from "../../../core/media/bencode.ts";

const PAIRS: readonly (readonly [Bencoded, string])[] = [
  [0, "i0e"],
  [-42, "i-42e"],
  ["", "0:"],
  ["spam", "4:spam"],
  ["\xff\x00 1:e", "6:\xff\x00 1:e"],
  [[], "le"],
  [["a", 1, ["b"]], "l1:ai1el1:bee"],
  [{ command: "ping" }, "d7:command4:pinge"],
  [{ b: [{}], a: "" }, "d1:bldee1:a0:e"],
];

Deno.test("bencode: what is written is read again", () => {
  for (const [value, text] of PAIRS) {
    assertEquals(encode(value), text);
    assertEquals(plain(decode(text)), value);
  }
});

Deno.test("bencode: text that is anything else is refused", () => {
  const wrong = [
    "",
    "i",
    "ie",
    "i-0e",
    "i01e",
    "i1.5e",
    "i1",
    "i99999999999999999999e",
    "5:spam",
    "-1:x",
    "01:x",
    "99999999999999999:x",
    "l",
    "l1:a",
    "d",
    "d1:a",
    "d1:ae",
    "di1ei2ee",
    "4:spamx",
    "x",
    "l".repeat(100_000),
    "l".repeat(34) + "e".repeat(34),
  ];
  for (const text of wrong) assertEquals(decode(text), undefined, text);
  assertEquals(typeof decode("l".repeat(33) + "e".repeat(33)), "object");
  assertThrows(() => encode(1.5), RangeError, "1.5 is no whole number");
});

Deno.test("bencode: a peer's keys reach nothing that objects inherit", () => {
  const value = dictionary(decode("d9:__proto__d1:ai1ee11:constructor1:xe"));
  assertEquals(Object.keys(value ?? {}), ["__proto__", "constructor"]);
  assertEquals(({} as Record<string, unknown>)["a"], undefined);
});

Deno.test("bencode: noise never throws, and what is read is written alike", () => {
  const random = seededRandom(7);
  const alphabet = "ilde0123456789:-ax";
  let read = 0;
  for (let i = 0; i < 20_000; i++) {
    let text = "";
    const length = Math.floor(random.fraction() * 12);
    while (text.length < length) {
      text += alphabet[Math.floor(random.fraction() * alphabet.length)];
    }
    const value = decode(text);
    if (value === undefined) continue;
    read++;
    // A key that comes twice is kept once.
    assertEquals(plain(decode(encode(value))), plain(value));
  }
  assertEquals(read > 50, true, `${read} of them were read`);
});

function plain(value: Bencoded | undefined): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}
