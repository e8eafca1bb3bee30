/**
 * Reads the options of one command and collects what is wrong with them.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import { nearest } from "./nearest.ts";

/** The options of one command, and what is wrong with them so far. */
export class ArgReader {
  readonly problems: string[] = [];
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #files: readonly string[];

  constructor(
    topic: string,
    { args, values, flags }: {
      args: readonly string[];
      /** Options with a value, and those without. */
      values: readonly string[];
      flags: readonly string[];
    },
  ) {
    const known = [...values, ...flags, "help", "version"];
    const parsed = parseArgs(args, {
      string: [...values, "_"],
      boolean: [...flags, "help", "version"],
      collect: [...values],
      alias: { help: "h", version: "V" },
      unknown: (arg, key) => {
        if (key === undefined) return true;
        const near = nearest(key, known);
        const options = known.map((name) => `--${name}`).join(", ");
        const hint = near === undefined
          ? `wanted one of ${options}`
          : `did you mean --${near}?`;
        this.problems.push(
          `unknown option ${arg.split("=")[0]} of ${topic}, ${hint}`,
        );
        return false;
      },
    });
    this.#values = parsed;
    this.#files = parsed._.map(String);
  }

  asks(flag: string): boolean {
    return this.#values[flag] === true;
  }

  given(name: string): boolean {
    return this.asks(name) || this.#all(name).length > 0;
  }

  /** What stands beside the options: at least one, at most `most`. */
  files(wanted: string, most = Infinity): readonly string[] {
    if (this.#files.length === 0) {
      this.problems.push(
        `no ${
          wanted.startsWith("the ") ? "call" : "file"
        } is given, wanted ${wanted}`,
      );
    }
    return this.someFiles(most);
  }

  /** What stands beside the options, at most `most` of it. */
  someFiles(most: number): readonly string[] {
    const extra = this.#files.slice(most);
    if (extra.length > 0) {
      this.problems.push(`${extra.join(" ")} is one too many`);
    }
    return this.#files;
  }

  /** The values of an option, as they stand; an empty one is a problem. */
  texts(name: string): readonly string[] {
    return this.each(name, {
      wanted: "a path",
      parse: (text) => text || undefined,
    });
  }

  noFiles(): void {
    if (this.#files.length > 0) {
      this.problems.push(
        `${this.#files.join(" ")} is not used here, wanted options only`,
      );
    }
  }

  each<T>(
    name: string,
    { wanted, parse }: { wanted: string; parse(text: string): T | undefined },
  ): T[] {
    return this.#all(name).flatMap((text) => {
      const value = parse(text);
      if (value !== undefined) return [value];
      this.#wrong(name, { text, wanted });
      return [];
    });
  }

  number(
    name: string,
    { from, to }: { from: number; to: number },
  ): number | undefined {
    const text = this.#all(name).at(-1);
    if (text === undefined) return undefined;
    const value = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
    if (value >= from && value <= to) return value;
    this.#wrong(name, { text, wanted: `a whole number from ${from} to ${to}` });
    return undefined;
  }

  oneOf<const Values extends readonly string[]>(
    name: string,
    values: Values,
  ): Values[number] | undefined {
    const text = this.#all(name).at(-1);
    const found = values.find((value) => value === text);
    if (text !== undefined && found === undefined) {
      this.#wrong(name, { text, wanted: `one of ${values.join(", ")}` });
    }
    return found;
  }

  #all(name: string): readonly string[] {
    const value = this.#values[name];
    return Array.isArray(value) ? value.map(String) : [];
  }

  #wrong(
    name: string,
    { text, wanted }: { text: string; wanted: string },
  ): void {
    this.problems.push(
      `--${name} is ${
        text === "" ? "empty" : JSON.stringify(text)
      }, wanted ${wanted}`,
    );
  }
}
