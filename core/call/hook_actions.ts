/** What each hook may decide, for everyone who checks: core, the sandbox, the operator's `check`. */

import type {
  AnswerDecision,
  DtmfDecision,
  FailureDecision,
  InviteDecision,
  KeepAliveDecision,
  MessageDecision,
  ProgressDecision,
  ReferDecision,
  RefreshWith,
  RegisterDecision,
  RequestDecision,
  Skip,
  TargetDecision,
  UpdateDecision,
} from "./decisions.ts";

/** What each hook decides, as objects. */
export interface HookDecisions {
  readonly onRequest: RequestDecision;
  readonly onInvite: InviteDecision;
  readonly onTarget: TargetDecision;
  readonly onProgress: ProgressDecision;
  readonly onAnswer: AnswerDecision;
  readonly onFailure: FailureDecision;
  readonly onUpdate: UpdateDecision;
  readonly onRefresh: RefreshWith | Skip;
  readonly onKeepAlive: KeepAliveDecision;
  readonly onDtmf: DtmfDecision;
  readonly onRefer: ReferDecision;
  readonly onRegister: RegisterDecision;
  readonly inbound: MessageDecision;
}

/** A hook whose return value is a decision; `inbound` stands for its message hooks. */
export type DecidingHook = keyof HookDecisions;
/** What such a hook decides. */
export type DecisionOf<H extends DecidingHook> = HookDecisions[H];
/** Any decision. */
export type Decision = DecisionOf<DecidingHook>;
/** The name of a decision. */
export type Action = Decision["action"];

/** The names of the decisions of each hook. */
export const HOOK_ACTIONS: {
  readonly [H in DecidingHook]: readonly DecisionOf<H>["action"][];
} = {
  onRequest: ["answer", "reject", "route", "drop"],
  onInvite: ["route", "reject", "redirect", "answer"],
  onTarget: ["relay", "skip"],
  onProgress: ["relay", "suppress", "replace", "reject"],
  onAnswer: ["relay", "reject"],
  onFailure: ["next", "route", "reject", "redirect", "relay"],
  onUpdate: ["relay", "answer", "reject"],
  onRefresh: ["refresh", "skip"],
  onKeepAlive: ["answer", "relay", "ignore", "reject"],
  onDtmf: ["relay", "suppress", "replace"],
  onRefer: ["relay", "perform", "reject"],
  onRegister: ["accept", "route", "reject"],
  inbound: ["answer", "reject", "drop"],
};

/** Throws TypeError that names what was found and what the hook wants, unless it may decide so. */
export function checkAction(hook: DecidingHook, decision: unknown): void {
  const actions: readonly Action[] = HOOK_ACTIONS[hook];
  const found = typeof decision === "object" && decision !== null
    ? (decision as { action?: unknown }).action
    : undefined;
  if (actions.some((action) => action === found)) return;
  throw new TypeError(
    `Cannot take decision: found ${
      typeof found === "string"
        ? found
        : typeof decision === "object" && decision !== null
        ? "an object without action"
        : shown(decision)
    }, ${hook} wants ${wanted(hook)}`,
  );
}

/** Statuses a response of a hook may have. */
export function statusRange(
  hook: DecidingHook,
  action: "answer" | "reject",
): [least: number, most: number] {
  // A call is accepted with 200 alone (RFC 3261 §13.3.1.4 knows other 2xx, nobody sends them).
  if (hook === "onInvite" && action === "answer") return [200, 200];
  if (hook === "onUpdate" && action === "answer") return [200, 299];
  // A message hook that answers or rejects does the same.
  return action === "answer" || hook === "inbound" ? [200, 699] : [300, 699];
}

/** `route, reject or redirect`. */
function wanted(hook: DecidingHook): string {
  const methods = hook === "onRefresh"
    ? ['"UPDATE"', '"INVITE"', '"OPTIONS"']
    : [];
  const names = [...methods, ...HOOK_ACTIONS[hook]];
  return `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}

function shown(value: unknown): string {
  if (value instanceof Promise) return "a promise";
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
