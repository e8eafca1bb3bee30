import { deepStrictEqual } from "node:assert";
import { checkPages } from "./check_docs.ts";

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
