import { assertEquals, assertThrows } from "@std/assert";
import type { CallEvent } from "../../../core/call/call_event.ts";
import { EventQueue } from "../../../core/call/event_queue.ts";
import { NO_CONTENT } from "../../../core/call/header_policy.ts";
import type { Leg } from "../../../core/call/leg.ts";

const leg = {} as Leg;
const end: CallEvent = { type: "end", cause: "BYE", content: NO_CONTENT };
const acknowledge: CallEvent = { type: "acknowledge", content: NO_CONTENT };
const change: CallEvent = { type: "change", content: NO_CONTENT };
const ring = { type: "ring", status: 180 } as CallEvent;

Deno.test("events that an event leads to come after it", () => {
  const seen: string[] = [];
  const queue: EventQueue<Leg> = new EventQueue({
    arrives(_leg, event): void {
      seen.push(`${event.type} begins`);
      if (event.type === "acknowledge") queue.push(leg, change);
      seen.push(`${event.type} ends`);
    },
  });
  queue.push(leg, acknowledge);
  assertEquals(seen, [
    "acknowledge begins",
    "acknowledge ends",
    "change begins",
    "change ends",
  ]);
});

Deno.test("what comes while a hook waits is held in order; an end overtakes", () => {
  const seen: string[] = [];
  const queue: EventQueue<Leg> = new EventQueue({
    arrives(_leg, event): void {
      seen.push(event.type);
    },
  });
  queue.hold();
  queue.push(leg, acknowledge);
  queue.push(leg, change);
  assertEquals(seen, []);
  queue.push(leg, end);
  assertEquals(seen, ["end"]);
  queue.resume(() => {
    seen.push("decision");
    queue.push(leg, end);
  });
  assertEquals(seen, ["end", "decision", "acknowledge", "change", "end"]);
});

Deno.test("an event whose hook waits holds those queued behind it", () => {
  const seen: string[] = [];
  const queue: EventQueue<Leg> = new EventQueue({
    arrives(_leg, event): void {
      seen.push(event.type);
      if (event.type === "acknowledge") queue.hold();
    },
  });
  queue.run(() => {
    queue.push(leg, acknowledge);
    queue.push(leg, change);
  });
  assertEquals(seen, ["acknowledge"]);
  queue.release();
  assertEquals(seen, ["acknowledge", "change"]);
});

Deno.test("a peer that rings on and on fills no memory", () => {
  let rings = 0;
  const queue = new EventQueue<Leg>({
    arrives(): void {
      rings++;
    },
  });
  queue.hold();
  for (let i = 0; i < 10_000; i++) queue.push(leg, ring);
  queue.release();
  assertEquals(rings, 64);
});

Deno.test("a decision that asks another hook that waits keeps on holding", () => {
  const seen: string[] = [];
  const queue: EventQueue<Leg> = new EventQueue({
    arrives(_leg, event): void {
      seen.push(event.type);
    },
  });
  queue.hold();
  queue.push(leg, acknowledge);
  queue.resume(() => queue.hold());
  assertEquals(seen, []);
  queue.resume(() => {});
  assertEquals(seen, ["acknowledge"]);
});

Deno.test("a decision that fails does not hold the call for good", () => {
  const seen: string[] = [];
  const queue: EventQueue<Leg> = new EventQueue({
    arrives(_leg, event): void {
      seen.push(event.type);
    },
  });
  queue.hold();
  assertThrows(() =>
    queue.resume(() => {
      throw new Error("fault");
    })
  );
  queue.push(leg, acknowledge);
  assertEquals(seen, ["acknowledge"]);
});

Deno.test("with two hooks waiting, events wait for both", () => {
  const seen: string[] = [];
  const queue: EventQueue<Leg> = new EventQueue({
    arrives(_leg, event): void {
      seen.push(event.type);
    },
  });
  queue.hold();
  queue.hold();
  queue.push(leg, acknowledge);
  queue.resume(() => {});
  assertEquals(seen, []);
  queue.resume(() => {});
  assertEquals(seen, ["acknowledge"]);
});
