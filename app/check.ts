/** `legwork check`: looks for mistakes and starts nothing. */

import { CountingObserver } from "../core/base/observer.ts";
import { ScriptFault } from "../scripts/fault.ts";
import { DEFAULT_SCRIPT_LIMITS, type ScriptLimits } from "../scripts/limits.ts";
import type { Config } from "./config/schema.ts";
import { loadYaml } from "./load_config.ts";
import { trialReach } from "./script_reach.ts";
import { describeFault, Scripts } from "./scripts.ts";
import { formatProblem, inFileOrder } from "./problem.ts";
import { SystemClock } from "./system_clock.ts";
import { SystemRandom } from "./system_random.ts";
import type { Terminal } from "./terminal.ts";
import { typeProblems } from "./types/type_check.ts";
import { scriptLimits } from "./wiring.ts";

/** Resolves with the exit code: 1 if there is a mistake in any of the files. */
export async function check(
  files: readonly string[],
  terminal: Terminal,
): Promise<number> {
  let mistakes = 0;
  for (const file of files) {
    const problems = /\.ya?ml$/i.test(file)
      ? await checkYaml(file, terminal)
      : await checkScript(file, DEFAULT_SCRIPT_LIMITS);
    for (const problem of problems) terminal.err(problem);
    if (problems.length === 0) terminal.out(`${file}: no mistakes`);
    mistakes += problems.length;
  }
  if (mistakes > 0) {
    terminal.err(mistakes === 1 ? "1 mistake" : `${mistakes} mistakes`);
  }
  return mistakes > 0 ? 1 : 0;
}

async function checkYaml(file: string, terminal: Terminal): Promise<string[]> {
  const { config, scripts, problems, notices } = loadYaml(file);
  for (const notice of notices) terminal.out(notice);
  if (config === undefined) return [...problems];
  const limits = scriptLimits(config);
  const found = await Promise.all(
    scripts.map((script) => checkScript(script, limits, config)),
  );
  return found.flat();
}

/** Loads a script as a start would, its onLoad included, and then checks its types. */
async function checkScript(
  path: string,
  limits: ScriptLimits,
  config?: Config,
): Promise<string[]> {
  const clock = new SystemClock();
  try {
    const scripts = await Scripts.load([path], {
      clock,
      random: new SystemRandom(),
      observer: new CountingObserver(),
      limits,
      ...trialReach(config, clock),
    });
    scripts.dispose();
    const problems = await typeProblems(path);
    return inFileOrder(problems).map((problem) =>
      formatProblem(problem, Deno.readTextFileSync(problem.file))
    );
  } catch (error) {
    if (error instanceof ScriptFault) return [describeFault(error)];
    throw error;
  } finally {
    clock.stop();
  }
}
