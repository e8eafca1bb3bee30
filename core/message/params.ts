/**
 * Parameters after a `;`: `;tag=abc;lr`. Kept as text and searched when asked, since most are never asked for.
 *
 * @module
 */

import { asText } from "../base/as_text.ts";
import { trimmedPart } from "./bytes.ts";
import { isSpace } from "./characters.ts";

const SEMICOLON = 0x3b;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** One `name[=value]`. */
export interface Param {
  readonly name: string;
  /** Undefined for a parameter without `=`; a quoted value keeps its quotes. */
  readonly value: string | undefined;
}

/** The value of a parameter: undefined when absent, "" when it has none. `name` is lower case. */
export function getParam(whole: string, name: string): string | undefined {
  const text = asText(whole);
  let at = 0;
  while (at < text.length) {
    if (text.charCodeAt(at) === SEMICOLON) at++;
    const end = endOfParam(text, at);
    const nameEnd = endOfName(text, at, end);
    if (isNamed(text, { name, from: at, to: nameEnd })) {
      return nameEnd === end ? "" : trimmedPart(text, nameEnd + 1, end);
    }
    at = end;
  }
  return undefined;
}

/** The text with that parameter added, replaced in its place, or (value undefined) removed. */
export function withParam(
  text: string,
  param: { name: string; value: string | undefined; remove?: boolean },
): string {
  const written = param.value === undefined
    ? `;${param.name}`
    : `;${param.name}=${param.value}`;
  let result = "";
  let found = false;
  for (const { name, value } of eachParam(text)) {
    if (name.toLowerCase() === param.name.toLowerCase()) {
      if (!found && param.remove !== true) result += written;
      found = true;
    } else {
      result += value === undefined ? `;${name}` : `;${name}=${value}`;
    }
  }
  return found || param.remove === true ? result : result + written;
}

/** All parameters in order. `text` is empty or begins with `;` (white space around `;` and `=` is allowed). */
export function* eachParam(text: string): Generator<Param> {
  let at = 0;
  while (at < text.length) {
    if (text.charCodeAt(at) === SEMICOLON) at++;
    const end = endOfParam(text, at);
    const nameEnd = endOfName(text, at, end);
    const name = trimmedPart(text, at, nameEnd);
    if (nameEnd < end) {
      yield { name, value: trimmedPart(text, nameEnd + 1, end) };
    } else if (name !== "") {
      yield { name, value: undefined };
    }
    at = end;
  }
}

/** Where the name of the parameter between `from` and `end` ends: at its `=` or with it. */
function endOfName(text: string, from: number, end: number): number {
  const equals = text.indexOf("=", from);
  return equals < 0 || equals > end ? end : equals;
}

/** Whether that stretch, white space aside, is the name, which is in lower case. */
function isNamed(
  text: string,
  { name, from, to }: { name: string; from: number; to: number },
): boolean {
  let start = from;
  let end = to;
  while (start < end && isSpace(text.charCodeAt(start))) start++;
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--;
  if (end - start !== name.length) return false;
  for (let i = 0; i < name.length; i++) {
    const code = text.charCodeAt(start + i);
    const wanted = name.charCodeAt(i);
    if (code === wanted) continue;
    const isCapital = code >= 0x41 && code <= 0x5a;
    if (!isCapital || (code | 0x20) !== wanted) return false;
  }
  return true;
}

/** Where a parameter ends: at the next `;` outside quotes. */
function endOfParam(text: string, from: number): number {
  const semicolon = text.indexOf(";", from);
  const end = semicolon < 0 ? text.length : semicolon;
  const quote = text.indexOf('"', from);
  if (quote < 0 || quote > end) return end;
  let quoted = false;
  for (let i = quote; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (quoted) {
      if (char === BACKSLASH) i++;
      else if (char === QUOTE) quoted = false;
    } else if (char === QUOTE) quoted = true;
    else if (char === SEMICOLON) return i;
  }
  return text.length;
}
