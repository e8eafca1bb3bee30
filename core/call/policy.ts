/**
 * The policy interface: what the built-in behaviour, a plain TypeScript module and a sandboxed script implement
 * alike. A hook that is absent, or returns nothing, leaves the built-in behaviour in force.
 *
 * All text here is text as people write it (UTF-8 decoded), not the byte strings of `core/message`.
 *
 * @module
 */

import type { MediaSummary } from "../media/media_summary.ts";
import type {
  AnswerDecision,
  DtmfDecision,
  FailureDecision,
  InviteDecision,
  KeepAliveDecision,
  MessageDecision,
  ProgressDecision,
  ReferDecision,
  RefreshDecision,
  RegisterDecision,
  RequestDecision,
  TargetDecision,
  UpdateDecision,
} from "./decisions.ts";
import type {
  AnswerView,
  DtmfView,
  KeepAliveView,
  ProgressView,
  ReferView,
  RefreshView,
  TargetView,
  UpdateView,
} from "./event_views.ts";
import type { CallView, LegView } from "./leg_views.ts";
import type { MessageView } from "./message_views.ts";

export type * from "./body_views.ts";
export type * from "./event_views.ts";
export type * from "./leg_views.ts";
export type * from "./message_views.ts";

/** A value now or later. */
export type Awaitable<T> = T | Promise<T>;

/** A target that gave no 2xx. */
export interface FailureView {
  /** As the route named it: a trunk or a URI. */
  readonly target: string;
  /** The final status, or what a silence stands for: 408 no response, 503 not reachable, 480 rang and was given up. */
  readonly status: number;
  /** The reason phrase; "" without one. */
  readonly reason: string;
  /** True when no final response came from the network. */
  readonly local: boolean;
  /** URIs that a 3xx names as Contact, as `route` and `redirect` take them. */
  readonly contacts: readonly string[];
  /** Targets not tried yet. */
  readonly remaining: number;
}

/** How a call went. Times are calendar milliseconds since 1970. */
export interface CallSummary {
  /** As `call.id`. */
  readonly id: string;
  /** The trunk or address of the caller. */
  readonly from: string;
  /** The target that answered or was tried last. */
  readonly to: string | undefined;
  /** When the INVITE came. */
  readonly startedAtMs: number;
  /** When a target answered; undefined when none did. */
  readonly answeredAtMs: number | undefined;
  /** When it was over. */
  readonly endedAtMs: number;
  /** The final status the caller got. */
  readonly status: number;
  /** Who ended it. */
  readonly endedBy: "a" | "b" | "legwork";
  /** Why, in a few words: `BYE`, `CANCEL`, `no answer`, `max call`, `no ACK`, `session timer`, `keep-alive`. */
  readonly cause: string;
  /** The session timers that ran; absent where none did. */
  readonly timers?: readonly TimerSummary[];
  /** What we relayed of its media; absent where they went past us. */
  readonly media?: MediaSummary;
  /** How many keys each leg has pressed, where they were looked at; absent where none was. */
  readonly keys?: Readonly<Record<"a" | "b", number>>;
  /** Those that a script has collected, as `call.keys`; nothing of a leg whose trunk masks keys. */
  readonly collected?: Readonly<Partial<Record<"a" | "b", string>>>;
}

/** How the session of one leg was kept up (RFC 4028). */
export interface TimerSummary {
  /** The leg. */
  readonly leg: "a" | "b";
  /** What was agreed on last. */
  readonly intervalSeconds: number;
  /** Whose turn it was to refresh. */
  readonly refresher: "us" | "them";
  /** Refreshes by our requests. */
  readonly ours: number;
  /** Refreshes by the peer's requests. */
  readonly theirs: number;
  /** How it was refreshed last; undefined when it never was. */
  readonly method: string | undefined;
}

/** A message hook. Only an inbound request's return value is looked at. */
export type MessageHook = (
  message: MessageView,
  leg: LegView,
) => MessageDecision | void;

/** Message hooks by pattern: `INVITE`, `200 INVITE`, `18x INVITE`, `200`, `4xx`, `*`. All that match run, the most specific first. */
export type MessageHooks = Readonly<Record<string, MessageHook>>;

/** The hooks. They are looked up once per policy; an absent one costs nothing. */
export interface Policy {
  /** A name for logs and traces: a script's revision, say. */
  readonly name?: string;
  readonly inbound?: MessageHooks;
  readonly outbound?: MessageHooks;
  /**
   * Of a policy made of several: those whose message hooks run, in this order, in place of its own. Each hook's
   * edits take effect, or do not, by themselves.
   */
  readonly members?: readonly Policy[];
  /** The call is over: what its hooks still decide is void, and what they wait for may be dropped. `onEnd` follows. */
  forget?(call: CallView): void;
  onInvite?(call: CallView): Awaitable<InviteDecision | void>;
  onTarget?(call: CallView, target: TargetView): TargetDecision | void;
  onProgress?(call: CallView, progress: ProgressView): ProgressDecision | void;
  onAnswer?(call: CallView, answer: AnswerView): AnswerDecision | void;
  onFailure?(
    call: CallView,
    failure: FailureView,
  ): Awaitable<FailureDecision | void>;
  onUpdate?(call: CallView, update: UpdateView): UpdateDecision | void;
  onRefresh?(refresh: RefreshView): RefreshDecision | void;
  onKeepAlive?(ping: KeepAliveView): KeepAliveDecision | void;
  onDtmf?(call: CallView, key: DtmfView): DtmfDecision | void;
  onRefer?(call: CallView, refer: ReferView): Awaitable<ReferDecision | void>;
  onRegister?(
    request: MessageView,
    leg: LegView,
  ): Awaitable<RegisterDecision | void>;
  onRequest?(
    request: MessageView,
    leg: LegView,
  ): Awaitable<RequestDecision | void>;
  onEnd?(call: CallView, summary: CallSummary): Awaitable<void>;
}

/** What a hook may throw once its own policy has told the operator: core takes the default and logs nothing more. */
export interface ReportedError extends Error {
  readonly reported: true;
}

/** Where policies come from. A call keeps the one it began with (a pinned revision) and gives it back at its end. */
export interface PolicySource {
  /** The policy for a new call, or for one request outside any call. */
  acquire(): Policy;
  /** Called once for each acquire. */
  release(policy: Policy): void;
}

/** A source that always has the same policy. */
export function fixedPolicy(policy: Policy): PolicySource {
  return { acquire: () => policy, release: () => {} };
}
