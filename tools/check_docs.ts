/**
 * Fails when a public export has no doc comment, when a relative link of a
 * page leads nowhere, when docs/rfc.md or docs/keep_alives.md names a file or a
 * test that is not there, when docs/rfc.md has a row twice, and when the code
 * departs from an RFC and docs/rfc.md does not say so.
 * A test is named as `path_test.ts:words of its name`.
 *
 * Run: `deno run --allow-read --allow-run tools/check_docs.ts`.
 */

import { report, repositoryRoot, sourceFiles } from "./source_files.ts";

const RFC_PAGE = "docs/rfc.md";
/** Pages whose tables name tests. */
const TEST_PAGES = [RFC_PAGE, "docs/keep_alives.md"];

/** Problems of the pages below `root`, as `path:line: what`. */
export async function checkPages(root: string): Promise<string[]> {
  const problems: string[] = [];
  for (const page of await sourceFiles(root, [".md"])) {
    const text = await Deno.readTextFile(`${root}/${page}`);
    const lines = withoutCode(text).split("\n");
    if (page === RFC_PAGE) problems.push(...doubledRows(lines, page));
    for (const [index, line] of lines.entries()) {
      const at = `${page}:${index + 1}`;
      for (const [, link = ""] of line.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^(?:[a-z]+:|#)/.test(link)) continue;
        const path = new URL(link, `file:///${page}`).pathname.slice(1);
        if (!await exists(`${root}/${path}`)) {
          problems.push(`${at}: the link to ${link} leads nowhere`);
        }
      }
      if (TEST_PAGES.includes(page)) {
        problems.push(...await missingTests(root, line, at));
      }
    }
  }
  return problems;
}

/** Keeps the line numbers: fenced blocks become empty lines. */
function withoutCode(text: string): string {
  return text.replace(
    /^```[\s\S]*?^```/gm,
    (block) => block.replace(/.+/g, ""),
  );
}

/** Rows of one chapter, across its tables, whose first cell is the same. */
function doubledRows(lines: readonly string[], page: string): string[] {
  const problems: string[] = [];
  const rows = new Map<string, number>();
  for (const [index, line] of lines.entries()) {
    if (line.startsWith("#")) rows.clear();
    const cell = /^\| *(.*?) *\|/.exec(line)?.[1];
    if (cell === undefined) continue;
    const first = rows.get(cell);
    if (first === undefined) rows.set(cell, index + 1);
    else {
      problems.push(
        `${page}:${index + 1}: the row "${cell}" is in line ${first}, too`,
      );
    }
  }
  return problems;
}

async function missingTests(
  root: string,
  line: string,
  at: string,
): Promise<string[]> {
  const problems: string[] = [];
  const named = line.matchAll(
    /`((?:[\w.-]+\/)+[\w.-]+\.(?:ts|flow))(?::([^`]+))?`/g,
  );
  for (const [, path = "", test] of named) {
    const text = await Deno.readTextFile(`${root}/${path}`)
      .catch(() => undefined);
    if (text === undefined) problems.push(`${at}: there is no ${path}`);
    else if (test !== undefined && !text.includes(test)) {
      problems.push(`${at}: ${path} has no test "${test}"`);
    }
  }
  return problems;
}

/** What says `Departs from RFC nnnn §x` and has no row `| nnnn x` in docs/rfc.md. */
export async function unlistedDepartures(root: string): Promise<string[]> {
  const page = await Deno.readTextFile(`${root}/${RFC_PAGE}`);
  const problems: string[] = [];
  for (const path of await sourceFiles(root, [".ts"])) {
    if (path.startsWith("tests/") || path.startsWith("tools/")) continue;
    const text = await Deno.readTextFile(`${root}/${path}`);
    const departures = text.matchAll(/Departs from RFC (\d+) §([\d.]*\d)/g);
    for (const [, rfc, section] of departures) {
      const row = page.split("\n").find((line) =>
        line.startsWith(`| ${rfc} ${section}`) && line.includes(path)
      );
      if (row === undefined) {
        problems.push(
          `${path}: the departure from RFC ${rfc} §${section} is not in ${RFC_PAGE}`,
        );
      }
    }
  }
  return problems;
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** The part that is used of what `deno doc --json` prints. */
interface DocOutput {
  readonly nodes: Readonly<Record<string, { readonly symbols: DocSymbol[] }>>;
}

interface DocSymbol {
  readonly name: string;
  readonly declarations: readonly {
    readonly location: { readonly filename: string; readonly line: number };
    readonly jsDoc?: unknown;
  }[];
}

/**
 * The public exports without a doc comment. Their members are left to review: many say all there is to say by their
 * names (`deno doc --lint` would ask for a comment on each `host` and `port`).
 */
async function undocumented(root: string): Promise<string[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", "mod.ts"],
    cwd: root,
  }).output();
  const { nodes }: DocOutput = JSON.parse(new TextDecoder().decode(stdout));
  return Object.values(nodes).flatMap(({ symbols }) =>
    symbols.flatMap(({ name, declarations }) =>
      declarations.some(({ jsDoc }) => jsDoc !== undefined)
        ? []
        : declarations.slice(0, 1).map(({ location: { filename, line } }) =>
          `${filename.replace(/^.*?\/(?=core|scripts|app|mod)/, "")}:${
            line + 1
          }: the public export ${name} has no doc comment`
        )
    )
  );
}

if (import.meta.main) {
  const root = repositoryRoot();
  report([
    ...await undocumented(root),
    ...await checkPages(root),
    ...await unlistedDepartures(root),
  ]);
}
