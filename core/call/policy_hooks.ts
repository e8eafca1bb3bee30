/**
 * A policy's hooks asked one at a time: what they say is checked; silence and faults leave the default in force.
 *
 * @module
 */

import type { Observer } from "../base/observer.ts";
import type { CallTrace } from "./call_trace.ts";
import { settleKeys } from "./staged_keys.ts";
import { checkDecision } from "./decision_check.ts";
import type { DecidingHook, Decision, DecisionOf } from "./hook_actions.ts";
import { reportFault } from "./message_hooks.ts";
import type { Awaitable, Policy } from "./policy.ts";

/** What a question ends in: the hook's decision, its silence, or its fault. */
export type Outcome<D> =
  | { readonly kind: "decided"; readonly decision: D }
  | { readonly kind: "silent" }
  | { readonly kind: "fault" };

/** What a hook answers, as its author writes it. */
export type Answered<H extends DecidingHook> = H extends "onRefresh"
  ? ReturnType<NonNullable<Policy["onRefresh"]>>
  : DecisionOf<H> | void;

/** A call that has a story. */
export interface TracedCall {
  readonly view: { readonly id: string };
}

/** Asks hooks. */
export class PolicyHooks {
  readonly #trunks: { get(name: string): unknown };
  readonly #observer: Observer;
  readonly #trace: CallTrace | undefined;
  readonly #call: TracedCall | undefined;

  /** `call` is whose story decisions and faults belong to; none outside any call. */
  constructor(
    readonly policy: Policy,
    world: {
      observer: Observer;
      trace?: CallTrace | undefined;
      trunks: { get(name: string): unknown };
    },
    call?: TracedCall,
  ) {
    this.#observer = world.observer;
    this.#trace = world.trace;
    this.#call = call;
    this.#trunks = world.trunks;
  }

  /** Asks a hook that may not wait; undefined stands for the default. `shown` is what is told of a decision. */
  now<H extends DecidingHook>(
    hook: H,
    ask: () => Answered<H>,
    shown?: (decision: DecisionOf<H>) => object,
  ): DecisionOf<H> | undefined {
    try {
      const answer = ask();
      if (answer instanceof Promise) {
        // Nobody waits for it any more.
        answer.catch(() => {});
        throw new TypeError(`Cannot wait for ${hook}: it returned a promise`);
      }
      const decision = this.#checked(hook, answer, shown);
      settleKeys(this.#call?.view, { failed: false });
      return decision;
    } catch (error) {
      settleKeys(this.#call?.view, { failed: true });
      this.fault(hook, error);
      return undefined;
    }
  }

  /** Asks a hook that may wait. True when it does; `take` comes once, now or later. */
  ask<H extends DecidingHook>(
    hook: H,
    ask: () => Awaitable<Answered<H>>,
    take: (outcome: Outcome<DecisionOf<H>>) => void,
  ): boolean {
    const settle = (answer: Answered<H>): void => {
      let decision: DecisionOf<H> | undefined;
      try {
        decision = this.#checked(hook, answer);
      } catch (error) {
        fail(error);
        return;
      }
      settleKeys(this.#call?.view, { failed: false });
      take(
        decision === undefined
          ? { kind: "silent" }
          : { kind: "decided", decision },
      );
    };
    const fail = (error: unknown): void => {
      settleKeys(this.#call?.view, { failed: true });
      this.fault(hook, error);
      take({ kind: "fault" });
    };
    let answer: Awaitable<Answered<H>>;
    try {
      answer = ask();
    } catch (error) {
      fail(error);
      return false;
    }
    if (answer instanceof Promise) {
      answer.then(settle, fail);
      return true;
    }
    settle(answer);
    return false;
  }

  /** Reports that a hook failed. */
  fault(hook: string, error: unknown): void {
    const policy = this.policy.name ?? "policy";
    reportFault(this.#observer, { policy, hook, error });
    this.#trace?.fault({ call: this.#call?.view.id, hook, error });
  }

  /** Tells the call's story of a decision; `policy` is undefined for the built-in one. */
  decided(hook: string, decision: object, policy: string | undefined): void {
    const call = this.#call?.view.id;
    if (this.#trace?.full !== true || call === undefined) return;
    this.#trace.decided({ call, hook, decision, policy });
  }

  #checked<H extends DecidingHook>(
    hook: H,
    answer: Answered<H>,
    shown?: (decision: DecisionOf<H>) => object,
  ): DecisionOf<H> | undefined {
    if (answer === undefined || answer === null) return undefined;
    const said: unknown = answer;
    const decision: unknown = typeof said === "string" && hook === "onRefresh"
      ? { action: "refresh", method: said }
      : said;
    checkDecision(
      hook,
      decision as Decision,
      (name) => this.#trunks.get(name) !== undefined,
    );
    const taken = decision as DecisionOf<H>;
    const told = shown === undefined ? taken : shown(taken);
    this.decided(hook, told, this.policy.name ?? "policy");
    return taken;
  }
}
