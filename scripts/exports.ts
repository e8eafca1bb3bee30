/** What a script exports, held against what Legwork looks for. */

import { positionIn, ScriptFault } from "./fault.ts";
import { patternProblem } from "./pattern.ts";
import type { Exported } from "./guest_load.ts";

/** The call hooks a script may export. */
export const CALL_HOOKS = [
  "onLoad",
  "onRequest",
  "onInvite",
  "onTarget",
  "onProgress",
  "onAnswer",
  "onFailure",
  "onUpdate",
  "onRefresh",
  "onKeepAlive",
  "onDtmf",
  "onRefer",
  "onRegister",
  "onEnd",
] as const;
/** One of them. */
export type CallHook = typeof CALL_HOOKS[number];

/** Those that may wait, by name; all others are answered at once. */
export const WAITING_HOOKS: ReadonlySet<string> = new Set([
  "onLoad",
  "onRequest",
  "onInvite",
  "onFailure",
  "onRefer",
  "onRegister",
  "onEnd",
]);

/** A hook as the sandbox numbers it. */
export interface HookEntry {
  readonly number: number;
  /** As for a person: `onInvite`, `inbound["18x INVITE"]`. */
  readonly name: string;
  /** Where it stands, as the engine says it. */
  readonly place: string;
}

/** The hooks of a script. */
export interface HookTable {
  readonly calls: ReadonlyMap<CallHook, HookEntry>;
  readonly inbound: ReadonlyMap<string, HookEntry>;
  readonly outbound: ReadonlyMap<string, HookEntry>;
}

/** Sorts exports into hooks; throws {@linkcode ScriptFault} for what can only be a mistake. */
export function hookTable(
  file: string,
  exported: readonly Exported[],
): HookTable {
  const calls = new Map<CallHook, HookEntry>();
  const planes = {
    inbound: new Map<string, HookEntry>(),
    outbound: new Map<string, HookEntry>(),
  };
  let number = 0;
  function refuse(what: string, place = ""): ScriptFault {
    const position = positionIn(place) ?? { file, line: 1, column: 1 };
    return new ScriptFault("load", what, position);
  }
  for (const [name, type, place, entries] of exported) {
    if (name === "inbound" || name === "outbound") {
      if (type !== "object") {
        throw refuse(
          `Cannot use ${name}: found ${type}, wanted an object of hooks by pattern`,
          place,
        );
      }
      for (const [pattern, entryType, entryPlace] of entries) {
        const hook = `${name}[${JSON.stringify(pattern)}]`;
        const problem = patternProblem(pattern) ??
          (entryType === "function"
            ? undefined
            : `found ${entryType}, wanted a function`);
        if (problem !== undefined) {
          throw refuse(`Cannot use ${hook}: ${problem}`, entryPlace);
        }
        planes[name].set(pattern, {
          number: number++,
          name: hook,
          place: entryPlace,
        });
      }
      continue;
    }
    if (name === "default") {
      throw refuse(
        "Cannot use export default: a script exports each hook by its name",
        place,
      );
    }
    const hook = CALL_HOOKS.find((each) => each === name);
    if (hook === undefined && /^on[A-Z]/.test(name)) {
      throw refuse(
        `Cannot use export ${name}: there is no such hook, did you mean ${
          nearest(name)
        }?`,
        place,
      );
    }
    if (hook !== undefined && type !== "function") {
      throw refuse(`Cannot use ${name}: found ${type}, wanted a function`);
    }
    if (hook !== undefined) calls.set(hook, { number, name, place });
    if (type === "function") number++;
  }
  return { calls, ...planes };
}

function nearest(name: string): string {
  let best: string = CALL_HOOKS[0];
  let bestDistance = Infinity;
  for (const hook of CALL_HOOKS) {
    const distance = editDistance(name.toLowerCase(), hook.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [hook, distance];
  }
  return best;
}

/** Insertions, deletions and replacements between two short names. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const below = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      below.push(Math.min(replaced, row[j]! + 1, below[j - 1]! + 1));
    }
    row = below;
  }
  return row.at(-1)!;
}
