/** Comma lists: header fields whose grammar is `value *(COMMA value)` (RFC 3261 section 7.3.1). */

import { trimmedPart } from "./bytes.ts";

const QUOTE = 0x22;
const COMMA = 0x2c;
const LESS_THAN = 0x3c;
const GREATER_THAN = 0x3e;
const BACKSLASH = 0x5c;

/** Takes a value apart at the commas that stand outside quotes and angle brackets. */
export function splitList(value: string): string[] {
  if (!value.includes(",")) return value === "" ? [] : [value];
  const items: string[] = [];
  let start = 0;
  let quoted = false;
  let angled = false;
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (quoted) {
      if (code === BACKSLASH) i++;
      else if (code === QUOTE) quoted = false;
    } else if (code === QUOTE) quoted = true;
    else if (code === LESS_THAN) angled = true;
    else if (code === GREATER_THAN) angled = false;
    else if (code === COMMA && !angled) {
      addItem(items, trimmedPart(value, start, i));
      start = i + 1;
    }
  }
  addItem(items, trimmedPart(value, start, value.length));
  return items;
}

function addItem(items: string[], item: string): void {
  if (item !== "") items.push(item);
}

/** True when the comma lists hold the token, whatever its case: `hasToken(["timer, 100rel"], "timer")`. */
export function hasToken(values: readonly string[], token: string): boolean {
  return values.some((value) =>
    splitList(value).some((item) => item.toLowerCase() === token)
  );
}
