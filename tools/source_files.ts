/** Walks the checkout: what every gate program reads. */

const SKIPPED = new Set([".git", "node_modules", "results", "coverage"]);

/**
 * Paths of the files below `root` whose names end in one of `endings`,
 * relative to it, with `/` between folders, sorted.
 */
export async function sourceFiles(
  root: string,
  endings: readonly string[],
): Promise<string[]> {
  const found: string[] = [];
  await walk(root, "", found);
  return found
    .filter((path) => endings.some((ending) => path.endsWith(ending)))
    .sort();
}

async function walk(
  root: string,
  below: string,
  found: string[],
): Promise<void> {
  for await (const entry of Deno.readDir(`${root}/${below}`)) {
    if (SKIPPED.has(entry.name)) continue;
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory) await walk(root, path, found);
    if (entry.isFile) found.push(path);
  }
}

/** The checkout that this file stands in. */
export function repositoryRoot(): string {
  return new URL("..", import.meta.url).pathname.replace(/\/$/, "");
}

/** Prints problems one a line and exits 1 where there are any. */
export function report(problems: readonly string[]): void {
  for (const problem of problems) console.error(problem);
  Deno.exit(problems.length > 0 ? 1 : 0);
}
