import { assertEquals } from "@std/assert";
import {
  detached,
  fromBytes,
  fromText,
  toBytes,
  toText,
  trimmed,
  writeBytes,
} from "../../../core/message/bytes.ts";

const ALL = Uint8Array.from({ length: 256 }, (_, byte) => byte);

Deno.test("every byte survives the way to text and back", () => {
  assertEquals(toBytes(fromBytes(ALL)), new Uint8Array(ALL));
  assertEquals(fromBytes(ALL.subarray(10, 20), 2, 4), "\x0c\x0d");
});

Deno.test("writing puts bytes at an offset and says how many", () => {
  const target = new Uint8Array(8);
  assertEquals(writeBytes("ab", target, 1), 2);
  assertEquals(writeBytes("\xff\xc3", target, 4), 2);
  assertEquals([...target.subarray(0, 6)], [0, 97, 98, 0, 255, 195]);
});

Deno.test("what is no byte leaves as a question mark, never as a line end", () => {
  assertEquals(fromBytes(toBytes("a\u010a\u010db")), "a??b");
});

Deno.test("people's text is UTF-8, invalid bytes are shown", () => {
  assertEquals(fromText("é"), "\xc3\xa9");
  assertEquals(toText("\xc3\xa9"), "é");
  assertEquals(toText("\xc3("), "\ufffd(");
  assertEquals(toText("plain"), "plain");
});

Deno.test("trimming takes SIP's white space alone", () => {
  assertEquals(trimmed(" \t\r\na b\xa0\r\n"), "a b\xa0");
  assertEquals(trimmed("  "), "");
});

Deno.test("a detached text is equal", () => {
  assertEquals(detached("short"), "short");
  assertEquals(
    detached("a long text \xff of bytes"),
    "a long text \xff of bytes",
  );
});
