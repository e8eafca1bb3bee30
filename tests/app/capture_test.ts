/** Capture files of our own making: each link layer, both IP versions, broken ones. */

import { assertEquals, assertThrows } from "@std/assert";
import { CaptureError } from "../../app/replay/capture.ts";
import {
  type CapturedMessage,
  sipMessages,
} from "../../app/replay/sip_capture.ts";
import {
  ethernet,
  ipv4,
  ipv6,
  joined,
  pcap,
  pcapng,
  tcp,
  udp,
} from "./support/capture_writer.ts";

const OPTIONS = new TextEncoder().encode(
  "OPTIONS sip:a@192.0.2.1 SIP/2.0\r\n" +
    "Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK1\r\n" +
    "From: <sip:b@192.0.2.2>;tag=1\r\nTo: <sip:a@192.0.2.1>\r\n" +
    "Call-ID: 1@192.0.2.2\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
);
const COOKED_HEAD = 16;
const COOKED_2_HEAD = 20;

function read(file: Uint8Array): {
  messages: CapturedMessage[];
  counts: { packets: number; unreadable: number; malformed: number };
} {
  const counts = { packets: 0, unreadable: 0, malformed: 0 };
  return { messages: [...sipMessages(file, counts)], counts };
}

const LINKS: readonly (readonly [string, number, Uint8Array])[] = [
  ["Ethernet", 1, ethernet(ipv4(udp(OPTIONS)))],
  ["Ethernet with a VLAN", 1, ethernet(ipv4(udp(OPTIONS)), { vlan: true })],
  ["Ethernet and IPv6", 1, ethernet(ipv6(udp(OPTIONS)), { type: 0x86dd })],
  ["raw IP", 101, ipv4(udp(OPTIONS))],
  ["loopback", 0, joined(new Uint8Array([2, 0, 0, 0]), ipv4(udp(OPTIONS)))],
  [
    "Linux cooked",
    113,
    joined(new Uint8Array(COOKED_HEAD), ipv4(udp(OPTIONS))),
  ],
  [
    "Linux cooked 2",
    276,
    joined(new Uint8Array(COOKED_2_HEAD), ipv6(udp(OPTIONS))),
  ],
];

for (const [name, linkType, packet] of LINKS) {
  Deno.test(`capture: ${name}`, () => {
    for (
      const file of [
        pcap([packet], { linkType }),
        pcap([packet], { linkType, big: true, nano: true }),
        pcapng([packet], { linkType }),
      ]
    ) {
      const { messages, counts } = read(file);
      assertEquals(counts, { packets: 1, unreadable: 0, malformed: 0 });
      const [message] = messages;
      assertEquals(message?.message.kind, "request");
      assertEquals(message?.atMs, 1_700_000_000_250);
      assertEquals(message?.from.port, 5070);
      assertEquals(message?.to.port, 5060);
    }
  });
}

Deno.test("capture: IPv6 addresses are written as RFC 5952 has it", () => {
  const { messages } = read(pcap([ipv6(udp(OPTIONS))], { linkType: 101 }));
  // RFC 5952 §4.2.2: 'The symbol "::" MUST NOT be used to shorten just one 16-bit 0 field.'
  assertEquals(messages[0]?.from.host, "2001:db8:0:1::2");
});

Deno.test("capture: a TCP stream cut anywhere, out of order, doubled, is put together", () => {
  const two = joined(OPTIONS, OPTIONS);
  const parts: Uint8Array[] = [
    tcp(new Uint8Array(0), { sequence: 99, syn: true }),
  ];
  const size = 50;
  for (let at = 0; at < two.length; at += size) {
    parts.push(tcp(two.slice(at, at + size), { sequence: 100 + at }));
  }
  const [syn, first, second, ...rest] = parts;
  const shuffled = [syn!, second!, first!, first!, ...rest.reverse()];
  const file = pcap(shuffled.map((part) => ipv4(part, 6)), { linkType: 101 });
  const { messages, counts } = read(file);
  assertEquals(messages.length, 2);
  assertEquals(counts.malformed, 0);
});

Deno.test("capture: what is no SIP, or an unknown link layer, is passed over", () => {
  const rtp = new Uint8Array(172).fill(0x80);
  assertEquals(read(pcap([ipv4(udp(rtp))], { linkType: 101 })).messages, []);
  const odd = read(pcap([ipv4(udp(OPTIONS))], { linkType: 249 }));
  assertEquals(odd.counts, { packets: 1, unreadable: 1, malformed: 0 });
  const bad = new TextEncoder().encode("OPTIONS sip:a SIP/2.0\r\nno colon\r\n");
  assertEquals(
    read(pcap([ipv4(udp(bad))], { linkType: 101 })).counts.malformed,
    1,
  );
});

Deno.test("capture: a file cut or changed anywhere is read or refused, never more", () => {
  const packets = [ipv4(udp(OPTIONS)), ipv4(tcp(OPTIONS, { sequence: 1 }), 6)];
  for (
    const file of [
      pcap(packets, { linkType: 101 }),
      pcapng(packets, { linkType: 101 }),
    ]
  ) {
    for (let length = 0; length < file.length; length += 3) {
      readOrRefuse(file.slice(0, length));
    }
    for (let at = 0; at < file.length; at++) {
      for (const value of [0, 0x7f, 0xff]) readOrRefuse(file.with(at, value));
    }
  }
});

Deno.test("capture: what is wrong with a file is said", () => {
  const file = pcap([ipv4(udp(OPTIONS))], { linkType: 101 });
  const wrong: readonly (readonly [Uint8Array, string])[] = [
    [new Uint8Array(10), "it is too short for a capture"],
    [new Uint8Array(100), "it is neither pcap nor pcapng"],
    [file.slice(0, 60), "packet 1 at byte 24 is cut short"],
  ];
  for (const [bytes, message] of wrong) {
    assertThrows(() => read(bytes), CaptureError, message);
  }
});

function readOrRefuse(bytes: Uint8Array): void {
  try {
    read(bytes);
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
  }
}
