/** The header fields of a message in the hands of a policy, and what it may write into them. */

import { fromText, toText } from "../message/bytes.ts";
import { headerKey, isToken } from "../message/header_name.ts";
import type { HeaderLine, Headers } from "../message/headers.ts";
import { splitList } from "../message/list.ts";
import type { HeadersView } from "./message_views.ts";

/** Fields a policy may read and never write, by key. */
export const PROTECTED_FIELDS: ReadonlySet<string> = new Set([
  "via",
  "route",
  "record-route",
  "contact",
  "call-id",
  "cseq",
  "max-forwards",
  "content-length",
  "from",
  "to",
  "rseq",
  "rack",
  "session-expires",
  "min-se",
]);

/** The {@linkcode HeadersView} of a draft. `write` gives lines that may be changed, or throws. */
export class DraftHeaders implements HeadersView {
  readonly #read: () => Headers;
  readonly #write: () => Headers;

  constructor(read: () => Headers, write: () => Headers) {
    this.#read = read;
    this.#write = write;
  }

  get(name: string): string | undefined {
    const value = this.#read().get(name);
    return value === undefined ? undefined : toText(value);
  }

  getAll(name: string): string[] {
    return this.#read().getAll(name).map(toText);
  }

  at(name: string, index: number): string | undefined {
    const line = linesOf(this.#read(), name).at(index);
    return line === undefined ? undefined : toText(line.value);
  }

  list(name: string): string[] {
    return this.#read().getAll(name).flatMap(splitList).map(toText);
  }

  has(name: string): boolean {
    return this.#read().has(name);
  }

  set(name: string, value: string): void {
    checkName("set", name);
    const bytes = checkedValue("set", { name, value });
    this.#write().set(name, bytes);
  }

  setAt(name: string, index: number, value: string): void {
    checkName("set", name);
    const bytes = checkedValue("set", { name, value });
    const line = linesOf(this.#read(), name).at(index);
    if (line === undefined) {
      throw new RangeError(
        `Cannot set header "${name}": there is no line ${index} of it`,
      );
    }
    this.#write().replace(line, bytes);
  }

  append(name: string, value: string): void {
    checkName("append", name);
    const bytes = checkedValue("append", { name, value });
    this.#write().append(name, bytes);
  }

  prepend(name: string, value: string): void {
    checkName("prepend", name);
    const bytes = checkedValue("prepend", { name, value });
    this.#write().prepend(name, bytes);
  }

  delete(name: string): boolean {
    checkName("delete", name);
    return this.has(name) && this.#write().delete(name) > 0;
  }

  deleteAt(name: string, index: number): boolean {
    checkName("delete", name);
    const line = linesOf(this.#read(), name).at(index);
    if (line === undefined) return false;
    this.#write().replace(line, undefined);
    return true;
  }

  rename(from: string, to: string): boolean {
    checkName("rename", from);
    checkName("rename", to);
    return this.has(from) && this.#write().rename(from, to) > 0;
  }

  names(): string[] {
    return this.#read().lines.map((line) => line.name);
  }
}

/** The lines of a name in order. */
export function linesOf(headers: Headers, name: string): HeaderLine[] {
  const key = headerKey(name);
  return headers.lines.filter((line) => line.key === key);
}

/** Throws unless a policy may write a field of that name. */
export function checkName(verb: string, name: string): void {
  if (typeof name !== "string" || !isToken(name)) {
    throw new TypeError(
      `Cannot ${verb} header ${JSON.stringify(name)}: it is not a field name`,
    );
  }
  if (PROTECTED_FIELDS.has(headerKey(name))) {
    throw new TypeError(`Cannot ${verb} header "${name}": Legwork owns it`);
  }
}

/** The value as a byte string; throws when it could not stand in a header line. */
export function checkedValue(
  verb: string,
  { name, value }: { name: string; value: unknown },
): string {
  const text = String(value);
  const bad = /[\r\n\0]/.exec(text);
  if (bad !== null) {
    const what = bad[0] === "\0" ? "a NUL" : "a line break";
    throw new TypeError(
      `Cannot ${verb} header "${name}": its value has ${what}`,
    );
  }
  if (text.length > MAX_VALUE) {
    throw new TypeError(
      `Cannot ${verb} header "${name}": its value has ${text.length} characters, at most ${MAX_VALUE} fit`,
    );
  }
  return fromText(text);
}

const MAX_VALUE = 8_000;
