/**
 * What a basic call executes: its instructions, counted one by one, and the lines of the cache they lie in. Unlike time
 * this hardly depends on what else the machine does. Beside it, what a line costs here, back to back and after a
 * millisecond of sleep.
 *
 * The calls are those of `bench/simulation/calls.ts`, without a kernel, its two simulated peers among them. Needs cc,
 * Linux on x86-64 and leave to trace a process; takes three minutes, since each step is a trap.
 *
 * Run: `deno run -A bench/footprint/run.ts [--steps 1600000] [--script bench/simulation/header_hook.ts] [--top 15]`.
 */

import { parseArgs } from "node:util";
import { repositoryRoot } from "../../tools/source_files.ts";
import {
  parseMaps,
  parsePerfMap,
  type Share,
  summarize,
  type Summary,
} from "./trace.ts";

/** Of a basic call: INVITE, 180, 200, ACK, BYE and its 200; the simulated callee sends no 100. */
const MESSAGES = 6;
const CALLS_PER_ROUND = 30_000;
/** Of what is printed of a name: that of a regular expression is its text. */
const NAME_CHARS = 90;

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      steps: { type: "string", default: "1600000" },
      top: { type: "string", default: "15" },
      script: { type: "string" },
    },
  });
  const steps = positive("--steps", values.steps);
  const top = positive("--top", values.top);
  if (Deno.build.os !== "linux" || Deno.build.arch !== "x86_64") {
    console.error("wants Linux on x86-64");
    Deno.exit(1);
  }
  const folder = await Deno.makeTempDir({ prefix: "footprint-" });
  try {
    const summary = await trace(folder, steps, values.script);
    print(summary, top);
    await printChase(folder, Math.ceil(summary.total.lines / 16));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exitCode = 1;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function trace(
  folder: string,
  steps: number,
  script: string | undefined,
): Promise<Summary> {
  const step = await compiled(folder, "step");
  const simulation = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--no-check", "--v8-flags=--perf-basic-prof"],
      ...["bench/simulation/calls.ts", "--rounds", "1000", "--patient"],
      ...["--calls", `${CALLS_PER_ROUND}`, "--warm", "60000"],
      ...(script === undefined ? [] : ["--script", script]),
    ],
    cwd: repositoryRoot(),
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const { pid } = simulation;
  const perfMap = `/tmp/perf-${pid}.map`;
  try {
    await firstLine(simulation.stdout);
    const maps = await Deno.readTextFile(`/proc/${pid}/maps`);
    await output(step, [`${pid}`, `${steps}`, `${folder}/trace`]);
    const bytes = await Deno.readFile(`${folder}/trace`);
    return summarize(new BigUint64Array(bytes.buffer), {
      functions: parsePerfMap(await Deno.readTextFile(perfMap)),
      regions: parseMaps(maps),
      messages: MESSAGES,
    });
  } finally {
    simulation.kill("SIGKILL");
    await simulation.status;
    await Deno.remove(perfMap).catch(() => {});
  }
}

/** Waits for it, and goes on reading. */
async function firstLine(stream: ReadableStream<Uint8Array>): Promise<void> {
  const reader = stream.getReader();
  const { done } = await reader.read();
  if (done) throw new Error("the simulation ended before its first round");
  void (async () => {
    while (!(await reader.read()).done);
  })();
}

function print(summary: Summary, top: number): void {
  const { calls, total, kinds, files, functions } = summary;
  console.log(`${calls.toFixed(1)} calls, instructions of one:\n`);
  table("kind of code", [total, ...kinds], calls);
  table("file", files.slice(0, top), calls);
  table("function", functions.slice(0, top), calls);
}

function table(title: string, rows: readonly Share[], calls: number): void {
  console.log(
    `| ${title} | a call | lines | pages |\n| --- | --- | --- | --- |`,
  );
  for (const { kind, instructions, lines, pages } of rows) {
    const each = Math.round(instructions / calls);
    const name = kind.slice(0, NAME_CHARS).replaceAll("|", "\\|");
    console.log(`| ${name} | ${each} | ${lines} | ${pages} |`);
  }
  console.log();
}

async function printChase(folder: string, kilobytes: number): Promise<void> {
  const chase = await compiled(folder, "chase");
  const [warm, cold] = (await output(chase, [`${kilobytes}`])).split("\n");
  console.log(
    `A line out of ${kilobytes} kB: ${warm} ns back to back, ${cold} ns after a millisecond of sleep.`,
  );
}

async function compiled(folder: string, name: string): Promise<string> {
  const source = new URL(`${name}.c`, import.meta.url).pathname;
  await output("cc", ["-O2", "-o", `${folder}/${name}`, source]);
  return `${folder}/${name}`;
}

async function output(command: string, args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args })
    .output();
  if (success) return new TextDecoder().decode(stdout);
  throw new Error(`${command}: ${new TextDecoder().decode(stderr)}`);
}

function positive(name: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  console.error(`${name} wants a whole number above 0, not "${text}"`);
  Deno.exit(2);
}
