/**
 * One script in one machine of its own: it is loaded, its hooks are called under their limits, and whatever goes
 * wrong inside comes out as a {@linkcode ScriptFault}.
 *
 * @module
 */

import type { Clock } from "../core/base/clock.ts";
import type { LogLevel, Observer } from "../core/base/observer.ts";
import type { Random } from "../core/base/random.ts";
import { journalOf } from "../core/call/edits.ts";
import type { MessageView } from "../core/call/policy.ts";
import { CpuMeter } from "./cpu_meter.ts";
import type { Engine, EngineInstance, Pointer } from "./engine.ts";
import {
  faultKind,
  formatPosition,
  GUEST_FILE,
  positionIn,
  ScriptFault,
} from "./fault.ts";
import { FrameBridge, type Handed, isWriter } from "./frame.ts";
import {
  ENTRY_MODULE,
  entryCode,
  GUEST_CODE,
  HAND_CODE,
  HAND_MODULE,
  LEGWORK_CODE,
} from "./guest_code.ts";
import type { HookNotes } from "./hook_notes.ts";
import type { ScriptLimits } from "./limits.ts";
import {
  type HostArguments,
  type HostValue,
  Machine,
  MachineError,
  type MachineHost,
} from "./machine.ts";
import { OPERATIONS as op, RETURNS } from "./operations.ts";
import { LEGWORK_MODULE, type ScriptSource } from "./source.ts";
import { WaitingHooks } from "./waiting_hooks.ts";

/** What a sandbox stands in. */
export interface ScriptWorld {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
  readonly limits: ScriptLimits;
  /** Milliseconds of a clock that only moves forward, for processor time; read while scripts run, never for logic. */
  readonly cpuNow: () => number;
  /** Hears what hooks did. Default: nobody. */
  readonly notes?: HookNotes | undefined;
}

/** One export of a script: name, type, place, and for `inbound` and `outbound` the same of each entry. */
export type Exported = readonly [
  name: string,
  type: string,
  place: string,
  entries: readonly (readonly [name: string, type: string, place: string])[],
];

/** What comes of calling a hook: JSON of a decision, nothing, or either of them later. */
export type Outcome = string | undefined | Promise<string | undefined>;

/** A parser and module evaluation nest deeper on the host's stack than on the engine's own. */
const LOAD_STACK_BYTES = 32 * 1024;
const MISSING_EXPORT =
  /^SyntaxError: Could not find export '([\w$]+)' in module '([^']+)'/;
/** Promise jobs between two looks at the time. */
const JOBS_AT_ONCE = 64;

/** See the module comment. */
export class Sandbox implements MachineHost {
  readonly #world: ScriptWorld;
  readonly #source: ScriptSource;
  readonly #bridge: FrameBridge;
  readonly #machine: Machine;
  readonly #meter: CpuMeter;
  readonly #waiting: WaitingHooks;
  #run: Pointer = 0;
  /** A function inside that gives the stack. */
  #where: Pointer = 0;
  #loading = true;
  #disposed = false;
  #dead = false;
  // The hook that runs now.
  #frame = 0;
  #handed: Handed | undefined;
  #fault: ScriptFault | undefined;
  #decision: string | undefined;
  readonly #arguments: Pointer[] = [];
  readonly #numbers: Pointer[] = [];
  #logLines = 0;

  private constructor(
    world: ScriptWorld,
    source: ScriptSource,
    instance: EngineInstance,
  ) {
    this.#world = world;
    this.#source = source;
    this.#bridge = new FrameBridge(world.limits.varsChars);
    this.#meter = new CpuMeter(world.cpuNow);
    this.#waiting = new WaitingHooks(world.clock, world.limits);
    this.#machine = new Machine(instance, this);
  }

  /** Loads a script; rejects with {@linkcode ScriptFault}. */
  static async load(
    world: ScriptWorld,
    source: ScriptSource,
  ): Promise<{ sandbox: Sandbox; exports: readonly Exported[] }> {
    const instance = await world.engine
      .instantiate(world.limits.memoryBytes);
    const sandbox = new Sandbox(world, source, instance);
    try {
      return { sandbox, exports: sandbox.#load() };
    } catch (error) {
      sandbox.dispose();
      throw error;
    }
  }

  /** True when nothing more can be asked of this sandbox: it must be replaced by a fresh one. */
  get dead(): boolean {
    return this.#dead;
  }

  /** The memory of the machine, the engine's own included. */
  get memoryBytes(): number {
    return this.#machine.memoryBytes;
  }

  /** How many hooks wait for a promise. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Calls a hook by its number. Throws {@linkcode ScriptFault}, or gives a promise that rejects with it. `extra` is
   * JSON of the second argument.
   */
  call(
    hook: number,
    shape: number,
    handed: Handed,
    extra?: string,
  ): Outcome {
    if (this.#dead || this.#disposed) {
      throw new ScriptFault("engine", "Cannot run hook: its sandbox is gone");
    }
    const machine = this.#machine;
    const frame = ++this.#frame;
    this.#handed = handed;
    this.#fault = undefined;
    this.#logLines = 0;
    let outcome: Outcome | true;
    try {
      outcome = this.#guarded(
        this.#world.limits.hookMs,
        () => this.#enter(hook, frame, shape, extra),
      );
      if (outcome === true) outcome = this.#waiting.add(frame, handed);
    } finally {
      this.#handed = undefined;
    }
    try {
      if (machine.hasJobs) this.#runJobs();
    } catch (error) {
      // A promise has been told already.
      if (!(outcome instanceof Promise)) throw error;
    }
    return outcome;
  }

  /** Ends everything inside; hooks that wait reject. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#waiting.failAll(
      new ScriptFault("wait", "Cannot wait any longer: the script is gone"),
    );
    // One that failed is dropped as it is, with values in it that nobody freed.
    if (this.#dead || this.#loading) return;
    this.#machine.free(this.#run);
    this.#machine.free(this.#where);
    for (const value of this.#numbers) {
      if (value !== undefined) this.#machine.free(value);
    }
    try {
      this.#machine.dispose();
    } catch {
      this.#world.observer.count("script_engine_leaks");
    }
  }

  onPoll(): number {
    return this.#meter.look();
  }

  onCall(args: HostArguments): HostValue {
    const operation = args.number(0);
    switch (operation) {
      case op.now:
        return this.#world.clock.wallTime();
      case op.random:
        return this.#world.random.fraction();
      case op.log:
        return this.#log(args.text(1), args.text(2));
      case op.problem:
        return this.#bridge.problem;
      case op.fault:
        return this.#onFault(args.number(1), args.text(2), args.text(3));
      case op.decided:
        this.#decision = args.text(1);
        return undefined;
      case op.settled:
        // Without a decision the guest hands over no text at all.
        this.#waiting.settle(args.number(1), args.text(2) || undefined);
        return undefined;
    }
    const handed = this.#handedOf(args.number(1));
    if (
      this.#world.notes !== undefined && handed?.message !== undefined &&
      isWriter(operation)
    ) this.#placeEdit(handed.message);
    return this.#bridge.answer(operation, handed, args);
  }

  resolve(base: string, name: string): string {
    if (base === ENTRY_MODULE) return name;
    if (!this.#loading) {
      throw new ScriptFault(
        "load",
        `Cannot import ${JSON.stringify(name)}: modules load with the script`,
      );
    }
    return this.#source.resolve(base, name);
  }

  source(name: string): string {
    if (name === LEGWORK_MODULE) return LEGWORK_CODE;
    return name === HAND_MODULE ? HAND_CODE : this.#source.code(name);
  }

  #load(): readonly Exported[] {
    const machine = this.#machine;
    return this.#guarded(this.#world.limits.loadMs, () => {
      machine.stackBytes = LOAD_STACK_BYTES;
      const host = machine.newHostFunction();
      const guest = machine.evaluate(GUEST_CODE, GUEST_FILE);
      const parts = machine.call(guest, [host]);
      const entry = entryCode(this.#source.entry);
      const done = machine.evaluateModule(entry, ENTRY_MODULE);
      while (machine.hasJobs) {
        machine.runJobs(JOBS_AT_ONCE);
        if (this.onPoll() === 0) throw new MachineError("interrupted", "");
      }
      if (!machine.settled(done)) {
        throw new ScriptFault("load", "Cannot load script: it never finishes");
      }
      const found = this.#part(parts, 0);
      this.#run = this.#part(parts, 1);
      this.#where = this.#part(parts, 2);
      const text = machine.toText(found);
      for (const each of [host, guest, parts, done, found]) machine.free(each);
      this.#loading = false;
      machine.stackBytes = this.#world.limits.stackBytes;
      return JSON.parse(text);
    });
  }

  /** Says on which line the edit stands that comes next, where a journal is kept. */
  #placeEdit(message: MessageView): void {
    const journal = journalOf(message);
    if (journal === undefined) return;
    try {
      const machine = this.#machine;
      const stack = machine.call(this.#where, []);
      const at = positionIn(machine.toText(stack));
      machine.free(stack);
      journal.at(at === undefined ? undefined : formatPosition(at));
    } catch {
      // Out of time or stack: the edit goes on, or not, without its place.
      journal.at(undefined);
    }
  }

  #part(parts: Pointer, which: number): Pointer {
    const number = this.#machine.newNumber(which);
    const part = this.#machine.call(parts, [number]);
    this.#machine.free(number);
    return part;
  }

  /** The one way into a loaded script. */
  #enter(
    hook: number,
    frame: number,
    shape: number,
    extra: string | undefined,
  ): string | undefined | true {
    const machine = this.#machine;
    const id = machine.newNumber(frame);
    const text = extra === undefined ? 0 : machine.newText(extra);
    const args = this.#arguments;
    args.length = 0;
    args.push(this.#number(hook), id, this.#number(shape));
    if (text !== 0) args.push(text);
    this.#decision = undefined;
    let how: number;
    try {
      const result = machine.call(this.#run, args);
      how = machine.toNumber(result);
      machine.free(result);
    } finally {
      if (!machine.broken) {
        machine.free(id);
        if (text !== 0) machine.free(text);
      }
    }
    if (this.#fault !== undefined) throw this.#fault;
    this.#checkSize(this.#decision);
    return how === RETURNS.promise ? true : this.#decision;
  }

  #checkSize(decision: string | undefined): void {
    const most = this.#world.limits.decisionChars;
    if (decision === undefined || decision.length <= most) return;
    throw new ScriptFault(
      "decision",
      `Cannot take decision: ${decision.length} characters of JSON, at most ${most}`,
    );
  }

  /** A small number as a value that stays. */
  #number(value: number): Pointer {
    return this.#numbers[value] ??= this.#machine.newNumber(value);
  }

  /** Runs code inside under a processor limit and turns what leaves it into a fault. */
  #guarded<T>(limitMs: number, enter: () => T): T {
    this.#machine.stepsToPoll = this.#meter.start(limitMs);
    try {
      return enter();
    } catch (error) {
      if (!(error instanceof MachineError)) throw error;
      throw this.#faultOf(error);
    }
  }

  #faultOf(error: MachineError): ScriptFault {
    const position = positionIn(error.guestStack);
    if (error.broken) {
      this.#dead = true;
      return new ScriptFault(
        "engine",
        `the engine broke down: ${error.message}`,
        position,
      );
    }
    if (this.#meter.exceeded) {
      return new ScriptFault(
        "cpu",
        `took longer than ${this.#meter.limitMs} ms`,
        position,
      );
    }
    const missing = MISSING_EXPORT.exec(error.message);
    if (missing !== null) {
      return this.#source.missing(missing[1]!, missing[2]!);
    }
    const message = error.message.replace(
      "unexpected token in expression: ''",
      "unexpected end of file",
    );
    return new ScriptFault(faultKind(message), message, position);
  }

  /** Promise jobs belong to no hook: when they get out of hand, all that wait are given up and the sandbox with them. */
  #runJobs(): void {
    const machine = this.#machine;
    try {
      this.#guarded(this.#world.limits.hookMs, () => {
        while (machine.hasJobs) {
          machine.runJobs(JOBS_AT_ONCE);
          if (this.onPoll() === 0) throw new MachineError("interrupted", "");
        }
      });
    } catch (error) {
      const fault = error instanceof ScriptFault
        ? error
        : new ScriptFault("throw", String(error));
      this.#dead = true;
      this.#waiting.failAll(fault);
      throw fault;
    }
  }

  #onFault(frame: number, message: string, stack: string): undefined {
    const fault = new ScriptFault(
      faultKind(message),
      message,
      positionIn(stack),
    );
    if (this.#waiting.fail(frame, fault)) return;
    if (frame === this.#frame) this.#fault = fault;
  }

  #handedOf(frame: number): Handed | undefined {
    return frame === this.#frame && this.#handed !== undefined
      ? this.#handed
      : this.#waiting.handedOf(frame);
  }

  #log(level: string, line: string): undefined {
    const { observer, limits } = this.#world;
    if (++this.#logLines > limits.logLines) {
      observer.count("script_log_lines_dropped");
      return;
    }
    observer.log({
      level: level as LogLevel,
      text: "script says",
      fields: {
        script: this.#source.entry,
        line: line.slice(0, limits.logLineChars),
      },
    });
  }
}
