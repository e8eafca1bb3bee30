import { assert, assertEquals } from "@std/assert";
import {
  type CharacterClass,
  DISPLAY,
  TOKEN,
  URI,
  VALUE,
} from "../../../core/message/characters.ts";
import {
  ADDR_SPEC,
  HOST_PORT,
  NAME_ADDR,
  QUOTED_STRING,
  SIP_URI,
  VIA,
} from "../../../core/message/grammar.ts";

function areParams(text: string): boolean {
  return NAME_ADDR.test(`<sip:a@b>${text}`);
}

Deno.test("§25.1: what are parameters and what not", () => {
  for (
    const text of [
      "",
      ";a",
      ";a=b;c",
      " ; a = b ",
      ';a="x;\\""',
      ";received=[2001:db8::1]",
      ";received=2001:db8::1",
      ";rport=",
      ";a=b/c@d=e",
      ";a=\xc3\xa4",
    ]
  ) assertEquals(areParams(text), true, text);
  for (
    const text of [
      "a",
      ";",
      ";;a",
      ";a;",
      ";a=b c",
      ';a="b',
      ';a="b"c',
      ";a b",
      ";=b",
      ";a=b,",
      ";a=<b>",
      ";a=\x00",
    ]
  ) assertEquals(areParams(text), false, text);
});

Deno.test("a quoted string ends at its closing quote", () => {
  const endOfQuoted = (text: string, open: number): number => {
    QUOTED_STRING.lastIndex = open;
    return QUOTED_STRING.test(text) ? QUOTED_STRING.lastIndex : -1;
  };
  assertEquals(endOfQuoted('"ab" c', 0), 4);
  assertEquals(endOfQuoted('x"a\\"b"', 1), 7);
  assertEquals(endOfQuoted('"ab\\"', 0), -1);
  // §25.1: "quoted-pair = "\" (%x00-09 / %x0B-0C / %x0E-7F)"
  assertEquals(endOfQuoted('"\\\x00"', 0), 4);
  assertEquals(endOfQuoted('"\x00"', 0), -1);
});

Deno.test("the classes are those that the loops look up", () => {
  const places: [CharacterClass, (char: string) => string][] = [
    [TOKEN, (char) => `<sip:h>;a${char}a`],
    [DISPLAY, (char) => `a${char}<sip:h>`],
    [URI, (char) => `<x:${char}>`],
    [VALUE, (char) => `<sip:h>;a=${char}a`],
  ];
  // What else may stand there: "=" after a name, ";" after either, white space around what is in brackets or a value.
  const others = new Map([
    [TOKEN, ";="],
    [URI, " \t\r\n"],
    [VALUE, "; \t\r\n"],
  ]);
  for (const [characters, place] of places) {
    for (let code = 0; code < 256; code++) {
      const char = String.fromCharCode(code);
      if (others.get(characters)?.includes(char)) continue;
      const text = place(char);
      assertEquals(
        NAME_ADDR.test(text),
        characters[code] === 1,
        JSON.stringify(text),
      );
    }
  }
});

Deno.test("a port is 65535 at most, of five digits at most", () => {
  for (const port of ["0", "5060", "00001", "59999", "60000", "65535"]) {
    assertEquals(HOST_PORT.exec(`h:${port}`)?.[2], port);
    assertEquals(SIP_URI.exec(`sip:h:${port};lr`)?.[5], port);
  }
  for (
    const port of ["", "65536", "65540", "65600", "66000", "70000", "000001"]
  ) {
    assertEquals(HOST_PORT.test(`h:${port}`), false, port);
    assertEquals(SIP_URI.test(`sip:h:${port};lr`), false, port);
    assertEquals(VIA.test(`SIP/2.0/UDP h:${port};lr`), false, port);
  }
});

/**
 * Each piece again and again, as long as a datagram can be, with an end that fits and one that does not. Were there two
 * ways to match a piece, the second would not end in anybody's lifetime.
 */
Deno.test("no text makes a match run long", () => {
  const pieces = [
    ...[
      " ",
      "\t\r\n ",
      "a",
      "1",
      "%41",
      "-",
      ".",
      ":",
      "@",
      ";",
      "=",
      "?",
      "/",
    ],
    ...['"', "\\", '\\"', "<", ">", "[", "]", "\xe9", "a ", " a", "; a", ";a "],
    ...[
      ";a=",
      ";a= ",
      "; a = ",
      ";a= b ",
      ';a="b"',
      ';a = "\\"" ',
      ';a=" ',
      "a:",
      "a@",
      "a%41",
    ],
    ...["&a=b", "?a=b", "a.", "a:b@", ";a;b=c", "\r\n"],
  ];
  const starts = [
    ...["", "SIP/2.0/UDP ", "SIP/2.0/UDP h", "SIP/2.0/", "SIP", "sip:"],
    ...["sip:a@h", "sip:h;", "<", "<sip:a@h>", '"', '"a" ', "h", "["],
  ];
  const ends = ["", "\0", ">", "<sip:a@h>", '"', "@h", "\x7f;a"];
  let matched = 0;
  for (const piece of pieces) {
    const middle = piece.repeat(Math.floor(60_000 / piece.length));
    for (const start of starts) {
      for (const end of ends) {
        const text = start + middle + end;
        for (const grammar of [ADDR_SPEC, HOST_PORT, NAME_ADDR, SIP_URI, VIA]) {
          if (grammar.test(text)) matched++;
        }
      }
    }
  }
  assert(matched > 100, `${matched} matched`);
});
