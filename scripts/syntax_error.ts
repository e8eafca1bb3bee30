/**
 * Finds where a TypeScript module's syntax is wrong. The stripper only says that it is, so lines are blanked one at
 * a time until the module can be read: the line whose absence mends it is the one that is wrong. Put back among
 * the others without their types, the engine can say what is wrong with it.
 *
 * @module
 */

import { stripTypeScriptTypes } from "node:module";

/** Longer modules are only searched from their start. */
const MOST_LINES = 400;
const MOST_WORDS = 60;

/** What mends most lines when it stands before the wrong word: what is missing is a value or a bracket. */
const MISSING = ["0", ")", "]", "}", ",", "("];

/** Where a module is wrong, counted from 1; without a column only the engine can tell what is wrong with `code`. */
export interface WrongPlace {
  readonly line: number;
  readonly column?: number;
  /** The word that stands there. */
  readonly found?: string;
  /** The module as JavaScript but for the wrong line and what follows it. */
  readonly code: string;
}

/** The place to look at in a module that is known not to parse. */
export function findWrongPlace(text: string): WrongPlace {
  const lines = text.split("\n");
  const most = Math.min(lines.length, MOST_LINES);
  for (let at = 0; at < most; at++) {
    const line = lines[at]!;
    if (line.trim() === "") continue;
    const code = stripped(lines.with(at, ""));
    if (code === undefined) continue;
    return {
      line: at + 1,
      ...wrongWord(lines, at),
      code: code.split("\n").with(at, line).join("\n"),
    };
  }
  return whereStatementBegins(lines, most);
}

/**
 * The last word before which something is missing, else the last whose absence mends the line: nothing after the
 * wrong word can mend it, so no later one is found.
 */
function wrongWord(
  lines: readonly string[],
  at: number,
): { column: number; found: string } | undefined {
  const line = lines[at]!;
  const words = [...line.matchAll(/\w+|\S/g)].slice(0, MOST_WORDS).reverse();
  for (const inserting of [true, false]) {
    for (const { 0: found, index } of words) {
      const before = line.slice(0, index);
      const mended = inserting
        ? MISSING.map((part) => `${before}${part} ${line.slice(index)}`)
        : [before + line.slice(index + found.length)];
      if (mended.some((each) => stripped(lines.with(at, each)) !== undefined)) {
        return { column: index + 1, found };
      }
    }
  }
  return undefined;
}

/** Where no single line is to blame: the start of the statement after all that can be read. */
function whereStatementBegins(
  lines: readonly string[],
  most: number,
): WrongPlace {
  let count = 0;
  let start = "";
  for (let tried = 1; tried <= most; tried++) {
    const code = stripped(lines.slice(0, tried));
    if (code !== undefined) [count, start] = [tried, code];
  }
  const rest = lines.slice(count).join("\n");
  const code = count === 0 ? rest : `${start}\n${rest}`;
  return { line: Math.min(count + 1, lines.length), code };
}

function stripped(lines: readonly string[]): string | undefined {
  try {
    return stripTypeScriptTypes(lines.join("\n"));
  } catch {
    return undefined;
  }
}
