/**
 * Character classes of RFC 3261 section 25.1, as tables that a loop looks a byte up in. What is put together of several
 * is in `grammar.ts`.
 *
 * @module
 */

import { asText } from "../base/as_text.ts";

/** One class: 1 for each byte that belongs to it. */
export type CharacterClass = Uint8Array;

const ALPHANUM =
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** `token = 1*(alphanum / "-" / "." / "!" / "%" / "*" / "_" / "+" / "`" / "'" / "~" )`. */
export const TOKEN: CharacterClass = classOf(`${ALPHANUM}-.!%*_+\`'~`);

/** Tokens and white space, and UTF-8: what a display name without quotes is made of. */
export const DISPLAY: CharacterClass = classOf(
  `${ALPHANUM}-.!%*_+\`'~ \t`,
  { utf8: true },
);

/** Whatever may stand in a URI of any scheme: all that prints but space, quotes and angle brackets. */
export const URI: CharacterClass = visibleExcept(`<>"`);

/** An unquoted parameter value: `token / host`, and more, since "/", "@" and others are seen there. */
export const VALUE: CharacterClass = visibleExcept(`<>",;`);

/** `word`, of which Call-ID is made; quotes and angle brackets belong to it. */
export const WORD: CharacterClass = visibleExcept(",;");

/** True when all of `text` from `start` to before `end` belongs to the class; an empty stretch does. */
export function consistsOf(
  whole: string,
  characters: CharacterClass,
  start = 0,
  end: number = whole.length,
): boolean {
  const text = asText(whole);
  for (let i = start; i < end; i++) {
    if (characters[text.charCodeAt(i)] !== 1) return false;
  }
  return true;
}

/** Space, tab, and the CR and LF of a fold. */
export function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0d || code === 0x0a;
}

/** Where the white space that begins at `start`, if any, ends. */
export function skipSpace(text: string, start: number): number {
  let at = start;
  while (at < text.length && isSpace(text.charCodeAt(at))) at++;
  return at;
}

/** `DIGIT`. */
function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** The number that the text is, of one to nine digits and nothing else; undefined for other text. */
export function smallNumber(whole: string): number | undefined {
  const text = asText(whole);
  if (text.length < 1 || text.length > 9) return undefined;
  let number = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (!isDigit(code)) return undefined;
    number = number * 10 + code - 0x30;
  }
  return number;
}

function classOf(members: string, { utf8 = false } = {}): CharacterClass {
  const table = new Uint8Array(256);
  for (const char of members) table[char.charCodeAt(0)] = 1;
  if (utf8) table.fill(1, 0x80);
  return table;
}

function visibleExcept(excluded: string): CharacterClass {
  const table = new Uint8Array(256).fill(1, 0x21);
  table[0x7f] = 0;
  for (const char of excluded) table[char.charCodeAt(0)] = 0;
  return table;
}
