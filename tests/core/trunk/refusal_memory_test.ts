import { assertEquals } from "@std/assert";
import { TimerWheel } from "../../../core/base/timer_wheel.ts";
import { RefusalMemory } from "../../../core/trunk/refusal_memory.ts";

const UPDATE = { method: "UPDATE", withSdp: false } as const;
const FULL_UPDATE = { method: "UPDATE", withSdp: true } as const;
const PHONE = { trunk: "pbx", contact: "sip:1001@192.0.2.2:5070;ob" };

Deno.test("a refusal is kept for an hour, for the method with or without SDP", () => {
  const wheel = new TimerWheel();
  const peer = new RefusalMemory(wheel).of(PHONE);
  peer.remember(UPDATE);
  assertEquals(peer.refuses(UPDATE), true);
  assertEquals(peer.refuses(FULL_UPDATE), false);
  wheel.advance(3_599_999);
  assertEquals(peer.refuses(UPDATE), true);
  wheel.advance(3_600_000);
  assertEquals(peer.refuses(UPDATE), false);
  assertEquals(wheel.pending, 0);
});

Deno.test("a peer is its trunk and the host and port of its Contact, in whatever call", () => {
  const memory = new RefusalMemory(new TimerWheel());
  memory.of(PHONE).remember(UPDATE);
  function refuses(trunk: string | undefined, contact: string): boolean {
    return memory.of({ trunk, contact }).refuses(UPDATE);
  }
  assertEquals(refuses("pbx", "sip:2002@192.0.2.2:5070"), true);
  assertEquals(refuses("pbx", "sip:1001@192.0.2.2"), false);
  assertEquals(refuses("pbx", "sip:1001@192.0.2.3:5070"), false);
  assertEquals(refuses("carrier", PHONE.contact), false);
  assertEquals(refuses(undefined, PHONE.contact), false);
});

Deno.test("what works again is forgotten", () => {
  const memory = new RefusalMemory(new TimerWheel());
  const peer = memory.of(PHONE);
  peer.remember(UPDATE);
  peer.forget(UPDATE);
  peer.forget(UPDATE);
  assertEquals(peer.refuses(UPDATE), false);
  assertEquals(memory.size, 0);
});

Deno.test("the memory is bounded: the oldest goes first, what is remembered anew is young", () => {
  const memory = new RefusalMemory(new TimerWheel(), { most: 3 });
  const peers = [1, 2, 3, 4].map((n) =>
    memory.of({ trunk: "pbx", contact: `sip:192.0.2.${n}` })
  );
  const [first, second, third, fourth] = peers;
  for (const peer of [first, second, third, first, fourth]) {
    peer?.remember(UPDATE);
  }
  assertEquals(memory.size, 3);
  assertEquals(
    peers.map((peer) => peer.refuses(UPDATE)),
    [true, false, true, true],
  );
});

Deno.test("what has run out makes room", () => {
  const wheel = new TimerWheel();
  const memory = new RefusalMemory(wheel, { keptMs: 1000 });
  memory.of(PHONE).remember(UPDATE);
  memory.of(PHONE).remember(FULL_UPDATE);
  wheel.advance(1000);
  memory.of({ trunk: "pbx", contact: "sip:192.0.2.9" }).remember(UPDATE);
  assertEquals(memory.size, 1);
});

Deno.test("a Contact that is no SIP URI stands for itself", () => {
  const memory = new RefusalMemory(new TimerWheel());
  memory.of({ trunk: undefined, contact: "tel:+1" }).remember(UPDATE);
  const same = memory.of({ trunk: undefined, contact: "tel:+1" });
  assertEquals(same.refuses(UPDATE), true);
});
