/** What ladders name, loaded from the disk: scripts and configurations. */

import { MemoryStore } from "../core/base/memory_store.ts";
import { CountingObserver, type Observer } from "../core/base/observer.ts";
import { DEFAULT_SCRIPT_LIMITS, type ScriptLimits } from "../scripts/limits.ts";
import { ScriptFault } from "../scripts/fault.ts";
import type { Deniable } from "../scripts/errands.ts";
import type { HttpRules } from "../scripts/http.ts";
import type { HookCoverage } from "./coverage.ts";
import { standInEnvironment } from "./environment.ts";
import { whyUnreadable } from "./file_error.ts";
import { hostsOf, httpOf } from "./ladder/http_replies.ts";
import type { LadderConfig } from "./ladder/surroundings.ts";
import type {
  LoadedPolicy,
  PolicySurroundings,
  WorldOptions,
} from "./ladder/world.ts";
import type { LadderFileOptions } from "./ladder/run_ladder.ts";
import { loadYaml } from "./load_config.ts";
import { httpRules } from "./script_reach.ts";
import { describeFault, Scripts } from "./scripts.ts";
import { callSettings, scriptLimits } from "./wiring.ts";

/** A ladder is about what a script decides; how long it takes on a busy machine is another matter. */
const HOOK_MS = 1_000;

/** What a script may ask of the web where no configuration says so: the hosts are those of its ladder. */
const NO_CONFIG_RULES = { timeoutMs: 2_000, maxBytes: 262_144 };

interface PolicyParts {
  readonly paths: readonly string[];
  readonly limits: ScriptLimits;
  readonly rules: HttpRules;
  readonly denied: readonly Deniable[];
}

/**
 * What running a ladder needs of the disk; `observer` hears what scripts do wrong and what they log, `coverage` which
 * hooks ran.
 */
export function ladderParts(
  observer: Observer = new CountingObserver(),
  coverage?: HookCoverage,
): Required<Pick<LadderFileOptions, "readText" | "loadScript" | "loadConfig">> {
  const parts = new LadderParts(observer, coverage);
  return {
    readText: async (path) => {
      try {
        return await Deno.readTextFile(path);
      } catch (error) {
        throw new Error(whyUnreadable(error));
      }
    },
    loadScript: (path, world) => described(() => parts.script(path, world)),
    loadConfig: (path) => described(() => Promise.resolve(parts.config(path))),
  };
}

class LadderParts {
  readonly #observer: Observer;
  readonly #coverage: HookCoverage | undefined;

  constructor(observer: Observer, coverage: HookCoverage | undefined) {
    this.#observer = observer;
    this.#coverage = coverage;
  }

  /** The script at a path; rejects with a `ScriptFault`. */
  async script(
    path: string,
    surroundings: PolicySurroundings,
  ): Promise<LoadedPolicy> {
    return await this.#policy(surroundings, {
      paths: [path],
      limits: DEFAULT_SCRIPT_LIMITS,
      rules: { ...NO_CONFIG_RULES, hosts: hostsOf(surroundings.http) },
      denied: [],
    });
  }

  /** The configuration at a path, and its scripts; throws TypeError with all that is wrong with it. */
  config(
    path: string,
  ): { config: LadderConfig; policy?: NonNullable<WorldOptions["policy"]> } {
    const { config, scripts, problems } = loadYaml(path, {
      environment: standInEnvironment,
    });
    if (config === undefined) throw new TypeError(problems.join("\n"));
    const limits = scriptLimits(config);
    return {
      config: {
        ...callSettings(config, standInEnvironment),
        listen: config.listen.flatMap(({ transport, host, port }) => {
          const name = transport.toUpperCase();
          return name === "UDP" || name === "TCP" ? [{ name, host, port }] : [];
        }),
      },
      ...(scripts.length === 0 ? {} : {
        policy: (surroundings) =>
          this.#policy(surroundings, {
            paths: scripts,
            limits,
            rules: httpRules(config),
            denied: config.script_deny,
          }),
      }),
    };
  }

  async #policy(
    { http, ...surroundings }: PolicySurroundings,
    { paths, limits, rules, denied }: PolicyParts,
  ): Promise<LoadedPolicy> {
    const scripts = await Scripts.load(paths, {
      ...surroundings,
      observer: this.#observer,
      limits: { ...limits, hookMs: HOOK_MS },
      denied,
      reach: {
        store: new MemoryStore(surroundings.clock),
        http: { port: httpOf(http), rules },
      },
      notes: this.#coverage,
    });
    for (const [script, hooks] of scripts.hooks) {
      this.#coverage?.declare(script, hooks);
    }
    return {
      source: scripts.policy,
      leftovers: () => scripts.leftovers,
      close: () => scripts.dispose(),
    };
  }
}

/** What cannot be loaded, with its line and caret instead of its name. */
async function described<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (error instanceof ScriptFault) throw new Error(describeFault(error));
    throw error;
  }
}
