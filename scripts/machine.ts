/**
 * One JavaScript machine: an engine instance with one runtime and one context, and the few ways Legwork uses to
 * pass values in and out. Values inside are pointers that their holder frees.
 *
 * This is a hot path, and mostly a cold one: a process that sleeps between messages finds its caches empty, so that
 * each function of the engine that is called and each place in memory that is touched costs more than what is done
 * there. Numbers and texts are the only things that cross, nothing is wrapped, what comes out is read where it lies,
 * and text goes in through one fixed buffer.
 *
 * @module
 */

import type {
  EngineFunctions,
  EngineInstance,
  EngineModule,
  Pointer,
} from "./engine.ts";
import { EngineMemory } from "./engine_memory.ts";
import type { HostArguments, MachineHost } from "./machine_host.ts";
import { findPollCounter } from "./poll_counter.ts";
import { findLayout } from "./value_layout.ts";

/** An exception that left the machine. */
export class MachineError extends Error {
  override readonly name = "MachineError";

  /** `message` reads `TypeError: ...`; `stack` inside is the engine's text; `broken`: this machine is of no more use. */
  constructor(
    message: string,
    readonly guestStack: string,
    readonly broken = false,
  ) {
    super(message);
  }
}

const SCRATCH_BYTES = 16_384;
const MOST_ARGUMENTS = 5;
/** Values lie eight bytes apart in a host call's argument list. */
const VALUE_BYTES = 8;
const EVAL_MODULE = 1;
const PROMISE_REJECTED = 2;
/** A short text is copied by hand: setting up the encoder costs more than that. */
const SHORT_TEXT = 256;
const ENCODER = new TextEncoder();

/** See the module comment. Nothing here may be called after {@linkcode Machine.dispose}. */
export class Machine implements HostArguments {
  readonly #instance: EngineInstance;
  readonly #host: MachineHost;
  readonly #runtime: Pointer;
  readonly #context: Pointer;
  readonly #scratch: Pointer;
  readonly #list: Pointer;
  readonly #undefined: Pointer;
  readonly #true: Pointer;
  readonly #false: Pointer;
  readonly #pollCounterAt: Pointer | undefined;
  readonly #memory: EngineMemory;
  /** Those that every entry calls, at hand. */
  readonly #qtsCall: EngineFunctions["QTS_Call"];
  readonly #newString: EngineFunctions["QTS_NewString"];
  readonly #freePlace: EngineModule["_free"];
  #arguments: Pointer = 0;
  #argumentCount = 0;
  /** What the module callbacks threw, since only text crosses. */
  #loadFailure: unknown;
  #broken = false;

  constructor(instance: EngineInstance, host: MachineHost) {
    this.#instance = instance;
    this.#host = host;
    const { functions, module, traits } = instance;
    this.#qtsCall = functions.QTS_Call;
    this.#newString = functions.QTS_NewString;
    this.#freePlace = module._free;
    this.#memory = new EngineMemory(instance.memory);
    module.callbacks = {
      freeHostRef: () => {},
      callFunction: (_, _context, _self, count, list) =>
        this.#onCall(count, list),
      shouldInterrupt: () => {
        const steps = host.onPoll();
        this.stepsToPoll = steps;
        return steps === 0 ? 1 : 0;
      },
      loadModuleSource: (_, _runtime, _context, name) =>
        this.#loading(() => host.source(name)),
      normalizeModule: (_, _runtime, _context, base, name) =>
        this.#loading(() => host.resolve(base, name)),
    };
    instance.direct.call = (count, list) => this.#onCall(count, list);
    this.#runtime = functions.QTS_NewRuntime();
    this.#context = functions.QTS_NewContext(this.#runtime, 0);
    functions.QTS_RuntimeEnableInterruptHandler(this.#runtime);
    functions.QTS_RuntimeEnableModuleLoader(this.#runtime, 1);
    this.#scratch = module._malloc(SCRATCH_BYTES);
    this.#list = module._malloc(MOST_ARGUMENTS * 4);
    this.#undefined = functions.QTS_GetUndefined();
    this.#true = functions.QTS_GetTrue();
    this.#false = functions.QTS_GetFalse();
    this.#memory.layout = traits.layout ??= findLayout(instance, this.#context);
    if (!("pollCounterOffset" in traits)) {
      traits.pollCounterOffset = findPollCounter(
        instance,
        this.#context,
        () => this.free(this.evaluate("for (;;);", "poll")),
      );
    }
    const offset = traits.pollCounterOffset;
    this.#pollCounterAt = offset === undefined
      ? undefined
      : this.#context + offset;
  }

  /** True once the machine broke down: only its instance can be dropped. */
  get broken(): boolean {
    return this.#broken;
  }

  /** The most stack, in bytes, that code inside may use. */
  set stackBytes(bytes: number) {
    this.#instance.functions.QTS_RuntimeSetMaxStackSize(this.#runtime, bytes);
  }

  /**
   * How many steps code may take until {@linkcode MachineHost.onPoll} is asked. A step is a call or a turn of a
   * loop, whatever the work done in it: left alone, the engine asks every 10,000, which is minutes of long ones.
   */
  set stepsToPoll(steps: number) {
    if (this.#pollCounterAt !== undefined) {
      this.#memory.words[this.#pollCounterAt >> 2] = steps;
    }
  }

  /** The machine's memory; another one when it has grown. */
  get words(): Int32Array {
    return this.#memory.words;
  }

  /** Frees everything inside. Throws when a value was not freed: the engine's own check for leaks. */
  dispose(): void {
    const { functions, module } = this.#instance;
    module._free(this.#scratch);
    module._free(this.#list);
    functions.QTS_FreeContext(this.#context);
    functions.QTS_FreeRuntime(this.#runtime);
  }

  /** A new value; whoever asked for it frees it. */
  newNumber(value: number): Pointer {
    return this.#instance.functions.QTS_NewFloat64(this.#context, value);
  }

  newText(text: string): Pointer {
    const scratch = this.#scratch;
    if (text.length <= SHORT_TEXT && this.#memory.putAscii(scratch, text)) {
      return this.#newString(this.#context, scratch);
    }
    if (text.length * 3 < SCRATCH_BYTES) {
      const { bytes } = this.#memory;
      const { written } = ENCODER.encodeInto(
        text,
        bytes.subarray(scratch, scratch + SCRATCH_BYTES),
      );
      bytes[scratch + written] = 0;
      return this.#newString(this.#context, scratch);
    }
    const [at] = this.#longText(text);
    const value = this.#newString(this.#context, at);
    this.#freePlace(at);
    return value;
  }

  /** The one function through which code inside reaches {@linkcode MachineHost.onCall}. */
  newHostFunction(): Pointer {
    return this.#instance.functions
      .QTS_NewFunction(this.#context, "host", 0, false, 1);
  }

  free(value: Pointer): void {
    this.#instance.functions.QTS_FreeValuePointer(this.#context, value);
  }

  toNumber(value: Pointer): number {
    return this.#instance.functions.QTS_GetFloat64(this.#context, value);
  }

  toText(value: Pointer): string {
    const { functions, module } = this.#instance;
    const at = functions.QTS_GetString(this.#context, value);
    if (at === 0) return "";
    const text = this.#memory.ascii(at) ?? module.UTF8ToString(at);
    functions.QTS_FreeCString(this.#context, at);
    return text;
  }

  /** Gives a number's value another number; it may lie in another place then. */
  renumbered(value: Pointer, number: number): Pointer {
    if (this.#memory.putNumber(value, number)) return value;
    this.free(value);
    return this.newNumber(number);
  }

  number(index: number): number {
    if (index >= this.#argumentCount) return NaN;
    const at = this.#arguments + index * VALUE_BYTES;
    return this.#memory.number(at) ?? this.toNumber(at);
  }

  text(index: number): string {
    if (index >= this.#argumentCount) return "";
    const at = this.#arguments + index * VALUE_BYTES;
    const text = this.#memory.text(at);
    if (text === undefined) return this.toText(at);
    const end = text.indexOf("\0");
    return end < 0 ? text : text.slice(0, end);
  }

  wholeText(index: number): string | undefined {
    if (index >= this.#argumentCount) return "";
    const at = this.#arguments + index * VALUE_BYTES;
    const text = this.#memory.text(at) ?? this.toText(at);
    return text.includes("\0") ? undefined : text;
  }

  place(index: number): Pointer {
    return this.#memory.words[(this.#arguments + index * VALUE_BYTES) >> 2]!;
  }

  /** Calls a function inside and returns its result; throws {@linkcode MachineError}. Up to five arguments. */
  call(callee: Pointer, args: readonly Pointer[]): Pointer {
    return this.#checked(this.#entered(callee, args));
  }

  /** Likewise where the result is a number. */
  callForNumber(callee: Pointer, args: readonly Pointer[]): number {
    const result = this.#entered(callee, args);
    const whole = this.#memory.number(result);
    if (whole !== undefined) {
      // It holds nothing that would have to be let go.
      this.#freePlace(result);
      return whole;
    }
    const number = this.toNumber(this.#checked(result));
    this.free(result);
    return number;
  }

  /** Runs a script and returns the value of its last expression; throws {@linkcode MachineError}. */
  evaluate(code: string, file: string): Pointer {
    return this.#evaluate(code, file, 0);
  }

  /** Runs a module; the result is undefined or a promise that settles when it has run; throws {@linkcode MachineError}. */
  evaluateModule(code: string, file: string): Pointer {
    this.#loadFailure = undefined;
    try {
      return this.#evaluate(code, file, EVAL_MODULE);
    } catch (error) {
      throw this.#loadFailure ?? error;
    }
  }

  /** "fulfilled" for whatever is no promise; throws {@linkcode MachineError} for a rejected one. */
  settled(value: Pointer): boolean {
    const { functions } = this.#instance;
    const state = functions.QTS_PromiseState(this.#context, value);
    if (state !== PROMISE_REJECTED) return state !== 0;
    const error = functions.QTS_PromiseResult(this.#context, value);
    throw this.#failureOf(error);
  }

  /** Whether promise jobs wait. */
  get hasJobs(): boolean {
    return this.#instance.functions.QTS_IsJobPending(this.#runtime) !== 0;
  }

  /** Runs up to `most` promise jobs; throws {@linkcode MachineError}. */
  runJobs(most: number): void {
    const { functions } = this.#instance;
    let result: Pointer;
    try {
      result = functions.QTS_ExecutePendingJob(
        this.#runtime,
        most,
        this.#list,
      );
    } catch (error) {
      throw this.#broke(error);
    }
    this.free(this.#checked(result));
  }

  #entered(callee: Pointer, args: readonly Pointer[]): Pointer {
    const { words } = this.#memory;
    const at = this.#list >> 2;
    for (let i = 0; i < args.length; i++) words[at + i] = args[i]!;
    try {
      return this.#qtsCall(
        this.#context,
        callee,
        this.#undefined,
        args.length,
        this.#list,
      );
    } catch (error) {
      throw this.#broke(error);
    }
  }

  #evaluate(code: string, file: string, flags: number): Pointer {
    const { functions, module } = this.#instance;
    const [at, bytes] = this.#longText(code);
    let result: Pointer;
    try {
      result = functions.QTS_Eval(this.#context, at, bytes, file, 0, flags);
    } catch (error) {
      throw this.#broke(error);
    }
    module._free(at);
    return this.#checked(result);
  }

  #longText(text: string): [at: Pointer, bytes: number] {
    const { module } = this.#instance;
    const bytes = ENCODER.encode(text);
    const at = module._malloc(bytes.length + 1);
    module.HEAPU8.set(bytes, at);
    module.HEAPU8[at + bytes.length] = 0;
    return [at, bytes.length];
  }

  /** The host's own stack ran out, or the engine trapped: its frames were torn away without being unwound. */
  #broke(error: unknown): MachineError {
    this.#broken = true;
    return new MachineError(String(error), "", true);
  }

  /** What came of an entry into the engine; throws the error that it stands for. */
  #checked(result: Pointer): Pointer {
    const exception = this.#instance.functions
      .QTS_ResolveException(this.#context, result);
    if (exception === 0) return result;
    this.free(result);
    throw this.#failureOf(exception);
  }

  #failureOf(exception: Pointer): MachineError {
    const name = this.#ownText(exception, "name");
    const message = this.#ownText(exception, "message");
    const stack = this.#ownText(exception, "stack");
    const text = name === "" && message === ""
      ? this.toText(exception)
      : `${name}: ${message}`;
    this.free(exception);
    return new MachineError(text, stack);
  }

  #ownText(object: Pointer, name: string): string {
    const key = this.newText(name);
    const value = this.#instance.functions
      .QTS_GetProp(this.#context, object, key);
    const text = this.#isText(value) ? this.toText(value) : "";
    this.free(value);
    this.free(key);
    return text;
  }

  #isText(value: Pointer): boolean {
    const { functions, module } = this.#instance;
    const at = functions.QTS_Typeof(this.#context, value);
    const type = module.UTF8ToString(at);
    module._free(at);
    return type === "string";
  }

  #onCall(count: number, list: Pointer): Pointer {
    const outerList = this.#arguments;
    const outerCount = this.#argumentCount;
    this.#arguments = list;
    this.#argumentCount = count;
    const result = this.#host.onCall(this);
    this.#arguments = outerList;
    this.#argumentCount = outerCount;
    switch (typeof result) {
      case "string":
        return this.newText(result);
      case "number":
        return this.newNumber(result);
      case "boolean":
        return this.#instance.functions
          .QTS_DupValuePointer(
            this.#context,
            result ? this.#true : this.#false,
          );
      case "undefined":
        return 0;
    }
  }

  /** Hands a module's name or source to the engine, which frees it; 0 with an exception pending when it cannot be had. */
  #loading(load: () => string): Pointer {
    const { functions } = this.#instance;
    try {
      return this.#longText(load())[0];
    } catch (error) {
      this.#loadFailure ??= error;
      const exception = functions.QTS_NewError(this.#context);
      functions.QTS_Throw(this.#context, exception);
      this.free(exception);
      return 0;
    }
  }
}
