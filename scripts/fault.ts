/** What a script did wrong, in terms its author understands. */

import type { ReportedError } from "../core/call/policy.ts";

/** Which of the rules was broken. */
export type FaultKind =
  | "throw" // the script threw
  | "cpu" // it took longer than a hook may
  | "wait" // an async hook did not settle in time
  | "memory" // it is out of memory
  | "stack" // it called too deep
  | "decision" // what it returned means nothing to this hook
  | "load" // the script cannot be loaded
  | "engine"; // the engine itself broke down under it

/** A place in a script's source; columns count from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Thrown out of a hook: the caller discards the hook's edits and takes the default decision. */
export class ScriptFault extends Error implements ReportedError {
  override readonly name = "ScriptFault";
  readonly code = "SCRIPT_FAULT";
  /** The revision logs its faults with their place. */
  readonly reported = true;

  /** `message` is one line, without the position. */
  constructor(
    readonly kind: FaultKind,
    message: string,
    readonly position?: Position,
    readonly hook?: string,
  ) {
    super(message);
  }

  /** `route.ts:12:7: TypeError: ...`, as for a terminal. */
  override toString(): string {
    const at = this.position;
    return at === undefined
      ? this.message
      : `${formatPosition(at)}: ${this.message}`;
  }
}

/** `route.ts:12:7`. */
export function formatPosition({ file, line, column }: Position): string {
  return `${file}:${line}:${column}`;
}

/** The file name under which Legwork's own code inside the sandbox shows in a stack. */
export const GUEST_FILE = "legwork:guest";

const FRAME = /^\s*(?:at )?(?:.*\()?([^()<>]+):(\d+):(\d+)\)?\s*$/;

/** The innermost line of a script's own in an engine's stack text. */
export function positionIn(stack: string): Position | undefined {
  for (const line of stack.split("\n")) {
    const match = FRAME.exec(line);
    if (match === null || match[1]!.startsWith("legwork:")) continue;
    return {
      file: match[1]!,
      line: Number(match[2]),
      column: Number(match[3]),
    };
  }
  return undefined;
}

/** Which rule an error inside stands for, by its text. */
export function faultKind(message: string): FaultKind {
  switch (message) {
    case "InternalError: out of memory":
      return "memory";
    case "InternalError: stack overflow":
    case "SyntaxError: stack overflow":
      return "stack";
    default:
      return message.includes("Cannot take decision") ? "decision" : "throw";
  }
}
