/**
 * Fails when code on a page does not do what the page says. Blocks marked `ts`
 * are type-checked where they stand (`ts ignore` is left out). A block marked
 * with a file name, like `ts route.ts`, is written to a folder of its page;
 * each YAML file there is then given to `legwork check`.
 *
 * Run: `deno run -A tools/check_snippets.ts`.
 */

import { report, repositoryRoot, sourceFiles } from "./source_files.ts";

/** One fenced block that carries a file name. */
export interface NamedBlock {
  readonly name: string;
  readonly text: string;
}

/** The blocks of a page whose info string names a file. */
export function namedBlocks(page: string): NamedBlock[] {
  const fences = page.matchAll(
    /^```\w+ +([\w.-]+\.\w+)\n([\s\S]*?)^```/gm,
  );
  return [...fences].map(([, name = "", text = ""]) => ({ name, text }));
}

async function run(root: string, args: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: root,
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  return code === 0 ? [] : [decoder.decode(stdout) + decoder.decode(stderr)];
}

async function checkConfigurations(
  root: string,
  page: string,
): Promise<string[]> {
  const blocks = namedBlocks(await Deno.readTextFile(`${root}/${page}`));
  const yaml = blocks.filter(({ name }) => name.endsWith(".yaml"));
  if (yaml.length === 0) return [];
  const folder = await Deno.makeTempDir({ prefix: "snippets-" });
  try {
    for (const { name, text } of blocks) {
      await Deno.writeTextFile(`${folder}/${name}`, text);
    }
    const problems: string[] = [];
    for (const { name } of yaml) {
      const args = ["run", "-P", "mod.ts", "check", `${folder}/${name}`];
      for (const problem of await run(root, args)) {
        problems.push(`${page}, block ${name}:\n${problem}`);
      }
    }
    return problems;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) {
  const root = repositoryRoot();
  const pages = (await sourceFiles(root, [".md"]))
    .filter((path) => path === "README.md" || path.startsWith("docs/"));
  const problems = pages.length === 0
    ? []
    : await run(root, ["check", "--quiet", "--doc-only", ...pages]);
  for (const page of pages) {
    problems.push(...await checkConfigurations(root, page));
  }
  report(problems);
}
