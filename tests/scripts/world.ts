/** A world for scripts: virtual time, seeded randomness, files in memory, an observer that keeps its records. */

import { CountingObserver, type LogRecord } from "../../core/base/observer.ts";
import { seededRandom } from "../../core/base/random.ts";
import { TimerWheel } from "../../core/base/timer_wheel.ts";
import { Engine } from "../../scripts/engine.ts";
import {
  DEFAULT_SCRIPT_LIMITS,
  type ScriptLimits,
} from "../../scripts/limits.ts";
import { ScriptHost } from "../../scripts/revisions.ts";
import type { ScriptWorld } from "../../scripts/script_world.ts";
import type { ScriptFiles } from "../../scripts/source.ts";

export class RecordingObserver extends CountingObserver {
  readonly records: LogRecord[] = [];
  override log(record: LogRecord): void {
    this.records.push(record);
  }
}

export interface TestWorld extends ScriptWorld {
  readonly clock: TimerWheel;
  readonly observer: RecordingObserver;
}

let engine: Promise<Engine> | undefined;

/** The engine, compiled once for all tests of a process. */
export function testEngine(): Promise<Engine> {
  return engine ??= Engine.load((file) => Deno.readFile(file));
}

export async function testWorld(
  limits: Partial<ScriptLimits> = {},
): Promise<TestWorld> {
  return {
    engine: await testEngine(),
    clock: new TimerWheel(0, { wallTimeMs: 1_700_000_000_000 }),
    random: seededRandom(1),
    observer: new RecordingObserver(),
    // Time to spare for well-meant scripts, since the machine that tests may be busy.
    limits: { ...DEFAULT_SCRIPT_LIMITS, hookMs: 1_000, ...limits },
    cpuNow: () => performance.now(),
  };
}

/** Files in memory, by path. */
export function memoryFiles(files: Record<string, string>): ScriptFiles {
  return {
    read(path) {
      const text = files[path];
      if (text === undefined) throw new Error("no such file");
      return text;
    },
  };
}

/** A host for one script, ended with `using`. */
export async function loadScript(
  script: string | Record<string, string>,
  limits: Partial<ScriptLimits> = {},
  more: (world: TestWorld) => Partial<TestWorld> = () => ({}),
): Promise<
  & { world: TestWorld; host: ScriptHost; files: Record<string, string> }
  & Disposable
> {
  const files = typeof script === "string" ? { "route.ts": script } : script;
  const plain = await testWorld(limits);
  const world: TestWorld = { ...plain, ...more(plain) };
  const host = await ScriptHost.load(world, memoryFiles(files), "route.ts");
  return { world, host, files, [Symbol.dispose]: () => host.dispose() };
}
