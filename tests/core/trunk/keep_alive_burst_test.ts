import { assert } from "@std/assert";
import type { TrunkSettings } from "../../../core/trunk/trunk_table.ts";
import { HealthBed, uri } from "./health_bed.ts";

const TRUNKS = 10_000;
const INTERVAL_SECONDS = 30;

/** The most that left within any one second. */
function busiestSecond(times: readonly number[]): number {
  let [most, from] = [0, 0];
  for (const [to, atMs] of times.entries()) {
    while (times[from]! <= atMs - 1000) from++;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

Deno.test("keep-alives of 10,000 trunks at 30 s never burst above twice the mean in any second", async () => {
  const trunks = Array.from({ length: TRUNKS }, (_, i): TrunkSettings => ({
    name: `carrier-${i}`,
    servers: [uri(`sip:10.0.${i >> 8}.${i & 255}`)],
    keepalive: { kind: "options", intervalSeconds: INTERVAL_SECONDS },
  }));
  const bed = new HealthBed(trunks);
  // A third of them answers, the rest is silent, and goes down meanwhile.
  for (let i = 0; i < TRUNKS; i += 3) {
    bed.answers.set(`10.0.${i >> 8}.${i & 255}`, { status: 200 });
  }
  bed.health.start();
  await bed.pass(5 * INTERVAL_SECONDS);
  bed.health.stop();
  const times = bed.sent.map(({ atMs }) => atMs);
  const mean = TRUNKS / INTERVAL_SECONDS;
  const busiest = busiestSecond(times);
  console.log(`mean ${mean.toFixed(0)} a second, busiest ${busiest}`);
  assert(times.length >= 4.5 * TRUNKS, `${times.length} were sent`);
  assert(busiest <= 2 * mean, `${busiest} in one second, mean ${mean}`);
});
