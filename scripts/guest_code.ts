/** The code that runs inside a sandbox before any script does, as text. */

import * as decisions from "../core/call/decisions.ts";
import { makeDispatch } from "./guest/dispatch.ts";
import { makeErrands } from "./guest/errands.ts";
import { makeMembers } from "./guest/members.ts";
import { makeViews } from "./guest/views.ts";
import { installWorld } from "./guest/world.ts";
import { OPERATIONS, PLACES, RETURNS, SHAPES } from "./operations.ts";
import { VIEW_MEMBERS, VIEW_NUMBERS } from "./view_members.ts";

/** The name of the module that hands a script's exports over, and of the one it gets the way to do so from. */
export const ENTRY_MODULE = "legwork:entry";
export const HAND_MODULE = "legwork:hand";
/** Where the API module finds what a script may reach; gone before the script runs. */
const REACH = "legwork:reach";

/** The tables of numbers that code inside knows by these names. */
const TABLES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  op: OPERATIONS,
  places: PLACES,
  shapes: SHAPES,
  returns: RETURNS,
};

/** A function's text with `op.get` written as 30: the engine compiles for itself, and looks each name up every time. */
function inlined(code: (...args: never[]) => unknown): string {
  return String(code).replace(
    /\b(op|places|shapes|returns)\.(\w+)/g,
    (_, table: string, name: string) => {
      const number = TABLES[table]?.[name];
      if (number === undefined) throw new Error(`no number ${table}.${name}`);
      return `${number}`;
    },
  );
}

/**
 * An expression: a function of the host function that gives with 1 the dispatcher's `run`, with 2 a
 * function that gives the stack, with 0 what the script exports. Between the two the script is loaded; the way to hand its exports over is gone before it runs.
 */
export const GUEST_CODE: string = `((host) => {
  "use strict";
  const op = ${JSON.stringify(OPERATIONS)};
  const places = ${JSON.stringify(PLACES)};
  const shapes = ${JSON.stringify(SHAPES)};
  const returns = ${JSON.stringify(RETURNS)};
  const addMembers = (${inlined(makeMembers)})(
    host, op, ${JSON.stringify(VIEW_MEMBERS)},
  );
  const views = (${inlined(makeViews)})(host, op, places, {
    addMembers, numbers: ${JSON.stringify(VIEW_NUMBERS)},
  });
  const { resume, ...reach } = (${inlined(makeErrands)})(host, op);
  const { take, run } = (${inlined(makeDispatch)})(
    host, op, places, shapes, returns, { views, resume },
  );
  globalThis[${JSON.stringify(REACH)}] = reach;
  (${inlined(installWorld)})(host, op);
  const NativeError = Error;
  const where = () => new NativeError().stack;
  let taken;
  globalThis[${JSON.stringify(HAND_MODULE)}] = (script) => {
    taken = take(script);
  };
  return (which) => which === 0 ? taken : which === 1 ? run : where;
})`;

/**
 * The types that a script imports. Stripping removes what is marked as a type and nothing else, so each is there as
 * undefined for those who write `import { Call }` as they may elsewhere.
 */
export const TYPE_NAMES: readonly string[] = [
  ..."Accept Answer AnswerDecision Answered Awaitable Call Drop Dtmf DtmfDecision DtmfKind"
    .split(" "),
  ..."Failure FailureDecision FetchOptions FetchResponse HeaderValues Headers Ignore"
    .split(" "),
  ..."InviteDecision Json KeepAlive KeepAliveDecision KeepOptions Leg Message MessageDecision"
    .split(" "),
  ..."MessageHook MessageHooks Next Parties Party Perform Progress ProgressDecision Redirect"
    .split(" "),
  ..."Refer ReferDecision Refresh RefreshDecision RefreshMethod RefreshOutcome RefreshWith"
    .split(" "),
  ..."RegisterDecision Reject Relay Replace RequestDecision Route RouteOptions RouteTarget"
    .split(" "),
  ..."Script SharedStore Skip Summary Suppress Target TargetDecision Update UpdateDecision"
    .split(" "),
  ..."UpdateKind Uri".split(" "),
  ..."Address Attributes Codec Codecs Content Diversion HistoryInfo Media Part Privacy"
    .split(" "),
  ..."ReadHeaders Reason Sdp Value".split(" "),
];

/** What `import ... from "legwork"` gives inside: the functions of `api.ts`, from the same source. */
export const LEGWORK_CODE: string = Object.values(decisions)
  .map((make) => `export ${make}\n`).join("") +
  "export const log = console.log;\n" +
  `export const { fetch, store, sleep } = globalThis["${REACH}"];\n` +
  `delete globalThis["${REACH}"];\n` +
  `export const ${
    TYPE_NAMES.map((name) => `${name} = undefined`).join(", ")
  };\n`;

/** The text of {@linkcode ENTRY_MODULE} for a script's path. */
export function entryCode(path: string): string {
  return `import hand from ${JSON.stringify(HAND_MODULE)};\n` +
    `import "legwork";\n` +
    `import * as script from ${JSON.stringify(path)};\n` +
    "hand(script);\n";
}

/** The text of {@linkcode HAND_MODULE}. */
export const HAND_CODE: string = `
const hand = globalThis[${JSON.stringify(HAND_MODULE)}];
delete globalThis[${JSON.stringify(HAND_MODULE)}];
export default hand;
`;
