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
  FailureDecision,
  InviteDecision,
  RequestDecision,
} from "../core/call/decisions.ts";
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
  answer,
  drop,
  next,
  redirect,
  reject,
  relay,
  route,
} from "../core/call/decisions.ts";
export type {
  Answer,
  Drop,
  FailureDecision,
  HeaderValues,
  InviteDecision,
  Json,
  MessageDecision,
  Next,
  Redirect,
  Reject,
  Relay,
  RequestDecision,
  Route,
  RouteOptions,
  RouteTarget,
} from "../core/call/decisions.ts";
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

/** Everything a script may export. All of it is optional: what is left out is decided as without a script. */
export interface Script {
  /** A revision starts, before any call depends on it. Throwing refuses it, and the one before stays. */
  onLoad?(): Awaitable<void>;
  /** A request outside any call: OPTIONS, MESSAGE and the like. Default: OPTIONS gets 200, others 405. */
  onRequest?(
    request: MessageView,
    leg: LegView,
  ): Awaitable<RequestDecision | void>;
  /** A new call; 100 has been sent and nobody was called yet. Default: the configured routes. */
  onInvite?(call: CallView): Awaitable<InviteDecision | void>;
  /** A target gave no 2xx. Default: the next target, and after the last one the best answer goes to the caller. */
  onFailure?(
    call: CallView,
    failure: FailureView,
  ): Awaitable<FailureDecision | void>;
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
