/** `legwork test`: runs ladders against the scripts and configurations they name, without a network. */

import type { Command } from "./args.ts";
import { whyUnreadable } from "./file_error.ts";
import { type LadderReport, runLadderFile } from "./ladder/run_ladder.ts";
import { ladderConfig, ladderScript } from "./ladder_parts.ts";
import { describeFault } from "./scripts.ts";
import { ScriptFault } from "../scripts/fault.ts";
import type { Terminal } from "./terminal.ts";

/** The arguments of `test`. */
export type TestCommand = Extract<Command, { name: "test" }>;

/** Resolves with the exit code: 1 if a ladder failed, or there was none. */
export async function test(
  command: TestCommand,
  terminal: Terminal,
): Promise<number> {
  const { files, problems } = flowFiles(command.files);
  for (const problem of problems) terminal.err(problem);
  let failed = problems.length;
  for (const file of files) {
    const report = await runLadderFile(file, {
      readText: async (path) => {
        try {
          return await Deno.readTextFile(path);
        } catch (error) {
          throw new Error(whyUnreadable(error));
        }
      },
      loadScript: (path) => described(() => ladderScript(path)),
      loadConfig: (path) =>
        described(() => Promise.resolve(ladderConfig(path))),
      harsh: !command.strict,
      ...(command.seed === undefined ? {} : { seed: command.seed }),
      ...(terminal.width === undefined ? {} : { width: terminal.width }),
    });
    if (!report.ok) failed++;
    show(report, { terminal, drawn: command.ladder });
  }
  const count = files.length === 1 ? "1 ladder" : `${files.length} ladders`;
  terminal.out(
    failed === 0 ? `${count}, all well` : `${count}, ${failed} failed`,
  );
  return failed === 0 && files.length > 0 ? 0 : 1;
}

function show(
  report: LadderReport,
  { terminal, drawn }: { terminal: Terminal; drawn: boolean },
): void {
  const { file, title, ok, runs, failures, drawing } = report;
  const worlds = runs > 1 ? ` in ${runs} worlds` : "";
  const line = `${ok ? "ok" : "FAILED"}  ${file}${worlds}  ${title}`.trimEnd();
  const width = terminal.width ?? 120;
  terminal.out(
    line.length > width ? `${line.slice(0, width - 3)}...` : line,
  );
  if (drawn && ok) terminal.out(`\n${drawing}\n`);
  for (const failure of failures) terminal.err(failure);
}

/** What cannot be loaded, with its line and caret instead of its name. */
async function described<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (error instanceof ScriptFault) throw new Error(describeFault(error));
    throw error;
  }
}

/** The files as they are, and every .flow file below the folders. */
function flowFiles(
  paths: readonly string[],
): { files: string[]; problems: string[] } {
  const files: string[] = [];
  const problems: string[] = [];
  for (const path of paths) {
    try {
      if (!Deno.statSync(path).isDirectory) files.push(path);
      else {
        const found = below(path.replace(/[/\\]+$/, ""));
        if (found.length === 0) {
          problems.push(`${path}: no .flow file in this folder`);
        }
        files.push(...found);
      }
    } catch (error) {
      problems.push(`${path}: ${whyUnreadable(error)}`);
    }
  }
  return { files, problems };
}

function below(folder: string): string[] {
  return [...Deno.readDirSync(folder)]
    .sort((a, b) => a.name < b.name ? -1 : 1)
    .flatMap(({ name, isDirectory }) => {
      const path = `${folder}/${name}`;
      if (isDirectory) return below(path);
      return name.endsWith(".flow") ? [path] : [];
    });
}
