import { assert, assertEquals, assertMatch } from "@std/assert";
import { legwork, start } from "./support/cli.ts";

/** Arrows of the demo's call, each leg's in their order. */
const CARRIER = [
  ...[">INVITE", "<100 INVITE", "<180 INVITE", "<200 INVITE", ">ACK"],
  ...["<INVITE", ">200 INVITE", "<ACK"],
  ...[">INFO", "<200 INFO", ">BYE", "<200 BYE"],
];
const PBX = [
  ...[">INVITE", "<180 INVITE", "<200 INVITE", ">ACK"],
  ...["<INVITE", ">100 INVITE", ">200 INVITE", "<ACK"],
  ...[">INFO", "<200 INFO", ">BYE", "<200 BYE"],
];

Deno.test("the demo draws one call with everything, and exits 0", async () => {
  const { code, out, err } = await legwork(["demo"]);
  assertEquals({ code, err }, { code: 0, err: [] });
  assertMatch(out[0] ?? "", /^ +carrier +legwork +pbx$/);
  const arrows = out.slice(1, -3);
  const legs: [string[], string[]] = [[], []];
  for (const line of arrows) {
    const found = /^ +\d+\.\d{3} +│(?:([ ─◀▶A-Z0-9]+)│ +│| +│([ ─◀▶A-Z0-9]+)│)$/
      .exec(line);
    assert(found !== null, line);
    const [, left, right] = found;
    const arrow = left ?? right ?? "";
    const label = arrow.replace(/[─◀▶]/g, "").trim();
    legs[left === undefined ? 1 : 0].push(
      `${arrow.endsWith("▶") ? ">" : "<"}${label}`,
    );
  }
  assertEquals(legs, [CARRIER, PBX]);
  assertEquals(out.at(-3), "");
  assertMatch(
    out.at(-2) ?? "",
    /^One call, 24 messages, \d+\.\d s: 180, 200, hold, a key by INFO, BYE; nothing is left of it\.$/,
  );
  assertMatch(out.at(-1) ?? "", /app\/demo\/route\.ts sent it to the PBX/);
});

Deno.test("a demo that stays says how to try it, and ends on a signal", async () => {
  await using demo = start(["demo", "--stay"]);
  const said: string[] = [];
  for (let line = ""; !line.startsWith("Ctrl-C");) {
    line = await demo.line() ?? "Ctrl-C?";
    said.push(line);
  }
  const [where] = said.filter((line) => line.startsWith("Legwork listens on"));
  const port = /udp:127\.0\.0\.1:(\d+)/.exec(where ?? "")?.[1];
  assert(said.includes(`  sipp -sn uac 127.0.0.1:${port} -s 1000 -m 1`));
  assert(
    said.includes(`  baresip -e "/dial sip:1000@127.0.0.1:${port}"`),
  );
  demo.process.kill("SIGINT");
  const { code } = await demo.ended();
  assertEquals(code, 0);
});
