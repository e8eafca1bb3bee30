/**
 * The hooks of what happens on a leg, within a call or outside: whoever notices the event asks here, hands over what
 * it would do by itself, and does what comes back. Without the hook nothing is made for it.
 *
 * @module
 */

import type {
  DtmfDecision,
  KeepAliveDecision,
  ReferDecision,
  RefreshWith,
  RegisterDecision,
  Skip,
} from "./decisions.ts";
import type {
  DtmfView,
  KeepAliveView,
  ReferView,
  RefreshView,
} from "./event_views.ts";
import type { CallView, LegView, MessageView } from "./policy.ts";
import type { PolicyHooks } from "./policy_hooks.ts";

/** Asks the hooks of single events. */
export class PolicyEvents {
  readonly #hooks: PolicyHooks;

  constructor(hooks: PolicyHooks) {
    this.#hooks = hooks;
  }

  /** True when somebody decides about keys. */
  get hasOnDtmf(): boolean {
    return this.#hooks.policy.onDtmf !== undefined;
  }

  /** A leg's refresh is due; undefined leaves it to the refresh ladder. */
  onRefresh(view: () => RefreshView): RefreshWith | Skip | undefined {
    const { policy } = this.#hooks;
    if (policy.onRefresh === undefined) return undefined;
    return this.#hooks.now("onRefresh", () => policy.onRefresh?.(view()));
  }

  /** A keep-alive came, of any kind. */
  onKeepAlive(
    byDefault: KeepAliveDecision,
    view: () => KeepAliveView,
  ): KeepAliveDecision {
    const { policy } = this.#hooks;
    if (policy.onKeepAlive === undefined) return byDefault;
    return this.#hooks.now(
      "onKeepAlive",
      () => policy.onKeepAlive?.(view()),
    ) ?? byDefault;
  }

  /** A key was pressed on a leg of a call. */
  onDtmf(
    call: CallView,
    { byDefault, view, masked = false }: {
      byDefault: DtmfDecision;
      view: () => DtmfView;
      /** The keys that it is replaced by are not told. */
      masked?: boolean;
    },
  ): DtmfDecision {
    const { policy } = this.#hooks;
    if (policy.onDtmf === undefined) return byDefault;
    return this.#hooks.now(
      "onDtmf",
      () => policy.onDtmf?.(call, view()),
      masked ? withoutKeys : undefined,
    ) ?? byDefault;
  }

  /** A transfer was asked for; `take` comes once, now or later. True when it comes later. */
  onRefer(
    call: CallView,
    { byDefault, view, take }: {
      byDefault: ReferDecision;
      view: () => ReferView;
      take: (decision: ReferDecision) => void;
    },
  ): boolean {
    const { policy } = this.#hooks;
    if (policy.onRefer === undefined) {
      take(byDefault);
      return false;
    }
    return this.#hooks.ask(
      "onRefer",
      () => policy.onRefer?.(call, view()),
      (outcome) =>
        take(outcome.kind === "decided" ? outcome.decision : byDefault),
    );
  }

  /** A REGISTER came; `take` comes once, now or later, with undefined where nobody decided. */
  onRegister(
    request: () => MessageView,
    { leg, take }: {
      leg: LegView;
      take: (decision: RegisterDecision | undefined) => void;
    },
  ): boolean {
    const { policy } = this.#hooks;
    if (policy.onRegister === undefined) {
      take(undefined);
      return false;
    }
    return this.#hooks.ask(
      "onRegister",
      () => policy.onRegister?.(request(), leg),
      (outcome) =>
        take(outcome.kind === "decided" ? outcome.decision : undefined),
    );
  }
}

function withoutKeys(decision: DtmfDecision): DtmfDecision {
  return "keys" in decision && decision.keys !== undefined
    ? { ...decision, keys: "?".repeat(decision.keys.length) }
    : decision;
}
