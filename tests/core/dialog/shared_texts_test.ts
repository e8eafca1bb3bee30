import { assertEquals } from "@std/assert";
import { SharedTexts } from "../../../core/dialog/shared_texts.ts";

Deno.test("texts come back as they were, more than are kept and longer ones too", () => {
  const texts = new SharedTexts(4);
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 10; i++) {
      const text = `INVITE, ACK, X${i}`;
      assertEquals(texts.of(`Allow: ${text}`.slice(7)), text);
    }
    const long = "X".repeat(10_000);
    assertEquals(texts.of(long), long);
    assertEquals(texts.of(""), "");
  }
});
