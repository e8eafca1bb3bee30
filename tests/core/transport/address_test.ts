import { isIP } from "node:net";
import { assertEquals } from "@std/assert";
import {
  canonicalHost,
  defaultPort,
  formatAddress,
  ipVersion,
  transportName,
} from "../../../core/transport/address.ts";

Deno.test("hosts have one spelling each", () => {
  const rows: readonly (readonly [string, string])[] = [
    ["192.0.2.1", "192.0.2.1"],
    ["[2001:DB8::1]", "2001:db8::1"],
    ["2001:db8:0:0:0:0:0:1", "2001:db8::1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["::FFFF:c000:201", "192.0.2.1"],
    ["fe80::1%eth0", "fe80::1%eth0"],
    ["SIP.Example.COM", "sip.example.com"],
    ["1:2:3", "1:2:3"],
  ];
  for (const [host, canonical] of rows) {
    assertEquals(canonicalHost(host), canonical);
  }
});

Deno.test("addresses are written with brackets where they need them", () => {
  assertEquals(
    formatAddress({ host: "192.0.2.1", port: 5060 }),
    "192.0.2.1:5060",
  );
  assertEquals(formatAddress({ host: "::1", port: 5060 }), "[::1]:5060");
});

Deno.test("IP addresses are told from names", () => {
  assertEquals(ipVersion("192.0.2.1"), 4);
  assertEquals(ipVersion("[::1]"), 6);
  assertEquals(ipVersion("192.0.2.300"), 0);
  assertEquals(ipVersion("example.com"), 0);
});

Deno.test("IPv4 addresses are what node:net says they are", () => {
  const hosts = [
    "0.0.0.0",
    "255.255.255.255",
    "256.1.1.1",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.",
    ".1.2.3",
    "1..2.3",
    "01.2.3.4",
    "1.2.3.00",
    "1.2.3.4 ",
    "1.2.3.a",
    "1.2.3.4\u0660",
    "",
    ".",
    "...",
    "1",
    "1.2.3.1000",
    "[1.2.3.4]",
    "::1",
    "[::1]",
    "::ffff:1.2.3.4",
    "fe80::1%eth0",
    ":::",
  ];
  for (const host of hosts) {
    const bare = host.startsWith("[") ? host.slice(1, -1) : host;
    assertEquals(ipVersion(host), isIP(bare), host);
  }
});

Deno.test("transports are known in any case, and their ports", () => {
  assertEquals(transportName("tcp"), "TCP");
  assertEquals(transportName("sctp"), undefined);
  // RFC 3261 §19.1.2: "5060 for sip: using UDP, TCP [...] 5061 for sip: using TLS over TCP and sips: over TCP".
  assertEquals(defaultPort("UDP"), 5060);
  assertEquals(defaultPort("TLS"), 5061);
});
