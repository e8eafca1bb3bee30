/** Loads a script into a machine: Legwork's own code first, then the script's modules. */

import type { Pointer } from "./engine.ts";
import { GUEST_FILE, ScriptFault } from "./fault.ts";
import { ENTRY_MODULE, entryCode, GUEST_CODE } from "./guest_code.ts";
import { type Machine, MachineError } from "./machine.ts";

/** One export of a script: name, type, place, and for `inbound` and `outbound` the same of each entry. */
export type Exported = readonly [
  name: string,
  type: string,
  place: string,
  entries: readonly (readonly [name: string, type: string, place: string])[],
];

/** What a loaded script is called by. */
export interface LoadedGuest {
  readonly exports: readonly Exported[];
  /** The function that calls hooks. */
  readonly run: Pointer;
  /** A function that gives the stack. */
  readonly where: Pointer;
}

/** A parser and module evaluation nest deeper on the host's stack than on the engine's own. */
const LOAD_STACK_BYTES = 32 * 1024;
/** Promise jobs between two looks at the time. */
export const JOBS_AT_ONCE = 64;

/** Throws `MachineError`, or {@linkcode ScriptFault}. `onPoll` gives 0 when the time is up. */
export function loadGuest(
  machine: Machine,
  { entry, onPoll }: { entry: string; onPoll: () => number },
): LoadedGuest {
  machine.stackBytes = LOAD_STACK_BYTES;
  const host = machine.newHostFunction();
  const guest = machine.evaluate(GUEST_CODE, GUEST_FILE);
  const parts = machine.call(guest, [host]);
  const done = machine.evaluateModule(entryCode(entry), ENTRY_MODULE);
  while (machine.hasJobs) {
    machine.runJobs(JOBS_AT_ONCE);
    if (onPoll() === 0) throw new MachineError("interrupted", "");
  }
  if (!machine.settled(done)) {
    throw new ScriptFault("load", "Cannot load script: it never finishes");
  }
  const found = partOf(machine, parts, 0);
  const run = partOf(machine, parts, 1);
  const where = partOf(machine, parts, 2);
  const text = machine.toText(found);
  for (const each of [host, guest, parts, done, found]) machine.free(each);
  return { exports: JSON.parse(text), run, where };
}

function partOf(machine: Machine, parts: Pointer, which: number): Pointer {
  const number = machine.newNumber(which);
  const part = machine.call(parts, [number]);
  machine.free(number);
  return part;
}
