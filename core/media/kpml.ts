/**
 * The documents of KPML (RFC 4730), as far as single keys go: what a subscriber asks for, and what it is told. Text is
 * byte strings.
 *
 * @module
 */

import { characterOfKey, type Key, keyOfCharacter } from "./key.ts";

/** The content types of both documents. */
export const KPML_REQUEST = "application/kpml-request+xml";
export const KPML_RESPONSE = "application/kpml-response+xml";

/** RFC 4730 §4.3: how often a pattern may match: once, or once and no word when it ended, or until told otherwise. */
export type KpmlPersistence = "one-shot" | "single-notify" | "persist";

/** What a subscriber asks for. */
export interface KpmlPattern {
  readonly persist: KpmlPersistence;
  /** The keys that match, each by itself, with the tag of the expression that has it. */
  readonly keys: ReadonlyMap<Key, string>;
}

/** RFC 4730 §4.4.2: what a report says. */
export interface KpmlReport {
  readonly code: number;
  readonly text: string;
  readonly keys: readonly Key[];
  readonly tag: string;
}

/** The reading of a request. */
export type KpmlReading =
  | { readonly ok: true; readonly pattern: KpmlPattern }
  /** The code and text of a report that says what is wrong. */
  | { readonly ok: false; readonly code: number; readonly text: string };

/** Documents of single keys are a few hundred bytes. */
const MOST_CHARS = 8_192;
const MOST_EXPRESSIONS = 32;
const MOST_DIGITS = 64;
/** The keys a subscriber gets with `[x*#ABCD]`; R, register recall, is the hook. */
const EVERY_KEY = "[x*#ABCD]";

/** What a subscriber gets with `text`, which an INVITE dialog's peer sent in SUBSCRIBE. */
export function readKpmlRequest(text: string): KpmlReading {
  const elements = elementsOf(text);
  if (elements?.[0]?.name !== "kpml-request") {
    return { ok: false, code: 501, text: "Bad Document" };
  }
  const pattern = elements.find(({ name }) => name === "pattern");
  if (pattern === undefined) {
    return { ok: false, code: 501, text: "Bad Document" };
  }
  const expressions = elements.filter(({ name }) => name === "regex");
  if (expressions.length > MOST_EXPRESSIONS) {
    return { ok: false, code: 534, text: "Too Many Expressions" };
  }
  const keys = new Map<Key, string>();
  for (const { text, attributes } of expressions) {
    const found = keysMatching(text.trim());
    if (found === undefined) {
      return { ok: false, code: 502, text: "Bad Expression" };
    }
    for (const key of found) {
      if (!keys.has(key)) keys.set(key, attributes.get("tag") ?? "");
    }
  }
  if (keys.size === 0) return { ok: false, code: 501, text: "Bad Document" };
  const persist = pattern.attributes.get("persist");
  return {
    ok: true,
    pattern: {
      keys,
      persist: persist === "persist" || persist === "single-notify"
        ? persist
        : "one-shot",
    },
  };
}

/** Asks for every key, each as it is pressed, until the subscription ends. */
export function writeKpmlRequest(): string {
  return '<?xml version="1.0" encoding="UTF-8"?>\r\n' +
    '<kpml-request xmlns="urn:ietf:params:xml:ns:kpml-request" version="1.0">' +
    `<pattern persist="persist"><regex tag="dtmf">${EVERY_KEY}</regex></pattern>` +
    "</kpml-request>\r\n";
}

/** What a notifier says; undefined when it is no report. */
export function readKpmlReport(text: string): KpmlReport | undefined {
  const [report] = elementsOf(text) ?? [];
  if (report?.name !== "kpml-response") return undefined;
  const { attributes } = report;
  const code = Number(attributes.get("code"));
  const digits = attributes.get("digits") ?? "";
  if (!Number.isInteger(code) || digits.length > MOST_DIGITS) return undefined;
  const keys: Key[] = [];
  for (const digit of digits) {
    const key = keyOfDigit(digit);
    if (key === undefined) return undefined;
    keys.push(key);
  }
  return {
    code,
    text: attributes.get("text") ?? "",
    keys,
    tag: attributes.get("tag") ?? "",
  };
}

/** A report. */
export function writeKpmlReport({ code, text, keys, tag }: KpmlReport): string {
  const digits = keys.map((key) => key === "flash" ? "R" : characterOfKey(key))
    .join("");
  const attributes = [
    ["version", "1.0"],
    ["code", String(code)],
    ["text", text],
    ...digits === "" ? [] : [["digits", digits]],
    ...tag === "" ? [] : [["tag", tag]],
  ].map(([name, value]) => `${name}="${escaped(value!)}"`).join(" ");
  return `<?xml version="1.0" encoding="UTF-8"?>\r\n<kpml-response ${attributes}/>\r\n`;
}

/**
 * The keys that a digit expression of one key matches: a key, `x` for 0 to 9, `R` for the hook, or a set of them in
 * brackets with ranges. Undefined for all else: expressions of several keys are not built.
 */
function keysMatching(expression: string): Key[] | undefined {
  const set = /^\[([^\]]+)\]$/.exec(expression)?.[1] ?? expression;
  if (set === expression && expression.length !== 1) return undefined;
  const keys: Key[] = [];
  for (let at = 0; at < set.length; at++) {
    const first = set[at]!;
    const last = set[at + 1] === "-" ? set[at + 2] : undefined;
    if (last !== undefined) {
      if (!/^[0-9]$/.test(first) || !/^[0-9]$/.test(last) || last < first) {
        return undefined;
      }
      for (let digit = Number(first); digit <= Number(last); digit++) {
        keys.push(String(digit) as Key);
      }
      at += 2;
    } else if (first === "x" || first === "X") {
      for (const digit of "0123456789") keys.push(digit as Key);
    } else {
      const key = keyOfDigit(first);
      if (key === undefined) return undefined;
      keys.push(key);
    }
  }
  return keys;
}

function keyOfDigit(digit: string): Key | undefined {
  return digit === "R" || digit === "r" ? "flash" : keyOfCharacter(digit);
}

interface Element {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  /** What follows up to the next tag. */
  readonly text: string;
}

/**
 * The elements of a document in order, prefixes left out. It asks for no more of XML than these documents need; a
 * document type (and with it entities of one's own) is refused.
 */
function elementsOf(document: string): Element[] | undefined {
  if (document.length > MOST_CHARS || /<!DOCTYPE|<!ENTITY/i.test(document)) {
    return undefined;
  }
  const bare = document.replace(/<!--.*?-->|<\?.*?\?>/gs, "");
  const elements: Element[] = [];
  // A quoted value may hold a ">", never a "<".
  const tag =
    /<(?:[\w.-]{1,32}:)?([\w.-]{1,32})((?:\s(?:[^<>"']|"[^"<]*"|'[^'<]*')*)?)>([^<]*)/g;
  for (const [, name = "", rest = "", text = ""] of bare.matchAll(tag)) {
    const attributes = new Map<string, string>();
    const attribute = /([\w:.-]{1,64})\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
    for (const [, key = "", double, single] of rest.matchAll(attribute)) {
      attributes.set(key, unescaped(double ?? single ?? "").trim());
    }
    elements.push({ name, attributes, text: unescaped(text) });
  }
  return elements;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&apos;": "'",
  "&amp;": "&",
};

function unescaped(text: string): string {
  return text.replace(
    /&(?:lt|gt|quot|apos|amp);/g,
    (entity) => ENTITIES[entity] ?? "",
  );
}

function escaped(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;")
    .replace(/"/g, "&quot;");
}
