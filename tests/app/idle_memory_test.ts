import { assertEquals } from "@std/assert";
import { IdleMemory } from "../../app/idle_memory.ts";
import { TimerWheel } from "../../core/base/timer_wheel.ts";

function watched(): {
  clock: TimerWheel;
  memory: IdleMemory;
  state: { idle: boolean; collections: number };
} {
  const clock = new TimerWheel();
  const state = { idle: true, collections: 0 };
  const memory = new IdleMemory({
    clock,
    isIdle: () => state.idle,
    collect: () => void state.collections++,
  });
  return { clock, memory, state };
}

Deno.test("a few calls are not worth a collection", () => {
  const { clock, memory, state } = watched();
  for (let i = 0; i < 499; i++) memory.callEnded();
  clock.advance(1e6);
  assertEquals([state.collections, clock.pending], [0, 0]);
});

Deno.test("a busy spell is collected once, when nothing of it is left", () => {
  const { clock, memory, state } = watched();
  state.idle = false;
  for (let i = 0; i < 2_000; i++) memory.callEnded();
  clock.advance(100_000);
  assertEquals(state.collections, 0);
  state.idle = true;
  clock.advance(140_000);
  assertEquals([state.collections, clock.pending], [1, 0]);
  memory.callEnded();
  clock.advance(1e6);
  assertEquals(state.collections, 1);
});

Deno.test("the engine's own collector can be had", () => {
  const clock = new TimerWheel();
  const memory = new IdleMemory({ clock, isIdle: () => true });
  for (let i = 0; i < 500; i++) memory.callEnded();
  clock.advance(33_000);
  assertEquals(clock.pending, 0);
});
