import {
  assert,
  assertEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { seededRandom } from "../../../core/base/random.ts";
import { MessageDraft } from "../../../core/call/message_draft.ts";
import { Headers } from "../../../core/message/headers.ts";
import { SipRequest } from "../../../core/message/message.ts";

function draft(
  lines: readonly [string, string][],
  { body = "" }: { body?: string } = {},
): MessageDraft {
  const headers = new Headers();
  for (const [name, value] of lines) headers.append(name, value);
  const bytes = Uint8Array.from(body, (char) => char.charCodeAt(0));
  return new MessageDraft(
    new SipRequest("INVITE", "sip:bob@b.example", headers, bytes),
  );
}

const PAI = "P-Asserted-Identity";

Deno.test("looking at values edits nothing", () => {
  const message = draft([
    [PAI, '"A, B" <sip:a@b>, tel:+491'],
    ["Diversion", "<sip:1@b>;reason=unknown"],
    ["Privacy", "id"],
    ["Reason", "SIP;cause=200"],
    ["History-Info", "<sip:1@b>;index=1"],
    ["Content-Type", "application/sdp"],
  ], { body: "v=0\r\nm=audio 1 RTP/AVP 0\r\n" });
  message.addresses(PAI).forEach((each) => each.user + each.host + each.text);
  message.diversions().forEach((each) => each.counter);
  message.history().forEach((each) => each.cause);
  message.reasons().forEach((each) => each.text);
  message.privacy.list();
  message.sdp!.media[0]!.codecs.list();
  assertEquals(message.changed, false);
});

Deno.test("a value keeps the bytes of those beside it, and its identity", () => {
  const message = draft([[
    PAI,
    'tel:+491 ,\t"B\xff" <sip:b@c>;x="a,b",<sip:c@d>',
  ]]);
  const [tel, b, c] = message.addresses(PAI);
  b!.host = "e";
  assertEquals(
    message.finish().headers.get(PAI),
    'tel:+491 ,\t"B\xff" <sip:b@e>;x="a,b",<sip:c@d>',
  );
  tel!.delete();
  c!.user = "x";
  assertEquals(
    message.headers.get(PAI),
    '"B\ufffd" <sip:b@e>;x="a,b", <sip:x@d>',
  );
  assertStrictEquals(message.addresses(PAI)[0], b);
  assertThrows(() => tel!.delete(), TypeError, "it was removed");
  c!.delete();
  b!.delete();
  assertEquals(message.headers.has(PAI), false);
});

Deno.test("a value that somebody wrote over can not be edited any more", () => {
  const message = draft([[PAI, "<sip:a@b>"], [PAI, "<sip:c@d>"]]);
  const [first, second] = message.addresses(PAI);
  message.headers.setAt(PAI, 0, "<sip:x@y>");
  assertThrows(() => first!.user = "z", TypeError, "was overwritten");
  second!.user = "z";
  assertEquals(message.headers.getAll(PAI), ["<sip:x@y>", "<sip:z@d>"]);
});

Deno.test("nothing that Legwork owns is edited through its values", () => {
  const message = draft([
    ["Contact", "<sip:a@b>"],
    ["Via", "SIP/2.0/UDP h;branch=z9hG4bK1"],
    ["Session-Expires", "1800;refresher=uac"],
    ["To", "<sip:bob@b>"],
  ]);
  assertEquals(message.address("m")!.user, "a");
  assertEquals(message.value("x")!.param("refresher"), "uac");
  for (
    const edit of [
      () => message.address("Contact")!.user = "x",
      () => message.value("Session-Expires")!.setParam("refresher", "uas"),
      () => message.value("Via")!.delete(),
      () => message.address("To")!.text = "<sip:x@y>",
    ]
  ) assertThrows(edit, TypeError, "Legwork owns it");
  assertEquals(message.changed, false);
});

Deno.test("no line can be smuggled in through a value", () => {
  const evil = "x\r\nVia: SIP/2.0/UDP evil";
  const message = draft([
    [PAI, "<sip:a@b>"],
    ["Diversion", "<sip:1@b>"],
    ["Reason", "SIP;cause=200"],
    ["History-Info", "<sip:1@b>;index=1"],
  ]);
  const [diversion] = message.diversions();
  const [entry] = message.history();
  const [reason] = message.reasons();
  const identity = message.address(PAI)!;
  for (
    const edit of [
      () => identity.text = evil,
      () => identity.display = evil,
      () => identity.value = evil,
      () => identity.user = evil,
      () => identity.setParam("x", evil),
      () => identity.setParam(evil, "x"),
      () => diversion!.reason = evil,
      () => entry!.index = evil,
      () => reason!.text = evil,
      () => message.setReason(evil, {}),
      () => message.setReason("SIP", { text: evil }),
      () => message.privacy.add(evil),
      () => message.setBody("x", evil),
      () => message.headers.prepend("X", evil),
    ]
  ) assertThrows(edit, TypeError);
  assertThrows(() => reason!.cause = -1, RangeError, "wanted a number");
  assertThrows(() => entry!.cause = 1.5, RangeError, "wanted a number");
  assertEquals(message.changed, false);
});

Deno.test("a value that is no address is none, and can not be made so", () => {
  const message = draft([["Reply-To", "nonsense, <sip:a@b>"]]);
  const [only, ...others] = message.addresses("Reply-To");
  assertEquals([only!.user, others.length], ["a", 0]);
  for (const text of ["no address", "", "<sip:a@b>, <sip:c@d>", "<sip:a b>"]) {
    assertThrows(() => only!.text = text, TypeError, "is not an address");
    assertThrows(() => only!.value = text, TypeError, "is not an address");
  }
  only!.text = "tel:+49301;x=1";
  assertEquals([only!.user, only!.param("x")], ["+49301", "1"]);
  // A Diversion need not be an address to be seen.
  const [broken] = draft([["Diversion", "nobody;reason=x"]]).diversions();
  assertEquals([broken!.reason, broken!.user, broken!.display], ["x", "", ""]);
  assertThrows(() => broken!.user = "x", TypeError, "is not a URI");
  assertThrows(() => broken!.display = "x", TypeError, "is not an address");
});

Deno.test("parameters are quoted where they have to be", () => {
  const message = draft([["Diversion", '<sip:1@b;x=1>;reason="no-answer"']]);
  const [diversion] = message.diversions();
  assertEquals(diversion!.reason, "no-answer");
  assertEquals(diversion!.value, "<sip:1@b;x=1>");
  diversion!.reason = 'a "b"';
  assertEquals(diversion!.text, '<sip:1@b;x=1>;reason="a \\"b\\""');
  assertEquals(diversion!.reason, 'a "b"');
  diversion!.reason = undefined;
  assertEquals(diversion!.text, "<sip:1@b;x=1>");
  // RFC 5806 §5: `diversion-counter = "counter" "=" 1*2DIGIT`.
  diversion!.counter = 99;
  assertEquals(diversion!.param("counter"), "99");
});

Deno.test("the cause of a diversion in History-Info", () => {
  const message = draft([
    [
      "History-Info",
      "<sip:1@b?Reason=SIP%3Bcause%3D302%3Btext%3D%22x%22>;index=1",
    ],
    ["History-Info", "<sip:2@b;cause=408>;index=1.1;mp=1"],
    ["History-Info", "<tel:+491>;index=1.2"],
  ]);
  const [first, second, third] = message.history();
  assertEquals([first!.cause, second!.cause, third!.cause], [
    302,
    408,
    undefined,
  ]);
  second!.cause = undefined;
  assertEquals(second!.text, "<sip:2@b>;index=1.1;mp=1");
  assertThrows(() => third!.cause = 486, TypeError, "is not a SIP URI");
});

Deno.test("Privacy none stands alone", () => {
  const message = draft([["Privacy", "id; Session"], ["Privacy", "critical"]]);
  assertEquals(message.privacy.list(), ["id", "session", "critical"]);
  message.privacy.add("none");
  assertEquals(message.headers.getAll("Privacy"), ["none"]);
  message.privacy.add("ID");
  assertEquals(message.headers.getAll("Privacy"), ["id"]);
  assertEquals(message.privacy.remove("none"), false);
});

Deno.test("parts that are gone refuse edits, and the last one stays", () => {
  const message = draft(
    [["Content-Type", "multipart/mixed;boundary=x"]],
    {
      body:
        "--x\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n\r\n--x\r\n\r\ntext\r\n--x--\r\n",
    },
  );
  const [sdp, text] = message.parts;
  assertEquals(text!.contentType, "text/plain");
  assertEquals(message.sdp!.text, "v=0\r\n");
  sdp!.delete();
  assertEquals(message.sdp, undefined);
  assertThrows(() => sdp!.body = "x", TypeError, "the body was replaced");
  assertThrows(() => text!.delete(), TypeError, "it is the last one");
  message.body = "";
  assertEquals(message.parts, []);
  assertEquals(message.headers.has("Content-Type"), false);
});

Deno.test("edits of values leave a message whose other lines are the same", () => {
  const random = seededRandom(5806);
  const pieces = [
    ...'<sip:a@b>|;|,|"|tel:+49|x=1|;reason=no-answer|sip:a@b|<|>|\\|\xff| '
      .split("|"),
  ];
  for (let i = 0; i < 2_000; i++) {
    let value = "";
    for (let j = Math.floor(random.fraction() * 8); j >= 0; j--) {
      value += pieces[Math.floor(random.fraction() * pieces.length)];
    }
    const message = draft([["X-Before", "1"], ["Diversion", value], [
      "X-After",
      "2",
    ]]);
    for (const diversion of message.diversions()) {
      try {
        if (random.fraction() < 0.3) diversion.delete();
        else if (random.fraction() < 0.5) diversion.reason = "unknown";
        else diversion.user = "x";
      } catch (error) {
        assert(error instanceof TypeError || error instanceof RangeError);
      }
    }
    const { lines } = message.finish().headers;
    assertEquals(lines[0]!.raw, "X-Before: 1");
    assertEquals(lines.at(-1)!.raw, "X-After: 2");
    assert(
      lines.length <= 3 && lines.every((line) => !/[\r\n]/.test(line.raw)),
    );
  }
});
