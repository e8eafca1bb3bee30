import { assert, assertEquals } from "@std/assert";
import { toBytes } from "../../../core/message/bytes.ts";
import { parseMessage } from "../../../core/message/parse.ts";
import { SipRequest } from "../../../core/message/message.ts";
import { parseVia } from "../../../core/message/via.ts";
import {
  responseAddress,
  sentByKey,
  withReceived,
} from "../../../core/transport/received.ts";

const SOURCE = { host: "192.0.2.1", port: 9988 };

function request(vias: string): SipRequest {
  const text = `OPTIONS sip:b SIP/2.0\r\n${vias}\r\nCall-ID: a\r\n\r\n`;
  const parsed = parseMessage(toBytes(text));
  assert(parsed.ok && parsed.message instanceof SipRequest);
  return parsed.message;
}

interface Row {
  readonly what: string;
  readonly via: string;
  readonly becomes: string;
}

const ROWS: readonly Row[] = [
  {
    // §18.2.1: "If the host portion of the "sent-by" parameter contains a domain name, or if it contains an IP address
    // that differs from the packet source address, the server MUST add a "received" parameter".
    what: "a domain name",
    via: "Via: SIP/2.0/UDP bobspc.biloxi.com:5060",
    becomes: "Via: SIP/2.0/UDP bobspc.biloxi.com:5060;received=192.0.2.1",
  },
  {
    what: "another address",
    via: "Via: SIP/2.0/UDP 10.1.1.1:4540;branch=z9hG4bKa",
    becomes:
      "Via: SIP/2.0/UDP 10.1.1.1:4540;branch=z9hG4bKa;received=192.0.2.1",
  },
  {
    what: "the source's own address: the line stays as it came",
    via: "v:  SIP / 2.0 / UDP  192.0.2.1:4540 ;branch=z9hG4bKa",
    becomes: "v:  SIP / 2.0 / UDP  192.0.2.1:4540 ;branch=z9hG4bKa",
  },
  {
    // RFC 3581 §4: "it MUST set the value of the parameter to the source port of the request" and "insert a "received"
    // parameter containing the source IP address that the request came from, even if it is identical".
    what: "rport asked for",
    via: "Via: SIP/2.0/UDP 192.0.2.1:4540;rport;branch=z9hG4bKa",
    becomes:
      "Via: SIP/2.0/UDP 192.0.2.1:4540;rport=9988;branch=z9hG4bKa;received=192.0.2.1",
  },
  {
    what: "rport with white space, at the end, in capitals",
    via: "Via: SIP/2.0/UDP 10.1.1.1;branch=z9hG4bKrport ; RPORT",
    becomes:
      "Via: SIP/2.0/UDP 10.1.1.1;branch=z9hG4bKrport ;rport=9988;received=192.0.2.1",
  },
  {
    what: "values that the sender made up",
    via:
      "Via: SIP/2.0/UDP 10.1.1.1;received=203.0.113.9;rport=5;branch=z9hG4bKa",
    becomes:
      "Via: SIP/2.0/UDP 10.1.1.1;received=192.0.2.1;rport=9988;branch=z9hG4bKa",
  },
  {
    what: "only the topmost of several in one line",
    via: "Via: SIP/2.0/UDP 10.1.1.1;rport, SIP/2.0/UDP 10.2.2.2;rport",
    becomes:
      "Via: SIP/2.0/UDP 10.1.1.1;rport=9988;received=192.0.2.1, SIP/2.0/UDP 10.2.2.2;rport",
  },
];

for (const { what, via, becomes } of ROWS) {
  Deno.test(`received and rport: ${what}`, () => {
    const before = request(via);
    const after = withReceived(before, SOURCE);
    assertEquals(after.headers.lines[0]!.raw, becomes);
    assertEquals(after === before, via === becomes);
    // A received message is never edited in place.
    assertEquals(before.headers.lines[0]!.raw, via);
    assertEquals(after.headers.lines.length, 2);
  });
}

Deno.test("received is written without brackets, as via-received is in RFC 3261 §25.1", () => {
  const after = withReceived(
    request("Via: SIP/2.0/UDP [2001:db8::9];rport"),
    { host: "2001:db8::9", port: 5062 },
  );
  assertEquals(
    after.headers.lines[0]!.raw,
    "Via: SIP/2.0/UDP [2001:db8::9];rport=5062;received=2001:db8::9",
  );
});

Deno.test("responses go where RFC 3261 §18.2.2 and RFC 3581 §4 say", () => {
  const rows: readonly (readonly [string, string])[] = [
    // RFC 3581 §4: "the response MUST be sent to the IP address listed in the "received" parameter, and the port in the
    // "rport" parameter."
    ["UDP 10.1.1.1:4540;received=192.0.2.1;rport=9988", "192.0.2.1 9988"],
    // "to the address in the "received" parameter, using the port indicated in the "sent-by" value, or using port 5060
    // if none is specified explicitly."
    ["UDP bob.biloxi.com:4540;received=192.0.2.1", "192.0.2.1 4540"],
    ["UDP bob.biloxi.com;received=192.0.2.1", "192.0.2.1 5060"],
    // "if it is not receiver-tagged, the response MUST be sent to the address indicated by the "sent-by" value".
    ["UDP 192.0.2.1:4540", "192.0.2.1 4540"],
    // "If the Via header field value contains a "maddr" parameter, the response MUST be forwarded to the address listed
    // there, using the port indicated in "sent-by", or port 5060 if none is present."
    ["UDP 10.1.1.1:4540;maddr=192.0.2.9;received=192.0.2.1", "192.0.2.9 4540"],
    ["UDP 10.1.1.1;maddr=192.0.2.9;received=192.0.2.1", "192.0.2.9 5060"],
    // Departs from RFC 3261 §18.2.2: a maddr that is a name is not looked up.
    ["UDP 10.1.1.1;maddr=evil.example;received=192.0.2.1", "192.0.2.1 5060"],
    // A new connection: "to the IP address in the "received" parameter, if present, using the port in the "sent-by"
    // value, or the default port for that transport, if no port is specified."
    ["TCP 10.1.1.1:4540;received=192.0.2.1;rport=9988", "192.0.2.1 4540"],
    ["TLS 10.1.1.1;received=192.0.2.1;rport=9988", "192.0.2.1 5061"],
    // RFC 5118 §4.5: both ways to write an IPv6 address in received are understood.
    ["UDP [2001:db8::1];received=[2001:DB8::9]", "2001:db8::9 5060"],
    ["UDP [2001:db8::1];received=2001:db8::9", "2001:db8::9 5060"],
    // Nonsense of the sender's does not lead anywhere.
    ["UDP 192.0.2.1:4540;rport=0", "192.0.2.1 4540"],
    ["UDP 192.0.2.1:4540;rport=99999", "192.0.2.1 4540"],
    ["UDP 192.0.2.1:4540;received=nonsense", "192.0.2.1 4540"],
  ];
  for (const [via, expected] of rows) {
    const { host, port } = responseAddress(parseVia(`SIP/2.0/${via}`)!, SOURCE);
    assertEquals(`${host} ${port}`, expected, via);
  }
});

Deno.test("sent-by values are compared with default ports and without regard to spelling", () => {
  const key = (via: string): string => sentByKey(parseVia(`SIP/2.0/${via}`)!);
  assertEquals(key("UDP SBC.example.com"), key("UDP sbc.example.com:5060"));
  assertEquals(key("UDP [2001:DB8::1]"), key("UDP [2001:db8:0::1]:5060"));
  assert(key("UDP a:5060") !== key("UDP a:5061"));
  assertEquals(key("TLS a"), key("TLS a:5061"));
});
