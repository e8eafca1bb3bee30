/**
 * A YAML document that knows where its parts stand.
 *
 * @module
 */

import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
} from "yaml";
import { inFileOrder, type Problem } from "../problem.ts";
import type { Path } from "./schema_tree.ts";

/** A file past this is no configuration. */
const MAX_CHARACTERS = 1_000_000;
/** More of them teach nobody more. */
const MAX_SYNTAX_PROBLEMS = 20;

/** The parsed text of one file. */
export class YamlSource {
  readonly #file: string;
  readonly #lines = new LineCounter();
  readonly #document: Document;
  /** The document as plain data; undefined if it cannot be read. */
  readonly data: unknown;
  /** What makes it no YAML, or no data. */
  readonly problems: readonly Problem[];

  constructor(text: string, file: string) {
    this.#file = file;
    const whole = text.length <= MAX_CHARACTERS;
    const { document, failure } = read(whole ? text : "", this.#lines);
    this.#document = document;
    const problems = [...document.errors, ...document.warnings].map((error) => {
      return this.#at(error.pos[0], syntaxMessage(error, text));
    });
    if (failure !== undefined) {
      problems.push(this.#at(0, `not valid YAML: ${failure}`));
    }
    if (!whole) {
      problems.push(
        this.#at(
          0,
          `${text.length} characters, wanted at most ${MAX_CHARACTERS}`,
        ),
      );
    }
    // A key given twice leaves the rest readable; after anything else the guesses would be noise.
    if (
      whole && failure === undefined &&
      document.errors.every((error) => error.code === "DUPLICATE_KEY")
    ) {
      try {
        this.data = document.toJS() as unknown;
      } catch (error) {
        problems.push(
          this.#at(
            0,
            `not valid YAML: ${error instanceof Error ? error.message : error}`,
          ),
        );
      }
    }
    // One slip can raise several errors at one place: the first says it best.
    const byPlace = Map.groupBy(
      problems,
      ({ line, column }) => `${line}:${column}`,
    );
    const first = byPlace.values().map(([problem]) => problem).filter((
      problem,
    ) => problem !== undefined);
    this.problems = inFileOrder([...first]).slice(0, MAX_SYNTAX_PROBLEMS);
  }

  /** A problem with the value at `path`, or the nearest that is there. */
  atValue(path: Path, message: string): Problem {
    return this.#at(this.#walk(path).node?.range?.[0] ?? 0, message);
  }

  /** A problem with the key at `path`. */
  atKey(path: Path, message: string): Problem {
    const { key, node } = this.#walk(path);
    return this.#at((key ?? node)?.range?.[0] ?? 0, message);
  }

  /** The value at `path` and the part of the path that is there. */
  find(
    path: Path,
  ): {
    readonly path: Path;
    readonly value: unknown;
    readonly missing: boolean;
  } {
    const { node, depth } = this.#walk(path);
    // A single item stands for a list of one: its index is not in the file.
    const single = depth === path.length - 1 && path[depth] === 0 &&
      !isSeq(node);
    const value = isNode(node)
      ? node.toJS(this.#document) as unknown
      : undefined;
    return {
      path: path.slice(0, depth),
      value,
      missing: depth < path.length && !single,
    };
  }

  #walk(
    path: Path,
  ): { node: Node | undefined; key: Node | undefined; depth: number } {
    let node = this.#resolved(this.#document.contents);
    let key: Node | undefined;
    for (const [depth, step] of path.entries()) {
      let next: unknown;
      if (isMap(node)) {
        const pair = node.items.findLast((item) =>
          String(isScalar(item.key) ? item.key.value : item.key) ===
            String(step)
        );
        if (pair !== undefined) key = isNode(pair.key) ? pair.key : undefined;
        next = pair && (pair.value ?? pair.key);
      } else if (isSeq(node)) {
        next = node.items[Number(step)];
        key = undefined;
      }
      if (!isNode(next)) return { node, key, depth };
      node = this.#resolved(next);
    }
    return { node, key, depth: path.length };
  }

  #resolved(node: unknown): Node | undefined {
    if (isAlias(node)) return node.resolve(this.#document);
    return isNode(node) ? node : undefined;
  }

  #at(offset: number, message: string): Problem {
    const { line, col } = this.#lines.linePos(offset);
    return {
      file: this.#file,
      line: Math.max(1, line),
      column: Math.max(1, col),
      message,
    };
  }
}

function read(
  text: string,
  lineCounter: LineCounter,
): { document: Document; failure?: string } {
  try {
    return {
      document: parseDocument(text, { lineCounter, prettyErrors: false }),
    };
  } catch (error) {
    // Nesting deep enough to exhaust the stack is the one thing the parser throws for.
    const failure = error instanceof Error ? error.message : String(error);
    return { document: parseDocument("", { prettyErrors: false }), failure };
  }
}

function syntaxMessage(
  error: { code: string; message: string; pos: [number, number] },
  text: string,
): string {
  if (error.code !== "DUPLICATE_KEY") return `not valid YAML: ${error.message}`;
  const key =
    /^["']?([^"':\s]+)/.exec(text.slice(error.pos[0], error.pos[0] + 100))
      ?.[1] ?? "";
  return `key "${key}" stands here a second time, wanted each key once`;
}
