/** The hooks of a script as core calls them: what each one is handed, and in which shape. */

import type { DecidingHook, DecisionOf } from "../core/call/hook_actions.ts";
import type {
  Awaitable,
  LegView,
  MessageView,
  Policy,
} from "../core/call/policy.ts";
import type { CallHook } from "./exports.ts";
import type { Handed } from "./frame.ts";
import { SHAPES } from "./operations.ts";

/** How a hook is called: its arguments go as views that stay outside, and as plain fields. */
export interface HookCall {
  readonly shape: number;
  readonly handed: Handed;
  /** The plain fields of the event. */
  readonly extra?: object;
}

/** Calls a deciding hook. */
export type Decide = <H extends DecidingHook & CallHook>(
  hook: H,
  call: HookCall,
) => Awaitable<DecisionOf<H> | undefined>;

/** The deciding hooks of a script, those that `has` knows and no others. */
export function decidingHooks(
  has: (hook: CallHook) => boolean,
  decide: Decide,
): Policy {
  function now<H extends DecidingHook & CallHook>(
    hook: H,
    call: HookCall,
  ): DecisionOf<H> | undefined {
    // The dispatcher inside lets these shapes bring no promise.
    return decide(hook, call) as DecisionOf<H> | undefined;
  }
  const hooks: Policy = {
    onInvite: (call) =>
      decide("onInvite", { shape: SHAPES.call, handed: { call } }),
    onTarget: (call, target) =>
      now("onTarget", {
        shape: SHAPES.callNow,
        handed: { call },
        extra: target,
      }),
    onProgress: (call, progress) =>
      now("onProgress", eventOf(SHAPES.callNow, progress, { call })),
    onAnswer: (call, answer) =>
      now("onAnswer", eventOf(SHAPES.callNow, answer, { call })),
    onFailure: (call, failure) =>
      decide("onFailure", {
        shape: SHAPES.callAnd,
        handed: { call },
        extra: failure,
      }),
    onUpdate: (call, update) =>
      now("onUpdate", eventOf(SHAPES.callNow, update, { call })),
    onRefresh: (refresh) => now("onRefresh", eventOf(SHAPES.eventNow, refresh)),
    onKeepAlive: (ping) => now("onKeepAlive", eventOf(SHAPES.eventNow, ping)),
    onDtmf: (call, key) =>
      now("onDtmf", eventOf(SHAPES.callNow, key, { call })),
    onRefer: (call, refer) =>
      decide("onRefer", eventOf(SHAPES.callAnd, refer, { call })),
    onRegister: (message, leg) =>
      decide("onRegister", {
        shape: SHAPES.request,
        handed: { message, leg },
      }),
    onRequest: (message, leg) =>
      decide("onRequest", { shape: SHAPES.request, handed: { message, leg } }),
  };
  return Object.fromEntries(
    Object.entries(hooks).filter(([hook]) => has(hook as CallHook)),
  );
}

/** An event's views stay outside; inside they are made again where its fields say true. */
function eventOf(
  shape: number,
  event: object & {
    readonly leg: LegView;
    readonly message?: MessageView | undefined;
  },
  handed: Handed = {},
): HookCall {
  const { leg, message, ...plain } = event;
  return {
    shape,
    handed: { ...handed, leg, message },
    extra: {
      ...plain,
      leg: true,
      ...(message === undefined ? {} : { message: true }),
    },
  };
}
