import { assertEquals } from "@std/assert";
import { nearest } from "../../app/nearest.ts";

Deno.test("nearest finds the word that was meant, and none where none is near", () => {
  const known = ["listen", "trunks", "session_timer", "log"];
  for (
    const [word, meant] of [
      ["listne", "listen"],
      ["Listen", "listen"],
      ["session-timer", "session_timer"],
      ["trunk", "trunks"],
      ["lgo", "log"],
      ["xyz", undefined],
      ["", undefined],
      ["x".repeat(100_000), undefined],
    ] as const
  ) assertEquals(nearest(word, known), meant);
});
