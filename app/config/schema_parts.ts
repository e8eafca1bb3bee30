/** What the schema is built of: each knows the words that say what is wanted. */

import { z } from "zod";
import { parseServer, parseStatusRange } from "./address.ts";

/** A mapping with these keys and no others. */
export function section<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.strictObject(
    shape,
    `a mapping with ${Object.keys(shape).join(", ")}`,
  );
}

/** One of some words. */
export function oneOf<const Values extends readonly string[]>(
  ...values: Values
) {
  return z.enum(values, `one of ${values.join(", ")}`);
}

/** A whole number within bounds. */
export function whole(
  { from, to, unit }: { from: number; to: number; unit: string },
) {
  const wanted = `a whole number${
    unit === "" ? "" : ` of ${unit}`
  } from ${from} to ${to}`;
  return z.number(wanted).int(wanted).min(from, wanted).max(to, wanted);
}

/** True or false. */
export function flag() {
  return z.boolean("true or false");
}

/** Text of a form. */
export function text(wanted: string, form: RegExp) {
  return z.string(wanted).regex(form, wanted);
}

/** One item, or a list of them; the list is what the rest of the program sees. */
export function list<Item extends z.ZodType>(
  item: Item,
  { wanted, min = 0, max }: { wanted: string; min?: number; max: number },
) {
  const items = z.array(item, wanted).min(min, wanted).max(
    max,
    `at most ${max}: ${wanted}`,
  );
  return z.preprocess(
    (value) => value === undefined || Array.isArray(value) ? value : [value],
    items,
  );
}

/** Text that `parse` takes apart. */
export function parsed<T>(
  wanted: string,
  parse: (text: string) => T | undefined,
) {
  return z.string(wanted).transform((text, context): T => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.addIssue({ code: "custom", message: wanted });
    return z.NEVER;
  });
}

/** Statuses of final responses. */
export function statuses() {
  return z.preprocess(
    (value) => typeof value === "number" ? String(value) : value,
    parsed(
      "a status (404), a class (2xx) or a range (480-489), from 200 to 699",
      parseStatusRange,
    ),
  );
}

/** A server of a trunk. */
export function server() {
  return parsed(
    "a SIP URI without user part such as sip:127.0.0.1:5070",
    parseServer,
  );
}
