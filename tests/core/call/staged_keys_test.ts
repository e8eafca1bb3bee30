import { assertEquals, assertThrows } from "@std/assert";
import {
  type CallKeysAccess,
  type KeyOptions,
  KeysView,
  settleKeys,
} from "../../../core/call/staged_keys.ts";

Deno.test("keys that a hook sends leave when it has returned, and not when it failed", () => {
  const { view, sent } = bed();
  view.sendKeys("b", "1!d", { durationMs: 200, as: "info" });
  assertEquals(sent, []);
  settleKeys(view, { failed: false });
  assertEquals(sent, ["b 1 200 info", "b flash 200 info", "b D 200 info"]);
  view.sendKeys("a", "2");
  settleKeys(view, { failed: true });
  settleKeys(view, { failed: false });
  assertEquals(sent.length, 3);
});

Deno.test("what is no row of keys is refused, and says what is wanted", () => {
  const { view, sent } = bed();
  const wrong: readonly [
    leg: string,
    keys: unknown,
    options: KeyOptions,
    problem: string,
  ][] = [
    ["b", "", {}, '"" is no row of keys, wanted 0 to 9, *, #, A to D and !'],
    ["b", "12x", {}, '"x" is no key, wanted'],
    ["b", undefined, {}, "undefined is no row of keys"],
    ["c", "1", {}, "c is no leg, wanted a or b"],
    ["b", "1".repeat(65), {}, "at most 64 at once"],
    ["b", "1", { durationMs: 0 }, "0 ms, wanted 1 to 10000"],
    ["b", "1", { durationMs: NaN }, "NaN ms, wanted 1 to 10000"],
  ];
  for (const [leg, keys, options, problem] of wrong) {
    assertThrows(
      () => view.sendKeys(leg as "a", keys as string, options),
      Error,
      problem,
    );
  }
  view.sendKeys("b", "1".repeat(40));
  assertThrows(
    () => view.sendKeys("b", "1".repeat(25)),
    RangeError,
    "at most 64 from one hook",
  );
  settleKeys(view, { failed: true });
  assertEquals(sent, []);
});

Deno.test("keys are collected once they are asked for", () => {
  const { view, access } = bed();
  assertEquals(view.keys, { a: "", b: "" });
  view.collectKeys();
  access.collected = { a: "12", b: "" };
  assertEquals(view.keys, { a: "12", b: "" });
});

function bed(): {
  view: KeysView;
  sent: string[];
  access: { collected: CallKeysAccess["collected"] };
} {
  const sent: string[] = [];
  const access = {
    collected: undefined as CallKeysAccess["collected"],
    collect(): void {},
    inject(to: string, keys: Parameters<CallKeysAccess["inject"]>[1]): void {
      for (const { key, durationMs, as } of keys) {
        sent.push(`${to} ${key} ${durationMs} ${as ?? ""}`.trim());
      }
    },
  };
  return { view: new KeysView({ keys: access }), sent, access };
}
