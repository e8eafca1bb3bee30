import { assertEquals } from "@std/assert";
import {
  parseMaps,
  parsePerfMap,
  summarize,
} from "../../bench/footprint/trace.ts";

const MAPS = `1000-3000 r-xp 00000000 fe:00 12   /usr/bin/deno
3000-4000 rw-p 00000000 fe:00 12   /usr/bin/deno
5000-6000 r-xp 00000000 00:00 0 
`;
const FUNCTIONS = `8000 40 Builtin:StringAdd
8100 80 JS:~'parseMessage file:///x/core/message/parse.ts:16:99
8100 100 JS:*'parseMessage file:///x/core/message/parse.ts:16:99
not a line
8200 40 JS:wasm-function[7]-7-turbofan
`;

Deno.test("stretches that can be executed, and the engine's functions", () => {
  assertEquals(parseMaps(MAPS), [
    { from: 0x1000, to: 0x3000, name: "deno" },
    { from: 0x5000, to: 0x6000, name: "unnamed" },
  ]);
  assertEquals(
    parsePerfMap(FUNCTIONS).map(({ from, to }) => [from, to]),
    [[0x8000, 0x8040], [0x8100, 0x8200], [0x8200, 0x8240]],
  );
});

Deno.test("a trace is summed up by what its addresses belong to", () => {
  const addresses = [
    ...[0x8100, 0x8104, 0x8140, 0x8100, 0x8104],
    ...[0x8000, 0x1000, 0x1004, 0x2fff, 0x9999, 0x8210],
  ];
  const summary = summarize(BigUint64Array.from(addresses, BigInt), {
    functions: parsePerfMap(FUNCTIONS),
    regions: parseMaps(MAPS),
    messages: 2,
  });
  assertEquals(summary.calls, 1);
  assertEquals(summary.total, {
    kind: "all",
    instructions: 11,
    lines: 7,
    pages: 4,
  });
  assertEquals(
    summary.kinds.map((share) => [share.kind, share.instructions, share.lines]),
    [
      ["our code, compiled", 5, 2],
      ["deno", 3, 2],
      ["functions of V8", 1, 1],
      ["unknown", 1, 1],
      ["WebAssembly", 1, 1],
    ],
  );
  assertEquals(summary.files, [
    { kind: "core/message/parse.ts", instructions: 5, lines: 2, pages: 1 },
  ]);
});
