import { deepStrictEqual, match, strictEqual } from "node:assert";
import { checkLayers, importsOf } from "./check_layers.ts";

type Tree = Record<string, string>;

/** Problems of a tree that holds these files and nothing else. */
async function problemsOf(tree: Tree): Promise<string[]> {
  const root = await Deno.makeTempDir({ prefix: "layers-" });
  try {
    const files: Tree = {
      "deno.json": JSON.stringify({
        imports: {
          "legwork": "./scripts/api.ts",
          "@std/yaml": "./std/yaml.ts",
          "zod": "npm:zod@4",
        },
      }),
      ...tree,
    };
    for (const [path, text] of Object.entries(files)) {
      const folder = path.split("/").slice(0, -1).join("/");
      await Deno.mkdir(`${root}/${folder}`, { recursive: true });
      await Deno.writeTextFile(`${root}/${path}`, text);
    }
    return await checkLayers(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

async function assertRefused(tree: Tree, wanted: RegExp): Promise<void> {
  const problems = await problemsOf(tree);
  strictEqual(problems.length, 1, problems.join("\n"));
  match(problems[0] ?? "", wanted);
}

Deno.test("a sound tree has no problem", async () => {
  deepStrictEqual(
    await problemsOf({
      "mod.ts": `export { b2bua } from "./app/run.ts";`,
      "core/base/clock.ts": "export interface Clock {}",
      "core/message/uri.ts": `import type { Clock } from "../base/clock.ts";
        export type Uri = Clock;`,
      "core/call/policy.ts": `import type { Uri } from "../message/uri.ts";
        import { createHash } from "node:crypto";
        export type Policy = Uri;`,
      "scripts/api.ts": `export type { Policy } from "../core/call/policy.ts";`,
      "app/run.ts": `import { z } from "zod";
        import { parse } from "@std/yaml";
        import "../scripts/api.ts";`,
      "std/yaml.ts": "export const parse = 1;",
      "tests/core/uri_test.ts": `import "../../app/run.ts";`,
      "examples/01.ts": `import { route } from "legwork";`,
    }),
    [],
  );
});

Deno.test("each layer rule can fail", async (t) => {
  const upwards: [from: string, to: string][] = [
    ["core/base", "core/message"],
    ["core/message", "core/transport"],
    ["core/transport", "core/transaction"],
    ["core/transaction", "core/dialog"],
    ["core/dialog", "core/call"],
    ["core/call", "scripts"],
    ["core/call", "app"],
    ["scripts", "app"],
    ["std", "core/base"],
    // beside, not above
    ["core/sdp", "core/message"],
    ["core/media", "core/transport"],
    ["core/trunk", "core/call"],
    ["core/media", "core/trunk"],
    ["core/dialog", "core/sdp"],
    ["scripts", "core/message"],
    ["core/base", "std"],
    ["core/base", "tests"],
  ];
  for (const [from, to] of upwards) {
    await t.step(`${from} imports ${to}`, async () => {
      const dots = "../".repeat(from.split("/").length);
      await assertRefused({
        [`${from}/a.ts`]: `import type { B } from "${dots}${to}/b.ts";`,
        [`${to}/b.ts`]: "export type B = 1;",
      }, new RegExp(`^${from}/a\\.ts: ${from} may not import ${to}/b\\.ts$`));
    });
  }

  await t.step(
    "scripts sees a file of call beyond the open ones",
    () =>
      assertRefused({
        "scripts/a.ts": `import type { B } from "../core/call/leg.ts";`,
        "core/call/leg.ts": "export type B = 1;",
      }, /scripts may not import core\/call\/leg\.ts/),
  );

  await t.step("a package of another layer", () =>
    assertRefused(
      { "core/base/a.ts": `import { z } from "zod";` },
      /core\/base may not import npm:zod@4/,
    ));

  await t.step("an alias is followed", () =>
    assertRefused({
      "core/base/a.ts": `import { route } from "legwork";`,
      "scripts/api.ts": "export const route = 1;",
    }, /core\/base may not import scripts\/api\.ts/));

  await t.step("a folder without a layer", () =>
    assertRefused(
      { "core/extra/a.ts": "export {};" },
      /core\/extra\/a\.ts: stands in no layer/,
    ));
});

Deno.test("cycles are found, type imports included", async (t) => {
  await t.step("of two", () =>
    assertRefused({
      "core/base/a.ts": `import type { B } from "./b.ts"; export type A = B;`,
      "core/base/b.ts": `import type { A } from "./a.ts"; export type B = A;`,
    }, /^cycle: core\/base\/a\.ts -> core\/base\/b\.ts -> core\/base\/a\.ts$/));

  await t.step("through a re-export and a dynamic import", () =>
    assertRefused({
      "app/a.ts": `export * from "./b.ts";`,
      "app/b.ts": `const c = await import("./c.ts"); export { c };`,
      "app/c.ts": `import "./a.ts";`,
    }, /^cycle: app\/a\.ts -> app\/b\.ts -> app\/c\.ts -> app\/a\.ts$/));
});

Deno.test("imports are read as the compiler reads them", () => {
  const source = [
    `import one from "1";`,
    `import {`,
    `  two,`,
    `} from '2';`,
    `import type { three } from "3";`,
    `export * as four from "4";`,
    `export type { five } from "5";`,
    `import "6";`,
    `type Seven = import("7").Seven;`,
    `// import no from "comment";`,
    `/* import no from "comment"; */`,
    "const text = `",
    `import no from "template";`,
    "`;",
    `export const from = "not a specifier";`,
  ].join("\n");
  deepStrictEqual(importsOf(source), ["1", "2", "3", "4", "5", "6", "7"]);
});
