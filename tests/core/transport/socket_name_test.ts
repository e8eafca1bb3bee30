import { assertEquals, assertNotEquals } from "@std/assert";
import {
  addressOfName,
  nameKey,
  socketName,
} from "../../../core/transport/socket_name.ts";

Deno.test("an IPv4 address as the kernel writes it", () => {
  assertEquals([...socketName({ host: "203.0.113.7", port: 5060 })], [
    ...[2, 0, 0x13, 0xc4, 203, 0, 113, 7],
    ...[0, 0, 0, 0, 0, 0, 0, 0],
  ]);
});

Deno.test("an IPv6 address as the kernel writes it, with the number of its interface", () => {
  assertEquals([...socketName({ host: "fe80::1:2%3", port: 5061 })], [
    ...[10, 0, 0x13, 0xc5, 0, 0, 0, 0],
    ...[0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2],
    ...[3, 0, 0, 0],
  ]);
});

Deno.test("addresses come back as they went", () => {
  for (
    const host of [
      "127.0.0.1",
      "255.255.255.255",
      "::",
      "::1",
      "2001:db8::5:0:0:1",
      "fe80::1%2",
    ]
  ) {
    const address = { host, port: 65_535 };
    assertEquals(addressOfName(socketName(address)), address);
  }
});

Deno.test("an IPv4 peer of a dual-stack socket has its IPv4 address", () => {
  const name = socketName({ host: "::ffff:192.0.2.1", port: 5060 });
  assertEquals(name.length, 28);
  assertEquals(addressOfName(name), { host: "192.0.2.1", port: 5060 });
});

Deno.test("a key tells addresses and ports apart, wherever the name lies", () => {
  const addresses = ["127.0.0.1", "255.0.0.1", "::1", "::ffff:127.0.0.1"]
    .flatMap((host) => [5060, 5061].map((port) => ({ host, port })));
  const keys = addresses.map((address) => nameKey(socketName(address), 0));
  assertEquals(new Set(keys).size, addresses.length);
  for (const [at, address] of addresses.entries()) {
    const names = new Uint8Array(100);
    names.set(socketName(address), 32);
    assertEquals(nameKey(names, 32), keys[at]);
    assertNotEquals(nameKey(names, 32), keys[(at + 1) % keys.length]);
  }
});
