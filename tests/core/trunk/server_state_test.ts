import { assertEquals } from "@std/assert";
import { ServerState } from "../../../core/trunk/server_state.ts";

Deno.test("server state: up with the first answer, and one miss does not take it down", () => {
  const state = new ServerState(3, 0);
  assertEquals(state.conditionAt(0), "probing");
  assertEquals(state.answered(10), "probing");
  assertEquals(state.conditionAt(10), "up");
  assertEquals(state.missed(20), "up");
  assertEquals([state.conditionAt(20), state.misses], ["probing", 1]);
  assertEquals(state.missed(30), undefined);
  assertEquals(state.answered(40), "probing");
  assertEquals([state.conditionAt(40), state.misses], ["up", 0]);
});

Deno.test("server state: misses in a row take it down, one answer brings it back", () => {
  const state = new ServerState(2, 0);
  assertEquals(state.missed(10), undefined);
  assertEquals(state.missed(20), "probing");
  assertEquals([state.conditionAt(20), state.sinceMs], ["down", 20]);
  assertEquals(state.missed(30), undefined);
  assertEquals(state.sinceMs, 20);
  assertEquals(state.answered(40), "down");
  assertEquals([state.conditionAt(40), state.sinceMs], ["up", 40]);
});

Deno.test("server state: who says that it is out of service is down at once", () => {
  const state = new ServerState(5, 0);
  state.answered(1);
  assertEquals(state.refused(2), "up");
  assertEquals(state.conditionAt(2), "down");
  // It takes a miss less to stay down than to get there, and an answer all the same to come back.
  assertEquals(state.missed(3), undefined);
  assertEquals(state.answered(4), "down");
});

Deno.test("server state: left alone for a while, it is what it was", () => {
  const state = new ServerState(3, 0);
  state.answered(0);
  state.leave(5_000, 1_000);
  assertEquals([state.conditionAt(1_000), state.sinceMs], ["down", 1_000]);
  // The longer wish counts.
  state.leave(2_000, 1_500);
  assertEquals(state.conditionAt(4_999), "down");
  assertEquals(state.conditionAt(5_000), "up");
});
