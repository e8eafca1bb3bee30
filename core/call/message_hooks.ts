/**
 * The two planes of message hooks: which of a policy's patterns match a message, and running them so that their edits
 * take effect together or not at all.
 *
 * @module
 */

import { keepSample, KINDS } from "../base/samples.ts";
import type { Observer } from "../base/observer.ts";
import type { SipMessage, SipRequest } from "../message/message.ts";
import type { CallTrace } from "./call_trace.ts";
import { settleKeys } from "./staged_keys.ts";
import { checkDecision } from "./decision_check.ts";
import type { MessageDecision } from "./decisions.ts";
import { type DraftRights, MessageDraft } from "./message_draft.ts";
import type { LegView, MessageHook, MessageHooks, Policy } from "./policy.ts";

/** What came of the inbound hooks: the message to go on with, or what to do with a request instead. */
export interface Inbound<M extends SipMessage> {
  readonly message: M;
  readonly decision: MessageDecision | undefined;
}

interface Pattern {
  readonly text: string;
  readonly method: string | undefined;
  /** `200`, or a class written `2xx` or `18x`: the digits that count. */
  readonly status: string | undefined;
  readonly hook: MessageHook;
}

/** Most combinations of method and status remembered per plane. */
const MAX_REMEMBERED = 200;

/** One plane of one policy. */
class Plane {
  readonly #patterns: readonly Pattern[];
  readonly #remembered = new Map<string, readonly MessageHook[]>();
  /** The hooks of every message, where no pattern makes a difference between them. */
  readonly #always: readonly MessageHook[] | undefined;

  constructor(planes: readonly (MessageHooks | undefined)[]) {
    this.#patterns = planes.flatMap((hooks) =>
      Object.entries(hooks ?? {})
        .map(([text, hook]) => parsePattern(text, hook))
        .sort((a, b) => specificity(b) - specificity(a))
    );
    if (this.#patterns.every(({ text }) => text === "*")) {
      this.#always = this.#patterns.map(({ hook }) => hook);
    }
  }

  get isEmpty(): boolean {
    return this.#patterns.length === 0;
  }

  /** The hooks that match, the most specific first. */
  matching(message: SipMessage): readonly MessageHook[] {
    if (this.#always !== undefined) return this.#always;
    const key = message.kind === "request"
      ? message.method
      : `${message.status} ${message.cseq?.method ?? ""}`;
    let hooks = this.#remembered.get(key);
    if (hooks === undefined) {
      hooks = this.#patterns.filter((pattern) => matches(pattern, message))
        .map((pattern) => pattern.hook);
      if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
      this.#remembered.set(key, hooks);
    }
    return hooks;
  }
}

/** Both planes of a policy, ready to run. Made once per policy. */
export class MessagePlanes {
  readonly #inbound: Plane;
  readonly #outbound: Plane;
  readonly #observer: Observer;
  readonly #policyName: string;
  readonly #trace: CallTrace | undefined;
  /** Whether the policy has anything that may look at a call: without a script there is nothing. */
  readonly readsCalls: boolean;

  constructor(policy: Policy, observer: Observer, trace?: CallTrace) {
    const members = policy.members ?? [policy];
    this.#inbound = new Plane(members.map((each) => each.inbound));
    this.#outbound = new Plane(members.map((each) => each.outbound));
    this.#observer = observer;
    this.#policyName = policy.name ?? "policy";
    this.#trace = trace;
    this.readsCalls = Object.keys(policy).some((key) => key !== "name") ||
      Object.getPrototypeOf(policy) !== Object.prototype;
  }

  /** Nobody looks at what is received: it passes as it came. */
  get ignoresInbound(): boolean {
    return this.#inbound.isEmpty && this.#trace?.full !== true;
  }

  /** Nobody looks at what is sent. */
  get ignoresOutbound(): boolean {
    return this.#outbound.isEmpty && this.#trace?.full !== true;
  }

  /** Runs the inbound hooks of a message as received. */
  inbound<M extends SipMessage>(
    message: M,
    { leg, rights }: { leg: LegView; rights?: DraftRights | undefined },
  ): Inbound<M> {
    let current: SipMessage = message;
    const trace = this.#trace?.full ? this.#trace : undefined;
    trace?.message({ direction: "in", message, leg });
    const decides = message.kind === "request" && mayBeAnswered(message);
    for (const hook of this.#inbound.matching(message)) {
      const draft = trace === undefined
        ? new MessageDraft(current, rights)
        : new MessageDraft(current, rights, { journal: true });
      const decision = this.#run(hook, draft, { leg, decides });
      if (decision === FAULT) continue;
      current = draft.finish();
      if (draft.changed && draft.journal !== undefined) {
        const { edits } = draft.journal;
        trace?.edited({ direction: "in", message: current, leg }, edits);
      }
      if (decision !== undefined) return { message: current as M, decision };
    }
    return { message: current as M, decision: undefined };
  }

  /** Runs the outbound hooks of a message about to be sent. */
  outbound<M extends SipMessage>(
    message: M,
    { leg, rights }: { leg: LegView; rights?: DraftRights | undefined },
  ): M {
    let current: SipMessage = message;
    const trace = this.#trace?.full ? this.#trace : undefined;
    for (const hook of this.#outbound.matching(message)) {
      const draft = trace === undefined
        ? new MessageDraft(current, rights)
        : new MessageDraft(current, rights, { journal: true });
      keepSample(KINDS.draft, draft);
      const fault = this.#run(hook, draft, { leg, decides: false }) === FAULT;
      if (fault) continue;
      current = draft.finish();
      if (draft.changed && draft.journal !== undefined) {
        const { edits } = draft.journal;
        trace?.edited({ direction: "out", message: current, leg }, edits);
      }
    }
    trace?.message({ direction: "out", message: current, leg });
    return current as M;
  }

  #run(
    hook: MessageHook,
    draft: MessageDraft,
    { leg, decides }: { leg: LegView; decides: boolean },
  ): MessageDecision | undefined | typeof FAULT {
    try {
      const decision = hook(draft, leg) ?? undefined;
      settleKeys(leg.call, { failed: false });
      // An arrow that ends in `headers.delete(...)` returns whether there was one; that decides nothing.
      if (!decides || decision === undefined || typeof decision !== "object") {
        return undefined;
      }
      checkDecision("inbound", decision, () => false);
      return decision;
    } catch (error) {
      settleKeys(leg.call, { failed: true });
      reportFault(this.#observer, {
        policy: this.#policyName,
        hook: "message hook",
        error,
      });
      const call = leg.call?.id;
      this.#trace?.fault({ call, hook: "message hook", error });
      return FAULT;
    }
  }
}

const FAULT = Symbol("fault");

/** Counts a fault of a policy and gives it one line in the log, unless it has one already. */
export function reportFault(
  observer: Observer,
  fault: { policy: string; hook: string; error: unknown },
): void {
  observer.count("policy_faults");
  const { error } = fault;
  if (error instanceof Error && "reported" in error) return;
  observer.log({
    level: "error",
    text: "policy hook failed; the default was taken",
    fields: {
      policy: fault.policy,
      hook: fault.hook,
      error: error instanceof Error ? error.message : String(error),
    },
  });
}

/** Problems of a pattern, for whoever loads a policy: undefined when it is well-formed. */
export function patternProblem(text: string): string | undefined {
  return PATTERN.test(text)
    ? undefined
    : `pattern "${text}" is neither a method, a status (200), a class (2xx, 18x), "STATUS METHOD" nor "*"`;
}

const PATTERN =
  /^(?:\*|[1-6](?:\d\d|\dx|xx)(?: [A-Z][A-Z0-9.!%*_+`'~-]*)?|[A-Z][A-Z0-9.!%*_+`'~-]*)$/;

function parsePattern(text: string, hook: MessageHook): Pattern {
  const problem = patternProblem(text);
  if (problem !== undefined) {
    throw new TypeError(`Cannot use policy: ${problem}`);
  }
  if (text === "*") return { text, method: undefined, status: undefined, hook };
  const [first = "", second] = text.split(" ");
  return /^\d/.test(first)
    ? { text, method: second, status: first.replace(/x+$/, ""), hook }
    : { text, method: first, status: undefined, hook };
}

function specificity(pattern: Pattern): number {
  return (pattern.method === undefined ? 0 : 4) + (pattern.status?.length ?? 0);
}

function matches(pattern: Pattern, message: SipMessage): boolean {
  if (message.kind === "request") {
    return pattern.status === undefined &&
      (pattern.method === undefined || pattern.method === message.method);
  }
  if (pattern.status === undefined) return pattern.method === undefined;
  return String(message.status).startsWith(pattern.status) &&
    (pattern.method === undefined || pattern.method === message.cseq?.method);
}

/** ACK has no answer, and CANCEL and BYE are answered before anyone is asked. */
function mayBeAnswered(request: SipRequest): boolean {
  return request.method !== "ACK" && request.method !== "BYE" &&
    request.method !== "CANCEL";
}
