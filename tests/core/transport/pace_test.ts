import { assertEquals } from "@std/assert";
import { Pace, type Paced, type Turns } from "../../../core/transport/pace.ts";

/** Time that only moves by sleeping, and turns that only come when asked for. */
class World implements Turns {
  atMs = 0;
  readonly slept: number[] = [];
  readonly #due: (() => void)[] = [];
  readonly nowMs = (): number => this.atMs;
  readonly sleep = (microseconds: number): void => {
    this.slept.push(microseconds);
    this.atMs += microseconds / 1000;
  };
  readonly soon = (callback: () => void): void => {
    this.#due.push(callback);
  };

  get waiting(): number {
    return this.#due.length;
  }

  turn(): void {
    for (const callback of this.#due.splice(0)) callback();
  }
}

class Socket implements Paced {
  there = 0;
  /** What a look does besides. */
  work = (): void => {};
  looks = 0;
  rested = 0;

  look(): number {
    this.looks++;
    const count = this.there;
    this.there = 0;
    this.work();
    return count;
  }

  rest(): void {
    this.rested++;
  }
}

Deno.test("a socket that is woken seldom waits by itself", () => {
  const world = new World();
  const pace = new Pace(world);
  const socket = new Socket();
  for (let woken = 0; woken < 100; woken++) {
    world.atMs += 1;
    assertEquals(pace.woken(socket, 1), false);
  }
  assertEquals([pace.busy, world.waiting, socket.looks], [false, 0, 0]);
});

Deno.test("a socket that is woken again and again is looked at a millisecond after each look, until it is quiet", () => {
  const world = new World();
  const pace = new Pace(world);
  const socket = new Socket();
  let woken = 0;
  do {
    world.atMs += 0.1;
    woken++;
  } while (!pace.woken(socket, 1));
  // Ten a millisecond are seen to be many within three.
  assertEquals(woken < 30, true);
  assertEquals([pace.busy, world.waiting], [true, 1]);

  const startedMs = world.atMs;
  for (let turn = 0; turn < 50; turn++) {
    socket.there = 4;
    world.turn();
  }
  assertEquals(socket.looks, 50);
  assertEquals(world.slept.every(Number.isInteger), true);
  const lookMs = (world.atMs - startedMs) / 50;
  assertEquals(lookMs > 0.9 && lookMs <= 1, true);

  for (let turn = 0; turn < 50; turn++) world.turn();
  assertEquals([pace.busy, world.waiting, socket.rested], [false, 0, 1]);
});

Deno.test("the more work a look is, the less is slept after it", () => {
  const world = new World();
  const pace = new Pace(world);
  const socket = new Socket();
  pace.woken(socket, 1_000);
  const turns = (workMs: number): { slept: number; tookMs: number } => {
    world.slept.length = 0;
    socket.work = () => void (world.atMs += workMs);
    world.turn();
    const startedMs = world.atMs;
    for (let turn = 0; turn < 10; turn++) {
      socket.there = 100;
      world.turn();
    }
    world.slept.shift();
    return {
      slept: world.slept.length,
      tookMs: (world.atMs - startedMs) / 10,
    };
  };
  const idle = turns(0);
  const light = turns(0.5);
  const half = turns(1.5);
  const full = turns(3);
  // A sleep is asked for a little shorter than it is wanted, since the system's is a little longer.
  const about = (ms: number, wanted: number): boolean =>
    ms <= wanted && ms > wanted - 0.1;
  assertEquals(about(idle.tookMs, 1), true);
  assertEquals(about(light.tookMs, 1.5), true);
  assertEquals(about(half.tookMs, 2), true);
  assertEquals([full.slept, Math.round(full.tookMs)], [0, 3]);
});

Deno.test("who is late does not sleep", () => {
  const world = new World();
  const pace = new Pace(world);
  const socket = new Socket();
  assertEquals(pace.woken(socket, 1_000), true);
  world.atMs += 5;
  socket.there = 100;
  world.turn();
  assertEquals([world.slept.length, socket.looks], [0, 1]);
});

Deno.test("all sockets are looked at together, and one that is closed no more", () => {
  const world = new World();
  const pace = new Pace(world);
  const [a, b] = [new Socket(), new Socket()];
  assertEquals(pace.woken(a, 1_000), true);
  assertEquals(pace.woken(b, 1), true);
  world.turn();
  assertEquals([a.looks, b.looks, world.waiting], [1, 1, 1]);
  pace.leave(a);
  pace.leave(b);
  assertEquals(pace.busy, false);
  world.turn();
  assertEquals([a.looks, b.looks, world.waiting], [1, 1, 0]);
});
