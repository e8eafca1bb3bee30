/**
 * Finds where a TypeScript module's syntax is wrong. The stripper only says that it is, so lines are blanked one at
 * a time until the module can be read: the line whose absence mends it is the one that is wrong.
 *
 * @module
 */

import { stripTypeScriptTypes } from "node:module";
import { ScriptFault } from "./fault.ts";

/** Longer modules are only searched from their start. */
const MOST_LINES = 400;

/** The fault for a module that is known not to parse. */
export function locateSyntaxError(file: string, text: string): ScriptFault {
  const lines = text.split("\n");
  const line = mendedWithout(lines) ?? firstUnreadable(lines);
  const found = lines[line]?.trim() ?? "";
  const column = (lines[line]?.search(/\S/) ?? 0) + 1;
  return new ScriptFault(
    "load",
    `SyntaxError: cannot read ${JSON.stringify(found.slice(0, 60))}`,
    { file, line: line + 1, column: Math.max(1, column) },
  );
}

function mendedWithout(lines: readonly string[]): number | undefined {
  const most = Math.min(lines.length, MOST_LINES);
  for (let line = 0; line < most; line++) {
    if (lines[line]!.trim() === "") continue;
    if (readable(lines.with(line, ""))) return line;
  }
  return undefined;
}

/** The line after the longest start of the module that can be read on its own: where the wrong statement begins. */
function firstUnreadable(lines: readonly string[]): number {
  let readableUpTo = 0;
  const most = Math.min(lines.length, MOST_LINES);
  for (let count = 1; count <= most; count++) {
    if (readable(lines.slice(0, count))) readableUpTo = count;
  }
  return Math.min(readableUpTo, lines.length - 1);
}

function readable(lines: readonly string[]): boolean {
  try {
    stripTypeScriptTypes(lines.join("\n"));
    return true;
  } catch {
    return false;
  }
}
