import { assert } from "@std/assert";

Deno.test("a collection while no call is up leaves the code of calls compiled", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      "--v8-flags=--expose-gc,--trace-deopt",
      new URL("../../bench/simulation/calls.ts", import.meta.url).pathname,
      ...["--calls", "4000", "--warm", "4000", "--rounds", "1", "--heap"],
    ],
    stdin: "null",
  }).output();
  const said = new TextDecoder().decode(stdout);
  assert(code === 0, new TextDecoder().decode(stderr));
  // Without the samples of core/base/samples.ts it is some hundreds.
  const dropped = said.split("embedded weak objects cleared").length - 1;
  assert(dropped < 20, `${dropped} functions lost their code`);
});
