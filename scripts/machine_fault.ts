import type { CpuMeter } from "./cpu_meter.ts";
import { faultKind, positionIn, ScriptFault } from "./fault.ts";
import type { MachineError } from "./machine.ts";
import type { ScriptSource } from "./source.ts";

const MISSING_EXPORT =
  /^SyntaxError: Could not find export '([\w$]+)' in module '([^']+)'/;

/** What left the machine, in terms of the script's author. */
export function machineFault(
  error: MachineError,
  { meter, source }: { meter: CpuMeter; source: ScriptSource },
): ScriptFault {
  const position = positionIn(error.guestStack);
  if (error.broken) {
    return new ScriptFault(
      "engine",
      `the engine broke down: ${error.message}`,
      position,
    );
  }
  if (meter.exceeded) {
    return new ScriptFault(
      "cpu",
      `took longer than ${meter.limitMs} ms`,
      position,
    );
  }
  const missing = MISSING_EXPORT.exec(error.message);
  if (missing !== null) return source.missing(missing[1]!, missing[2]!);
  const message = error.message.replace(
    "unexpected token in expression: ''",
    "unexpected end of file",
  );
  return new ScriptFault(faultKind(message), message, position);
}
