/**
 * Writes the API section of docs/scripting.md from the types that a script imports, so that the page says what the
 * types say. Without `--write` it fails when the page is not current.
 *
 * Run: `deno run -A tools/script_api.ts [--write]`.
 */

import { report, repositoryRoot } from "./source_files.ts";

const PAGE = "docs/scripting.md";
const BEGIN = "<!-- The API, written by tools/script_api.ts -->";
const END = "<!-- End of the API -->";

/** What comes first, in this order; the rest follows by its name. */
const FIRST = [
  ..."Message Content Headers Uri Party Value Address Diversion HistoryInfo Reason Privacy"
    .split(" "),
  ..."Sdp Media Codecs Codec Attributes Part Call Leg".split(" "),
];

/** The part that is used of what `deno doc --json` prints. */
interface DocOutput {
  readonly nodes: Readonly<Record<string, { readonly symbols: ApiSymbol[] }>>;
}

/** One export. */
export interface ApiSymbol {
  readonly name: string;
  readonly declarations: readonly ApiDeclaration[];
}

interface ApiDeclaration extends Documented {
  readonly kind: string;
  readonly def: {
    readonly properties?: readonly ApiMember[];
    readonly methods?: readonly ApiMember[];
  };
}

interface ApiMember extends Documented {
  readonly name: string;
}

interface Documented {
  readonly location: { readonly filename: string; readonly byteIndex: number };
  readonly jsDoc?: { readonly doc?: string };
}

/** The section in Markdown. `source` gives the text of a file. */
export function apiSection(
  symbols: readonly ApiSymbol[],
  source: (filename: string) => string,
): string {
  const entries = symbols.flatMap(({ name, declarations }) =>
    declarations.slice(0, 1).map((declaration) => ({
      name,
      declaration,
      code: codeAt(declaration, source),
    }))
  );
  const aliases = new Map<string, string>();
  for (const { name, code } of entries) {
    const declared = /^(?:export )?(?:interface|type) (\w+)/.exec(code)?.[1];
    if (declared !== undefined && declared !== name) {
      aliases.set(declared, name);
    }
  }
  const rename = (code: string): string =>
    code.replace(/\b[A-Z]\w+\b/g, (word) => aliases.get(word) ?? word);

  const functions = entries.filter(({ declaration }) =>
    declaration.kind === "function" || declaration.kind === "variable"
  );
  const types = entries.filter((entry) => !functions.includes(entry))
    .sort((a, b) => rankOf(a.name) - rankOf(b.name) || byName(a, b));
  const lines = ["### Functions", ""];
  for (const { code, declaration } of functions.sort(byName)) {
    lines.push(`- \`${rename(signature(code))}\`: ${docOf(declaration)}`);
  }
  for (const { name, code, declaration } of types) {
    lines.push("", `### ${name}`, "", docOf(declaration));
    const base = /^[^{]*\bextends ([\w, ]+)/.exec(code)?.[1];
    if (base !== undefined) {
      const names = rename(base.trim()).split(/, /)
        .filter((each) => entries.some((entry) => entry.name === each));
      const links = names.map((each) => `[${each}](#${each.toLowerCase()})`);
      if (links.length > 0) {
        lines.push("", `It has all that ${links.join(" and ")} has, and:`);
      }
    }
    lines.push("");
    const { properties = [], methods = [] } = declaration.def;
    const members = [...properties, ...methods].sort((a, b) =>
      a.location.byteIndex - b.location.byteIndex
    );
    for (const member of members) {
      const text = rename(oneLine(codeAt(member, source)));
      const doc = docOf(member);
      lines.push(doc === "" ? `- \`${text}\`` : `- \`${text}\`: ${doc}`);
    }
    if (members.length === 0) {
      const text = code.replace(/^(?:export )?type \w+(?:<\w+>)? =/, "");
      lines.push(`\`${rename(oneLine(text))}\``);
    }
  }
  return lines.join("\n");
}

/** The page with another section between the marks; undefined when it has no marks. */
export function withSection(page: string, section: string): string | undefined {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) return undefined;
  return `${page.slice(0, begin + BEGIN.length)}\n\n${section}\n\n${
    page.slice(end)
  }`;
}

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : 1;
}

function rankOf(name: string): number {
  const at = FIRST.indexOf(name);
  return at < 0 ? FIRST.length : at;
}

function docOf({ jsDoc }: Documented): string {
  return (jsDoc?.doc ?? "").replace(/\{@linkcode (\w+)\}/g, "`$1`")
    .replace(/\s*\n\s*/g, " ").trim();
}

/** From where a declaration begins to the `;` or `}` that ends it. */
function codeAt(
  { location }: Documented,
  source: (filename: string) => string,
): string {
  const bytes = new TextEncoder().encode(source(location.filename));
  const text = new TextDecoder().decode(bytes.subarray(location.byteIndex));
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if ("({[".includes(char)) depth++;
    else if (")}]".includes(char)) depth--;
    if (depth === 0 && char === ";") return text.slice(0, i);
    if (
      depth === 0 && char === "}" && /^\s*\n(?:\n|$)/.test(text.slice(i + 1))
    ) {
      return text.slice(0, i + 1);
    }
  }
  return text;
}

/** `function reject(status: number): Reject` without its body. */
function signature(code: string): string {
  const head = /^(?:export )?(?:async )?function ([\s\S]*?) \{(?:\n|\})/.exec(
    code,
  );
  if (head !== null) return oneLine(head[1]!);
  return oneLine(code.replace(/^export const /, "").replace(/ =[\s\S]*$/, ""));
}

function oneLine(code: string): string {
  return code.replace(/\/\*\*[\s\S]*?\*\//g, "").replace(/\s+/g, " ")
    .replace(/,? \)/g, ")").replaceAll("( ", "(").replace(/^ ?\| /, "").trim();
}

async function formatted(markdown: string): Promise<string> {
  const format = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--ext", "md", "-"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = format.stdin.getWriter();
  await writer.write(new TextEncoder().encode(markdown));
  await writer.close();
  return new TextDecoder().decode((await format.output()).stdout);
}

async function publicSymbols(root: string): Promise<ApiSymbol[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", "scripts/api.ts"],
    cwd: root,
  }).output();
  const { nodes }: DocOutput = JSON.parse(new TextDecoder().decode(stdout));
  return Object.values(nodes).flatMap(({ symbols }) => symbols);
}

if (import.meta.main) {
  const root = repositoryRoot();
  const path = `${root}/${PAGE}`;
  const page = await Deno.readTextFile(path);
  const section = apiSection(
    await publicSymbols(root),
    (filename) => Deno.readTextFileSync(new URL(filename)),
  );
  const fresh = withSection(page, section);
  const current = fresh === undefined ? undefined : await formatted(fresh);
  if (current === undefined) report([`${PAGE}: no marks for the API`]);
  else if (Deno.args.includes("--write")) {
    await Deno.writeTextFile(path, current);
  } else {
    report(
      page === current ? [] : [
        `${PAGE}: the API is not current: deno run -A tools/script_api.ts --write`,
      ],
    );
  }
}
