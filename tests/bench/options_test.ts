/** The words of `deno task bench`: read, or refused in one line. */

import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { parseOptions } from "../../bench/options.ts";
import { BenchError } from "../../bench/results.ts";

Deno.test("rates, sizes and names are read", () => {
  const got = parseOptions([
    ...["--rates", "200,2000", "--held", "none", "--udp", "batched"],
    ...["--save", "a-b_1", "--against", "baseline", "--quick"],
  ]);
  assertEquals(got, {
    rates: [200, 2000],
    seconds: 2,
    held: [],
    udps: ["batched"],
    quick: true,
    save: "a-b_1",
    against: "baseline",
  });
});

Deno.test("what is not understood is refused in one line", () => {
  const wrong = [
    ["--rates", "200,fast"],
    ["--rates", "0"],
    ["--rates", ""],
    ["--held", "-5"],
    ["--seconds", "1e3"],
    ["--udp", "tcp"],
    ["--save", "../run"],
    ["--against", ""],
    ["--unknown"],
    ["word"],
  ];
  for (const args of wrong) {
    const { message } = assertThrows(() => parseOptions(args), BenchError);
    assertStringIncludes(message, "Cannot read");
    assertEquals(message.split("\n").length, 1);
  }
});
