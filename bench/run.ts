/**
 * Calls through Legwork, in CPU time per call, beside the same load on bare
 * forwarders, one in C and one in Deno; ratios are to the first. Needs sipp (apt-get install sip-tester) and Linux.
 *
 * Run: `deno task bench [--calls N] [--rate PER_SECOND] [--hold N] [--quick]
 * [--udp plain|batched] [--only SERVER]`.
 */

import { parseArgs } from "node:util";
import { ALL_OVER_MS, type Figures, measure } from "./calls/load.ts";
import { servers } from "./calls/server.ts";

const { values: options } = parseArgs({
  args: Deno.args,
  options: {
    calls: { type: "string" },
    rate: { type: "string", default: "200" },
    hold: { type: "string" },
    only: { type: "string" },
    udp: { type: "string", default: "plain,batched" },
    quick: { type: "boolean", default: false },
  },
});
const calls = Number(options.calls ?? (options.quick ? 1000 : 10_000));
const held = Number(options.hold ?? (options.quick ? 200 : 2000));
const perSecond = Number(options.rate);

await machine();
const udps = (["plain", "batched"] as const)
  .filter((udp) => options.udp.split(",").includes(udp));
const kinds = servers(udps)
  .filter(([name]) => options.only === undefined || name === options.only);

console.log(`\n${calls} calls at ${perSecond}/s, hung up at once\n`);
row("server", "completed", "failed", "retransmitted", "CPU us/call", "ratio");
row("---", "---", "---", "---", "---", "---");
let floor: number | undefined;
for (const [name, open] of kinds) {
  const got = await measure({ calls, perSecond, holdMs: 0 }, open);
  floor ??= got.cpuMicrosPerCall;
  row(
    name,
    got.completed,
    got.failed,
    got.retransmitted,
    got.cpuMicrosPerCall.toFixed(0),
    (got.cpuMicrosPerCall / floor).toFixed(2),
  );
}

if (held > 0) {
  console.log(`\n${held} calls held at once, RSS in kB\n`);
  row("server", "before", "held", "after", "a held call", "failed");
  row("---", "---", "---", "---", "---", "---");
  const holdMs = held / perSecond * 1000 + 4000;
  for (const [name, open] of kinds) {
    const got = await measure({
      calls: held,
      perSecond,
      holdMs,
      warmUp: held,
      settleMs: ALL_OVER_MS,
    }, open);
    row(name, ...got.rssKb, perHeldCall(got), got.failed);
  }
}

function perHeldCall({ rssKb: [before, atMost] }: Figures): string {
  return ((atMost - before) / held).toFixed(1);
}

function row(...cells: (string | number)[]): void {
  console.log(`| ${cells.join(" | ")} |`);
}

/** One line that says what the figures were made on. */
async function machine(): Promise<void> {
  const cpu = (await Deno.readTextFile("/proc/cpuinfo"))
    .match(/^model name\s*:\s*(.*)$/m)?.[1] ?? "unknown CPU";
  const kernel = Deno.osRelease();
  console.log(
    `${navigator.hardwareConcurrency} x ${cpu}, Linux ${kernel}, Deno ${Deno.version.deno}`,
  );
}
