/**
 * One loaded version of a script as a policy: its hooks, how they fare, and how many calls hold on to it.
 *
 * @module
 */

import type { DecidingHook, DecisionOf } from "../core/call/hook_actions.ts";
import type {
  Awaitable,
  CallView,
  MessageHook,
  MessageHooks,
  Policy,
} from "../core/call/policy.ts";
import { readDecision } from "./decision.ts";
import {
  type CallHook,
  type HookEntry,
  type HookTable,
  hookTable,
  WAITING_HOOKS,
} from "./exports.ts";
import { formatPosition, positionIn, ScriptFault } from "./fault.ts";
import type { Handed } from "./frame.ts";
import { LimitWatch } from "./limit_watch.ts";
import { SHAPES } from "./operations.ts";
import { decidingHooks, type HookCall } from "./script_policy.ts";
import { Sandbox } from "./sandbox.ts";
import type { ScriptWorld } from "./script_world.ts";
import type { ScriptSource } from "./source.ts";

/** See the module comment. */
export class Revision {
  /** What core sees: only hooks that exist are in it. */
  readonly policy: Policy;
  /** Calls that hold on to this revision. */
  users = 0;
  readonly #world: ScriptWorld;
  readonly #source: ScriptSource;
  readonly #table: HookTable;
  #sandbox: Sandbox;
  #faultsInRow = 0;
  #asideUntilMs = -1;
  #restarting = false;
  #restarted: Promise<void> = Promise.resolve();
  #disposed = false;
  #successor: (() => Revision) | undefined;

  private constructor(
    readonly number: number,
    world: ScriptWorld,
    source: ScriptSource,
    loaded: { sandbox: Sandbox; table: HookTable },
  ) {
    this.#world = world;
    this.#source = source;
    this.#sandbox = loaded.sandbox;
    this.#table = loaded.table;
    this.policy = this.#makePolicy();
  }

  /** Loads a script and runs its onLoad; rejects with {@linkcode ScriptFault}. */
  static async load(
    number: number,
    world: ScriptWorld,
    source: ScriptSource,
  ): Promise<Revision> {
    const watch = new LimitWatch(world.observer, `${source.entry}#${number}`);
    const own = { ...world, watch };
    return new Revision(number, own, source, await start(own, source));
  }

  /** The name in logs: `route.ts#3`. */
  get name(): string {
    return `${this.#source.entry}#${this.number}`;
  }

  /** The files it was loaded from, the script itself first. */
  get files(): readonly string[] {
    return this.#source.paths;
  }

  /** The text it was loaded from. */
  get source(): ScriptSource {
    return this.#source;
  }

  /** The hooks it has, as for a person. */
  get hooks(): readonly string[] {
    const { calls, inbound, outbound } = this.#table;
    return [calls, inbound, outbound].flatMap((table) =>
      [...table.values()].map(({ name }) => name)
    );
  }

  /** True while too many faults in a row keep its hooks from being called. */
  get setAside(): boolean {
    return this.#asideUntilMs >= 0 &&
      this.#world.clock.now() < this.#asideUntilMs;
  }

  /** Settles when no restart is under way. */
  get ready(): Promise<void> {
    return this.#restarted;
  }

  /** The sandbox that serves now. */
  get sandbox(): Sandbox {
    return this.#sandbox;
  }

  /**
   * Ends the sandbox; from now on the successor's hooks act for the calls that still hold on to this revision, those
   * that only the successor has included. Message hooks do so for the patterns that this revision had.
   */
  retire(successor: () => Revision): void {
    this.#successor = successor;
    this.dispose();
    for (const hook of Object.keys(successor().policy)) {
      if (hook in this.policy || !hook.startsWith("on")) continue;
      Object.defineProperty(this.policy, hook, {
        value: (...args: unknown[]): unknown => {
          const newest: unknown = Reflect.get(successor().policy, hook);
          return typeof newest === "function"
            ? Reflect.apply(newest, undefined, args)
            : undefined;
        },
      });
    }
  }

  /** Ends the sandbox: the hooks act as if they were not there. */
  dispose(): void {
    this.#disposed = true;
    this.#sandbox.dispose();
  }

  #makePolicy(): Policy {
    const { calls, inbound, outbound } = this.#table;
    const policy: { -readonly [K in keyof Policy]: Policy[K] } = {
      name: this.name,
    };
    if ([...calls.keys()].some((name) => WAITING_HOOKS.has(name))) {
      policy.forget = (call) => this.#forget(call);
    }
    Object.assign(
      policy,
      decidingHooks(
        (hook) => calls.has(hook),
        (hook, call) => this.#decide(hook, call),
      ),
    );
    if (calls.has("onEnd")) {
      policy.onEnd = (call, summary) =>
        this.#acting.#call(
          (table) => table.calls.get("onEnd"),
          SHAPES.callAnd,
          { call },
          { extra: summary, read: nothing },
        );
    }
    if (inbound.size > 0) policy.inbound = this.#messageHooks("inbound");
    if (outbound.size > 0) policy.outbound = this.#messageHooks("outbound");
    return policy;
  }

  #messageHooks(plane: "inbound" | "outbound"): MessageHooks {
    const hooks: Record<string, MessageHook> = {};
    for (const pattern of this.#table[plane].keys()) {
      hooks[pattern] = (message, leg) => {
        const decides = plane === "inbound" && message.kind === "request";
        return this.#acting.#callNow(plane, pattern, { message, leg }, decides);
      };
    }
    return hooks;
  }

  #forget(call: CallView): void {
    this.#sandbox.forget(call);
    if (this.#acting !== this) this.#acting.sandbox.forget(call);
  }

  /** This revision, or the one that took its calls over. */
  get #acting(): Revision {
    return this.#successor === undefined ? this : this.#successor();
  }

  #decide<H extends DecidingHook & CallHook>(
    hook: H,
    { shape, handed, extra }: HookCall,
  ): Awaitable<DecisionOf<H> | undefined> {
    return this.#acting.#call(
      (table) => table.calls.get(hook),
      shape,
      handed,
      { extra, read: (json) => readDecision(hook, json) },
    );
  }

  #callNow(
    plane: "inbound" | "outbound",
    pattern: string,
    handed: Handed,
    decides: boolean,
  ): DecisionOf<"inbound"> | undefined {
    const entry = this.#table[plane].get(pattern);
    if (entry === undefined || this.#absent) return undefined;
    const startMs = this.#startNote();
    try {
      const json = this.#sandbox.call(entry.number, SHAPES.message, handed);
      // An arrow that ends in `headers.delete(...)` returns whether there was one; that decides nothing.
      const decision = !decides || typeof json !== "string" ||
          json === "true" || json === "false"
        ? undefined
        : readDecision("inbound", json);
      this.#faultsInRow = 0;
      return decision;
    } catch (error) {
      throw this.#faulted(error, entry);
    } finally {
      this.#note(entry, handed, startMs);
    }
  }

  #call<T>(
    find: (table: HookTable) => HookEntry | undefined,
    shape: number,
    handed: Handed,
    options: { extra?: object | undefined; read: (json: string) => T },
  ): Awaitable<T | undefined> {
    const entry = find(this.#table);
    if (entry === undefined || this.#absent) return undefined;
    const startMs = this.#startNote();
    const read = (json: string | undefined): T | undefined => {
      const decision = json === undefined ? undefined : options.read(json);
      this.#faultsInRow = 0;
      return decision;
    };
    try {
      const extra = options.extra === undefined
        ? undefined
        : JSON.stringify(options.extra);
      const outcome = this.#sandbox.call(entry.number, shape, handed, extra);
      if (!(outcome instanceof Promise)) return read(outcome);
      return outcome.then(read).catch((error) => {
        throw this.#faulted(error, entry);
      });
    } catch (error) {
      throw this.#faulted(error, entry);
    } finally {
      this.#note(entry, handed, startMs);
    }
  }

  /** When a hook begins. */
  #startNote(): number {
    return this.#world.cpuNow();
  }

  #note(entry: HookEntry, handed: Handed, startMs: number): void {
    const usedMs = this.#world.cpuNow() - startMs;
    this.#world.tallies?.called(entry.name, usedMs);
    if (this.#world.notes === undefined) return;
    const place = positionIn(entry.place);
    this.#world.notes.noted({
      script: this.name,
      hook: entry.name,
      place: place === undefined ? undefined : formatPosition(place),
      call: (handed.call ?? handed.leg?.call)?.id,
      usedMs,
    });
  }

  /** True while the hooks act as if they were not there. */
  get #absent(): boolean {
    if (this.#disposed || this.setAside) return true;
    if (this.#sandbox.dead) this.#restart();
    return this.#restarting;
  }

  /** Counts a fault, logs it once with its place, and sets the revision aside when it is one too many. */
  #faulted(error: unknown, entry: HookEntry): ScriptFault {
    const { clock, limits, observer } = this.#world;
    const fault = asFault(error, entry);
    this.#world.tallies?.faulted(entry.name);
    observer.count("script_faults");
    observer.count(`script_faults_${fault.kind}`);
    observer.log({
      level: "error",
      text: "script fault",
      fields: {
        script: this.name,
        hook: entry.name,
        kind: fault.kind,
        fault: fault.toString(),
      },
    });
    if (++this.#faultsInRow >= limits.faults && !this.setAside) {
      this.#faultsInRow = 0;
      this.#asideUntilMs = clock.now() + limits.coolDownMs;
      observer.count("script_set_aside");
      observer.log({
        level: "error",
        text: "script set aside",
        fields: {
          script: this.name,
          faults: limits.faults,
          coolDownMs: limits.coolDownMs,
        },
      });
    }
    if (this.#sandbox.dead) this.#restart();
    return fault;
  }

  /**
   * A sandbox that broke is replaced by a fresh one of the same sources; until it is there the hooks are absent. It
   * may have broken because the host's stack ran out, so the new one is started from the bottom.
   */
  #restart(): void {
    if (this.#restarting || this.#disposed) return;
    this.#restarted = Promise.resolve().then(() => this.#startAgain());
    this.#restarting = true;
  }

  async #startAgain(): Promise<void> {
    const { clock, limits, observer } = this.#world;
    this.#sandbox.dispose();
    observer.count("script_restarts");
    try {
      const { sandbox } = await start(this.#world, this.#source);
      if (this.#disposed) sandbox.dispose();
      else this.#sandbox = sandbox;
    } catch (error) {
      this.#asideUntilMs = clock.now() + limits.coolDownMs;
      observer.log({
        level: "error",
        text: "script cannot be restarted, it is set aside",
        fields: { script: this.name, fault: String(error) },
      });
    }
    this.#restarting = false;
  }
}

async function start(
  world: ScriptWorld,
  source: ScriptSource,
): Promise<{ sandbox: Sandbox; table: HookTable }> {
  const { sandbox, exports } = await Sandbox.load(world, source);
  try {
    const table = hookTable(source.entry, exports);
    sandbox.mayWait = new Set(
      [...table.calls.values()].filter(({ name }) => WAITING_HOOKS.has(name))
        .map(({ number }) => number),
    );
    const entry = table.calls.get("onLoad");
    if (entry !== undefined) {
      try {
        await sandbox.call(entry.number, SHAPES.none, {});
      } catch (error) {
        throw asFault(error, entry);
      }
    }
    return { sandbox, table };
  } catch (error) {
    sandbox.dispose();
    throw error;
  }
}

function asFault(error: unknown, entry: HookEntry): ScriptFault {
  if (!(error instanceof ScriptFault)) {
    const message = error instanceof Error ? error.message : String(error);
    return new ScriptFault(
      "decision",
      message,
      positionIn(entry.place),
      entry.name,
    );
  }
  return new ScriptFault(
    error.kind,
    error.message,
    error.position ?? positionIn(entry.place),
    entry.name,
  );
}

function nothing(): undefined {}
