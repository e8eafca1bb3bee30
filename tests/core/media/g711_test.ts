import { assert, assertEquals } from "@std/assert";
import { PCMA, PCMU } from "../../../core/media/g711.ts";

Deno.test("known samples of both laws", () => {
  const samples = (linear: Int16Array, bytes: number[]): number[] =>
    bytes.map((byte) => linear[byte]!);
  assertEquals(
    samples(PCMU.linear, [0x00, 0x80, 0x7f, 0xff, 0x55, 0xd5]),
    [-32124, 32124, 0, 0, -716, 716],
  );
  assertEquals(
    samples(PCMA.linear, [0x2a, 0xaa, 0x55, 0xd5, 0x00, 0x80]),
    [-32256, 32256, -8, 8, -5504, 5504],
  );
});

Deno.test("each byte's sample has that byte, silence is silent", () => {
  for (const law of [PCMU, PCMA]) {
    for (let byte = 0; byte < 256; byte++) {
      const sample = law.linear[byte]!;
      const again = law.encode(sample);
      assertEquals(law.linear[again], sample);
      // µ-law has two zeros.
      if (sample !== 0) assertEquals(again, byte);
    }
    assert(Math.abs(law.linear[law.silence]!) <= 8);
  }
});

Deno.test("a sample comes back within its step", () => {
  for (const law of [PCMU, PCMA]) {
    for (let sample = -32_768; sample < 32_768; sample += 7) {
      const back = law.linear[law.encode(sample)]!;
      const step = Math.max(16, Math.abs(sample) / 16);
      assert(Math.abs(back - sample) <= step, `${sample} became ${back}`);
    }
  }
});
