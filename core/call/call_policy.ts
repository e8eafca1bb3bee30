/**
 * The policy of one call: its hooks asked, now or later; what they say checked; silence and faults turned into the
 * built-in decision.
 *
 * @module
 */

import { builtInPolicy } from "./built_in_policy.ts";
import type { CallContext } from "./call_context.ts";
import { checkDecision } from "./decision_check.ts";
import {
  type FailureDecision,
  type InviteDecision,
  reject,
} from "./decisions.ts";
import { reportFault } from "./message_hooks.ts";
import type {
  Awaitable,
  CallSummary,
  CallView,
  FailureView,
  Policy,
} from "./policy.ts";

/** What it needs to know of its call. */
export interface PolicyCall {
  readonly view: CallView;
  /** A decision that comes after the end is void. */
  readonly over: boolean;
}

/** What a question ends in: the hook's decision, its silence, or its fault. */
type Outcome<D> =
  | { readonly kind: "decided"; readonly decision: D }
  | { readonly kind: "silent" }
  | { readonly kind: "fault" };

/** Asks the hooks of one call. */
export class CallPolicy {
  readonly #policy: Policy;
  readonly #call: PolicyCall;
  readonly #context: CallContext;

  constructor(policy: Policy, call: PolicyCall, context: CallContext) {
    this.#policy = policy;
    this.#call = call;
    this.#context = context;
  }

  /** Where a new call goes. */
  onInvite(take: (decision: InviteDecision) => void): void {
    this.#ask(
      "onInvite",
      () => this.#policy.onInvite?.(this.#call.view),
      (outcome: Outcome<InviteDecision>) => {
        if (outcome.kind === "decided") take(outcome.decision);
        else if (
          outcome.kind === "fault" && this.#context.onInviteFault === "reject"
        ) take(reject(500));
        else take(this.#builtIn().onInvite(this.#call.view) as InviteDecision);
      },
    );
  }

  /** What follows a target's failure; `ours` tells the built-in decision from the policy's own. */
  onFailure(
    failure: FailureView,
    take: (decision: FailureDecision, ours: boolean) => void,
  ): void {
    const { view } = this.#call;
    this.#ask(
      "onFailure",
      () => this.#policy.onFailure?.(view, failure),
      (outcome: Outcome<FailureDecision>) => {
        if (outcome.kind === "decided") take(outcome.decision, false);
        else {
          const decision = this.#builtIn().onFailure(view, failure);
          take(decision as FailureDecision, true);
        }
      },
    );
  }

  /** Tells of the end; `done` comes when the policy has taken note. */
  onEnd(summary: CallSummary, done: () => void): void {
    try {
      const told = this.#policy.onEnd?.(this.#call.view, summary);
      if (told instanceof Promise) {
        told.catch((error) => this.fault("onEnd", error)).then(done);
        return;
      }
    } catch (error) {
      this.fault("onEnd", error);
    }
    done();
  }

  /** Reports that a hook failed. */
  fault(hook: string, error: unknown): void {
    const policy = this.#policy.name ?? "policy";
    reportFault(this.#context.observer, { policy, hook, error });
  }

  #ask<D extends InviteDecision | FailureDecision>(
    hook: string,
    call: () => Awaitable<D | void>,
    take: (outcome: Outcome<D>) => void,
  ): void {
    const settle = (decision: D | void): void => {
      if (this.#call.over) return;
      try {
        if (decision !== undefined && decision !== null) {
          checkDecision(decision, (name) => this.#isTrunk(name));
        }
      } catch (error) {
        fail(error);
        return;
      }
      take(decision ? { kind: "decided", decision } : { kind: "silent" });
    };
    const fail = (error: unknown): void => {
      this.fault(hook, error);
      if (!this.#call.over) take({ kind: "fault" });
    };
    let answer: Awaitable<D | void>;
    try {
      answer = call();
    } catch (error) {
      fail(error);
      return;
    }
    if (answer instanceof Promise) answer.then(settle, fail);
    else settle(answer);
  }

  #isTrunk(name: string): boolean {
    return this.#context.trunks.get(name) !== undefined;
  }

  #builtIn(): ReturnType<typeof builtInPolicy> {
    return builtInPolicy(this.#context.routes);
  }
}
