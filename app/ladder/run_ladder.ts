/**
 * Runs ladders: to the letter, then in harsher worlds. The entry of `legwork test` and of our own tests.
 *
 * @module
 */

import { type Problem, problemLine } from "../problem.ts";
import { runHarsh, type Trouble, troublesOf } from "./harsh_run.ts";
import { type Ladder, LEGWORK } from "./ladder.ts";
import { parseLadder } from "./parse.ts";
import { Drawing } from "./print.ts";
import { arrowsOf, type RunResult } from "./run_log.ts";
import { sideBySide } from "./side_by_side.ts";
import { runStrict } from "./strict_run.ts";
import type { LadderConfig } from "./surroundings.ts";
import type {
  LoadedPolicy,
  PolicySurroundings,
  WorldOptions,
} from "./world.ts";

/** What running a file needs of the world outside. */
export interface LadderFileOptions {
  /** The text of a file; rejects where it cannot be read. */
  readonly readText: (path: string) => Promise<string>;
  /** Loads the script that a ladder names, anew for each run; rejects where it cannot be. */
  readonly loadScript?: (
    path: string,
    surroundings: PolicySurroundings,
  ) => Promise<LoadedPolicy>;
  /** Loads the configuration that a ladder names; rejects where it cannot be. Its scripts come with it. */
  readonly loadConfig?: (
    path: string,
  ) => Promise<
    { config: LadderConfig; policy?: NonNullable<WorldOptions["policy"]> }
  >;
  /** False: the strict run alone. */
  readonly harsh?: boolean;
  /** Starts the random sequence, in place of the ladder's own. */
  readonly seed?: number;
  /** Columns of the terminal; 80 by default. */
  readonly width?: number;
}

/** How a ladder went. */
export interface LadderReport {
  readonly file: string;
  /** What the ladder is about; "" when it does not say. */
  readonly title: string;
  readonly ok: boolean;
  /** Runs done: the strict one and each harsh one. */
  readonly runs: number;
  /** What went wrong, each with the ladders side by side, ready to print; empty when all is well. */
  readonly failures: readonly string[];
  /** The ladder as it went in the strict run, drawn. */
  readonly drawing: string;
}

/** Failed harsh runs that are reported with their ladders. */
const DRAWN_FAILURES = 2;
/** Those, and the ones of which one line is told. */
const TOLD_FAILURES = 10;

/** Reads and runs one .flow file. What is wrong with it, or with what it names, is in the report. */
export async function runLadderFile(
  path: string,
  options: LadderFileOptions,
): Promise<LadderReport> {
  let text: string;
  try {
    text = await options.readText(path);
  } catch (error) {
    return unread(path, [`${path}: ${reasonOf(error)}`]);
  }
  const { ladder, problems } = parseLadder(text, path);
  if (ladder === undefined) return unread(path, problems.map(problemLine));
  try {
    return await runLadder(seeded(ladder, options.seed), {
      ...await partsOf(ladder, options),
      harsh: options.harsh ?? true,
      width: options.width ?? 80,
    });
  } catch (error) {
    return unread(path, [`${path}: ${reasonOf(error)}`]);
  }
}

/** Runs a ladder that was read. */
export async function runLadder(
  ladder: Ladder,
  options: WorldOptions & { harsh?: boolean; width?: number } = {},
): Promise<LadderReport> {
  const width = options.width ?? 80;
  const strict = await runStrict(ladder, options);
  const report = {
    file: ladder.file,
    title: ladder.title,
    drawing: draw(ladder, strict, width),
  };
  if (strict.failure !== undefined) {
    const text = failureText(ladder, strict, { width, world: undefined });
    return { ...report, ok: false, runs: 1, failures: [text] };
  }
  const harsh = options.harsh === false || ladder.settings.harsh === "off"
    ? []
    : troublesOf(strict.log);
  const failures: string[] = [];
  let failed = 0;
  for (const trouble of harsh) {
    const run = await runHarsh(ladder, trouble, options);
    const result = compared(ladder, strict, run);
    if (result.failure === undefined) continue;
    if (++failed <= DRAWN_FAILURES) {
      failures.push(failureText(ladder, result, { width, world: trouble }));
    } else if (failed <= TOLD_FAILURES) {
      failures.push(headline(ladder, result, trouble));
    }
  }
  if (failed > TOLD_FAILURES) {
    failures.push(
      `${ladder.file}: ${failed - TOLD_FAILURES} more worlds with a failure`,
    );
  }
  return {
    ...report,
    ok: failures.length === 0,
    runs: 1 + harsh.length,
    failures,
  };
}

/** A harsh run that ended otherwise than the strict one has failed. */
function compared(
  ladder: Ladder,
  strict: RunResult,
  harsh: RunResult,
): RunResult {
  if (harsh.failure !== undefined || ladder.settings.harsh === "agree") {
    return harsh;
  }
  const missing = without(strict.outcome, harsh.outcome);
  const added = without(harsh.outcome, strict.outcome);
  if (missing.length === 0 && added.length === 0) return harsh;
  const message = `it ended with ${
    added.length === 0 ? "nothing" : added.join(", ")
  }, wanted ${missing.length === 0 ? "nothing" : missing.join(", ")}`;
  return {
    ...harsh,
    failure: { step: undefined, message, atMs: harsh.durationMs },
  };
}

function seeded(ladder: Ladder, seed: number | undefined): Ladder {
  return seed === undefined
    ? ladder
    : { ...ladder, settings: { ...ladder.settings, seed } };
}

/** The lines of `all` less those of `others`, each as often as it is there. */
function without(all: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return all.filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

async function partsOf(
  ladder: Ladder,
  options: LadderFileOptions,
): Promise<WorldOptions> {
  const { script, config } = ladder.settings;
  const loaded = config === undefined
    ? undefined
    : await options.loadConfig?.(beside(ladder.file, config));
  if (config !== undefined && loaded === undefined) {
    throw new TypeError(`Cannot run ladder: no way to load ${config}`);
  }
  if (script === undefined) {
    return { config: loaded?.config, policy: loaded?.policy };
  }
  const { loadScript } = options;
  if (loadScript === undefined) {
    throw new TypeError(`Cannot run ladder: no way to load ${script}`);
  }
  return {
    config: loaded?.config,
    policy: (surroundings) =>
      loadScript(beside(ladder.file, script), surroundings),
  };
}

/** A path as a file at `file` writes it. */
function beside(file: string, path: string): string {
  const slash = file.lastIndexOf("/");
  return path.startsWith("/") || slash < 0
    ? path
    : `${file.slice(0, slash)}/${path}`;
}

function failureText(
  ladder: Ladder,
  run: RunResult,
  options: { width: number; world: Trouble | undefined },
): string {
  const { width, world } = options;
  return [
    headline(ladder, run, world),
    "",
    sideBySide(ladder, run, width),
    "",
    draw(ladder, run, width),
  ].join("\n");
}

function headline(
  ladder: Ladder,
  run: RunResult,
  trouble: Trouble | undefined,
): string {
  const { failure } = run;
  const step = failure?.step === undefined
    ? ladder.steps.at(-1)
    : ladder.steps[failure.step];
  const problem: Problem = {
    file: ladder.file,
    line: step?.place.line ?? 1,
    column: step?.place.column ?? 1,
    message: failure?.message ?? "",
  };
  const world = trouble === undefined
    ? ""
    : ` (with ${ordinal(trouble.nth)}"${trouble.text}" ${trouble.kind})`;
  return problemLine(problem) + world;
}

function ordinal(nth: number): string {
  return nth === 0 ? "" : `message ${nth + 1} of `;
}

function draw(ladder: Ladder, run: RunResult, width: number): string {
  const [first, ...others] = ladder.participants;
  const participants = [
    ...(first === undefined ? [] : [first]),
    LEGWORK,
    ...others,
  ];
  return new Drawing({ participants, width }).draw(arrowsOf(run.log));
}

function unread(file: string, failures: readonly string[]): LadderReport {
  return { file, title: "", ok: false, runs: 0, failures, drawing: "" };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
