/** Tells the operator, once per revision and limit, that a script comes near one of its limits, before it is a fault. */

import type { Observer } from "../core/base/observer.ts";
import type { ScriptLimits } from "./limits.ts";

/** The limits of a hook that are watched. */
export type WatchedLimit = Extract<
  keyof ScriptLimits,
  | "hookMs"
  | "asyncMs"
  | "memoryBytes"
  | "edits"
  | "errands"
  | "pending"
  | "waiting"
  | "logLines"
  | "varsChars"
  | "decisionChars"
  | "storeValueChars"
>;

/** From this share of a limit on there is a warning. */
const NEAR = 0.8;

/** See the module comment. */
export class LimitWatch {
  readonly #observer: Observer;
  readonly #script: string;
  readonly #told: Set<WatchedLimit> = new Set();

  /** `script` is the revision's name in the log. */
  constructor(observer: Observer, script: string) {
    this.#observer = observer;
    this.#script = script;
  }

  /** So much of a limit was used; past it there is a fault to tell of, and no need to warn. */
  use(limit: WatchedLimit, used: number, most: number): void {
    const isNear = used >= most * NEAR && used <= most && most > 1;
    if (!isNear || this.#told.has(limit)) return;
    this.#told.add(limit);
    this.#observer.count("script_limit_near");
    this.#observer.log({
      level: "warn",
      text: "script near its limit",
      fields: { script: this.#script, limit, used: Math.round(used), most },
    });
  }

  /** Something was refused for the sake of a limit. */
  exceeded(limit: WatchedLimit): void {
    this.#observer.count(`script_limit_${snakeCase(limit)}`);
  }
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
