import type { LogLevel } from "../core/base/observer.ts";
import type { CpuMeter } from "./cpu_meter.ts";
import { OWN_BYTES } from "./engine.ts";
import type { Asker } from "./errands.ts";
import { ScriptFault } from "./fault.ts";
import type { HostArguments } from "./machine_host.ts";
import { OPERATIONS } from "./operations.ts";
import type { ScriptWorld } from "./script_world.ts";

/** Which argument of that operation has the notes as JSON. */
const VARS_ARGUMENT = 3;

/**
 * One stretch of a hook without a wait: whose it is, and how much it has edited and logged. There is one at a time in
 * a sandbox.
 */
export class Slice implements Asker {
  readonly #world: ScriptWorld;
  readonly #script: string;
  #frame = 0;
  #refusal: string | undefined = "only hooks may wait";
  #edits = 0;
  #logLines = 0;

  /** `script` is its name in the log. */
  constructor(world: ScriptWorld, script: string) {
    this.#world = world;
    this.#script = script;
  }

  get frame(): number {
    return this.#frame;
  }

  get refusal(): string | undefined {
    return this.#refusal;
  }

  /** What happens from now on is this hook's doing; `refusal` says why it may not wait. */
  begin(frame: number, refusal: string | undefined): void {
    this.#frame = frame;
    this.#refusal = refusal;
    this.#edits = 0;
    this.#logLines = 0;
  }

  /** The hook has returned; what promises still do is nobody's. */
  over(): void {
    this.#refusal = "its hook has returned";
  }

  /** Counts an edit; why it is refused, or undefined. */
  edit(operation: number, args: HostArguments): string | undefined {
    const { limits, watch } = this.#world;
    if (operation === OPERATIONS.varsWrite) {
      const chars = args.text(VARS_ARGUMENT).length;
      watch?.use("varsChars", chars, limits.varsChars);
      if (chars > limits.varsChars) watch?.exceeded("varsChars");
    }
    watch?.use("edits", ++this.#edits, limits.edits);
    if (this.#edits <= limits.edits) return undefined;
    watch?.exceeded("edits");
    return `Cannot edit: more than ${limits.edits} edits in one hook`;
  }

  /** Throws {@linkcode ScriptFault} for one that is too large. */
  checkDecision(json: string | undefined): void {
    if (json === undefined) return;
    const { limits, watch } = this.#world;
    const most = limits.decisionChars;
    watch?.use("decisionChars", json.length, most);
    if (json.length <= most) return;
    watch?.exceeded("decisionChars");
    throw new ScriptFault(
      "decision",
      `Cannot take decision: ${json.length} characters of JSON, at most ${most}`,
    );
  }

  /** Notes what was used of time and memory. */
  measure(meter: CpuMeter, memoryBytes: number): void {
    const { limits, tallies, watch } = this.#world;
    tallies?.memory(memoryBytes);
    watch?.use("memoryBytes", memoryBytes - OWN_BYTES, limits.memoryBytes);
    if (!meter.exceeded) watch?.use("hookMs", meter.usedMs, limits.hookMs);
  }

  /** Writes a line to the log, or drops it. */
  log(level: string, line: string): undefined {
    const { observer, limits, denied, watch } = this.#world;
    watch?.use("logLines", ++this.#logLines, limits.logLines);
    if (this.#logLines > limits.logLines || denied?.includes("log")) {
      observer.count("script_log_lines_dropped");
      return;
    }
    observer.log({
      level: level as LogLevel,
      text: "script says",
      fields: {
        script: this.#script,
        line: line.slice(0, limits.logLineChars),
      },
    });
  }
}
