import { assertEquals } from "@std/assert";
import { HeapGrowth } from "../../app/heap_growth.ts";
import { TimerWheel } from "../../core/base/timer_wheel.ts";

const MIB = 1024 * 1024;

Deno.test("a small heap may grow to four times, a large one as the engine has it", () => {
  const clock = new TimerWheel();
  const told: number[] = [];
  let usedBytes = 40 * MIB;
  new HeapGrowth({
    clock,
    usedBytes: () => usedBytes,
    setPercent: (percent) => void told.push(percent),
  });
  assertEquals(told, [300]);
  clock.advance(60_000);
  assertEquals(told, [300]);
  usedBytes = 300 * MIB;
  clock.advance(70_000);
  assertEquals(told, [300, 0]);
  usedBytes = 100 * MIB;
  clock.advance(80_000);
  assertEquals(told, [300, 0, 300]);
});

Deno.test("the engine takes the figure", () => {
  const clock = new TimerWheel();
  new HeapGrowth({ clock });
  clock.advance(10_000);
  assertEquals(clock.pending, 1);
});
