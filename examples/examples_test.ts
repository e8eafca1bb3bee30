/** Runs the ladder of every example, to the letter and in every harsher world, and checks what an operator would. */

import { assert, assertEquals } from "@std/assert";
import { runLadderFile } from "../app/ladder/run_ladder.ts";
import { ladderParts } from "../app/ladder_parts.ts";
import { standInEnvironment } from "../app/environment.ts";
import { loadYaml } from "../app/load_config.ts";

const FOLDER = new URL(".", import.meta.url).pathname.replace(/\/$/, "");
const EXAMPLES = filesIn(FOLDER, /^\d\d_/);

/** Sorted names in a folder that match. */
function filesIn(folder: string, name: RegExp): string[] {
  return [...Deno.readDirSync(folder)]
    .map((entry) => entry.name)
    .filter((entry) => name.test(entry))
    .sort();
}

for (const example of EXAMPLES) {
  Deno.test(`example ${example}`, async (t) => {
    const folder = `${FOLDER}/${example}`;
    const flows = filesIn(folder, /\.flow$/);
    assert(flows.length > 0, "an example has a ladder");
    for (const flow of flows) {
      await t.step(flow, async () => {
        const report = await runLadderFile(`${folder}/${flow}`, {
          ...ladderParts(),
        });
        assert(report.ok, report.failures.join("\n\n"));
        assert(report.runs > 1, "no message was lost, doubled or late");
      });
    }
    for (const yaml of filesIn(folder, /\.yaml$/)) {
      await t.step(yaml, () => {
        // Whoever runs it sets the passwords.
        const { problems, notices } = loadYaml(`${folder}/${yaml}`, {
          environment: standInEnvironment,
        });
        assertEquals([...problems, ...notices], []);
      });
    }
    for (const file of filesIn(folder, /\.(?:yaml|ts)$/)) {
      await t.step(`the commands in ${file}`, async () => {
        const text = await Deno.readTextFile(`${folder}/${file}`);
        const paths = [...text.matchAll(/\bexamples\/[\w./]+/g)];
        for (const [path] of paths) {
          assert(await exists(`${FOLDER}/../${path}`), `there is no ${path}`);
        }
      });
    }
  });
}

Deno.test("examples/README.md lists every example", async () => {
  const page = await Deno.readTextFile(`${FOLDER}/README.md`);
  const linked = [...page.matchAll(/\]\((\d\d_\w+)\/?\)/g)]
    .map(([, name]) => name);
  assertEquals(linked, EXAMPLES);
});

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
