/**
 * Fails when a module imports from a layer above or beside its own, uses a
 * package that is not its layer's, or when modules form a cycle. Imports of
 * types count: a type is a dependency for whoever reads the file.
 *
 * Run: `deno run --allow-read tools/check_layers.ts`.
 */

import { report, repositoryRoot, sourceFiles } from "./source_files.ts";

const BELOW_CALL = [
  "core/base",
  "core/message",
  "core/transport",
  "core/transaction",
  "core/dialog",
] as const;

/** Each layer may import itself and the layers listed for it. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  "core/base": [],
  "core/message": BELOW_CALL.slice(0, 1),
  "core/transport": BELOW_CALL.slice(0, 2),
  "core/transaction": BELOW_CALL.slice(0, 3),
  "core/dialog": BELOW_CALL.slice(0, 4),
  "core/sdp": ["core/base"],
  "core/media": ["core/base", "core/sdp"],
  "core/trunk": [...BELOW_CALL, "core/sdp", "core/media"],
  "core/call": [...BELOW_CALL, "core/sdp", "core/media", "core/trunk"],
  "scripts": ["core/base"],
  "app": [
    ...BELOW_CALL,
    "core/sdp",
    "core/media",
    "core/trunk",
    "core/call",
    "scripts",
    "std",
  ],
  "std": [],
};

/** Single files that a layer may see of a layer otherwise closed to it. */
const OPEN_FILES: Readonly<Record<string, readonly string[]>> = {
  "scripts": [
    "core/call/policy.ts",
    "core/call/decisions.ts",
    "core/call/hook_actions.ts",
    "core/call/edits.ts",
  ],
};

/** The npm packages of a layer. Node's own modules are open to all. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  "scripts": ["quickjs-emscripten", "@jitl/quickjs"],
  "app": ["zod", "yaml", "ioredis", "typescript"],
  "std": ["yaml"],
};

/** Not layers: these stand outside the house and may import anything. */
const OUTSIDE = ["tests/", "bench/", "tools/", "examples/"];

/** Problems of the tree below `root`, one line each; empty when it is sound. */
export async function checkLayers(root: string): Promise<string[]> {
  const aliases = await importMap(root);
  const imports = new Map<string, string[]>();
  for (const path of await sourceFiles(root, [".ts", ".tsx", ".js"])) {
    const source = await Deno.readTextFile(`${root}/${path}`);
    imports.set(
      path,
      importsOf(source).map((specifier) => resolve(specifier, path, aliases)),
    );
  }
  return [...layerProblems(imports), ...cycles(imports)];
}

/**
 * The specifiers that `source` imports or re-exports, types and dynamic imports
 * included. Comments and template strings are blanked first, so that a sample
 * of code inside them is not taken for code.
 */
export function importsOf(source: string): string[] {
  const code = source.replace(
    /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|`(?:\\.|[^`\\])*`|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g,
    (_, text: string | undefined) => text ?? " ",
  );
  const statements =
    /^[ \t]*(?:(?:import|export)\b[^;"'`]*?\bfrom|import)\s*["']([^"']+)["']/gm;
  const calls = /\bimport\(\s*["']([^"']+)["']/g;
  return [...code.matchAll(statements), ...code.matchAll(calls)]
    .flatMap((match) => match[1] ?? []);
}

async function importMap(root: string): Promise<Map<string, string>> {
  const config: { imports?: Record<string, string> } = JSON.parse(
    await Deno.readTextFile(`${root}/deno.json`),
  );
  return new Map(Object.entries(config.imports ?? {}));
}

/** A path of the checkout, or the specifier itself for a package. */
function resolve(
  specifier: string,
  from: string,
  aliases: ReadonlyMap<string, string>,
): string {
  const target = aliases.get(specifier);
  if (target?.startsWith("./")) return target.slice(2);
  if (target !== undefined) return target;
  if (!specifier.startsWith(".")) return specifier;
  return new URL(specifier, `file:///${from}`).pathname.slice(1);
}

function layerOf(path: string): string | undefined {
  return Object.keys(LAYERS).find((layer) => path.startsWith(`${layer}/`));
}

function* layerProblems(
  imports: ReadonlyMap<string, readonly string[]>,
): Generator<string> {
  for (const [from, targets] of imports) {
    const layer = layerOf(from);
    if (layer === undefined) {
      const free = !from.includes("/") ||
        OUTSIDE.some((folder) => from.startsWith(folder));
      if (!free) yield `${from}: stands in no layer`;
      continue;
    }
    for (const target of targets) {
      if (!mayImport(layer, target, imports)) {
        yield `${from}: ${layer} may not import ${target}`;
      }
    }
  }
}

function mayImport(
  layer: string,
  target: string,
  imports: ReadonlyMap<string, readonly string[]>,
): boolean {
  if (target.startsWith("node:")) return true;
  if (!imports.has(target) && !/\.[jt]sx?$/.test(target)) {
    const name = target.replace(/^npm:/, "");
    return (PACKAGES[layer] ?? []).some((allowed) => name.startsWith(allowed));
  }
  const other = layerOf(target);
  if (other === layer) return true;
  if (other !== undefined && LAYERS[layer]?.includes(other)) return true;
  return OPEN_FILES[layer]?.includes(target) ?? false;
}

function* cycles(
  imports: ReadonlyMap<string, readonly string[]>,
): Generator<string> {
  const done = new Set<string>();
  for (const start of imports.keys()) yield* walk(start, [], { imports, done });
}

function* walk(
  path: string,
  trail: readonly string[],
  graph: {
    imports: ReadonlyMap<string, readonly string[]>;
    done: Set<string>;
  },
): Generator<string> {
  const at = trail.indexOf(path);
  if (at >= 0) {
    yield `cycle: ${[...trail.slice(at), path].join(" -> ")}`;
    return;
  }
  if (graph.done.has(path)) return;
  for (const next of graph.imports.get(path) ?? []) {
    yield* walk(next, [...trail, path], graph);
  }
  graph.done.add(path);
}

if (import.meta.main) report(await checkLayers(repositoryRoot()));
