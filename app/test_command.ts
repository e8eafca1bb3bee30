/** `legwork test`: runs ladders against the scripts and configurations they name, without a network. */

import { CountingObserver, type LogRecord } from "../core/base/observer.ts";
import type { Command } from "./args.ts";
import { HookCoverage } from "./coverage.ts";
import { whyUnreadable } from "./file_error.ts";
import { type LadderReport, runLadderFile } from "./ladder/run_ladder.ts";
import { ladderParts } from "./ladder_parts.ts";
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
  const coverage = new HookCoverage();
  const parts = ladderParts(new ScriptWatcher(terminal), coverage);
  let failed = problems.length;
  for (const file of files) {
    const report = await runLadderFile(file, {
      ...parts,
      harsh: !command.strict,
      ...(command.seed === undefined ? {} : { seed: command.seed }),
      ...(terminal.width === undefined ? {} : { width: terminal.width }),
    });
    if (!report.ok) failed++;
    show(report, { terminal, drawn: command.ladder });
  }
  for (const line of coverage.table()) terminal.out(line);
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

/** Prints what scripts do wrong, each thing once however many worlds it happens in. */
class ScriptWatcher extends CountingObserver {
  readonly #terminal: Terminal;
  readonly #told = new Set<string>();

  constructor(terminal: Terminal) {
    super();
    this.#terminal = terminal;
  }

  override log({ level, text, fields }: LogRecord): void {
    if (level !== "error") return;
    // A fault says where it is by itself.
    const line = fields?.["fault"] === undefined
      ? text
      : `${fields["fault"]} (${fields["hook"] ?? text})`;
    if (this.#told.size >= MAX_TOLD || this.#told.has(line)) return;
    this.#told.add(line);
    this.#terminal.err(line);
  }
}

/** Lines about scripts; more of them teach nobody more. */
const MAX_TOLD = 100;

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
