/** Comma lists: header fields whose grammar is `value *(COMMA value)` (RFC 3261 section 7.3.1). */

import { trimmed } from "./bytes.ts";

/** Takes a value apart at the commas that stand outside quotes and angle brackets. */
export function splitList(value: string): string[] {
  if (!value.includes(",")) return value === "" ? [] : [value];
  const items: string[] = [];
  let start = 0;
  let quoted = false;
  let angled = false;
  for (let i = 0; i < value.length; i++) {
    const char = value[i];
    if (quoted) {
      if (char === "\\") i++;
      else if (char === '"') quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === "<") angled = true;
    else if (char === ">") angled = false;
    else if (char === "," && !angled) {
      items.push(trimmed(value.slice(start, i)));
      start = i + 1;
    }
  }
  items.push(trimmed(value.slice(start)));
  return items.filter((item) => item !== "");
}

/** True when the comma lists hold the token, whatever its case: `hasToken(["timer, 100rel"], "timer")`. */
export function hasToken(values: readonly string[], token: string): boolean {
  return values.some((value) =>
    splitList(value).some((item) => item.toLowerCase() === token)
  );
}
