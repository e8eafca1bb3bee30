/** What ladders name, loaded from the disk: scripts and configurations. */

import { CountingObserver } from "../core/base/observer.ts";
import { seededRandom } from "../core/base/random.ts";
import { TimerWheel } from "../core/base/timer_wheel.ts";
import type { LadderConfig, LoadedPolicy } from "./ladder/world.ts";
import { loadYaml } from "./load_config.ts";
import { Scripts } from "./scripts.ts";
import { callSettings, scriptLimits } from "./wiring.ts";
import { DEFAULT_SCRIPT_LIMITS, type ScriptLimits } from "../scripts/limits.ts";

/** A ladder is about what a script decides; how long it takes on a busy machine is another matter. */
const HOOK_MS = 1_000;

/** The script at a path; rejects with a `ScriptFault`. */
export async function ladderScript(path: string): Promise<LoadedPolicy> {
  return await loadPolicy([path], DEFAULT_SCRIPT_LIMITS);
}

/** The configuration at a path, and its scripts; throws TypeError with all that is wrong with it. */
export function ladderConfig(
  path: string,
): { config: LadderConfig; policy?: () => Promise<LoadedPolicy> } {
  const { config, scripts, problems } = loadYaml(path);
  if (config === undefined) throw new TypeError(problems.join("\n"));
  const limits = scriptLimits(config);
  return {
    config: {
      ...callSettings(config),
      listen: config.listen.flatMap(({ transport, host, port }) => {
        const name = transport.toUpperCase();
        return name === "UDP" || name === "TCP" ? [{ name, host, port }] : [];
      }),
    },
    ...(scripts.length === 0
      ? {}
      : { policy: () => loadPolicy(scripts, limits) }),
  };
}

async function loadPolicy(
  paths: readonly string[],
  limits: ScriptLimits,
): Promise<LoadedPolicy> {
  const clock = new TimerWheel();
  const scripts = await Scripts.load(paths, {
    clock,
    random: seededRandom(1),
    observer: new CountingObserver(),
    limits: { ...limits, hookMs: HOOK_MS },
  });
  return {
    source: scripts.policy,
    leftovers: () => [
      ...scripts.leftovers,
      ...(clock.pending > 0 ? [`${clock.pending} timers of scripts`] : []),
    ],
    close: () => scripts.dispose(),
  };
}
