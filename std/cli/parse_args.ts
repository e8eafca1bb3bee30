/**
 * Stand-in for `@std/cli/parse-args`: the same name, signature and behaviour
 * for the part used. `node:util` has a `parseArgs` too, but it knows neither
 * `unknown`, `stopEarly` nor a value taken by an undeclared option. Dotted
 * names are not taken apart here. Where JSR can be reached, point the import
 * map at the original and delete this file.
 *
 * @module
 */

/** What {@linkcode parseArgs} is told about the options. */
export interface ParseOptions<
  S extends string = string,
  B extends string = string,
  C extends string = string,
> {
  /** Options that take a value, kept as text; without one it is `""`. */
  string?: S | readonly S[];
  /** Options that take none; false unless given. */
  boolean?: B | readonly B[];
  /** Options that may be repeated: their value is a list. */
  collect?: C | readonly C[];
  /** Options that `--no-NAME` turns off. */
  negatable?: string | readonly string[];
  /** Values of options that were not given. */
  default?: Record<string, unknown>;
  /** Other names of an option; every name is set in the result. */
  alias?: Record<string, string | readonly string[]>;
  /** All that follows the first positional argument is positional. Default: false. */
  stopEarly?: boolean;
  /** What follows `--` comes back under `"--"` instead of `_`. Default: false. */
  "--"?: boolean;
  /** Asked about every undeclared option and every positional; `false` leaves it out. */
  unknown?(arg: string, key?: string, value?: unknown): unknown;
}

/** What {@linkcode parseArgs} found: by option name, and the rest under `_`. */
export type Args<
  S extends string = string,
  B extends string = string,
  C extends string = string,
> =
  & { _: (string | number)[]; "--"?: string[] }
  & { [K in Exclude<S, C>]?: string }
  & { [K in S & C]: string[] }
  & { [K in Exclude<B, C>]: boolean }
  & Record<string, unknown>;

/**
 * Reads command line arguments: `--name value`, `--name=value`, `-n value`,
 * `-abc`, `--no-name`, `--`. A value of an undeclared option that looks like a
 * number becomes one.
 */
export function parseArgs<
  const S extends string = never,
  const B extends string = never,
  const C extends string = never,
>(args: readonly string[], options: ParseOptions<S, B, C> = {}): Args<S, B, C> {
  const reader = new Reader(options);
  return reader.read(args) as Args<S, B, C>;
}

const NUMBER = /^[-+]?(?:0x[0-9a-f]+|(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?)$/i;

class Reader {
  readonly #options: ParseOptions;
  readonly #string: ReadonlySet<string>;
  readonly #boolean: ReadonlySet<string>;
  readonly #collect: ReadonlySet<string>;
  readonly #negatable: ReadonlySet<string>;
  readonly #names = new Map<string, readonly string[]>();
  readonly #found = new Map<string, unknown>();
  readonly #positional: (string | number)[] = [];

  constructor(options: ParseOptions) {
    this.#options = options;
    for (const [name, others] of Object.entries(options.alias ?? {})) {
      const all = [name, ...list(others)];
      for (const one of all) this.#names.set(one, all);
    }
    this.#string = this.#named(options.string);
    this.#boolean = this.#named(options.boolean);
    this.#collect = this.#named(options.collect);
    this.#negatable = this.#named(options.negatable);
  }

  read(args: readonly string[]): Record<string, unknown> {
    const end = args.indexOf("--");
    const before = end < 0 ? args : args.slice(0, end);
    const after = end < 0 ? [] : args.slice(end + 1);
    for (let at = 0; at < before.length;) {
      const arg = before[at] ?? "";
      if (this.#options.stopEarly && this.#positional.length > 0) {
        this.#addPositional(arg), at++;
      } else if (arg.startsWith("--")) at += this.#long(arg, before[at + 1]);
      else if (arg.startsWith("-") && arg !== "-" && !NUMBER.test(arg)) {
        at += this.#short(arg, before[at + 1]);
      } else this.#addPositional(arg), at++;
    }
    const apart = this.#options["--"] === true;
    if (!apart) {
      this.#positional.push(
        ...after.map((arg) => this.#string.has("_") ? arg : numeric(arg)),
      );
    }
    return {
      ...this.#withDefaults(),
      _: this.#positional,
      ...(apart ? { "--": [...after] } : {}),
    };
  }

  /** Returns how many arguments it used. */
  #long(arg: string, next: string | undefined): number {
    const equals = arg.indexOf("=");
    if (equals > 0) {
      return this.#set(arg.slice(2, equals), arg.slice(equals + 1), arg), 1;
    }
    const name = arg.slice(2);
    if (name.startsWith("no-") && this.#negatable.has(name.slice(3))) {
      return this.#set(name.slice(3), false, arg), 1;
    }
    return this.#maybeWithNext(name, { arg, next });
  }

  #short(arg: string, next: string | undefined): number {
    const letters = arg.slice(1);
    for (let at = 0; at < letters.length - 1; at++) {
      const letter = letters.charAt(at);
      const rest = letters.slice(at + 1);
      if (rest.startsWith("=")) return this.#set(letter, rest.slice(1), arg), 1;
      if (this.#string.has(letter) || NUMBER.test(rest)) {
        return this.#set(letter, rest, arg), 1;
      }
      this.#set(letter, this.#string.has(letter) ? "" : true, arg);
    }
    return this.#maybeWithNext(letters.slice(-1), { arg, next });
  }

  #maybeWithNext(
    name: string,
    { arg, next }: { arg: string; next: string | undefined },
  ): number {
    if (this.#boolean.has(name)) {
      if (next !== "true" && next !== "false") {
        return this.#set(name, true, arg), 1;
      }
      return this.#set(name, next === "true", arg), 2;
    }
    if (next !== undefined && (!next.startsWith("-") || NUMBER.test(next))) {
      return this.#set(name, next, arg), 2;
    }
    return this.#set(name, this.#string.has(name) ? "" : true, arg), 1;
  }

  #set(name: string, raw: unknown, arg: string): void {
    let value = raw;
    if (typeof raw === "string") {
      if (this.#boolean.has(name)) value = raw !== "false";
      else if (!this.#string.has(name)) value = numeric(raw);
    }
    const declared = this.#string.has(name) || this.#boolean.has(name) ||
      this.#names.has(name);
    if (!declared && this.#options.unknown?.(arg, name, value) === false) {
      return;
    }
    for (const one of this.#names.get(name) ?? [name]) {
      const known = this.#found.get(one);
      if (!this.#collect.has(one)) this.#found.set(one, value);
      else {this.#found.set(
          one,
          Array.isArray(known) ? [...known, value] : [value],
        );}
    }
  }

  #addPositional(arg: string): void {
    if (this.#options.unknown?.(arg) === false) return;
    this.#positional.push(this.#string.has("_") ? arg : numeric(arg));
  }

  #withDefaults(): Record<string, unknown> {
    for (const [name, value] of Object.entries(this.#options.default ?? {})) {
      for (const one of this.#names.get(name) ?? [name]) {
        if (!this.#found.has(one)) this.#found.set(one, value);
      }
    }
    for (const name of [...this.#boolean, ...this.#collect]) {
      if (!this.#found.has(name)) {
        this.#found.set(name, this.#collect.has(name) ? [] : false);
      }
    }
    return Object.fromEntries(this.#found);
  }

  #named(names: string | readonly string[] | undefined): ReadonlySet<string> {
    return new Set(
      list(names).flatMap((name) => this.#names.get(name) ?? [name]),
    );
  }
}

function list(
  names: string | readonly string[] | undefined,
): readonly string[] {
  return names === undefined ? [] : typeof names === "string" ? [names] : names;
}

function numeric(text: string): string | number {
  return NUMBER.test(text) ? Number(text) : text;
}
