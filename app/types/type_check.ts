/**
 * Checks a script's types against the script API, with the TypeScript compiler in this process: it is loaded when
 * the first script is checked and never while calls run. It reads files and does nothing else.
 *
 * @module
 */

import { createRequire } from "node:module";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type ts from "typescript";
import type { Problem } from "../problem.ts";
import type { Compiler } from "./compiler.ts";
import { wrongDecisions } from "./wrong_decisions.ts";

/** The types of the script API. */
const API = fileURLToPath(new URL("../../scripts/api.ts", import.meta.url));
/** What a script finds in its sandbox beside the language. */
const WORLD = "/legwork/world.d.ts";
const WORLD_TEXT = `
interface Console {
  log(...values: unknown[]): void;
  debug(...values: unknown[]): void;
  info(...values: unknown[]): void;
  warn(...values: unknown[]): void;
  error(...values: unknown[]): void;
}
declare const console: Console;
`;
/** Problems told of one script; after those another check is due. */
const MAX_PROBLEMS = 50;

/** Everything wrong with the types of a script, and of what it imports from its folder, in no order. */
export async function typeProblems(script: string): Promise<Problem[]> {
  const compiler = await loadCompiler();
  const entry = absolute(script);
  const contract = `${entry}.legwork-contract.ts`;
  const program = makeProgram(compiler, {
    roots: [entry, contract, WORLD],
    texts: new Map([[WORLD, WORLD_TEXT], [contract, contractOf(entry)]]),
  });
  const named = wrongDecisions(compiler, program, { entry, contract });
  const problems = named.map(({ file, at, message }) =>
    placed(program, { file, at, message })
  );
  const own = program.getSourceFiles()
    .filter(({ fileName }) =>
      fileName.startsWith(entry.slice(0, entry.lastIndexOf("/") + 1)) &&
      !fileName.includes("/node_modules/") && fileName !== contract &&
      fileName !== API
    );
  for (const source of own) {
    const found = [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source),
    ];
    for (const { messageText, start } of found) {
      const message = sentence(compiler, messageText);
      problems.push(
        placed(program, { file: source.fileName, at: start ?? 0, message }),
      );
    }
  }
  return problems.slice(0, MAX_PROBLEMS).map((problem) => ({
    ...problem,
    file: problem.file === entry ? script : problem.file,
  }));
}

let compiler: Promise<Compiler> | undefined;

function loadCompiler(): Promise<Compiler> {
  return compiler ??= importCompiler();
}

/** The compiler asks the environment of a Node process many things; in a browser it asks nothing. */
async function importCompiler(): Promise<Compiler> {
  const host = process as { browser?: boolean };
  const before = host.browser;
  host.browser = true;
  try {
    return (await import("typescript")).default;
  } finally {
    if (before === undefined) delete host.browser;
    else host.browser = before;
  }
}

function makeProgram(
  compiler: Compiler,
  { roots, texts }: {
    roots: readonly string[];
    texts: ReadonlyMap<string, string>;
  },
): ts.Program {
  const { ScriptTarget, ModuleKind, ModuleResolutionKind } = compiler;
  const libraries = createRequire(import.meta.url)
    .resolve("typescript/lib/lib.es5.d.ts").replace(/[^/\\]+$/, "");
  const read = (path: string): string | undefined => {
    const text = texts.get(path);
    if (text !== undefined) return text;
    try {
      return Deno.readTextFileSync(path);
    } catch {
      return undefined;
    }
  };
  const exists = (path: string): boolean => {
    if (texts.has(path)) return true;
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  };
  const host: ts.CompilerHost = {
    fileExists: exists,
    readFile: read,
    getSourceFile: (path, target) => {
      const text = read(path);
      return text === undefined
        ? undefined
        : compiler.createSourceFile(path, text, target, true);
    },
    getDefaultLibFileName: () => `${libraries}lib.es2023.d.ts`,
    getDefaultLibLocation: () => libraries.replace(/[/\\]$/, ""),
    getCurrentDirectory: () => Deno.cwd(),
    getCanonicalFileName: (path) => path,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => "\n",
    writeFile: () => {},
  };
  return compiler.createProgram({
    rootNames: [...roots],
    host,
    options: {
      target: ScriptTarget.ES2023,
      lib: ["lib.es2023.d.ts"],
      module: ModuleKind.ESNext,
      moduleResolution: ModuleResolutionKind.Bundler,
      allowImportingTsExtensions: true,
      allowJs: true,
      noEmit: true,
      skipLibCheck: true,
      strict: true,
      // A hook may leave the types of its parameters out.
      noImplicitAny: false,
      types: [],
      paths: { legwork: [API] },
    },
  });
}

/** A module that holds what a script exports against what Legwork takes. */
function contractOf(entry: string): string {
  const name = entry.slice(entry.lastIndexOf("/") + 1);
  return `import type { Script } from "legwork";\n` +
    `import * as script from ${JSON.stringify(`./${name}`)};\n` +
    "export const contract: Script = script;\nexport { script };\n";
}

function placed(
  program: ts.Program,
  { file, at, message }: { file: string; at: number; message: string },
): Problem {
  const { line, character } = program.getSourceFile(file)!
    .getLineAndCharacterOfPosition(at);
  return { file, line: line + 1, column: character + 1, message };
}

/** The compiler's words on one line, without a period at the end. */
function sentence(
  compiler: Compiler,
  text: string | ts.DiagnosticMessageChain,
): string {
  return compiler.flattenDiagnosticMessageText(text, " ")
    .replace(/\s+/g, " ").replace(/\.$/, "");
}

function absolute(path: string): string {
  return path.startsWith("/") || /^[A-Za-z]:/.test(path)
    ? path
    : `${Deno.cwd()}/${path.replace(/^(?:\.\/)+/, "")}`;
}
