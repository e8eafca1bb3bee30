/**
 * The policy of one call: its hooks asked, now or later, and silence and faults turned into the built-in decision.
 * While a hook waits the call's later events wait too; when the call ends meanwhile the decision is void.
 *
 * @module
 */

import { builtInPolicy, builtInRoute } from "./built_in_policy.ts";
import type { CallContext } from "./call_context.ts";
import {
  type AnswerDecision,
  type FailureDecision,
  type InviteDecision,
  type ProgressDecision,
  reject,
  type UpdateDecision,
} from "./decisions.ts";
import type {
  AnswerView,
  ProgressView,
  TargetView,
  UpdateView,
} from "./event_views.ts";
import type { DecidingHook, DecisionOf } from "./hook_actions.ts";
import type {
  Awaitable,
  CallSummary,
  CallView,
  FailureView,
  Policy,
} from "./policy.ts";
import { PolicyEvents } from "./policy_events.ts";
import { type Answered, type Outcome, PolicyHooks } from "./policy_hooks.ts";

/** What it needs to know of its call. */
export interface PolicyCall {
  readonly view: CallView;
  /** A decision that comes after the end is void. */
  readonly over: boolean;
  readonly queue: {
    /** The call's events wait from now on. */
    hold(): void;
    /** Does what they waited for; they come after it. */
    resume(act: () => void): void;
  };
}

/** Asks the hooks of one call. */
export class CallPolicy {
  /** Whose hooks they are. */
  readonly source: Policy;
  /** The hooks of what happens on its legs. */
  readonly events: PolicyEvents;
  readonly #hooks: PolicyHooks;
  readonly #call: PolicyCall;
  readonly #context: CallContext;

  constructor(policy: Policy, call: PolicyCall, context: CallContext) {
    this.source = policy;
    this.#hooks = new PolicyHooks(policy, context, call);
    this.events = new PolicyEvents(this.#hooks);
    this.#call = call;
    this.#context = context;
  }

  /** Where a new call goes. */
  onInvite(take: (decision: InviteDecision) => void): void {
    const { view } = this.#call;
    if (this.source.onInvite === undefined) {
      this.#takeOurs(this.#ourRoute(), take);
      return;
    }
    this.#ask("onInvite", () => this.source.onInvite?.(view), (outcome) => {
      if (outcome.kind === "decided") {
        take(outcome.decision);
        return;
      }
      const rejects = outcome.kind === "fault" &&
        this.#context.onInviteFault === "reject";
      this.#takeOurs(rejects ? reject(500) : this.#ourRoute(), take);
    });
  }

  #ourRoute(): InviteDecision {
    return builtInRoute(this.#context.routes, this.#call.view.trunk);
  }

  #takeOurs(
    decision: InviteDecision,
    take: (decision: InviteDecision) => void,
  ): void {
    this.#hooks.decided("onInvite", decision, undefined);
    take(decision);
  }

  /** Whether an INVITE may leave; undefined when nobody wants to be asked. */
  get onTarget(): ((target: TargetView) => boolean) | undefined {
    const policy = this.source;
    if (policy.onTarget === undefined) return undefined;
    return (target) =>
      this.#hooks.now(
        "onTarget",
        () => policy.onTarget?.(this.#call.view, target),
      )?.action !== "skip";
  }

  /** What becomes of an 18x; undefined: it goes on. */
  onProgress(view: () => ProgressView): ProgressDecision | undefined {
    const policy = this.source;
    if (policy.onProgress === undefined) return undefined;
    return this.#hooks.now(
      "onProgress",
      () => policy.onProgress?.(this.#call.view, view()),
    );
  }

  /** What becomes of a 2xx; undefined: it goes on. */
  onAnswer(view: () => AnswerView): AnswerDecision | undefined {
    const policy = this.source;
    if (policy.onAnswer === undefined) return undefined;
    return this.#hooks.now(
      "onAnswer",
      () => policy.onAnswer?.(this.#call.view, view()),
    );
  }

  /** What becomes of a re-INVITE or UPDATE; undefined: it goes on. */
  onUpdate(view: () => UpdateView): UpdateDecision | undefined {
    const policy = this.source;
    if (policy.onUpdate === undefined) return undefined;
    return this.#hooks.now(
      "onUpdate",
      () => policy.onUpdate?.(this.#call.view, view()),
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
      () => this.source.onFailure?.(view, failure),
      (outcome) => {
        if (outcome.kind === "decided") take(outcome.decision, false);
        else {
          const decision = builtInPolicy(this.#context.routes)
            .onFailure(view, failure) as FailureDecision;
          this.#hooks.decided("onFailure", decision, undefined);
          take(decision, true);
        }
      },
    );
  }

  /** Tells of the end; `done` comes when the policy has taken note. */
  onEnd(summary: CallSummary, done: () => void): void {
    this.source.forget?.(this.#call.view);
    try {
      const told = this.source.onEnd?.(this.#call.view, summary);
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
    this.#hooks.fault(hook, error);
  }

  #ask<H extends DecidingHook>(
    hook: H,
    ask: () => Awaitable<Answered<H>>,
    take: (outcome: Outcome<DecisionOf<H>>) => void,
  ): void {
    let waits = false;
    waits = this.#hooks.ask(hook, ask, (outcome) => {
      if (this.#call.over) return;
      if (waits) this.#call.queue.resume(() => take(outcome));
      else take(outcome);
    });
    if (waits) this.#call.queue.hold();
  }
}
