import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  headerKey,
  headerName,
  isToken,
  knownHeaderKey,
} from "../../../core/message/header_name.ts";
import { HeaderLine, Headers } from "../../../core/message/headers.ts";
import { reasonPhrase } from "../../../core/message/reason.ts";

function sample(): Headers {
  return new Headers().append("Via", "a").append("v", "b").append("X-One", "1")
    .append("VIA", "c");
}

Deno.test("§7.3.1: names are case-insensitive; §7.3.3: compact forms are known", () => {
  for (
    const [name, key] of [
      ["f", "from"],
      ["T", "to"],
      ["CALL-ID", "call-id"],
      ["cAlL-iD", "call-id"],
      ["i", "call-id"],
      ["m", "contact"],
      ["x", "session-expires"],
      ["X-Whatever", "x-whatever"],
    ] as const
  ) assertEquals(headerKey(name), key);
  assertEquals(knownHeaderKey("Via", 0, 3), "via");
  assertEquals(knownHeaderKey("vIA", 0, 3), undefined);
  assertEquals(headerName("call-id"), "Call-ID");
  assertEquals(headerName("x-one-two"), "X-One-Two");
});

Deno.test("a known name is found where it lies, and no other in its place", () => {
  for (const name of ["Call-ID", "CALL-ID", "call-id", "Call-Info", "i", "K"]) {
    const text = `${name}${name}: ${name}`;
    const key = headerKey(name);
    assertEquals(knownHeaderKey(text, 0, name.length), key);
    assertEquals(knownHeaderKey(text, name.length, 2 * name.length), key);
    assertEquals(knownHeaderKey(text, 0, 2 * name.length), undefined);
  }
  // The same length, first and last letter as Via, To, Contact.
  for (const name of ["Vxa", "TO ", "Cxxxxxt", "Contac"]) {
    assertEquals(knownHeaderKey(name, 0, name.length), undefined);
  }
  assertEquals(knownHeaderKey("Via", 1, 1), undefined);
});

Deno.test("tokens", () => {
  assert(isToken("a-.!%*_+`'~9"));
  for (const text of ["", "a b", "a:", "a\n", "ä"]) {
    assertEquals(isToken(text), false);
  }
});

Deno.test("lines are read by name", () => {
  const headers = sample();
  assertEquals(headers.get("via"), "a");
  assertEquals(headers.getAll("Via"), ["a", "b", "c"]);
  assertEquals(headers.has("x-one"), true);
  assertEquals(headers.get("x-two"), undefined);
});

Deno.test("lines are set, put before, removed and renamed in their places", () => {
  assertEquals(raw(sample().set("via", "z")), ["Via: z", "X-One: 1"]);
  assertEquals(raw(sample().set("New", "z")).at(-1), "New: z");
  assertEquals(raw(sample().prepend("Via", "z"))[0], "Via: z");
  assertEquals(raw(sample().prepend("Top", "z"))[0], "Top: z");
  const headers = sample();
  assertEquals(headers.delete("Via"), 3);
  assertEquals(raw(headers), ["X-One: 1"]);
  assertEquals(headers.rename("x-one", "X-Two"), 1);
  assertEquals(raw(headers), ["X-Two: 1"]);
});

Deno.test("a clone does not share later changes", () => {
  const headers = sample();
  const clone = headers.clone();
  clone.delete("via");
  assertEquals(headers.lines.length, 4);
});

Deno.test('§7.3.1: a fold is "treated as a single SP character"', () => {
  const text = "Subject  : I know   \r\n you're\r\n\t  there,\r\n ";
  const line = new HeaderLine("subject", text);
  assertEquals(line.value, "I know you're there,");
  assertEquals(line.name, "Subject");
});

Deno.test("a line is the same with the CRLF that ended it and without", () => {
  const raw = "Subject : \ta b ";
  const plain = new HeaderLine("subject", raw);
  const ended = HeaderLine.ended("subject", `${raw}\r\n`);
  for (const line of [plain, ended]) {
    assertEquals(line.raw, raw);
    assertEquals(line.wire, `${raw}\r\n`);
    assertEquals(line.bytes, raw.length + 2);
    assertEquals(line.name, "Subject");
    assertEquals(line.value, "a b");
  }
  assertEquals(HeaderLine.of("Subject", " a\t").value, "a");
});

Deno.test("a value keeps the byte A0 that ends a UTF-8 letter", () => {
  assertEquals(new HeaderLine("s", "s: \xc3\xa0 ").value, "\xc3\xa0");
});

Deno.test("a line break in a value is refused", () => {
  for (const value of ["a\r\nX: y", "a\rX: y", "a\nX: y"]) {
    assertThrows(
      () => new Headers().set("Subject", value),
      TypeError,
      'Cannot write header field: the value of "Subject" has a line break',
    );
  }
});

Deno.test("reason phrases, registered or of the class", () => {
  assertEquals(reasonPhrase(486), "Busy Here");
  assertEquals(reasonPhrase(299), "Success");
  assertEquals(reasonPhrase(499), "Client Error");
  assertEquals(reasonPhrase(999), "");
});

function raw(headers: Headers): string[] {
  return headers.lines.map((line) => line.raw);
}
