/** Every ladder of this folder, to the letter and in the harsher worlds. */

import { assertEquals } from "@std/assert";
import { runLadderFile } from "../../app/ladder/run_ladder.ts";
import { ladderParts } from "../../app/ladder_parts.ts";

const FOLDER = new URL(".", import.meta.url).pathname;

const files = [
  "",
  "hooks/",
  "registrar/",
  "keep_alives/",
  "registration/",
  "timers/",
]
  .flatMap((folder) =>
    [...Deno.readDirSync(`${FOLDER}${folder}`)].map(({ name }) => folder + name)
  ).filter((name) => name.endsWith(".flow")).sort();

for (const name of files) {
  Deno.test(`ladder ${name}`, async () => {
    const report = await runLadderFile(`${FOLDER}${name}`, {
      ...ladderParts(),
      width: 120,
    });
    assertEquals(report.failures.join("\n"), "");
  });
}
