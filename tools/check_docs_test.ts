import { deepStrictEqual } from "node:assert";
import { checkPages, unlistedDepartures } from "./check_docs.ts";

Deno.test("links and named tests that lead nowhere are found", async () => {
  const root = await Deno.makeTempDir({ prefix: "docs-" });
  try {
    await Deno.mkdir(`${root}/docs`);
    await Deno.mkdir(`${root}/tests/core`, { recursive: true });
    await Deno.writeTextFile(
      `${root}/tests/core/uri_test.ts`,
      `Deno.test("compares URIs", () => {});`,
    );
    await Deno.writeTextFile(
      `${root}/README.md`,
      "[good](docs/rfc.md#x) [web](https://example.com) [top](#x)\n" +
        "```md\n[in code](gone.md)\n```\n[bad](docs/gone.md)\n",
    );
    await Deno.writeTextFile(
      `${root}/docs/rfc.md`,
      "`tests/core/uri_test.ts:compares URIs` `tests/core/uri_test.ts`\n" +
        "`tests/core/uri_test.ts:parses URIs`\n`tests/core/gone_test.ts`\n",
    );
    deepStrictEqual(await checkPages(root), [
      "README.md:5: the link to docs/gone.md leads nowhere",
      'docs/rfc.md:2: tests/core/uri_test.ts has no test "parses URIs"',
      "docs/rfc.md:3: there is no tests/core/gone_test.ts",
    ]);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("a row that is there twice is found", async () => {
  const root = await Deno.makeTempDir({ prefix: "docs-" });
  try {
    await Deno.mkdir(`${root}/docs`);
    const row = "| 6026 accepted | a |\n";
    await Deno.writeTextFile(
      `${root}/docs/rfc.md`,
      `## One\n\n| section | file |\n| --- | --- |\n${row}| 6026 accepted   | b |\n\n## Two\n\n${row}`,
    );
    deepStrictEqual(await checkPages(root), [
      'docs/rfc.md:6: the row "6026 accepted" is in line 5, too',
    ]);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("a departure that the page does not list is found", async () => {
  const root = await Deno.makeTempDir({ prefix: "docs-" });
  try {
    await Deno.mkdir(`${root}/docs`);
    await Deno.mkdir(`${root}/core`);
    const departs = "Departs from RFC 3261";
    await Deno.writeTextFile(
      `${root}/core/a.ts`,
      `// ${departs} §16.7 step 6: why.\n// ${departs} §12.2.1.2: why.\n`,
    );
    await Deno.writeTextFile(
      `${root}/docs/rfc.md`,
      "| 3261 16.7, step 6 | what | `core/a.ts` |\n",
    );
    deepStrictEqual(await unlistedDepartures(root), [
      "core/a.ts: the departure from RFC 3261 §12.2.1.2 is not in docs/rfc.md",
    ]);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
