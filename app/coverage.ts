/** Which hooks of which scripts ran while ladders did. */

import type { HookNote, HookNotes } from "../scripts/hook_notes.ts";

/** Counts calls of hooks, by script. */
export class HookCoverage implements HookNotes {
  readonly #runs: Map<string, Map<string, number>> = new Map();

  /** A script has these hooks. */
  declare(script: string, hooks: readonly string[]): void {
    const runs = this.#of(script);
    for (const hook of hooks) runs.set(hook, runs.get(hook) ?? 0);
  }

  noted({ script, hook }: HookNote): void {
    // The number of the revision is no part of the script.
    const runs = this.#of(script.replace(/#\d+$/, ""));
    runs.set(hook, (runs.get(hook) ?? 0) + 1);
  }

  /** A table for the terminal, a line each hook, those that never ran marked; empty without scripts. */
  table(): string[] {
    const width = Math.max(
      0,
      ...[...this.#runs.values()].flatMap((runs) =>
        [...runs.keys()].map((hook) => hook.length)
      ),
    );
    return [...this.#runs].flatMap(([script, runs]) => {
      const ran = [...runs.values()].filter((count) => count > 0).length;
      return [
        `${script}: ${ran} of ${runs.size} hooks ran`,
        ...[...runs].map(([hook, count]) =>
          `  ${hook.padEnd(width)}  ${count === 0 ? "never" : count}`
        ),
      ];
    });
  }

  #of(script: string): Map<string, number> {
    const known = this.#runs.get(script);
    if (known !== undefined) return known;
    const runs = new Map<string, number>();
    this.#runs.set(script, runs);
    return runs;
  }
}
