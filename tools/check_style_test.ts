import { deepStrictEqual, strictEqual } from "node:assert";
import { problemsOf } from "./check_style.ts";

function rulesBroken(path: string, text: string): string[] {
  return [...problemsOf(path, text)].map((problem) =>
    problem.replace(/^[^ ]+ /, "").replace(/:.*$/, "")
  );
}

// Joined here, so that this file does not break the rules itself.
const ANY = "a" + "ny";

Deno.test("each style rule can fail", async (t) => {
  const cases: [rule: string, path: string, text: string][] = [
    ["a way around the types", "core/a.ts", `const x: ${ANY} = 1;`],
    ["a way around the types", "core/a.ts", `f(x as ${ANY});`],
    ["a way around the types", "core/a.ts", `let x: Map<string, 1>|${ANY}[];`],
    ["a check switched off", "core/a.ts", "// @ts" + "-ignore"],
    ["a check switched off", "core/a.ts", "// deno" + "-lint-ignore x"],
    ["a mark left behind", "docs/a.md", "TO" + "DO later"],
    [
      "a test that sleeps",
      "tests/core/a_test.ts",
      "await new Promise((done) => set" + "Timeout(done, 10));",
    ],
    ["a test that sleeps", "core/a_test.ts", "await delay" + "(10);"],
    ["a path of one machine", "docs/a.md", "see /ho" + "me/me/x"],
    [
      "an import that a closed network cannot reach",
      "core/a.ts",
      `import x from "js${"r"}:@std/x";`,
    ],
  ];
  for (const [rule, path, text] of cases) {
    await t.step(rule, () => deepStrictEqual(rulesBroken(path, text), [rule]));
  }
  await t.step("a file that has grown too long", () => {
    deepStrictEqual(
      [...problemsOf("core/a.ts", "\n".repeat(431))],
      ["core/a.ts: 431 lines, at most 430"],
    );
  });
});

Deno.test("what only looks like a breach is left alone", () => {
  const sound = [
    `// match: ${ANY} request of the trunk`,
    `const text = "as ${ANY} peer";`,
    "clock.schedule(500, fire);",
    "const paths = ['/etc/legwork', '/var/lib/legwork'];",
  ].join("\n");
  strictEqual(rulesBroken("tests/core/a_test.ts", sound).length, 0);
});

Deno.test("the line of a breach is named", () => {
  deepStrictEqual(
    [...problemsOf("a.md", "one\n\nTO" + "DO\n")],
    ["a.md:3: a mark left behind: do it, or open an issue"],
  );
});
