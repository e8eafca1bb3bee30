import { assert, assertEquals, assertThrows } from "@std/assert";
import { seededRandom } from "../../../core/base/random.ts";
import {
  joinMultipart,
  mediaType,
  type Multipart,
  parseMultipart,
  withPartBody,
  withPartHeader,
} from "../../../core/message/multipart.ts";

const TYPE = 'multipart/mixed; boundary="a b"';

function parsed(body: string, type = TYPE): Multipart {
  const multipart = parseMultipart(type, body);
  if (multipart === undefined) throw new Error("it has no parts");
  return multipart;
}

const BODY = [
  "--a b",
  "Content-Type: application/sdp",
  "Content-Length: 5",
  "",
  "v=0\r\n",
  "--a b  ",
  "",
  "no header fields",
  "--a b--",
  "epilogue",
].join("\r\n");

Deno.test("a body of several parts is taken apart", () => {
  const { parts, boundary } = parsed(BODY);
  assertEquals(boundary, "a b");
  assertEquals(parts.map((part) => part.body), ["v=0\r\n", "no header fields"]);
  assertEquals(parts[0]!.headers.get("c"), "application/sdp");
  assertEquals(parts[1]!.headers.lines.length, 0);
});

Deno.test("bare line feeds, and a preamble, are taken too", () => {
  const body =
    "hello\n--x\nContent-Type: text/plain\n\none\n--x\n\ntwo\n--x--\n";
  const multipart = parsed(body, "Multipart/Alternative;boundary=x");
  assertEquals(multipart.parts.map((part) => part.body), ["one", "two"]);
  assertEquals(joinMultipart(multipart), body);
});

Deno.test("what has no parts is left alone", () => {
  for (
    const [type, body] of [
      [undefined, BODY],
      ["text/plain", BODY],
      ["multipart/mixed", BODY],
      ["multipart/mixed;boundary=other", BODY],
      // RFC 2046 §5.1.1: the close-delimiter ends the last part.
      [TYPE, "--a b\r\n\r\nx"],
      [TYPE, "--a b--"],
      [TYPE, "x --a b\r\n\r\n--a b--y"],
    ] as const
  ) assertEquals(parseMultipart(type, body), undefined);
  assertEquals(mediaType("Application/SDP ;x=1"), "application/sdp");
  assertEquals(mediaType(undefined), "");
});

Deno.test("an edit of a part leaves all else byte for byte", () => {
  const multipart = parsed(BODY);
  const [first, second] = multipart.parts;
  const edited = withPartHeader(
    withPartBody(first!, { body: "v=0\r\ns=x\r\n", boundary: "a b" }),
    "Content-ID",
    "<1>",
  );
  assertEquals(
    joinMultipart({ ...multipart, parts: [edited, second!] }),
    BODY.replace("Content-Length: 5", "Content-Length: 10\r\nContent-ID: <1>")
      .replace("v=0\r\n", "v=0\r\ns=x\r\n"),
  );
  assertThrows(
    () => withPartBody(first!, { body: "x--a bx", boundary: "a b" }),
    TypeError,
    "holds the boundary",
  );
});

Deno.test("whatever is taken apart is the same again", () => {
  const random = seededRandom(2046);
  const pieces = [
    ...["--x", "--x--", "--xy", "--x ", "\r\n", "\n", "\r\n", "\r", "a", ": b"],
    ..."Content-Type: text/plain|\xff\x00| |--|".split("|"),
  ];
  let taken = 0;
  for (let i = 0; i < 5_000; i++) {
    let body = random.fraction() < 0.5 ? "--x\r\n" : "";
    const count = Math.floor(random.fraction() * 20);
    for (let j = 0; j < count; j++) {
      body += pieces[Math.floor(random.fraction() * pieces.length)];
    }
    if (random.fraction() < 0.5) body += "\r\n--x--";
    const multipart = parseMultipart("multipart/mixed;boundary=x", body);
    if (multipart === undefined) continue;
    taken++;
    assertEquals(joinMultipart(multipart), body);
    assertEquals(
      multipart.parts.map((part) => part.delimiter + part.head + part.body)
        .join("") + multipart.tail,
      body,
    );
  }
  assert(taken > 1_000, `${taken}`);
});
