import { assert, assertEquals } from "@std/assert";
import {
  type Arrow,
  Drawing,
  formatTime,
  toMermaid,
} from "../../../app/ladder/print.ts";

const ARROWS: Arrow[] = [
  { atMs: 0, from: "carrier", to: "legwork", label: "INVITE" },
  {
    atMs: 5,
    from: "legwork",
    to: "pbx",
    label: "INVITE",
    notes: ["route.ts:4 set User-Agent: PBX-12"],
  },
  {
    atMs: 505,
    from: "legwork",
    to: "pbx",
    label: "INVITE",
    marks: { again: true, lost: true },
  },
  { atMs: 900_010, from: "pbx", to: "legwork", label: "200 INVITE" },
];

Deno.test("a ladder is drawn with a column for each participant and the time of each message", () => {
  const drawing = new Drawing({
    participants: ["carrier", "legwork", "pbx"],
    width: 60,
    ascii: true,
  });
  assertEquals(drawing.draw(ARROWS).split("\n"), [
    "                carrier      legwork        pbx",
    "      0.000        |---INVITE-->|            |",
    "      0.005        |            |---INVITE-->|",
    "                   route.ts:4 set User-Agent: PBX-12",
    "      0.505        |            |...INVITE..x|  again, lost",
    "  15:00.010        |            |<200 INVITE-|",
  ]);
});

Deno.test("no line of a drawing is wider than it may be", () => {
  for (const width of [40, 80, 200]) {
    const participants = [
      "carrier",
      "legwork",
      "pbx",
      "a-very-long-name-indeed",
    ];
    const text = new Drawing({ participants, width }).draw([
      ...ARROWS,
      { atMs: 1, from: "nobody", to: "legwork", label: "OPTIONS".repeat(40) },
    ]);
    for (const line of text.split("\n")) assert(line.length <= width, line);
  }
});

Deno.test("times read as clocks do", () => {
  assertEquals(formatTime(5), "0.005");
  assertEquals(formatTime(65_000), "1:05.000");
  assertEquals(formatTime(3_723_004), "1:02:03.004");
});

Deno.test("a ladder becomes a Mermaid diagram", () => {
  assertEquals(toMermaid(ARROWS.slice(1, 3), ["legwork", "pbx"]).split("\n"), [
    "sequenceDiagram",
    "  participant legwork",
    "  participant pbx",
    "  legwork->>pbx: INVITE",
    "  legwork-xpbx: INVITE (again, lost)",
  ]);
});
