/**
 * The command line: what was asked for, or everything that is wrong with it.
 *
 * @module
 */

import { ArgReader } from "./arg_reader.ts";
import {
  type ListenAddress,
  parseListen,
  parseServer,
  type ServerAddress,
} from "./config/address.ts";
import { MAX_WORKERS } from "../core/transport/owner_scan.ts";
import { nearest } from "./nearest.ts";
import { parseWorker, type WorkerPlace } from "./workers/worker_place.ts";

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

/** Which running Legwork is meant. */
export interface ControlArgs {
  /** The path of its control socket, or the port of its first listener. */
  readonly socket?: string;
  /** Its configuration, which says where the socket is. */
  readonly config?: string;
}

/** The commands that have a help page of their own. */
export type CommandName = typeof TOPICS[number];

/** What was asked for. */
export type Command =
  | ({
    readonly name: "run";
    readonly source: RunSource;
    readonly drainSeconds: number;
    readonly ladder: boolean;
    /** As many processes on the same addresses. */
    readonly workers?: number;
    /** This process is one of them. */
    readonly worker?: WorkerPlace;
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
  | {
    readonly name: "replay";
    readonly capture: string;
    readonly source: RunSource;
    /** Exit with 1 when anything would change. */
    readonly check: boolean;
  }
  | { readonly name: "init"; readonly folder: string }
  | ({
    readonly name: "reload";
    /** The number of the revision to go back to. */
    readonly to?: number;
  } & ControlArgs)
  | ({ readonly name: "calls" } & ControlArgs)
  | ({ readonly name: "keepalives" } & ControlArgs)
  | ({ readonly name: "trunks" } & ControlArgs)
  | ({
    readonly name: "registrations";
    /** What is to be removed: all of an address-of-record, or one Contact of it. */
    readonly remove?: string;
    readonly contact?: string;
  } & ControlArgs)
  | ({ readonly name: "explain"; readonly call: string } & ControlArgs)
  | ({
    readonly name: "dtmf";
    readonly call: string;
    readonly leg: "a" | "b";
    readonly keys: string;
  } & ControlArgs)
  | ({ readonly name: "demo"; readonly stay: boolean } & LogArgs)
  | { readonly name: "version" }
  | { readonly name: "help"; readonly topic?: CommandName }
  | {
    readonly name: "wrong";
    readonly problems: readonly string[];
    readonly topic?: CommandName;
  };

const TOPICS = [
  "run",
  "check",
  "test",
  "replay",
  "init",
  "reload",
  "calls",
  "keepalives",
  "trunks",
  "registrations",
  "explain",
  "dtmf",
  "demo",
] as const;
const COMMANDS = [...TOPICS, "version", "help"] as const;
const FILE = /\.(?:ya?ml|[cm]?[jt]s|flow)$|[/\\]/i;
const KEYS = /^[0-9*#A-Da-d!]{1,64}$/;
const YAML = /\.ya?ml$/i;
const OPTIONS: Record<
  CommandName,
  { readonly values: readonly string[]; readonly flags: readonly string[] }
> = {
  run: {
    values: [
      ...["listen", "trunk", "drain", "log-level", "log-format"],
      ...["workers", "worker"],
    ],
    flags: ["open", "ladder"],
  },
  check: { values: [], flags: [] },
  test: { values: ["seed"], flags: ["ladder", "strict"] },
  replay: { values: ["script", "config"], flags: ["check"] },
  init: { values: [], flags: [] },
  reload: { values: ["to", "control"], flags: [] },
  calls: { values: ["control"], flags: [] },
  keepalives: { values: ["control"], flags: [] },
  trunks: { values: ["control"], flags: [] },
  registrations: { values: ["control", "remove", "contact"], flags: [] },
  explain: { values: ["control"], flags: [] },
  dtmf: { values: ["control"], flags: [] },
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
  const topic = TOPICS.find((name) => name === first);
  if (topic !== undefined) return command(topic, rest);
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
  const known = TOPICS.find((name) => name === topic);
  return known === undefined
    ? { name: "help" }
    : { name: "help", topic: known };
}

function command(topic: CommandName, args: readonly string[]): Command {
  const reader = new ArgReader(topic, { args, ...OPTIONS[topic] });
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
        ...workerArgs(reader),
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
    case "replay": {
      const [capture = ""] = reader.files("one .pcap or .pcapng file", 1);
      const scripts = reader.texts("script");
      const config = reader.texts("config").at(-1);
      if (config !== undefined && scripts.length > 0) {
        reader.problems.push(
          "--config comes with --script, wanted one of them: the configuration names the scripts",
        );
      }
      if (config === undefined && scripts.length === 0) {
        reader.problems.push(
          "no script is given, wanted --script SCRIPT or --config legwork.yaml",
        );
      }
      const source: RunSource = config === undefined
        ? { kind: "scripts", scripts, listen: [], trunks: [], open: true }
        : { kind: "yaml", file: config };
      return { name: "replay", capture, source, check: reader.asks("check") };
    }
    case "init":
      return { name: "init", folder: reader.someFiles(1)[0] ?? "." };
    case "reload": {
      const to = reader.number("to", { from: 1, to: 1_000_000_000 });
      const [config] = reader.someFiles(1);
      return {
        name: "reload",
        ...(to === undefined ? {} : { to }),
        ...controlArgs(reader, config),
      };
    }
    case "calls":
    case "keepalives":
    case "trunks":
      return {
        name: topic,
        ...controlArgs(reader, reader.someFiles(1)[0]),
      };
    case "registrations": {
      const [remove] = reader.texts("remove");
      const [contact] = reader.texts("contact");
      if (contact !== undefined && remove === undefined) {
        reader.problems.push("--contact stands alone, wanted --remove with it");
      }
      return {
        name: topic,
        ...(remove === undefined ? {} : { remove }),
        ...(contact === undefined ? {} : { contact }),
        ...controlArgs(reader, reader.someFiles(1)[0]),
      };
    }
    case "explain": {
      const [call = "", config] = reader.files("the id of a call", 2);
      return { name: "explain", call, ...controlArgs(reader, config) };
    }
    case "dtmf": {
      const [call = "", leg, keys = "", config] = reader.files(
        "the id of a call, a leg and keys",
        4,
      );
      if (leg !== "a" && leg !== "b") {
        reader.problems.push(`no leg is given, wanted a or b behind the call`);
      } else if (!KEYS.test(keys)) {
        reader.problems.push(
          `keys "${keys}", wanted 1 to 64 of 0 to 9, *, #, A to D and !`,
        );
      }
      return {
        name: "dtmf",
        call,
        leg: leg === "b" ? "b" : "a",
        keys,
        ...controlArgs(reader, config),
      };
    }
    case "demo":
      reader.noFiles();
      return { name: "demo", stay: reader.asks("stay"), ...logArgs(reader) };
  }
}

function workerArgs(
  reader: ArgReader,
): { workers?: number; worker?: WorkerPlace } {
  const workers = reader.number("workers", { from: 2, to: MAX_WORKERS });
  const [worker] = reader.each("worker", {
    wanted: "NUMBER/COUNT such as 0/4",
    parse: parseWorker,
  });
  return {
    ...(workers === undefined ? {} : { workers }),
    ...(worker === undefined ? {} : { worker }),
  };
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

function controlArgs(
  reader: ArgReader,
  config: string | undefined,
): ControlArgs {
  const socket = reader.texts("control").at(-1);
  return {
    ...(socket === undefined ? {} : { socket }),
    ...(config === undefined ? {} : { config }),
  };
}
