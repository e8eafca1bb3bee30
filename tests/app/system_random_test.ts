import { assert, assertEquals, assertMatch } from "@std/assert";
import { SystemRandom } from "../../app/system_random.ts";

Deno.test("a token is letters and digits, 80 bits of them", () => {
  const random = new SystemRandom();
  const tokens = new Set<string>();
  for (let i = 0; i < 10_000; i++) {
    const token = random.token();
    assertMatch(token, /^[0-9a-v]{16}$/);
    tokens.add(token);
  }
  assertEquals(tokens.size, 10_000);
});

Deno.test("no byte is used twice", () => {
  let filled = 0;
  const random = new SystemRandom((block) => {
    filled++;
    for (let i = 0; i < block.length; i++) block[i] = i * 7 + filled;
  });
  const first = random.token();
  assertEquals(random.token() === first, false);
  for (let i = 0; i < 8192 / 16 - 2; i++) random.token();
  assertEquals(filled, 1);
  random.token();
  assertEquals(filled, 2);
});

Deno.test("fractions fill [0, 1) from one end to the other", () => {
  const random = new SystemRandom((block) => block.fill(255));
  const most = random.fraction();
  assert(most < 1 && most > 0.999_999_999, `${most}`);
  assertEquals(new SystemRandom((block) => block.fill(0)).fraction(), 0);
});
