/**
 * What a script imports from `"legwork"`. Inside the sandbox the same names are at hand; in plain Deno this module
 * gives editors their types and lets a test call a script's hooks as what they are, functions.
 *
 * @example
 * ```ts
 * import { type Call, type Message, reject, route } from "legwork";
 *
 * export function onInvite(call: Call) {
 *   if (call.from.user === "anonymous") return reject(433);
 *   return route("pbx", "carrier-backup");
 * }
 *
 * export const outbound = {
 *   "*": (message: Message) => message.headers.set("User-Agent", "PBX-12"),
 * };
 * ```
 *
 * @module
 */

import type {
  AnswerDecision,
  DtmfDecision,
  FailureDecision,
  InviteDecision,
  KeepAliveDecision,
  ProgressDecision,
  ReferDecision,
  RefreshDecision,
  RegisterDecision,
  RequestDecision,
  TargetDecision,
  UpdateDecision,
} from "../core/call/decisions.ts";
import type {
  AnswerView,
  DtmfView,
  KeepAliveView,
  ProgressView,
  ReferView,
  RefreshView,
  TargetView,
  UpdateView,
} from "../core/call/policy.ts";
import type {
  Awaitable,
  CallSummary,
  CallView,
  FailureView,
  LegView,
  MessageHooks,
  MessageView,
} from "../core/call/policy.ts";

export {
  accept,
  answer,
  drop,
  ignore,
  next,
  perform,
  redirect,
  refresh,
  reject,
  relay,
  replace,
  route,
  skip,
  suppress,
} from "../core/call/decisions.ts";
export type {
  Accept,
  Answer,
  AnswerDecision,
  Drop,
  DtmfDecision,
  DtmfKind,
  FailureDecision,
  HeaderValues,
  Ignore,
  InviteDecision,
  Json,
  KeepAliveDecision,
  MessageDecision,
  Next,
  Parties,
  Perform,
  ProgressDecision,
  Redirect,
  ReferDecision,
  RefreshDecision,
  RefreshMethod,
  RefreshWith,
  RegisterDecision,
  Reject,
  Relay,
  Replace,
  RequestDecision,
  Route,
  RouteOptions,
  RouteTarget,
  Skip,
  Suppress,
  TargetDecision,
  UpdateDecision,
} from "../core/call/decisions.ts";
export type {
  AnswerView as Answered,
  DtmfView as Dtmf,
  KeepAliveView as KeepAlive,
  ProgressView as Progress,
  ReferView as Refer,
  RefreshOutcomeView as RefreshOutcome,
  RefreshView as Refresh,
  TargetView as Target,
  UpdateKind,
  UpdateView as Update,
} from "../core/call/policy.ts";
export type {
  AddressView as Address,
  AttributesView as Attributes,
  BodyView as Part,
  Codec,
  CodecsView as Codecs,
  ContentView as Content,
  DiversionView as Diversion,
  HistoryView as HistoryInfo,
  MediaView as Media,
  PrivacyView as Privacy,
  ReadHeaders,
  ReasonView as Reason,
  SdpView as Sdp,
  ValueView as Value,
} from "../core/call/policy.ts";
export type {
  Awaitable,
  CallSummary as Summary,
  CallView as Call,
  FailureView as Failure,
  HeadersView as Headers,
  LegView as Leg,
  MessageHook,
  MessageHooks,
  MessageView as Message,
  PartyView as Party,
  UriView as Uri,
} from "../core/call/policy.ts";

export { fetch, sleep, store } from "./async_api.ts";
export type {
  FetchOptions,
  FetchResponse,
  KeepOptions,
  SharedStore,
} from "./async_api.ts";

/** Everything a script may export. All of it is optional: what is left out is decided as without a script. */
export interface Script {
  /** A revision starts, before any call depends on it. Throwing refuses it, and the one before stays. */
  onLoad?(): Awaitable<void>;
  /** A request outside any call: OPTIONS, MESSAGE and the like. Default: OPTIONS and keep-alives get 200, others 405. */
  onRequest?(
    request: MessageView,
    leg: LegView,
  ): Awaitable<RequestDecision | void>;
  /** A new call; 100 has been sent and nobody was called yet. Default: the configured routes. */
  onInvite?(call: CallView): Awaitable<InviteDecision | void>;
  /** An INVITE is about to be sent to a server of a target. Default: it is. */
  onTarget?(call: CallView, target: TargetView): TargetDecision | void;
  /** A provisional response, 101 to 199, on its way to the caller. Default: it goes on. */
  onProgress?(call: CallView, progress: ProgressView): ProgressDecision | void;
  /** A 2xx on its way to the caller. Default: it goes on. */
  onAnswer?(call: CallView, answer: AnswerView): AnswerDecision | void;
  /** A target gave no 2xx. Default: the next target, and after the last one the best answer goes to the caller. */
  onFailure?(
    call: CallView,
    failure: FailureView,
  ): Awaitable<FailureDecision | void>;
  /** A re-INVITE or UPDATE came. Default: to the other side; one that changes nothing is answered here. */
  onUpdate?(call: CallView, update: UpdateView): UpdateDecision | void;
  /** A leg's session wants to be refreshed. Default: the gentlest request that the peer takes. */
  onRefresh?(refresh: RefreshView): RefreshDecision | void;
  /** A keep-alive came, whatever it came as. Default: answered where it came, as its kind is. */
  onKeepAlive?(ping: KeepAliveView): KeepAliveDecision | void;
  /** A key was pressed. Default: it goes to the other side, in the form that side takes. */
  onDtmf?(call: CallView, key: DtmfView): DtmfDecision | void;
  /** A transfer was asked for. Default: by the leg's profile. */
  onRefer?(call: CallView, refer: ReferView): Awaitable<ReferDecision | void>;
  /** A REGISTER came. Default: the registrar, if its domain is ours; else `onRequest`, and without a decision there 405. */
  onRegister?(
    request: MessageView,
    leg: LegView,
  ): Awaitable<RegisterDecision | void>;
  /** The call is over; nothing can be changed any more. */
  onEnd?(call: CallView, summary: CallSummary): Awaitable<void>;
  /** Messages as received, by pattern: `INVITE`, `200 INVITE`, `18x INVITE`, `4xx`, `*`. All that match run. */
  readonly inbound?: MessageHooks;
  /** Messages as they are about to be sent, by pattern. */
  readonly outbound?: MessageHooks;
}

/** Writes a line to the log with the script's name. Objects show as JSON. */
export function log(...values: unknown[]): void {
  console.log(...values);
}
