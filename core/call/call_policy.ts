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
        else {
          const rejects = outcome.kind === "fault" &&
            this.#context.onInviteFault === "reject";
          const decision = rejects
            ? reject(500)
            : this.#builtIn().onInvite(this.#call.view) as InviteDecision;
          this.#trace("onInvite", decision, undefined);
          take(decision);
        }
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
          if (decision) this.#trace("onFailure", decision, undefined);
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
    const call = this.#call.view.id;
    this.#context.trace?.fault({ call, hook, error });
  }

  /** `policy` is undefined for the built-in one. */
  #trace(hook: string, decision: object, policy: string | undefined): void {
    const { trace } = this.#context;
    if (trace?.full !== true) return;
    trace.decided({ call: this.#call.view.id, hook, decision, policy });
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
      if (decision) this.#trace(hook, decision, this.#policy.name ?? "policy");
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
