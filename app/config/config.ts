/**
 * Reads legwork.yaml: all its problems at once, each with its place, or the
 * configuration with every default.
 *
 * @module
 */

import type { z } from "zod";
import { nearest } from "../nearest.ts";
import { inFileOrder, type Problem } from "../problem.ts";
import { crossCheck, type CrossCheckOptions } from "./cross_checks.ts";
import { NOT_YET, type NotYet } from "./not_yet.ts";
import { type Config, configSchema } from "./schema.ts";
import { keysAt, type Path } from "./schema_tree.ts";
import { YamlSource } from "./yaml_source.ts";

/** What {@linkcode parseConfig} found. */
export interface ParsedConfig {
  /** Present if and only if there are no problems. */
  readonly config?: Config;
  /** What must be mended before this file can be used. */
  readonly problems: readonly Problem[];
  /** What is right but has no effect in this version. */
  readonly notices: readonly Problem[];
  /** A problem with the value at `path`, found by who uses the configuration. */
  readonly problemAt: (path: Path, message: string) => Problem;
}

/** Reads the text of one YAML file; `file` is the name that problems carry. */
export function parseConfig(
  text: string,
  file: string,
  options: CrossCheckOptions = {},
): ParsedConfig {
  const source = new YamlSource(text, file);
  const problemAt = (path: Path, message: string): Problem =>
    source.atValue(path, message);
  if (source.data === undefined) {
    return { problems: source.problems, notices: [], problemAt };
  }
  // An empty file is a mapping without keys: what it lacks is the better message.
  const data = source.data ?? {};
  const result = configSchema.safeParse(data);
  const problems = [
    ...source.problems,
    ...(result.error?.issues ?? []).flatMap((issue) => describe(issue, source)),
    ...crossCheck(data, options).map(({ path, message }) =>
      source.atValue(path, message)
    ),
  ];
  const notices = inFileOrder(notYet(data, source));
  if (result.success && problems.length === 0) {
    return { config: result.data, problems, notices, problemAt };
  }
  return { problems: inFileOrder(unique(problems)), notices, problemAt };
}

function describe(issue: z.core.$ZodIssue, source: YamlSource): Problem[] {
  const path = issue.path.filter((step) => typeof step !== "symbol");
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) =>
      source.atKey([...path, key], unknownKey(key, path))
    );
  }
  if (issue.code === "invalid_key") {
    return [
      source.atKey(
        path,
        `${quote(path.at(-1))} cannot be a name here, wanted ${
          issue.issues[0]?.message ?? issue.message
        }`,
      ),
    ];
  }
  const found = source.find(path);
  if (found.missing) {
    return [
      source.atKey(
        found.path,
        `${dotted(path)} is missing, wanted ${issue.message}`,
      ),
    ];
  }
  const here = dotted(found.path);
  const near = issue.code === "invalid_value" && typeof found.value === "string"
    ? nearest(found.value, issue.values.map(String))
    : undefined;
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  const subject = here === "" ? "the file" : here;
  return [
    source.atValue(
      found.path,
      `${subject} is ${show(found.value)}, wanted ${issue.message}${hint}`,
    ),
  ];
}

function unknownKey(key: string, path: Path): string {
  const known = keysAt(path);
  const near = nearest(key, known);
  const where = path.length === 0 ? "" : ` in ${dotted(path)}`;
  const wanted = near === undefined
    ? `wanted one of ${known.join(", ")}`
    : `did you mean ${near}?`;
  return `unknown key ${quote(key)}${where}, ${wanted}`;
}

function notYet(data: unknown, source: YamlSource): Problem[] {
  return NOT_YET.flatMap((entry) => {
    return [...places(data, { steps: entry.path.split("."), entry })].map(
      (path) => {
        const { value } = source.find(path);
        const subject = entry.value === undefined
          ? dotted(path)
          : `${dotted(path)}: ${show(value)}`;
        return source.atKey(
          path,
          `${subject} is accepted but not used by this version: ${entry.instead}`,
        );
      },
    );
  });
}

function* places(
  value: unknown,
  { steps, entry }: { steps: readonly string[]; entry: NotYet },
): Generator<Path> {
  const [step, ...rest] = steps;
  if (step === undefined) {
    if (entry.value?.test(String(value)) !== false) yield [];
  } else if (typeof value === "object" && value !== null) {
    const indexed = Array.isArray(value);
    for (const [key, inner] of Object.entries(value)) {
      if (step !== "*" && step !== key) continue;
      for (const path of places(inner, { steps: rest, entry })) {
        yield [indexed ? Number(key) : key, ...path];
      }
    }
  } else if (step === "*" && rest.length === 0 && typeof value === "string") {
    yield* places(value, { steps: rest, entry });
  }
}

function unique(problems: readonly Problem[]): Problem[] {
  return [
    ...new Map(problems.map((problem) => [JSON.stringify(problem), problem]))
      .values(),
  ];
}

function dotted(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`;
    return text === "" ? step : `${text}.${step}`;
  }, "");
}

function show(value: unknown): string {
  if (value === null || value === undefined) return "empty";
  if (Array.isArray(value)) {
    return value.length === 0 ? "an empty list" : "a list";
  }
  return typeof value === "object" ? "a mapping" : quote(value);
}

function quote(value: unknown): string {
  const text = typeof value === "string"
    ? JSON.stringify(value)
    : String(value);
  return text.length > 100 ? `${text.slice(0, 97)}...` : text;
}
