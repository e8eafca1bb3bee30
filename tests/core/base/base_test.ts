import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { LegworkError, StateError } from "../../../core/base/errors.ts";
import { DEFAULT_LIMITS } from "../../../core/base/limits.ts";
import { CountingObserver } from "../../../core/base/observer.ts";
import { seededRandom } from "../../../core/base/random.ts";

Deno.test("the same seed gives the same run, another one another", () => {
  const [a, b, c] = [seededRandom(1), seededRandom(1), seededRandom(2)];
  const run = Array.from({ length: 5 }, () => a.token());
  assertEquals(run, Array.from({ length: 5 }, () => b.token()));
  assertNotEquals(run[0], c.token());
});

Deno.test("fractions fill [0, 1) evenly", () => {
  const random = seededRandom(42);
  const tenths = new Array<number>(10).fill(0);
  for (let i = 0; i < 10_000; i++) {
    const fraction = random.fraction();
    assert(fraction >= 0 && fraction < 1);
    tenths[Math.floor(fraction * 10)]!++;
  }
  for (const count of tenths) assert(count > 850 && count < 1_150, `${count}`);
});

Deno.test("§19.3: tokens are letters and digits, and do not repeat", () => {
  const random = seededRandom(7);
  const tokens = new Set<string>();
  for (let i = 0; i < 1_000; i++) tokens.add(random.token());
  assertEquals(tokens.size, 1_000);
  for (const token of tokens) assert(/^[a-z0-9]{16}$/.test(token), token);
});

Deno.test("every limit bounds something", () => {
  for (const [name, limit] of Object.entries(DEFAULT_LIMITS)) {
    assert(Number.isSafeInteger(limit) && limit > 0, name);
  }
  // §18.1.1: "MUST be able to handle messages up to the maximum datagram packet size. For UDP, this size is 65,535
  // bytes, including IP and UDP headers."
  assert(DEFAULT_LIMITS.messageBytes >= 65_535);
  // §16.3 and §20.22 let a request pass 70 proxies.
  assert(DEFAULT_LIMITS.routeValues >= 70);
});

Deno.test("errors carry a stable code", () => {
  const error = new StateError("Cannot answer request: it is answered");
  assert(error instanceof LegworkError && error instanceof Error);
  assertEquals([error.name, error.code], ["StateError", "STATE"]);
});

Deno.test("the counting observer adds up", () => {
  const observer = new CountingObserver();
  observer.count("a");
  observer.count("a", 2);
  observer.log({ level: "info", text: "Nothing is kept" });
  assertEquals([...observer.counters], [["a", 3]]);
});
