/**
 * Parameters after a `;`: `;tag=abc;lr`. Kept as text and searched when asked, since most are never asked for.
 *
 * @module
 */

import { trimmed } from "./bytes.ts";

const SEMICOLON = 0x3b;

/** One `name[=value]`. */
export interface Param {
  readonly name: string;
  /** Undefined for a parameter without `=`; a quoted value keeps its quotes. */
  readonly value: string | undefined;
}

/** The value of a parameter: undefined when absent, "" when it has none. `name` is lower case. */
export function getParam(text: string, name: string): string | undefined {
  let at = 0;
  while (at < text.length) {
    if (text.charCodeAt(at) === SEMICOLON) at++;
    const end = endOfParam(text, at);
    const equals = text.indexOf("=", at);
    const nameEnd = equals < 0 || equals > end ? end : equals;
    const found = trimmed(text.slice(at, nameEnd));
    if (
      found.length === name.length &&
      (found === name || found.toLowerCase() === name)
    ) return nameEnd === end ? "" : trimmed(text.slice(nameEnd + 1, end));
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
    const piece = text.slice(at, end);
    at = end;
    const equals = piece.indexOf("=");
    if (equals < 0) {
      const name = trimmed(piece);
      if (name !== "") yield { name, value: undefined };
    } else {
      yield {
        name: trimmed(piece.slice(0, equals)),
        value: trimmed(piece.slice(equals + 1)),
      };
    }
  }
}

/** Where a parameter ends: at the next `;` outside quotes. */
function endOfParam(text: string, from: number): number {
  let quoted = false;
  for (let i = from; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (quoted) {
      if (char === 0x5c) i++;
      else if (char === 0x22) quoted = false;
    } else if (char === 0x22) quoted = true;
    else if (char === SEMICOLON) return i;
  }
  return text.length;
}
