/** Whether one address of a server answers: a machine that knows no clock and no network. */

/** `probing`: not known yet, or in doubt since a keep-alive was not answered. Only `down` keeps calls away. */
export type Condition = "up" | "down" | "probing";

/** See the module's text. */
export class ServerState {
  readonly #failures: number;
  #condition: Condition = "probing";
  #misses = 0;
  #sinceMs: number;
  #outUntilMs = -Infinity;

  /** Down after so many misses in a row. */
  constructor(failures: number, nowMs: number) {
    this.#failures = failures;
    this.#sinceMs = nowMs;
  }

  /** What holds now. */
  conditionAt(nowMs: number): Condition {
    return nowMs < this.#outUntilMs ? "down" : this.#condition;
  }

  /** When it became what it is. */
  get sinceMs(): number {
    return this.#sinceMs;
  }

  /** Misses in a row. */
  get misses(): number {
    return this.#misses;
  }

  /** Until when it asked to be left alone; in the past, or -Infinity, when it did not. */
  get outUntilMs(): number {
    return this.#outUntilMs;
  }

  /** It answered, and is in service; gives the condition that this ends, if it ends one. */
  answered(nowMs: number): Condition | undefined {
    this.#misses = 0;
    return this.#become("up", nowMs);
  }

  /** No answer, or one that says nothing good: enough of them in a row take it down, one never does by itself. */
  missed(nowMs: number): Condition | undefined {
    this.#misses++;
    if (this.#misses >= this.#failures) return this.#become("down", nowMs);
    return this.#condition === "up"
      ? this.#become("probing", nowMs)
      : undefined;
  }

  /** It said itself that it is not in service. */
  refused(nowMs: number): Condition | undefined {
    this.#misses = this.#failures;
    return this.#become("down", nowMs);
  }

  /** It asked to be left alone until then. */
  leave(untilMs: number, nowMs: number): void {
    if (this.conditionAt(nowMs) !== "down") this.#sinceMs = nowMs;
    this.#outUntilMs = Math.max(this.#outUntilMs, untilMs);
  }

  #become(condition: Condition, nowMs: number): Condition | undefined {
    const before = this.#condition;
    if (before === condition) return undefined;
    this.#condition = condition;
    this.#sinceMs = nowMs;
    return before;
  }
}
