import { assert, assertEquals } from "@std/assert";
import { fromText, toText } from "../../../core/message/bytes.ts";
import {
  type NameAddr,
  parseNameAddr,
  quoteDisplay,
} from "../../../core/message/name_addr.ts";

function nameAddr(text: string): NameAddr {
  const address = parseNameAddr(text);
  assert(address !== undefined, text);
  return address;
}

Deno.test("the three forms of RFC 3261 §20.20", () => {
  const quoted = nameAddr(
    '"A. G. Bell" <sip:agb@bell-telephone.com> ;tag=a48s',
  );
  assertEquals(quoted.displayName, "A. G. Bell");
  assertEquals(quoted.sipUri?.user, "agb");
  assertEquals(quoted.tag, "a48s");
  const bare = nameAddr("sip:+12125551212@server.phone2net.com;tag=887s");
  assertEquals(bare.uri, "sip:+12125551212@server.phone2net.com");
  assertEquals(bare.tag, "887s");
  const anonymous = nameAddr(
    "Anonymous <sip:c8oqz84zk7z@privacy.org>;tag=hyh8",
  );
  assertEquals(anonymous.displayName, "Anonymous");
});

Deno.test("quotes hide brackets, semicolons and escaped quotes", () => {
  const address = nameAddr('"a<b>;\\"c\\\\" <sip:x@h;p=1>;tag=t');
  assertEquals(address.displayName, 'a<b>;"c\\');
  assertEquals(address.uri, "sip:x@h;p=1");
  assertEquals(address.tag, "t");
});

Deno.test("display names in UTF-8, quoted or not", () => {
  for (const display of ['"Jürgen à"', "Jürgen à"]) {
    const address = nameAddr(`${fromText(display)} <sip:j@h>`);
    assertEquals(toText(address.displayName), "Jürgen à");
    assertEquals(toText(String(address)), `${display} <sip:j@h>`);
  }
});

Deno.test("URIs of other schemes", () => {
  const address = nameAddr("<tel:+4930123;phone-context=x>;tag=1");
  assertEquals(address.uri, "tel:+4930123;phone-context=x");
  assertEquals(address.sipUri, undefined);
});

Deno.test("malformed addresses", () => {
  for (
    const text of [
      "",
      "*",
      "<>",
      "alice",
      "<sip:a@b",
      "sip:a@b>",
      '"a <sip:a@b>',
      '"a" b <sip:a@b>',
      "a,b <sip:a@b>",
      "<sip:a@b>tag=1",
      "<sip:a@b>;;tag=1",
      "<sip:a@b>;tag=1;",
      "<sip:a@b>;=1",
      '<sip:a@b>;x="1',
      "<sip:a@b>, <sip:c@d>",
      "sip:a@b?x=y",
      "sip:a,b@c",
      "<<sip:a@b>>",
      '"a\x00" <sip:a@b>',
      "a\x01 <sip:a@b>",
    ]
  ) assertEquals(parseNameAddr(text), undefined, text);
});

Deno.test("other parts put in", () => {
  const address = nameAddr("Bob <sip:bob@h>");
  assertEquals(
    String(address.withParam("tag", "x")),
    "Bob <sip:bob@h>;tag=x",
  );
  assertEquals(
    String(address.with({ uri: "sip:c@h", display: "" })),
    "<sip:c@h>",
  );
});

Deno.test("a display name gets quotes where it needs them", () => {
  assertEquals(quoteDisplay(""), "");
  assertEquals(quoteDisplay("Bob Smith"), "Bob Smith");
  assertEquals(quoteDisplay('B, "x"\\'), '"B, \\"x\\"\\\\"');
});
