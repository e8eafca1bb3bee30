import { assert, assertEquals } from "@std/assert";
import type { Key } from "../../../core/media/key.ts";
import { KPML_MS, type LegSetting, playCall, type Way } from "./matrix_bed.ts";

/** A key twice and three times in a row, and all kinds of them. */
const KEYS = [..."122333*0#AD9"] as Key[];
const CLOCKS = [8000, 16_000, 24_000, 48_000];
const LOSSES = [0, 0.05, 0.2];
const PACKET_MS = 20;
/** What a body without a duration is taken for. */
const INFO_MS = 250;
/** What the detector of tones measures in. */
const BLOCK_MS = 6.4;
/** A key whose end packets are all lost is over after this. */
const LAPSE_MS = 150;

/** How keys come, and how they leave. */
const MATRIX = [
  "rfc4733 to rfc4733",
  "rfc4733 to info",
  "rfc4733 to info-dtmf",
  "rfc4733 to inband",
  "rfc4733 to kpml",
  "info to rfc4733",
  "info to info",
  "info to info-dtmf",
  "info to inband",
  "info to kpml",
  "info-dtmf to rfc4733",
  "info-dtmf to info",
  "info-dtmf to info-dtmf",
  "info-dtmf to inband",
  "info-dtmf to kpml",
  "inband to rfc4733",
  "inband to info",
  "inband to info-dtmf",
  "inband to inband",
  "inband to kpml",
  "kpml to rfc4733",
  "kpml to info",
  "kpml to info-dtmf",
  "kpml to inband",
  "kpml to kpml",
];

for (const name of MATRIX) {
  const [from, to] = name.split(" to ") as [Way, Way];
  Deno.test(name, () => {
    for (const fromLeg of settings(from)) {
      for (const toLeg of settings(to)) {
        for (const loss of LOSSES) play(fromLeg, toLeg, loss);
      }
    }
  });
}

/** A leg with every clock that it may have. */
function settings(way: Way): LegSetting[] {
  return way === "rfc4733"
    ? CLOCKS.map((clockRate) => ({ way, clockRate }))
    : [{ way }];
}

function play(from: LegSetting, to: LegSetting, loss: number): void {
  // Tones need three packets of ten; events need one.
  const hasTones = from.way === "inband" || to.way === "inband";
  const presses = KEYS.map((key, index) => ({
    key,
    durationMs: (hasTones ? 200 : 100) + 13 * index,
  }));
  const seed = loss * 100 + (from.clockRate ?? 1) + 7 * (to.clockRate ?? 1);
  const { heard, lostInARow } = playCall(presses, { from, to, loss, seed });

  const what = `${JSON.stringify({ from, to, loss })}`;
  assertEquals(heard.map(({ key }) => key), KEYS, what);
  const tolerance = PACKET_MS + lossTolerance(from.way, lostInARow[0]) +
    lossTolerance(to.way, lostInARow[1]);
  for (const [index, { durationMs }] of presses.entries()) {
    const wanted = carried(to.way, carried(from.way, durationMs));
    const got = heard[index]!.durationMs;
    assert(
      Math.abs(got - wanted) <= tolerance,
      `${what}: key ${index} of ${wanted} ms was heard for ${got} ms, ±${tolerance}`,
    );
  }
}

/** The length that a way can say. */
function carried(way: Way, durationMs: number): number {
  if (way === "info-dtmf") return INFO_MS;
  return way === "kpml" ? KPML_MS : durationMs;
}

/**
 * What losses cost: an end is sent three times, so an event may be wrong only where three packets in a row were
 * lost; of a tone, each packet at its beginning or end. A tone is
 * measured in blocks.
 */
function lossTolerance(way: Way, lostInARow: number): number {
  if (way === "inband") return PACKET_MS * lostInARow + BLOCK_MS;
  return way === "rfc4733" && lostInARow > 2 ? LAPSE_MS + PACKET_MS : 0;
}
