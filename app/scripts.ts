/** The scripts of a running Legwork: loaded once, and again whenever one is saved. */

import type { Clock } from "../core/base/clock.ts";
import type { Observer } from "../core/base/observer.ts";
import type { Random } from "../core/base/random.ts";
import type { PolicySource } from "../core/call/policy.ts";
import { compositeSource } from "../scripts/composite.ts";
import { Engine } from "../scripts/engine.ts";
import type { Deniable, Reach } from "../scripts/errands.ts";
import { ScriptFault } from "../scripts/fault.ts";
import type { ScriptStatistics } from "../scripts/hook_statistics.ts";
import type { ScriptLimits } from "../scripts/limits.ts";
import type { HookNotes } from "../scripts/hook_notes.ts";
import { ScriptHost } from "../scripts/revisions.ts";
import { formatProblem } from "./problem.ts";

import { FileWatch } from "./reload.ts";
import { SCRIPT_FILES } from "./script_files.ts";

/** What scripts are given of the world. */
export interface ScriptsWorld {
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
  readonly limits: ScriptLimits;
  /** Hears what hooks did. Default: nobody. */
  readonly notes?: HookNotes | undefined;
  /** What hooks that may wait can reach. Default: nothing. */
  readonly reach?: Reach | undefined;
  /** Parts of the API that are not there. Default: none. */
  readonly denied?: readonly Deniable[] | undefined;
}

/** Compiled once, for whoever needs it first. */
let engine: Promise<Engine> | undefined;

/** Each script in a sandbox of its own, asked in order. */
export class Scripts {
  readonly policy: PolicySource;
  readonly #hosts: readonly ScriptHost[];
  readonly #observer: Observer;
  readonly #watches: FileWatch[] = [];

  private constructor(hosts: readonly ScriptHost[], observer: Observer) {
    this.#hosts = hosts;
    this.#observer = observer;
    this.policy = compositeSource(hosts);
  }

  /** Loads all of them; rejects with the {@linkcode ScriptFault} of the first that cannot be. */
  static async load(
    paths: readonly string[],
    world: ScriptsWorld,
  ): Promise<Scripts> {
    const hosts: ScriptHost[] = [];
    try {
      if (paths.length > 0) {
        engine ??= Engine.load((file) => Deno.readFile(file));
        const all = {
          ...world,
          engine: await engine,
          cpuNow: () => performance.now(),
        };
        for (const path of paths) {
          try {
            hosts.push(await ScriptHost.load(all, SCRIPT_FILES, path));
          } catch (error) {
            throw named(error, path);
          }
        }
      }
    } catch (error) {
      for (const host of hosts) host.dispose();
      throw error;
    }
    return new Scripts(hosts, world.observer);
  }

  /** From now on a script that is saved is loaded again. */
  watch(): void {
    for (const host of this.#hosts) {
      const watch = new FileWatch({
        files: () => host.watched,
        onChange: async () => {
          await this.#reload(host, { by: "save" });
        },
        onFault: (error) =>
          this.#observer.log({
            level: "warn",
            text: "scripts cannot be watched, SIGHUP still reloads them",
            fields: { error: String(error) },
          }),
      });
      this.#watches.push(watch);
    }
  }

  /**
   * Loads all of them again, those that changed and those that did not; with `to`, as the revision of that number
   * had them. Resolves with one line for each.
   */
  async reload(
    how: { by: "SIGHUP" | "command"; to?: number | undefined },
  ): Promise<{ ok: boolean; lines: readonly string[] }> {
    const results = await Promise.all(
      this.#hosts.map((host) => this.#reload(host, how)),
    );
    return {
      ok: results.every(({ ok }) => ok),
      lines: results.map(({ line }) => line),
    };
  }

  /** The hooks of each script's newest revision, by script. */
  get hooks(): ReadonlyMap<string, readonly string[]> {
    return new Map(
      this.#hosts.map(({ revision }) =>
        [revision.source.entry, revision.hooks] as const
      ),
    );
  }

  /** How each script has fared. */
  statistics(): readonly ScriptStatistics[] {
    return this.#hosts.map((host) => host.statistics());
  }

  /** What calls still hold on to, in words; empty when none runs. */
  get leftovers(): readonly string[] {
    return this.#hosts.flatMap(({ revision, alive }) => [
      ...(alive > 1 ? [`${alive} revisions of ${revision.name}`] : []),
      ...(revision.users > 0
        ? [`${revision.users} users of ${revision.name}`]
        : []),
    ]);
  }

  /** Ends the sandboxes. */
  dispose(): void {
    for (const watch of this.#watches) watch.close();
    for (const host of this.#hosts) host.dispose();
  }

  async #reload(
    host: ScriptHost,
    { by, to }: { by: string; to?: number | undefined },
  ): Promise<{ ok: boolean; line: string }> {
    const before = host.revision;
    try {
      const { name } = await host.reload({ to });
      this.#observer.log({
        level: "info",
        text: "script loaded",
        fields: { script: name, by, ...(to === undefined ? {} : { to }) },
      });
      const back = to === undefined ? "" : `, the text of #${to}`;
      return { ok: true, line: `${name} loaded${back}` };
    } catch (error) {
      this.#observer.count("script_reloads_failed");
      this.#observer.log({
        level: "error",
        text: "script not loaded, the one before it stays",
        fields: { script: before.name, by, fault: String(error) },
      });
      const fault = error instanceof ScriptFault
        ? describeFault(error)
        : String(error);
      return { ok: false, line: `${fault}\n${before.name} stays` };
    }
  }
}

/** What ran out of time or memory may have no place in the script; its name it should have. */
function named(error: unknown, path: string): unknown {
  const placed = !(error instanceof ScriptFault) || error.kind === "load" ||
    error.position !== undefined;
  return placed
    ? error
    : new ScriptFault(error.kind, `Cannot load ${path}: ${error.message}`);
}

/** A fault of loading with its line and a caret under its column, for the terminal. */
export function describeFault(fault: ScriptFault): string {
  const { position, message } = fault;
  if (position === undefined) return message;
  const { file, line, column } = position;
  let text = "";
  try {
    text = SCRIPT_FILES.read(file);
  } catch {
    // Without its text the place alone must do.
  }
  return formatProblem({ file, line, column, message }, text);
}
