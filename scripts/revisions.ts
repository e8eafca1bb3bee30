/**
 * A script over time: each load is a revision, new calls get the newest, running calls keep theirs.
 *
 * @module
 */

import type { Policy, PolicySource } from "../core/call/policy.ts";
import { ScriptFault } from "./fault.ts";
import { HookTallies, type ScriptStatistics } from "./hook_statistics.ts";
import { Revision } from "./revision.ts";
import type { ScriptWorld } from "./script_world.ts";
import { type ScriptFiles, ScriptSource } from "./source.ts";

/** One script that can be loaded again while calls run. */
export class ScriptHost implements PolicySource {
  readonly #world: ScriptWorld;
  readonly #tallies: HookTallies;
  readonly #files: ScriptFiles;
  readonly #entry: string;
  readonly #alive: Revision[] = [];
  readonly #byPolicy: Map<Policy, Revision> = new Map();
  #number = 0;
  #newest: Revision;
  /** The sources of the last revisions, by number, the oldest first. */
  readonly #sources: Map<number, ScriptSource> = new Map();
  /** What the last reload that failed has read, or tried to. */
  #failed: ScriptSource | undefined;

  private constructor(
    parts: {
      world: ScriptWorld;
      tallies: HookTallies;
      files: ScriptFiles;
      entry: string;
    },
    first: Revision,
  ) {
    this.#world = parts.world;
    this.#tallies = parts.tallies;
    this.#files = parts.files;
    this.#entry = parts.entry;
    this.#newest = first;
    this.#number = first.number;
    this.#alive.push(first);
    this.#byPolicy.set(first.policy, first);
    this.#keep(first);
  }

  /** Loads a script by the path of its entry; rejects with a ScriptFault that says where it is wrong. */
  static async load(
    world: ScriptWorld,
    files: ScriptFiles,
    entry: string,
  ): Promise<ScriptHost> {
    const source = new ScriptSource(files, entry, world.limits);
    const tallies = new HookTallies();
    const own = { ...world, tallies };
    const first = await Revision.load(1, own, source);
    return new ScriptHost({ world: own, tallies, files, entry }, first);
  }

  /** The revision that new calls get. */
  get revision(): Revision {
    return this.#newest;
  }

  /** How the script has fared since it was first loaded. */
  statistics(): ScriptStatistics {
    const { name, setAside } = this.#newest;
    const sandboxes = this.#alive.map(({ sandbox }) => sandbox);
    return {
      script: name,
      revisions: this.#alive.length,
      setAside,
      waiting: sandboxes.reduce((sum, { waiting }) => sum + waiting, 0),
      errands: sandboxes.reduce((sum, { errands }) => sum + errands, 0),
      memoryHighWaterBytes: this.#tallies.memoryHighWaterBytes,
      hooks: this.#tallies.hooks,
    };
  }

  /** Revisions that serve calls, the oldest first. */
  get alive(): number {
    return this.#alive.length;
  }

  /** The files to watch: the script and what it imports, and what a reload that failed was missing. */
  get watched(): readonly string[] {
    return [
      ...new Set([...this.#newest.files, ...this.#failed?.paths ?? []]),
    ];
  }

  /** The numbers of the revisions that {@linkcode reload} can go back to. */
  get kept(): readonly number[] {
    return [...this.#sources.keys()];
  }

  /**
   * Loads the script again, from its files or, with `to`, as the revision of that number had them; rejects with a
   * ScriptFault and changes nothing when it is wrong.
   */
  async reload({ to }: { to?: number | undefined } = {}): Promise<Revision> {
    const source = to === undefined
      ? new ScriptSource(this.#files, this.#entry, this.#world.limits)
      : this.#sourceOf(to);
    const number = ++this.#number;
    let revision: Revision;
    try {
      revision = await Revision.load(number, this.#world, source);
    } catch (error) {
      this.#failed = source;
      throw error;
    }
    this.#failed = undefined;
    const before = this.#newest;
    // Two reloads may overlap; the one asked for last wins.
    if (number < before.number) {
      revision.dispose();
      return before;
    }
    this.#newest = revision;
    this.#alive.push(revision);
    this.#byPolicy.set(revision.policy, revision);
    this.#keep(revision);
    this.#drop(before);
    this.#limitAlive();
    return revision;
  }

  acquire(): Policy {
    this.#newest.users++;
    return this.#newest.policy;
  }

  release(policy: Policy): void {
    const revision = this.#byPolicy.get(policy);
    if (revision === undefined) return;
    revision.users--;
    this.#drop(revision);
  }

  /** Ends all revisions. */
  dispose(): void {
    for (const revision of this.#alive) revision.dispose();
    this.#alive.length = 0;
    this.#byPolicy.clear();
  }

  #sourceOf(number: number): ScriptSource {
    const source = this.#sources.get(number);
    if (source !== undefined) return source;
    throw new ScriptFault(
      "load",
      `Cannot go back to revision ${number} of ${this.#newest.source.entry}: kept are ${
        this.kept.join(", ")
      }`,
    );
  }

  #keep({ number, source }: Revision): void {
    this.#sources.set(number, source);
    for (const oldest of this.#sources.keys()) {
      if (this.#sources.size <= this.#world.limits.sources) break;
      this.#sources.delete(oldest);
    }
  }

  /** Ends a revision that nobody needs any more. */
  #drop(revision: Revision): void {
    if (revision === this.#newest || revision.users > 0) return;
    this.#byPolicy.delete(revision.policy);
    const at = this.#alive.indexOf(revision);
    if (at >= 0) this.#alive.splice(at, 1);
    revision.dispose();
  }

  /** Gives the oldest revision's calls to the newest one while there are too many. */
  #limitAlive(): void {
    while (this.#alive.length > this.#world.limits.revisions) {
      const oldest = this.#alive.shift()!;
      oldest.retire(() => this.#newest);
      this.#world.observer.count("script_revisions_taken_over");
      this.#world.observer.log({
        level: "warn",
        text: "script revision taken over by the newest",
        fields: {
          script: oldest.name,
          by: this.#newest.name,
          calls: oldest.users,
        },
      });
    }
  }
}
