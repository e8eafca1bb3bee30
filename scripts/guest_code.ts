/** The code that runs inside a sandbox before any script does, as text. */

import * as decisions from "../core/call/decisions.ts";
import { makeDispatch } from "./guest/dispatch.ts";
import { makeViews } from "./guest/views.ts";
import { installWorld } from "./guest/world.ts";
import { OPERATIONS, PLACES, SHAPES } from "./operations.ts";

/** An expression: a function of the host function that gives the dispatcher's `take` for 0 and `run` for 1. */
export const GUEST_CODE: string = `((host) => {
  const op = ${JSON.stringify(OPERATIONS)};
  const places = ${JSON.stringify(PLACES)};
  const shapes = ${JSON.stringify(SHAPES)};
  const views = (${makeViews})(host, op, places);
  const { take, run } = (${makeDispatch})(host, op, places, shapes, views);
  (${installWorld})(host, op);
  return (which) => which === 0 ? take : run;
})`;

/** What `import ... from "legwork"` gives inside: the functions of `api.ts`, from the same source. */
export const LEGWORK_CODE: string = Object.values(decisions)
  .map((make) => `export ${make}\n`).join("") +
  "export const log = console.log;\n";

/** The name of the module that hands a script's exports over. */
export const ENTRY_MODULE = "legwork:entry";
const EXPORTS = "legwork:exports";

/** The text of {@linkcode ENTRY_MODULE} for a script's path. */
export function entryCode(path: string): string {
  return `import * as script from ${JSON.stringify(path)};\n` +
    `globalThis[${JSON.stringify(EXPORTS)}] = script;\n`;
}

/** An expression that gives the exports once {@linkcode ENTRY_MODULE} has run, and removes them from sight. */
export const TAKE_EXPORTS = `(() => {
  const name = ${JSON.stringify(EXPORTS)};
  const script = globalThis[name];
  delete globalThis[name];
  return script;
})()`;
