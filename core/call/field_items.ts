/**
 * The values of one header field, comma lists taken apart. Each stays what it is while others are edited or removed;
 * a line that is edited keeps the bytes of its other values.
 *
 * @module
 */

import { toText, trimmed } from "../message/bytes.ts";
import type { HeaderLine, Headers } from "../message/headers.ts";
import { splitList } from "../message/list.ts";
import { checkedValue, checkName, linesOf } from "./draft_headers.ts";
import type { Place } from "./uri_editor.ts";

/** Where the lines are. `write` gives lines that may be changed, or throws. */
export interface FieldAccess {
  read(): Headers;
  write(): Headers;
}

/** The values of one field of one draft. */
export class FieldItems {
  readonly #access: FieldAccess;
  readonly #name: string;
  #lines: LineItems[] = [];

  constructor(access: FieldAccess, name: string) {
    this.#access = access;
    this.#name = name;
  }

  /** All values in order; the same objects as before for lines that are still there. */
  items(): FieldItem[] {
    this.#refresh();
    return this.#lines.flatMap((line) => line.items);
  }

  /** Puts another text in the place of a line; throws when the line is gone. */
  rewrite(items: LineItems, text: string | undefined): void {
    checkName("set", this.#name);
    if (text !== undefined) {
      checkedValue("set", { name: this.#name, value: text });
    }
    if (!this.#access.read().lines.includes(items.line)) {
      throw new TypeError(
        `Cannot set header "${this.#name}": this value of it was overwritten`,
      );
    }
    const fresh = this.#access.write().replace(items.line, text);
    if (fresh !== undefined) items.line = fresh;
  }

  #refresh(): void {
    const lines = linesOf(this.#access.read(), this.#name);
    const known = this.#lines;
    const unchanged = lines.length === known.length &&
      lines.every((line, index) => known[index]!.line === line);
    if (unchanged) return;
    this.#lines = lines.map((line) =>
      known.find((each) => each.line === line) ?? new LineItems(this, line)
    );
  }
}

/** The values of one line, with the commas and spaces between them. */
export class LineItems {
  readonly #field: FieldItems;
  readonly items: FieldItem[];

  constructor(field: FieldItems, public line: HeaderLine) {
    this.#field = field;
    this.items = splitList(line.value)
      .map((text) => new FieldItem(this, text));
  }

  /** Writes the line anew with one of its values replaced, or (undefined) without it. */
  rewrite(item: FieldItem, text: string | undefined): void {
    if (!this.items.includes(item)) {
      throw new TypeError("Cannot set value: it was removed");
    }
    const { value } = this.line;
    let result = "";
    let at = 0;
    const kept: string[] = [];
    for (const each of this.items) {
      const start = value.indexOf(each.read(), at);
      const end = start + each.read().length;
      if (text === undefined) {
        if (each !== item) kept.push(each.read());
      } else {
        result += value.slice(at, start) + (each === item ? text : each.read());
      }
      at = end;
    }
    const rest = text === undefined
      ? kept.join(", ")
      : result + value.slice(at);
    this.#field.rewrite(this, rest === "" ? undefined : rest);
    if (text === undefined) this.items.splice(this.items.indexOf(item), 1);
  }
}

/** One value: a byte string. */
export class FieldItem implements Place {
  readonly #line: LineItems;
  #text: string;

  constructor(line: LineItems, text: string) {
    this.#line = line;
    this.#text = text;
  }

  read(): string {
    return this.#text;
  }

  /** Throws TypeError when the field may not be written, and RangeError for what would be no single value. */
  write(bytes: string): void {
    const text = trimmed(bytes);
    if (splitList(text).length !== 1) {
      throw new RangeError(
        `Cannot set value: found "${toText(text)}", wanted one value`,
      );
    }
    this.#line.rewrite(this, text);
    this.#text = text;
  }

  delete(): void {
    this.#line.rewrite(this, undefined);
  }
}
