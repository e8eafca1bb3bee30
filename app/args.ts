/**
 * The command line: what was asked for, or everything that is wrong with it.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import {
  type ListenAddress,
  parseListen,
  parseServer,
  type ServerAddress,
} from "./config/address.ts";
import { nearest } from "./nearest.ts";

/** Levels and formats of the log, as in the `log` section of legwork.yaml. */
export interface LogArgs {
  readonly logLevel?: "debug" | "info" | "warn" | "error";
  readonly logFormat?: "text" | "json";
}

/** `run` with one YAML file, or with scripts and defaults for the rest. */
export type RunSource =
  | { readonly kind: "yaml"; readonly file: string }
  | {
    readonly kind: "scripts";
    readonly scripts: readonly string[];
    readonly listen: readonly ListenAddress[];
    readonly trunks: readonly {
      readonly name: string;
      readonly server: ServerAddress;
    }[];
    readonly open: boolean;
  };

/** The commands that have a help page of their own. */
export type CommandName = "run" | "check" | "test" | "demo";

/** What was asked for. */
export type Command =
  | ({
    readonly name: "run";
    readonly source: RunSource;
    readonly drainSeconds: number;
    readonly ladder: boolean;
  } & LogArgs)
  | { readonly name: "check"; readonly files: readonly string[] }
  | {
    readonly name: "test";
    readonly files: readonly string[];
    readonly ladder: boolean;
    /** Whole number that starts the random sequence; absent: the ladder's own. */
    readonly seed?: number;
    /** The ladder alone, without the harsher worlds. */
    readonly strict: boolean;
  }
  | ({ readonly name: "demo"; readonly stay: boolean } & LogArgs)
  | { readonly name: "version" }
  | { readonly name: "help"; readonly topic?: CommandName }
  | {
    readonly name: "wrong";
    readonly problems: readonly string[];
    readonly topic?: CommandName;
  };

const COMMANDS = ["run", "check", "test", "demo", "version", "help"] as const;
const FILE = /\.(?:ya?ml|[cm]?[jt]s|flow)$|[/\\]/i;
const YAML = /\.ya?ml$/i;
const OPTIONS: Record<
  CommandName,
  { readonly values: readonly string[]; readonly flags: readonly string[] }
> = {
  run: {
    values: ["listen", "trunk", "drain", "log-level", "log-format"],
    flags: ["open", "ladder"],
  },
  check: { values: [], flags: [] },
  test: { values: ["seed"], flags: ["ladder", "strict"] },
  demo: { values: ["log-level", "log-format"], flags: ["stay"] },
};

/** Reads the arguments behind the program's name. Nothing is thrown and no file is looked at. */
export function readArgs(args: readonly string[]): Command {
  const [first, ...rest] = args;
  if (first === undefined) return { name: "help" };
  if (first === "help" || first === "--help" || first === "-h") {
    return help(rest[0]);
  }
  if (first === "version" || first === "--version" || first === "-V") {
    return { name: "version" };
  }
  if (
    first === "run" || first === "check" || first === "test" || first === "demo"
  ) return command(first, rest);
  if (FILE.test(first)) return command("run", args);
  if (first.startsWith("-") && args.some((arg) => FILE.test(arg))) {
    return command("run", args);
  }
  const near = nearest(
    first,
    first.startsWith("-") ? ["--help", "--version"] : COMMANDS,
  );
  const hint = near === undefined
    ? `wanted one of ${COMMANDS.join(", ")}, or a file`
    : `did you mean ${near}?`;
  return {
    name: "wrong",
    problems: [
      `unknown ${
        first.startsWith("-") ? "option" : "command"
      } ${first}, ${hint}`,
    ],
  };
}

function help(topic: string | undefined): Command {
  const known = topic === "run" || topic === "check" || topic === "test" ||
    topic === "demo";
  return known ? { name: "help", topic } : { name: "help" };
}

function command(topic: CommandName, args: readonly string[]): Command {
  const reader = new ArgReader(topic, args);
  if (reader.asks("help")) return { name: "help", topic };
  if (reader.asks("version")) return { name: "version" };
  const asked = read(topic, reader);
  return reader.problems.length > 0
    ? { name: "wrong", problems: reader.problems, topic }
    : asked;
}

function read(topic: CommandName, reader: ArgReader): Command {
  switch (topic) {
    case "run": {
      const source = runSource(reader);
      const drainSeconds = reader.number("drain", { from: 0, to: 86_400 }) ??
        30;
      return {
        name: "run",
        source,
        drainSeconds,
        ladder: reader.asks("ladder"),
        ...logArgs(reader),
      };
    }
    case "check":
      return { name: "check", files: reader.files("a YAML file or a script") };
    case "test": {
      const seed = reader.number("seed", { from: 0, to: 0xffff_ffff });
      return {
        name: "test",
        files: reader.files("a .flow file or a folder of them"),
        ladder: reader.asks("ladder"),
        ...(seed === undefined ? {} : { seed }),
        strict: reader.asks("strict"),
      };
    }
    case "demo":
      reader.noFiles();
      return { name: "demo", stay: reader.asks("stay"), ...logArgs(reader) };
  }
}

function runSource(reader: ArgReader): RunSource {
  const files = reader.files("legwork.yaml or a script such as route.ts");
  const yaml = files.find((file) => YAML.test(file));
  if (yaml === undefined) {
    const listen = reader.each("listen", {
      wanted: "TRANSPORT:ADDRESS:PORT such as udp:127.0.0.1:5060",
      parse: parseListen,
    });
    const trunks = reader.each("trunk", {
      wanted: "NAME=URI such as pbx=sip:127.0.0.1:5080",
      parse: trunk,
    });
    const names = trunks.map(({ name }) => name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) {
      reader.problems.push(
        `--trunk ${twice} is given twice, wanted each name once`,
      );
    }
    return {
      kind: "scripts",
      scripts: files,
      listen,
      trunks,
      open: reader.asks("open"),
    };
  }
  if (files.length > 1) {
    reader.problems.push(
      `${yaml} comes with other files, wanted one YAML file alone: it names the scripts`,
    );
  }
  for (const name of ["listen", "trunk", "open"]) {
    if (reader.given(name)) {
      reader.problems.push(
        `--${name} does not go with ${yaml}, wanted it in the file`,
      );
    }
  }
  return { kind: "yaml", file: yaml };
}

function trunk(
  text: string,
): { name: string; server: ServerAddress } | undefined {
  const [, name, uri = ""] = /^([A-Za-z0-9_][\w.-]{0,63})=(.+)$/.exec(text) ??
    [];
  const server = parseServer(uri);
  return name === undefined || server === undefined
    ? undefined
    : { name, server };
}

function logArgs(reader: ArgReader): LogArgs {
  const logLevel = reader.oneOf("log-level", [
    "debug",
    "info",
    "warn",
    "error",
  ]);
  const logFormat = reader.oneOf("log-format", ["text", "json"]);
  return {
    ...(logLevel === undefined ? {} : { logLevel }),
    ...(logFormat === undefined ? {} : { logFormat }),
  };
}

/** The options of one command, and what is wrong with them so far. */
class ArgReader {
  readonly problems: string[] = [];
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #files: readonly string[];

  constructor(topic: CommandName, args: readonly string[]) {
    const { values, flags } = OPTIONS[topic];
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

  files(wanted: string): readonly string[] {
    if (this.#files.length === 0) {
      this.problems.push(`no file is given, wanted ${wanted}`);
    }
    return this.#files;
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
