/**
 * The script engine: QuickJS as WebAssembly, compiled once a process, instantiated once a sandbox. An instance of
 * its own gives each sandbox a memory nobody shares, a bound that the engine cannot exceed (its own accounting does
 * not see the size of a block in this build), and an end: dropping the instance drops everything in it.
 *
 * This speaks the engine's C interface directly, since a call through the object interface above it costs several
 * times as much; bench/micro/script_bench.ts has the figures.
 *
 * @module
 */

import variant from "@jitl/quickjs-wasmfile-release-sync";

/** A place in the engine's memory; 0 is none. A *value* is a place that holds one JavaScript value. */
export type Pointer = number;

/** The engine's C functions, those used here. */
export interface EngineFunctions {
  QTS_NewRuntime(): Pointer;
  QTS_FreeRuntime(runtime: Pointer): void;
  QTS_NewContext(runtime: Pointer, intrinsics: number): Pointer;
  QTS_FreeContext(context: Pointer): void;
  QTS_RuntimeSetMaxStackSize(runtime: Pointer, bytes: number): void;
  QTS_RuntimeEnableInterruptHandler(runtime: Pointer): void;
  QTS_RuntimeEnableModuleLoader(runtime: Pointer, withResolver: number): void;
  QTS_GetUndefined(): Pointer;
  QTS_GetTrue(): Pointer;
  QTS_GetFalse(): Pointer;
  QTS_NewFloat64(context: Pointer, value: number): Pointer;
  QTS_GetFloat64(context: Pointer, value: Pointer): number;
  QTS_NewString(context: Pointer, text: Pointer): Pointer;
  /** Zero when the value cannot become text; an exception is then pending. */
  QTS_GetString(context: Pointer, value: Pointer): Pointer;
  QTS_FreeCString(context: Pointer, text: Pointer): void;
  /** `undefined`, `number`, `string`, `object`...; the caller frees the text. */
  QTS_Typeof(context: Pointer, value: Pointer): Pointer;
  QTS_DupValuePointer(context: Pointer, value: Pointer): Pointer;
  QTS_FreeValuePointer(context: Pointer, value: Pointer): void;
  QTS_NewFunction(
    context: Pointer,
    name: string,
    parameters: number,
    isConstructor: boolean,
    hostId: number,
  ): Pointer;
  QTS_NewError(context: Pointer): Pointer;
  QTS_Throw(context: Pointer, error: Pointer): Pointer;
  QTS_SetProp(
    context: Pointer,
    object: Pointer,
    name: Pointer,
    value: Pointer,
  ): void;
  QTS_GetProp(context: Pointer, object: Pointer, name: Pointer): Pointer;
  QTS_Call(
    context: Pointer,
    callee: Pointer,
    self: Pointer,
    count: number,
    list: Pointer,
  ): Pointer;
  /** The exception that a result stands for, or 0. */
  QTS_ResolveException(context: Pointer, result: Pointer): Pointer;
  QTS_Eval(
    context: Pointer,
    code: Pointer,
    bytes: number,
    file: string,
    detectModule: number,
    flags: number,
  ): Pointer;
  QTS_PromiseState(context: Pointer, value: Pointer): number;
  QTS_PromiseResult(context: Pointer, value: Pointer): Pointer;
  QTS_IsJobPending(runtime: Pointer): number;
  QTS_ExecutePendingJob(
    runtime: Pointer,
    most: number,
    contextOut: Pointer,
  ): Pointer;
}

/** What the engine calls back. The first argument concerns builds that can suspend; this one cannot. */
export interface EngineCallbacks {
  callFunction(
    _: unknown,
    context: Pointer,
    self: Pointer,
    count: number,
    list: Pointer,
    hostId: number,
  ): Pointer;
  shouldInterrupt(_: unknown, runtime: Pointer): 0 | 1;
  loadModuleSource(
    _: unknown,
    runtime: Pointer,
    context: Pointer,
    name: string,
  ): Pointer;
  normalizeModule(
    _: unknown,
    runtime: Pointer,
    context: Pointer,
    base: string,
    name: string,
  ): Pointer;
  freeHostRef(_: unknown, runtime: Pointer, hostId: number): void;
}

/** The instance's memory and its allocator. */
export interface EngineModule {
  callbacks: EngineCallbacks;
  /** Replaced when the memory grows. */
  readonly HEAPU8: Uint8Array<ArrayBuffer>;
  _malloc(bytes: number): Pointer;
  _free(at: Pointer): void;
  UTF8ToString(at: Pointer): string;
  stringToUTF8(text: string, at: Pointer, mostBytes: number): void;
  lengthBytesUTF8(text: string): number;
}

/** One instance of the engine. */
export interface EngineInstance {
  readonly functions: EngineFunctions;
  readonly module: EngineModule;
  readonly memory: WebAssembly.Memory;
  readonly direct: DirectCall;
  /** What is found out once about the compiled engine. */
  readonly traits: EngineTraits;
}

/** Where calls of the host function go; `callbacks.callFunction` is asked only where the way there was not found. */
export interface DirectCall {
  call: (count: number, list: Pointer) => Pointer;
}

/** Facts about the compiled engine that every instance shares. */
export interface EngineTraits {
  /** Where a context keeps its count of steps until it next asks whether to stop; undefined when not found. */
  pollCounterOffset?: number | undefined;
  /** How values lie, once somebody looked. */
  layout?: ValueLayout;
  /** Which words of an object tell whether it has been touched; see object_words.ts. */
  objectWords?: readonly number[];
}

/** Values are eight bytes: what they hold, then a word that says what it is. Texts are held by their place. */
export interface ValueLayout {
  /** The second word of a whole number, and of a text in one piece. */
  readonly numberTag: number;
  readonly textTag: number;
  /** Where in a text its count of characters stands; it is negative where they take two bytes each. */
  readonly lengthAt: number;
  /** Where in a text its first character stands. */
  readonly charactersAt: number;
}

interface ModuleOptions {
  readonly wasmMemory: WebAssembly.Memory;
  print(line: string): void;
  printErr(line: string): void;
  instantiateWasm(
    imports: WebAssembly.Imports,
    onSuccess: (instance: WebAssembly.Instance) => void,
  ): WebAssembly.Exports;
}
type ModuleLoader = (options: ModuleOptions) => Promise<EngineModule>;
type FunctionsClass = new (module: EngineModule) => EngineFunctions;

/** The package's entry; its own types brand every pointer, which this code would have to cast at every step. */
interface Variant {
  importModuleLoader(): Promise<ModuleLoader>;
  importFFI(): Promise<FunctionsClass>;
}

/** What an instance has before a script was loaded: stack, static data, room for the built-in objects. */
export const OWN_BYTES = 16 * 1024 * 1024;
const PAGE_BYTES = 65_536;

/** The compiled engine. */
export class Engine {
  readonly #code: WebAssembly.Module;
  readonly #loader: ModuleLoader;
  readonly #functions: FunctionsClass;
  readonly #traits: EngineTraits = {};

  private constructor(
    code: WebAssembly.Module,
    loader: ModuleLoader,
    functions: FunctionsClass,
  ) {
    this.#code = code;
    this.#loader = loader;
    this.#functions = functions;
  }

  /** Compiles the engine. `read` gives the bytes of the one file that it comes in. */
  static async load(
    read: (file: URL) => Promise<Uint8Array<ArrayBuffer>>,
  ): Promise<Engine> {
    const file = import.meta.resolve(
      "@jitl/quickjs-wasmfile-release-sync/wasm",
    );
    const { importModuleLoader, importFFI } = variant as unknown as Variant;
    const [code, loader, functions] = await Promise.all([
      read(new URL(file)).then((bytes) => WebAssembly.compile(bytes)),
      importModuleLoader(),
      importFFI(),
    ]);
    return new Engine(code, loader, functions);
  }

  /** A fresh instance whose scripts may take `memoryBytes`. */
  async instantiate(memoryBytes: number): Promise<EngineInstance> {
    const memory = new WebAssembly.Memory({
      initial: OWN_BYTES / PAGE_BYTES,
      maximum: Math.ceil((OWN_BYTES + memoryBytes) / PAGE_BYTES),
    });
    const direct: DirectCall = { call: () => 0 };
    const module = await this.#loader({
      wasmMemory: memory,
      instantiateWasm: (imports, onSuccess) => {
        shortenCall(imports, direct);
        const instance = new WebAssembly.Instance(this.#code, imports);
        onSuccess(instance);
        return instance.exports;
      },
      print: () => {},
      printErr: () => {},
    });
    const functions = new this.#functions(module);
    return { functions, module, memory, direct, traits: this.#traits };
  }
}

/** The loader looks for `callbacks.callFunction` in a table of hundreds, at every call. */
function shortenCall(imports: WebAssembly.Imports, direct: DirectCall): void {
  for (const names of Object.values(imports)) {
    for (const [name, value] of Object.entries(names)) {
      if (
        typeof value === "function" &&
        String(value).includes(".callbacks.callFunction(")
      ) {
        names[name] = (
          _: Pointer,
          _self: Pointer,
          count: number,
          list: Pointer,
        ) => direct.call(count, list);
      }
    }
  }
}
