/**
 * One script in one machine of its own: it is loaded, its hooks are called under their limits, and whatever goes
 * wrong inside comes out as a {@linkcode ScriptFault}.
 *
 * @module
 */

import { journalOf } from "../core/call/edits.ts";
import type { CallView, MessageView } from "../core/call/policy.ts";
import { CpuMeter } from "./cpu_meter.ts";
import type { EngineInstance, EngineTraits, Pointer } from "./engine.ts";
import { Errands } from "./errands.ts";
import { faultKind, formatPosition, positionIn, ScriptFault } from "./fault.ts";
import { FrameBridge, type Handed, isWriter } from "./frame.ts";
import {
  ENTRY_MODULE,
  HAND_CODE,
  HAND_MODULE,
  LEGWORK_CODE,
} from "./guest_code.ts";
import { GuestEntry } from "./guest_entry.ts";
import { type Exported, JOBS_AT_ONCE, loadGuest } from "./guest_load.ts";
import { Machine, MachineError } from "./machine.ts";
import type { HostArguments, HostValue, MachineHost } from "./machine_host.ts";
import { machineFault } from "./machine_fault.ts";
import { findObjectWords } from "./object_words.ts";
import { OPERATIONS as op, REFUSED, RETURNS, SHAPES } from "./operations.ts";
import type { ScriptWorld } from "./script_world.ts";
import { Slice } from "./slice.ts";
import { LEGWORK_MODULE, type ScriptSource } from "./source.ts";
import { WaitingHooks } from "./waiting_hooks.ts";

/** What comes of calling a hook: JSON of a decision, nothing, or either of them later. */
export type Outcome = string | undefined | Promise<string | undefined>;

/** See the module comment. */
export class Sandbox implements MachineHost {
  readonly #world: ScriptWorld;
  readonly #source: ScriptSource;
  readonly #bridge: FrameBridge;
  readonly #machine: Machine;
  readonly #meter: CpuMeter;
  readonly #waiting: WaitingHooks;
  readonly #errands: Errands;
  /** Errands inside that never come back: what waits for them is to be dropped. */
  readonly #dropped: number[] = [];
  #mayWait: ReadonlySet<number> = new Set();
  readonly #traits: EngineTraits;
  /** There once the script is loaded. */
  #entry: GuestEntry | undefined;
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
  readonly #slice: Slice;

  private constructor(
    world: ScriptWorld,
    source: ScriptSource,
    instance: EngineInstance,
  ) {
    this.#world = world;
    this.#source = source;
    this.#slice = new Slice(world, source.entry);
    this.#bridge = new FrameBridge(world.limits.varsChars);
    this.#meter = new CpuMeter(world.cpuNow);
    this.#waiting = new WaitingHooks(world, (frame) => this.#drop(frame));
    this.#errands = new Errands(
      world,
      (errand, frame, outcome) => this.#resume(errand, frame, outcome),
    );
    this.#machine = new Machine(instance, this);
    this.#traits = instance.traits;
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
    return this.#machine.words.byteLength;
  }

  /** How many hooks wait for a promise. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** How many fetches, sleeps and uses of the store are under way. */
  get errands(): number {
    return this.#errands.size;
  }

  /** The hooks that may wait, by number; at first none may. */
  set mayWait(hooks: ReadonlySet<number>) {
    this.#mayWait = hooks;
  }

  /** Drops what hooks of a call still wait for, and their decisions with it. */
  forget(call: CallView): void {
    this.#waiting.forget(call);
    this.#dropInside();
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
    this.#slice.begin(
      frame,
      shape !== SHAPES.message && this.#mayWait.has(hook)
        ? undefined
        : "this hook may not wait",
    );
    let outcome: Outcome | true;
    try {
      outcome = this.#guarded(
        this.#world.limits.hookMs,
        () => this.#enter(hook, frame, shape, extra),
      );
      if (outcome === true) outcome = this.#waiting.add(frame, handed);
    } finally {
      this.#handed = undefined;
      this.#endSlice(frame);
    }
    try {
      if (machine.hasJobs) this.#runJobs();
    } catch (error) {
      // A promise has been told already.
      if (!(outcome instanceof Promise)) throw error;
    }
    this.#dropInside();
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
    this.#machine.free(this.#where);
    this.#entry?.dispose();
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
    if (operation === op.get) {
      return this.#bridge
        .answer(operation, this.#handedOf(args.number(1)), args);
    }
    switch (operation) {
      case op.now:
        return this.#world.clock.wallTime();
      case op.random:
        return this.#world.random.fraction();
      case op.log:
        return this.#slice.log(args.text(1), args.text(2));
      case op.problem:
        return this.#bridge.problem;
      case op.fault:
        return this.#onFault(args.number(1), args.text(2), args.text(3));
      case op.kept:
        this.#entry?.take(args);
        return undefined;
      case op.decided:
        this.#decision = args.text(1);
        return undefined;
      case op.ask:
        return this.#errands.ask(this.#slice, args.text(1), args.text(2));
      case op.settled:
        // Without a decision the guest hands over no text at all.
        this.#waiting.settle(args.number(1), args.text(2) || undefined);
        return undefined;
    }
    const handed = this.#handedOf(args.number(1));
    if (isWriter(operation)) {
      const refusal = this.#slice.edit(operation, args);
      if (refusal !== undefined) return refusal;
      if (this.#world.notes !== undefined && handed?.message !== undefined) {
        this.#placeEdit(handed.message);
      }
    }
    if (operation === op.varsRead && this.#world.denied?.includes("vars")) {
      this.#bridge.problem =
        "Cannot use call.vars: the configuration denies it";
      return REFUSED;
    }
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
    return this.#guarded(this.#world.limits.loadMs, () => {
      const words = this.#traits.objectWords ??= findObjectWords(this.#machine);
      const { exports, run, where } = loadGuest(this.#machine, {
        entry: this.#source.entry,
        onPoll: () => this.onPoll(),
      });
      this.#entry = new GuestEntry(this.#machine, run, words);
      this.#where = where;
      this.#loading = false;
      this.#machine.stackBytes = this.#world.limits.stackBytes;
      return exports;
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

  /** Into the loaded script and back. */
  #enter(
    hook: number,
    frame: number,
    shape: number,
    extra: string | undefined,
  ): string | undefined | true {
    this.#decision = undefined;
    const how = this.#entry!.enter(hook, { frame, shape, extra });
    if (this.#fault !== undefined) throw this.#fault;
    this.#slice.checkDecision(this.#decision);
    return how === RETURNS.promise ? true : this.#decision;
  }

  /** Runs code inside under a processor limit and turns what leaves it into a fault. */
  #guarded<T>(limitMs: number, enter: () => T): T {
    this.#machine.stepsToPoll = this.#meter.start(limitMs);
    try {
      return enter();
    } catch (error) {
      if (!(error instanceof MachineError)) throw error;
      if (error.broken) this.#dead = true;
      if (this.#meter.exceeded) this.#world.watch?.exceeded("hookMs");
      throw machineFault(error, { meter: this.#meter, source: this.#source });
    }
  }

  #endSlice(frame: number): void {
    this.#slice.measure(this.#meter, this.#machine.words.byteLength);
    if (this.#waiting.has(frame)) return;
    this.#slice.over();
    this.#drop(frame);
  }

  /** An errand has come back: its hook goes on. */
  #resume(errand: number, frame: number, outcome: string): void {
    if (this.#dead || this.#disposed) return;
    this.#slice.begin(frame, undefined);
    try {
      this.#guarded(
        this.#world.limits.hookMs,
        () => this.#enter(errand, frame, SHAPES.errand, outcome),
      );
      if (this.#machine.hasJobs) this.#runJobs();
    } catch (error) {
      // Whoever waits has been told; what went wrong on the way to it is told now.
      if (error instanceof ScriptFault) this.#waiting.fail(frame, error);
    }
    this.#endSlice(frame);
    this.#dropInside();
  }

  #drop(frame: number): void {
    for (const errand of this.#errands.drop(frame)) this.#dropped.push(errand);
  }

  /** Lets the code inside forget errands that never come back. */
  #dropInside(): void {
    if (this.#dropped.length === 0) return;
    for (const errand of this.#dropped.splice(0)) {
      if (this.#dead || this.#disposed) return;
      try {
        this.#guarded(
          this.#world.limits.hookMs,
          () => this.#enter(errand, 0, SHAPES.errand, undefined),
        );
      } catch {
        // A sandbox so far gone has its fault told by what put it there.
      }
    }
  }

  /**
   * Promise jobs are the doing of the hook that runs, or whose errand came back. It is given up when they get out of
   * hand; where they do not end with it, all that wait are given up and the sandbox with them.
   */
  #runJobs(): void {
    try {
      this.#drain();
    } catch (error) {
      const fault = error instanceof ScriptFault
        ? error
        : new ScriptFault("throw", String(error));
      if (this.#waiting.fail(this.#slice.frame, fault) && !this.#dead) {
        try {
          this.#drain();
          return;
        } catch {
          // The first fault says what it is about.
        }
      }
      this.#dead = true;
      this.#waiting.failAll(fault);
      throw fault;
    }
  }

  #drain(): void {
    const machine = this.#machine;
    this.#guarded(this.#world.limits.hookMs, () => {
      while (machine.hasJobs) {
        machine.runJobs(JOBS_AT_ONCE);
        if (this.onPoll() === 0) throw new MachineError("interrupted", "");
      }
    });
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
}
