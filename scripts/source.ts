/**
 * A script's modules: found by relative path inside the script's folder, read through a port, with their types
 * stripped in place so that lines and columns stay what the author sees.
 *
 * @module
 */

import { stripTypeScriptTypes } from "node:module";
import { type Position, ScriptFault } from "./fault.ts";
import type { ScriptLimits } from "./limits.ts";
import { findWrongPlace } from "./syntax_error.ts";

/** Where modules are read from. */
export interface ScriptFiles {
  /** The text of a file. `path` is the entry's path or one below its folder. Throws when it cannot be read. */
  read(path: string): string;
}

/** The name under which a script imports Legwork. */
export const LEGWORK_MODULE = "legwork";

/** The modules of one script, each read once. */
export class ScriptSource {
  /** The entry's path, normalised. */
  readonly entry: string;
  readonly #files: ScriptFiles;
  readonly #limits: ScriptLimits;
  readonly #folder: string;
  readonly #texts: Map<string, string> = new Map();
  /** Modules that could not be read, and where the first import of each module stands. */
  readonly #unread: Set<string> = new Set();
  readonly #importedAt: Map<string, Position | undefined> = new Map();

  constructor(files: ScriptFiles, entry: string, limits: ScriptLimits) {
    this.#files = files;
    this.#limits = limits;
    this.entry = normalised(entry);
    this.#folder = folderOf(this.entry);
  }

  /** The paths read so far, the entry first, and those that could not be. */
  get paths(): string[] {
    return [...new Set([...this.#texts.keys(), ...this.#unread])];
  }

  /** The full name of what `name` means in the module `base`; throws {@linkcode ScriptFault}. */
  resolve(base: string, name: string): string {
    if (name === LEGWORK_MODULE) return name;
    if (!name.startsWith("./") && !name.startsWith("../")) {
      throw this.#refused(
        base,
        name,
        `wanted "legwork" or a module of the script's own, as "./name.ts"`,
      );
    }
    const path = normalised(folderOf(base) + name);
    if (
      path.startsWith("../") && !this.#folder.startsWith("../") ||
      !path.startsWith(this.#folder)
    ) {
      throw this.#refused(base, name, "it is outside the script's folder");
    }
    if (!this.#importedAt.has(path)) {
      const at = placeOf(name, base, this.#texts.get(base) ?? "");
      this.#importedAt.set(path, at);
    }
    return path;
  }

  /** A module's JavaScript; throws {@linkcode ScriptFault}. */
  code(path: string): string {
    return javascript(path, this.text(path));
  }

  /** A module as its author wrote it; throws {@linkcode ScriptFault}. */
  text(path: string): string {
    const known = this.#texts.get(path);
    if (known !== undefined) return known;
    if (this.#texts.size >= this.#limits.modules) {
      throw new ScriptFault(
        "load",
        `Cannot load ${path}: more than ${this.#limits.modules} modules`,
      );
    }
    let text: string;
    try {
      text = this.#files.read(path);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#unread.add(path);
      throw new ScriptFault(
        "load",
        `Cannot read script ${path}: ${why}`,
        this.#importedAt.get(path),
      );
    }
    if (text.length > this.#limits.moduleChars) {
      throw new ScriptFault(
        "load",
        `Cannot load ${path}: longer than ${this.#limits.moduleChars} characters`,
      );
    }
    this.#texts.set(path, text);
    return text;
  }

  /** What to say when a module was asked for a name it does not export, at the place that asked. */
  missing(name: string, from: string): ScriptFault {
    const what = `Cannot import ${name}: ${from} does not export it`;
    const hint = /^[A-Z]/.test(name)
      ? `; a type is imported as "type ${name}"`
      : "";
    const word = new RegExp(`\\bimport\\b[^;]*?\\b${name}\\b`);
    for (const [file, text] of this.#texts) {
      const match = word.exec(text);
      if (match === null) continue;
      const at = match.index + match[0].length - name.length;
      const place = { file, ...lineAndColumn(text, at) };
      return new ScriptFault("load", what + hint, place);
    }
    return new ScriptFault("load", what + hint);
  }

  #refused(base: string, name: string, why: string): ScriptFault {
    return new ScriptFault(
      "load",
      `Cannot import ${JSON.stringify(name)}: ${why}`,
      placeOf(name, base, this.#texts.get(base) ?? ""),
    );
  }
}

function javascript(path: string, text: string): string {
  if (!/\.[cm]?ts$/.test(path)) return text;
  try {
    return stripTypeScriptTypes(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // The stripper says where only for TypeScript that cannot be stripped: enums, namespaces and the like.
    const match = /^(.*) at \S*:(\d+):(\d+)$/s.exec(message);
    if (match !== null) {
      const [, what, line, column] = match;
      throw new ScriptFault("load", `SyntaxError: ${what}`, {
        file: path,
        line: Number(line),
        column: Number(column),
      });
    }
    const { line, column, found, code } = findWrongPlace(text);
    // The engine reads it next, and says what is wrong there.
    if (column === undefined) return code;
    throw new ScriptFault(
      "load",
      `SyntaxError: unexpected ${JSON.stringify(found)}`,
      { file: path, line, column },
    );
  }
}

/** Where a module's text names what it imports. */
function placeOf(
  name: string,
  file: string,
  text: string,
): Position | undefined {
  for (const quote of [`"`, `'`]) {
    const at = text.indexOf(quote + name + quote);
    if (at >= 0) return { file, ...lineAndColumn(text, at) };
  }
  return undefined;
}

function lineAndColumn(
  text: string,
  at: number,
): { line: number; column: number } {
  const before = text.slice(0, at).split("\n");
  return { line: before.length, column: before.at(-1)!.length + 1 };
}

/** A path without `.` and `..` inside; slashes both ways. */
function normalised(path: string): string {
  const parts: string[] = [];
  const slashed = path.replaceAll("\\", "/");
  for (const part of slashed.split("/")) {
    if (part === "." || part === "") continue;
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else parts.push(part);
  }
  return (slashed.startsWith("/") ? "/" : "") + parts.join("/");
}

/** The path up to its last slash, that one included; "" for a bare name. */
function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1);
}
