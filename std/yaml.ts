/**
 * Stand-in for `@std/yaml`: {@linkcode parse} and {@linkcode stringify} with
 * the same names, signatures and behaviour for the part used, over the npm
 * package `yaml`. Where JSR can be reached, point the import map at the
 * original and delete this file.
 *
 * @module
 */

import { parseDocument, stringify as toYaml } from "yaml";

/** How {@linkcode parse} reads. */
export interface ParseOptions {
  /** The last of two equal keys wins instead of an error. Default: false. */
  allowDuplicateKeys?: boolean;
  /** Told about what is odd but not wrong, such as an unknown tag. */
  onWarning?(error: Error): void;
}

/** How {@linkcode stringify} writes. */
export interface StringifyOptions {
  /** Columns a level. Default: 2. */
  indent?: number;
  /** Longest line before folding; -1 for no limit. Default: 80. */
  lineWidth?: number;
  /** Keys in order. Default: false. */
  sortKeys?: boolean | ((a: string, b: string) => number);
  /** Leaves out what YAML cannot say (functions, symbols) instead of throwing. Default: false. */
  skipInvalid?: boolean;
}

/**
 * The value of one YAML document; an empty one is `null`.
 *
 * @throws {SyntaxError} Text that is not YAML, or more than one document.
 */
export function parse(content: string, options: ParseOptions = {}): unknown {
  const document = parseDocument(content, {
    uniqueKeys: !options.allowDuplicateKeys,
    customTags: ["timestamp", "binary", "merge"],
    merge: true,
  });
  const error = document.errors[0];
  if (error !== undefined) throw new SyntaxError(error.message);
  for (const warning of document.warnings) options.onWarning?.(warning);
  try {
    return document.toJS() as unknown;
  } catch (cause) {
    throw new SyntaxError(
      cause instanceof Error ? cause.message : String(cause),
      { cause },
    );
  }
}

/**
 * A value as a YAML document that ends in a newline.
 *
 * @throws {TypeError} A function or symbol in `data`, unless `skipInvalid`.
 */
export function stringify(
  data: unknown,
  options: StringifyOptions = {},
): string {
  const sorted = options.sortKeys;
  const byKey = typeof sorted === "function" ? sorted : undefined;
  return toYaml(withoutInvalid(data, options.skipInvalid ?? false), {
    indent: options.indent ?? 2,
    lineWidth: options.lineWidth === -1 ? 0 : options.lineWidth ?? 80,
    singleQuote: true,
    customTags: ["timestamp", "binary"],
    sortMapEntries: byKey
      ? (a, b) => byKey(String(a.key), String(b.key))
      : sorted === true,
  });
}

function withoutInvalid(data: unknown, skipInvalid: boolean): unknown {
  if (
    typeof data === "function" || typeof data === "symbol" || data === undefined
  ) {
    if (skipInvalid) return undefined;
    throw new TypeError(`Cannot stringify ${typeof data}`);
  }
  if (Array.isArray(data)) {
    // A hole would move the elements behind it: std writes null.
    return data.map((item) =>
      item === undefined ? null : withoutInvalid(item, skipInvalid)
    )
      .filter((item) => item !== undefined);
  }
  if (typeof data !== "object" || data === null) return data;
  if (
    data instanceof Date || data instanceof Uint8Array || data instanceof Map ||
    data instanceof Set
  ) return data;
  const entries = Object.entries(data).map(([key, value]) => {
    // std leaves undefined members out, with or without skipInvalid.
    return [
      key,
      value === undefined ? undefined : withoutInvalid(value, skipInvalid),
    ] as const;
  });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}
