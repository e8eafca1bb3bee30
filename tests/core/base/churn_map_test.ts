import { assertEquals } from "@std/assert";
import { ChurnMap } from "../../../core/base/churn_map.ts";
import { seededRandom } from "../../../core/base/random.ts";

Deno.test("churn map: whatever is done, it answers as a Map does, in the same order", () => {
  const { fraction } = seededRandom(7);
  const below = (most: number): number => Math.floor(fraction() * most);
  const ours = new ChurnMap<string, number>();
  const theirs = new Map<string, number>();
  for (let step = 0; step < 20_000; step++) {
    // Half of the time it fills up to some hundred keys, half of the time it empties.
    const fills = step % 4_000 < 2_000;
    const key = `key ${below(400)}`;
    if (below(4) < (fills ? 3 : 1)) {
      ours.set(key, step);
      theirs.set(key, step);
    } else {
      assertEquals(ours.delete(key), theirs.delete(key));
    }
    const other = `key ${below(400)}`;
    assertEquals(ours.get(other), theirs.get(other));
    assertEquals(ours.has(other), theirs.has(other));
    assertEquals(ours.size, theirs.size);
    if (step % 100 === 0) assertEquals(ours.values(), [...theirs.values()]);
  }
  ours.clear();
  assertEquals([ours.size, ours.values(), ours.has("key 1")], [0, [], false]);
});

Deno.test("churn map: keys that share a bucket are told apart, and it can be filled again once it was emptied", () => {
  const map = new ChurnMap<number, string>();
  for (let round = 0; round < 2; round++) {
    for (let key = 0; key < 300; key++) map.set(key << 16, `${key}`);
    assertEquals(map.size, 300);
    assertEquals(map.get(77 << 16), "77");
    assertEquals(map.get(77), undefined);
    for (let key = 0; key < 300; key++) {
      assertEquals(map.delete(key << 16), true);
      assertEquals(map.delete(key << 16), false);
    }
    assertEquals([map.size, map.values()], [0, []]);
  }
});

Deno.test("churn map: it gives many buckets back when it is empty, and goes on", () => {
  const map = new ChurnMap<string, number>();
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 5_000; i++) map.set(`${i}`, i);
    assertEquals(map.get("4999"), 4_999);
    for (let i = 0; i < 5_000; i++) map.delete(`${i}`);
    assertEquals([map.size, map.has("4999")], [0, false]);
  }
});
