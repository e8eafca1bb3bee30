import { assert, assertEquals } from "@std/assert";
import {
  isUri,
  parseHostPort,
  parseSipUri,
  sameUri,
  type SipUri,
} from "../../../core/message/uri.ts";

function sip(text: string): SipUri {
  const uri = parseSipUri(text);
  assert(uri !== undefined, text);
  return uri;
}

Deno.test("a URI is taken apart and put together again (RFC 3261 §19.1.1)", () => {
  for (
    const text of [
      "sip:alice@atlanta.com",
      "sip:alice:secretword@atlanta.com;transport=tcp",
      "sips:alice@atlanta.com?subject=project%20x&priority=urgent",
      "sip:+1-212-555-1212:1234@gateway.com;user=phone",
      "sips:1212@gateway.com",
      "sip:alice@192.0.2.4",
      "sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com",
      "sip:alice;day=tuesday@atlanta.com",
      "sip:alice@[2001:db8::1]:5061;transport=tls;lr",
      "sip:#31#030123@gw.example",
    ]
  ) assertEquals(String(sip(text)), text);
});

Deno.test("the parts of a URI", () => {
  const uri = sip("SIPS:al%3Aice:pw@[2001:db8::1]:5061;transport=TLS;lr?a=b");
  assertEquals(uri.scheme, "sips");
  assertEquals(uri.user, "al%3Aice");
  assertEquals(uri.password, "pw");
  assertEquals(uri.host, "[2001:db8::1]");
  assertEquals(uri.port, 5061);
  assertEquals(uri.param("transport"), "TLS");
  assertEquals(uri.param("lr"), "");
  assertEquals(uri.param("maddr"), undefined);
  assertEquals(uri.headers, "a=b");
});

Deno.test("a URI that breaks the grammar is refused", () => {
  for (
    const text of [
      "",
      "sip:",
      "sip:@",
      "sip:alice@",
      "sip:ali ce@host",
      "sip:alice@ho st",
      "sip:alice@host;a b",
      "sip:al%zzice@host",
      "sip:alice@host:port",
      "sip:alice@host:99999",
      "sip:a@b@c",
      "sip:2001:db8::10",
      "sip:alice@[2001:db8::1",
      "sip:alice@host;p=\u00e9\r\nX: y",
      "sip:alice@host>",
      "tel:+1234",
      "mailto:a@b",
    ]
  ) assertEquals(parseSipUri(text), undefined, text);
});

Deno.test("an empty user, which gateways send, is taken and kept", () => {
  assertEquals(String(sip("sip:@192.0.2.1")), "sip:@192.0.2.1");
});

Deno.test("where the parts of a URI end", () => {
  const parts = (text: string): unknown[] => {
    const { user, password, host, port, params, headers } = sip(text);
    return [user, password, host, port, params, headers];
  };
  // §25.1: user and password may hold ";" and "?" unescaped.
  assertEquals(
    parts("sips:a;b?c:d:e@h:1;p=:?q=;r:?"),
    ["a;b?c", "d:e", "h", 1, ";p=:", "q=;r:?"],
  );
  assertEquals(parts("SIP:h?"), [undefined, undefined, "h", undefined, "", ""]);
  for (
    const text of [
      ...[
        "sip:",
        "sip:@",
        "sip",
        "sipp:h",
        "sip:a%4@h",
        "sip:h;x=%4?1",
        "sip:h?%1",
      ],
      ...["sip:h:5060x", "sip:h:;lr", "sip:a@h/x", "sip:h;a b"],
    ]
  ) assertEquals(parseSipUri(text), undefined, text);
});

Deno.test("any scheme is a URI, a malformed sip: is none", () => {
  for (
    const text of [
      "tel:+4930123",
      "urn:service:sos",
      "http://x/a b".slice(0, 9),
    ]
  ) assert(isUri(text), text);
  for (const text of ["sip:a b@c", ":x", "tel:", "1x:y", "tel:1 2", "x<y:z"]) {
    assertEquals(isUri(text), false, text);
  }
  // A UTF-8 letter that ends in the byte A0 is no white space.
  assert(isUri("tel:\xc3\xa0"));
});

Deno.test("host and port", () => {
  assertEquals(parseHostPort("host:5060"), { host: "host", port: 5060 });
  assertEquals(parseHostPort("[::1]"), { host: "[::1]", port: undefined });
  assertEquals(parseHostPort("[fe80::1%eth0]:1")?.port, 1);
  assertEquals(parseHostPort("a_b.c-d:65535")?.port, 65535);
  for (
    const text of [
      ...["", "host:", "host:1x", "host:1:2", "host:65536", "host:000001"],
      ...["[::1]5060", "::1", "-a", "_a", "[]", "[::1", "[::1%]", "[::g]"],
    ]
  ) assertEquals(parseHostPort(text), undefined, text);
});

Deno.test("other parts put in keep the rest", () => {
  const uri = sip("sip:alice:pw@host;lr");
  assertEquals(String(uri.with({ host: "h2" })), "sip:alice:pw@h2;lr");
  assertEquals(String(uri.with({ user: "bob" })), "sip:bob@host;lr");
  assertEquals(String(uri.with({ user: undefined })), "sip:host;lr");
  assertEquals(
    String(uri.withParam("transport", "tcp")),
    "sip:alice:pw@host;lr;transport=tcp",
  );
  assertEquals(String(uri.withoutParam("lr")), "sip:alice:pw@host");
});

/** RFC 3261 §19.1.4: "The following URIs are equivalent". */
const EQUIVALENT: readonly (readonly string[])[] = [
  [
    "sip:%61lice@atlanta.com;transport=TCP",
    "sip:alice@AtLanTa.CoM;Transport=tcp",
  ],
  [
    "sip:carol@chicago.com",
    "sip:carol@chicago.com;newparam=5",
  ],
  ["sip:carol@chicago.com", "sip:carol@chicago.com;security=on"],
  ["sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on"],
  [
    "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
    "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
  ],
  [
    "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
    "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
  ],
];

/** RFC 3261 §19.1.4: "The following URIs are not equivalent". */
const DIFFERENT: readonly (readonly [string, string, string])[] = [
  [
    "SIP:ALICE@AtLanTa.CoM;Transport=udp",
    "sip:alice@AtLanTa.CoM;Transport=UDP",
    "different usernames",
  ],
  ["sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", "different ports"],
  [
    "sip:bob@biloxi.com",
    "sip:bob@biloxi.com;transport=udp",
    "can resolve to different transports",
  ],
  [
    "sip:bob@biloxi.com",
    "sip:bob@biloxi.com:6000;transport=tcp",
    "different port and transport",
  ],
  [
    "sip:carol@chicago.com",
    "sip:carol@chicago.com?Subject=next%20meeting",
    "different header component",
  ],
  [
    "sip:bob@phone21.boxesbybob.com",
    "sip:bob@192.0.2.4",
    "even though that's what phone21.boxesbybob.com resolves to",
  ],
  [
    "sip:carol@chicago.com;security=on",
    "sip:carol@chicago.com;security=off",
    "equality is not transitive",
  ],
  ["sip:alice@h", "sips:alice@h", "A SIP and SIPS URI are never equivalent."],
  ["sip:h;maddr=192.0.2.1", "sip:h", "a maddr in one only"],
  ["sip:a@h;user=phone", "sip:a@h", "a user parameter in one only"],
  ["sip:a@h;ttl=1", "sip:a@h;ttl=2", "different ttl"],
  ["sip:a:x@h", "sip:a:y@h", "different passwords"],
  ["sip:a%40b@h", "sip:a@h", "an escaped reserved character"],
];

Deno.test("RFC 3261 §19.1.4: equivalent URIs", () => {
  for (const [a, b] of EQUIVALENT) {
    assert(sameUri(sip(a!), sip(b!)), `${a} ${b}`);
    assert(sameUri(sip(b!), sip(a!)), `${b} ${a}`);
  }
});

Deno.test("RFC 3261 §19.1.4: different URIs", () => {
  for (const [a, b, why] of DIFFERENT) {
    assertEquals(sameUri(sip(a), sip(b)), false, why);
    assertEquals(sameUri(sip(b), sip(a)), false, why);
  }
});
