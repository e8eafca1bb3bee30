/**
 * Fails on what review would otherwise have to repeat: ways around the types,
 * marks left behind, tests that sleep, files that have grown too long, and
 * paths of somebody's machine.
 *
 * Run: `deno run --allow-read tools/check_style.ts`.
 */

import { report, repositoryRoot, sourceFiles } from "./source_files.ts";

/** Past this a file is split by RFC procedure. */
const LONGEST_FILE_LINES = 430;

interface Rule {
  /** What stands in the report. */
  name: string;
  pattern: RegExp;
  /** Whether the rule is about the file at this path. */
  about(path: string): boolean;
}

// Patterns are spelled so that they do not match themselves.
const RULES: readonly Rule[] = [
  {
    name: "a way around the types: parse `unknown` instead",
    pattern: /(?::|\bas|<|\|)\s*a[n]y\b(?=\s*[\[\]<>,;)=|&{}]|\s*$)/m,
    about: isCode,
  },
  {
    name: "a check switched off: mend the cause",
    pattern: /@ts[-](?:ignore|expect-error|nocheck)|deno[-](?:lint|fmt)-ignore/,
    about: isCode,
  },
  {
    name: "a mark left behind: do it, or open an issue",
    pattern: /\b(?:TOD[O]|FIXM[E]|XX[X]|HAC[K])\b/,
    about: (path) => !path.endsWith(".pcap"),
  },
  {
    name: "a test that sleeps: use the virtual clock",
    pattern:
      /new Promise[^;]{0,80}\bset[T]imeout\(|\bawait delay[(]|node:timers\/promises/,
    about: (path) =>
      isCode(path) && isTest(path) && !path.startsWith("tests/interop/"),
  },
  {
    name: "a path of one machine",
    pattern: /(?:^|[\s"'`(=:])\/(?:work|home|Users|root|mnt)\/[\w.]/m,
    about: () => true,
  },
  {
    name: "an import that a closed network cannot reach",
    pattern: /from\s+["'](?:js[r]:|https?:)/,
    about: isCode,
  },
];

/** Problems of the tree below `root` as `path:line: what`. */
export async function checkStyle(root: string): Promise<string[]> {
  const problems: string[] = [];
  const paths = await sourceFiles(root, [
    ".ts",
    ".md",
    ".yaml",
    ".xml",
    ".flow",
    ".ci/run",
  ]);
  for (const path of paths) {
    const text = await Deno.readTextFile(`${root}/${path}`);
    problems.push(...problemsOf(path, text));
  }
  return problems;
}

/** Problems of one file: the first place where each rule is broken. */
export function* problemsOf(path: string, text: string): Generator<string> {
  for (const { name, pattern, about } of RULES) {
    const at = about(path) ? text.search(pattern) : -1;
    if (at < 0) continue;
    const start = at + (text.slice(at).match(/^\s*/)?.[0].length ?? 0);
    const line = text.slice(0, start).split("\n").length;
    yield `${path}:${line}: ${name}`;
  }
  const lines = text.split("\n").length - 1;
  if (isCode(path) && !isTest(path) && lines > LONGEST_FILE_LINES) {
    yield `${path}: ${lines} lines, at most ${LONGEST_FILE_LINES}`;
  }
}

function isCode(path: string): boolean {
  return path.endsWith(".ts");
}

function isTest(path: string): boolean {
  return path.startsWith("tests/") || path.endsWith("_test.ts");
}

if (import.meta.main) report(await checkStyle(repositoryRoot()));
