import { assertEquals } from "@std/assert";
import { Latch } from "../../../core/media/latch.ts";

const PHONE = { host: "192.0.2.7", port: 4000 };
const NEIGHBOUR = { host: "192.0.2.7", port: 4400 };
const STRANGER = { host: "203.0.113.9", port: 4000 };

Deno.test("a latch: whom the description names gives way to nobody who came before", () => {
  for (const mode of ["signalled", "any", "always", "off"] as const) {
    const latch = new Latch(mode);
    latch.expect(PHONE);
    for (let i = 0; i < 5; i++) latch.accept(NEIGHBOUR);
    assertEquals(latch.accept(PHONE), true, mode);
    assertEquals(latch.target, PHONE, mode);
  }
});

Deno.test("a latch: a peer behind NAT is believed once, and then nobody else", () => {
  const latch = new Latch("signalled");
  latch.expect(PHONE);
  assertEquals(latch.accept(STRANGER), false);
  assertEquals(latch.accept(NEIGHBOUR), true);
  assertEquals(latch.accept({ ...PHONE, port: 4800 }), false);
  assertEquals(latch.target, NEIGHBOUR);
});
