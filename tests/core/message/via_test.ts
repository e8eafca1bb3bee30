import { assert, assertEquals } from "@std/assert";
import { parseVia, type Via } from "../../../core/message/via.ts";

function via(text: string): Via {
  const value = parseVia(text);
  assert(value !== undefined, text);
  return value;
}

Deno.test("the examples of RFC 3261 §20.42", () => {
  const first = via(
    "SIP/2.0/UDP erlang.bell-telephone.com:5060;branch=z9hG4bK87asdks7",
  );
  assertEquals(first.transport, "UDP");
  assertEquals(first.host, "erlang.bell-telephone.com");
  assertEquals(first.port, 5060);
  assertEquals(first.branch, "z9hG4bK87asdks7");
  const second = via(
    "SIP/2.0/UDP 192.0.2.1:5060 ;received=192.0.2.207 ;branch=z9hG4bK77asjd",
  );
  assertEquals(second.param("received"), "192.0.2.207");
  // "Even though this example appears malformed [...] it is valid"
  const third = via(
    "SIP / 2.0 / UDP first.example.com: 4000;ttl=16 ;maddr=224.2.0.1 ;branch=z9hG4bKa7c6a8dlze.1",
  );
  assertEquals(third.sentBy, "first.example.com:4000");
  assertEquals(third.param("ttl"), "16");
});

Deno.test("IPv6 sent-by", () => {
  assertEquals(
    via("SIP/2.0/tcp [2001:db8::9:1]:6050").sentBy,
    "[2001:db8::9:1]:6050",
  );
  assertEquals(via("SIP/2.0/TCP [2001:db8::9:1] : 6050;rport").port, 6050);
  assertEquals(via("SIP/2.0/TCP [2001:db8::9:1]").port, undefined);
});

Deno.test("rport and received written into it", () => {
  const value = via("SIP/2.0/UDP h:5060;rport;branch=z9hG4bKx")
    .withParam("received", "192.0.2.9").withParam("rport", "9876");
  assertEquals(
    String(value),
    "SIP/2.0/UDP h:5060;rport=9876;branch=z9hG4bKx;received=192.0.2.9",
  );
});

Deno.test("§25.1: SLASH and COLON may have spaces around them", () => {
  for (
    const text of [
      "SIP/2.0/UDP first.example.com:4000;ttl=16 ; branch=z9hG4bKa7c6a8dlze.1",
      "SIP / 2.0 / UDP\r\n first.example.com: 4000;ttl=16 ; branch=z9hG4bKa7c6a8dlze.1",
      " sip/2.0/ udp first.example.com\t:\t4000 ;ttl=16 ; branch=z9hG4bKa7c6a8dlze.1 ",
    ]
  ) {
    const { transport, host, port, branch, params } = parseVia(text)!;
    assertEquals([transport, host, port], ["UDP", "first.example.com", 4000]);
    assertEquals(branch, "z9hG4bKa7c6a8dlze.1");
    assertEquals(params, ";ttl=16 ; branch=z9hG4bKa7c6a8dlze.1");
  }
});

Deno.test("malformed Via values", () => {
  for (
    const text of [
      "",
      "SIP/2.0/UDP",
      "SIP/2.0/UDP ",
      "SIP/2.0 UDP host",
      "SIP/2.0//UDP host",
      "SIP/x/UDP host",
      "HTTP/2.0/UDP host",
      "SIP/2.0/U@P host",
      "SIP/2.0/UDP host host",
      "SIP/2.0/UDP host:",
      "SIP/2.0/UDP host:x",
      "SIP/2.0/UDP host;;branch=x",
      "SIP/2.0/UDP host;branch=x y",
      "SIP;/2.0/UDP host",
    ]
  ) assertEquals(parseVia(text), undefined, text);
});

Deno.test("a Via of another version is read, so that 505 finds its way", () => {
  assertEquals(via("SIP/7.0/UDP c.example.com").host, "c.example.com");
});
