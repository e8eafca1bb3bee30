/**
 * Calls through Legwork, in CPU time per call and memory per held call, beside the same load on bare forwarders, one in
 * C and one in Deno: a table with ratios to the first and to a saved run, and two charts in bench/results/. Needs sipp
 * (apt-get install sip-tester) and Linux.
 *
 * Run: `deno task bench [--quick] [--rates 200,500,1000] [--seconds N] [--held 500,2000] [--udp plain|batched]
 * [--only SERVER] [--save NAME] [--against NAME]`.
 */

import { installed } from "../tests/interop/support/peer.ts";
import { measureHeld, measureRates } from "./calls/measure.ts";
import { type Open, servers } from "./calls/server.ts";
import { drawChart } from "./chart.ts";
import { type Options, parseOptions } from "./options.ts";
import * as report from "./report.ts";
import {
  BenchError,
  formatResults,
  type HeldCell,
  type Machine,
  parseResults,
  type RateCell,
  type Results,
} from "./results.ts";

const FOLDER = new URL("results/", import.meta.url);
/** What is compared with where nobody says, if it is there. */
const BASELINE = "baseline";

if (import.meta.main) {
  try {
    await run(parseOptions(Deno.args));
  } catch (error) {
    if (!(error instanceof BenchError)) throw error;
    console.error(error.message);
    Deno.exit(1);
  }
}

async function run(options: Options): Promise<void> {
  const [first, ...others] = servers(options.udps);
  if (first === undefined) throw new BenchError("Cannot measure: no server");
  const [floor] = first;
  const chosen = choose([first, ...others], options.only);
  const saved = await savedRun(options);
  if (!installed("sipp")) {
    throw new BenchError("Cannot measure: there is no sipp (sip-tester)");
  }

  const machine = await thisMachine();
  console.log(`${report.machineLine(machine)}\n`);
  const against = saved && (options.against ?? BASELINE);
  console.log(report.head(floor, against));
  const rates: RateCell[] = [];
  const held: HeldCell[] = [];
  const { quick } = options;
  const beside = { run: { floor, rates, quick }, ...(saved && { saved }) };
  for (const kind of options.rates.length > 0 ? [first, ...chosen] : []) {
    await measureRates(kind, options, (cell) => {
      rates.push(cell);
      console.log(report.rateRow(cell, beside));
    });
  }
  for (const kind of options.held.length > 0 ? chosen : []) {
    await measureHeld(kind, options, (cell) => {
      held.push(cell);
      console.log(report.heldRow(cell, beside));
    });
  }
  for (const line of report.hookLines(rates)) console.log(`\n${line}`);

  const madeAt = new Date().toISOString();
  await save(
    { format: 1, madeAt, quick, machine, floor, rates, held },
    options,
  );
}

/** The servers to measure beside the floor, which alone holds no call. */
function choose(
  [floor, ...others]: readonly (readonly [string, Open])[],
  only: string | undefined,
): (readonly [string, Open])[] {
  if (only === undefined) return others;
  if (only === floor?.[0]) return [];
  const chosen = others.filter(([name]) => name === only);
  if (chosen.length > 0) return chosen;
  const names = [floor, ...others].map((kind) => `"${kind?.[0]}"`).join(", ");
  throw new BenchError(`Cannot measure only "${only}": there are ${names}`);
}

async function savedRun(
  { against }: Options,
): Promise<Results | undefined> {
  const name = against ?? BASELINE;
  let text: string;
  try {
    text = await Deno.readTextFile(new URL(`${name}.json`, FOLDER));
  } catch {
    if (against === undefined) return undefined;
    throw new BenchError(
      `Cannot compare with "${name}": there is no bench/results/${name}.json`,
    );
  }
  return parseResults(text, name);
}

/** Writes the run as `latest`, by its name if it has one, and the charts of whatever it measured. */
async function save(results: Results, options: Options): Promise<void> {
  const files = [
    ["latest.json", formatResults(results)],
    ...(options.save === undefined
      ? []
      : [[`${options.save}.json`, formatResults(results)]]),
    ...(results.rates.length > 0
      ? [["cpu_by_rate.svg", drawChart(report.cpuChart(results))]]
      : []),
    ...(results.held.length > 0
      ? [["rss_by_held.svg", drawChart(report.rssChart(results))]]
      : []),
  ];
  await Deno.mkdir(FOLDER, { recursive: true });
  for (const [name = "", text = ""] of files) {
    await Deno.writeTextFile(new URL(name, FOLDER), text);
  }
  console.log(
    `\nbench/results/: ${files.map(([name]) => name).join(", ")}`,
  );
}

async function thisMachine(): Promise<Machine> {
  const cpu = (await Deno.readTextFile("/proc/cpuinfo"))
    .match(/^model name\s*:\s*(.*)$/m)?.[1] ?? "unknown CPU";
  return {
    cores: navigator.hardwareConcurrency,
    cpu,
    kernel: Deno.osRelease(),
    deno: Deno.version.deno,
  };
}
