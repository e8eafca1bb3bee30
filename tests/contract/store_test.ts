/** What every store does, in memory and in a file. */

import { assertEquals, assertThrows } from "@std/assert";
import { SqliteStore } from "../../app/sqlite_store.ts";
import { MemoryStore } from "../../core/base/memory_store.ts";
import {
  type Store,
  StoreError,
  type StoreLimits,
} from "../../core/base/store.ts";
import { TimerWheel } from "../../core/base/timer_wheel.ts";

interface Kind {
  readonly name: string;
  open(clock: TimerWheel, limits?: StoreLimits): Store & { close?(): void };
}

const KINDS: readonly Kind[] = [
  { name: "memory", open: (clock, limits) => new MemoryStore(clock, limits) },
  {
    name: "SQLite",
    open: (clock, limits) =>
      new SqliteStore(":memory:", {
        clock,
        ...(limits === undefined ? {} : { limits }),
      }),
  },
];

storeTest("a value is there until it is deleted", async (store, clock) => {
  assertEquals(await store.get("a"), undefined);
  await store.set("a", "1");
  await store.set("a", "two Ünï");
  clock.advance(1e9);
  assertEquals(await store.get("a"), "two Ünï");
  assertEquals(await store.delete("a"), true);
  assertEquals(await store.delete("a"), false);
  assertEquals(await store.get("a"), undefined);
});

storeTest("a value expires", async (store, clock) => {
  await store.set("a", "1", { expiresMs: 1_000 });
  clock.advance(999);
  assertEquals(await store.get("a"), "1");
  clock.advance(1_000);
  assertEquals(await store.get("a"), undefined);
  assertEquals(await store.delete("a"), false);
  await store.set("a", "2", { expiresMs: 1_000 });
  await store.set("a", "3");
  clock.advance(5_000);
  assertEquals(await store.get("a"), "3");
});

storeTest("counting has the expiry of its first", async (store, clock) => {
  assertEquals(await store.increment("n", 1, { expiresMs: 1_000 }), 1);
  clock.advance(900);
  assertEquals(await store.increment("n", 5, { expiresMs: 1_000 }), 6);
  clock.advance(1_000);
  assertEquals(await store.increment("n", -2), -2);
  clock.advance(100_000);
  assertEquals(await store.get("n"), "-2");
});

storeTest("what is no number cannot be counted", async (store) => {
  await store.set("a", '"x"');
  assertThrows(() => store.increment("a", 1), StoreError, "whole number");
  await store.set("a", String(Number.MAX_SAFE_INTEGER));
  assertThrows(() => store.increment("a", 1), StoreError, "whole number");
  assertEquals(await store.get("a"), String(Number.MAX_SAFE_INTEGER));
});

storeTest("one of two changes wins", async (store, clock) => {
  const claim = { from: undefined, to: "me" };
  assertEquals(await store.compareAndSet("a", claim), true);
  assertEquals(await store.compareAndSet("a", claim), false);
  const change = { from: "me", to: "you" };
  assertEquals(
    await store.compareAndSet("a", change, { expiresMs: 10 }),
    true,
  );
  assertEquals(await store.compareAndSet("a", change), false);
  clock.advance(10);
  assertEquals(await store.compareAndSet("a", claim), true);
});

storeTest("what expires makes room, what lasts does not", async (store) => {
  await store.set("lasting", "1");
  await store.set("soon", "1", { expiresMs: 10 });
  await store.set("later", "1", { expiresMs: 20 });
  await store.set("new", "1", { expiresMs: 30 });
  assertEquals(await store.get("soon"), undefined);
  assertEquals(await store.get("later"), "1");
  await store.set("new", "2");
  await store.set("new too", "1");
  assertThrows(() => store.set("more", "1"), StoreError, "full");
  assertEquals(await store.get("more"), undefined);
  assertEquals(await store.get("lasting"), "1");
}, { entries: 3, chars: 1_000 });

storeTest("characters are bounded too", async (store) => {
  await store.set("a", "x".repeat(60), { expiresMs: 10 });
  await store.set("b", "x".repeat(60));
  assertEquals(await store.get("a"), undefined);
  assertThrows(() => store.set("c", "x".repeat(60)), StoreError, "full");
  assertThrows(() => store.set("b", "x".repeat(101)), StoreError, "full");
  assertEquals((await store.get("b"))?.length, 60);
}, { entries: 10, chars: 100 });

Deno.test("a store in a file outlives the process", async () => {
  const file = await Deno.makeTempFile({ suffix: ".sqlite" });
  const clock = new TimerWheel(0, { wallTimeMs: 1_700_000_000_000 });
  const first = new SqliteStore(file, { clock });
  first.set("a", "1");
  first.set("b", "2", { expiresMs: 1_000 });
  first.close();
  const later = new TimerWheel(0, { wallTimeMs: 1_700_000_001_000 });
  const second = new SqliteStore(file, { clock: later });
  assertEquals([second.get("a"), second.get("b")], ["1", undefined]);
  second.close();
  await Deno.remove(file);
});

Deno.test("a store that cannot be opened says so", () => {
  const clock = new TimerWheel(0);
  assertThrows(
    () => new SqliteStore("gone/away/store.sqlite", { clock }),
    StoreError,
    "Cannot open store gone/away/store.sqlite",
  );
});

function storeTest(
  what: string,
  check: (store: Store, clock: TimerWheel) => Promise<void>,
  limits?: StoreLimits,
): void {
  for (const { name, open } of KINDS) {
    Deno.test(`store in ${name}: ${what}`, async () => {
      const clock = new TimerWheel(0, { wallTimeMs: 1_700_000_000_000 });
      const store = open(clock, limits);
      await check(store, clock);
      assertEquals(clock.pending, 0);
      store.close?.();
    });
  }
}
