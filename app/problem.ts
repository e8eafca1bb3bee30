/**
 * What an operator wrote wrong: where it stands, what was found there and what
 * was wanted.
 *
 * @module
 */

/** One mistake in one file. */
export interface Problem {
  readonly file: string;
  /** Counted from 1, as editors do. */
  readonly line: number;
  /** Counted from 1, in UTF-16 units. */
  readonly column: number;
  /** What was found, then what was wanted; no final period. */
  readonly message: string;
}

/** `legwork.yaml:12:5: trunks.pbx.media is "relays", wanted one of ...`, on one line. */
export function problemLine(problem: Problem): string {
  return `${problem.file}:${problem.line}:${problem.column}: ${problem.message}`;
}

/**
 * The line of {@linkcode problemLine}, and below it the line of `source` that
 * it speaks of with a caret under the column.
 */
export function formatProblem(problem: Problem, source: string): string {
  const text = source.split(/\r\n|\n|\r/)[problem.line - 1];
  if (text === undefined || text.trim() === "") return problemLine(problem);
  const from = Math.max(0, problem.column - 1 - CONTEXT);
  const shown = printable(text.slice(from, from + 2 * CONTEXT));
  const gutter = `  ${problem.line} | `;
  // A tab stays a tab, so that the caret stands right whatever the terminal makes of it.
  const pad = shown.slice(0, problem.column - 1 - from).replace(/[^\t]/g, " ");
  return `${problemLine(problem)}\n${gutter}${shown}\n${
    " ".repeat(gutter.length)
  }${pad}^`;
}

/** Problems in the order in which they stand in the file. */
export function inFileOrder(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
}

/** Columns of the source line shown on each side of the caret. */
const CONTEXT = 80;

/** Control characters would move the terminal's cursor: each becomes one visible character. */
function printable(text: string): string {
  // C0 without the tab, DEL and C1.
  return text.replace(/[^\P{Cc}\t]/gu, "\u00b7");
}
