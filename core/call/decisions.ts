/**
 * What a hook returns: plain data that says what to do, never the doing. Each is made by the function of the same
 * name; a policy may also return the object itself. Each function stands alone: a sandbox takes its text as it is.
 *
 * @module
 */

/** Anything that survives a trip through JSON. */
export type Json =
  | null
  | boolean
  | number
  | string
  | Json[]
  | { [key: string]: Json };

/** Header fields to put into a message, in order; a name may come with several values. */
export type HeaderValues = Readonly<Record<string, string | readonly string[]>>;

/** One place to try: the name of a trunk or a SIP URI, perhaps with settings of its own. */
export type RouteTarget = string | {
  /** The name of a trunk, or a SIP URI. */
  readonly to: string;
  /** Give this target up when it has not answered by then. Default: that of the route. */
  readonly timeoutSeconds?: number;
  /** Header fields set on this target's INVITE. */
  readonly headers?: HeaderValues;
  /** The user part of the request URI, in place of what was dialled. */
  readonly user?: string;
  /** Who calls and who is called, as this target shall see it. */
  readonly parties?: Parties;
  /**
   * The share of calls that come here first, 0 to 65,535; 0 comes after all others. With a weight on any target the
   * order of all is drawn, those without one counting 1. Default: the order as written.
   */
  readonly weight?: number;
};

/** Name-addrs or URIs, as `"Sales" <sip:100@example.com>`; tags stay Legwork's. What is left out stays as it is. */
export interface Parties {
  /** From. */
  readonly from?: string;
  /** To. */
  readonly to?: string;
  /** P-Asserted-Identity (RFC 3325), in place of all there are; "" removes them. */
  readonly asserted?: string;
}

/** How a route tries its targets. */
export interface RouteOptions {
  /** All at once, the best answer winning, instead of one after the other. Default: false. */
  readonly parallel?: boolean;
  /** Give a target up when it has not answered by then. Default: `timers.no_answer`. */
  readonly timeoutSeconds?: number;
}

/** Send the call on. */
export interface Route extends RouteOptions {
  /** What to do: this names the kind of decision. */
  readonly action: "route";
  /** Where to, in the order they are tried. */
  readonly targets: readonly RouteTarget[];
}

/** Refuse with a final status of 400 to 699. */
export interface Reject {
  /** What to do: this names the kind of decision. */
  readonly action: "reject";
  /** 400 to 699. */
  readonly status: number;
  /** The reason phrase. Default: the usual one of the status. */
  readonly reason?: string;
  /** Header fields of the response. */
  readonly headers?: HeaderValues;
}

/** Send the caller elsewhere: 302 with these SIP URIs as Contact. */
export interface Redirect {
  /** What to do: this names the kind of decision. */
  readonly action: "redirect";
  /** SIP URIs, the preferred one first. */
  readonly contacts: readonly string[];
}

/** Answer a request here, by default with 200, instead of passing it on. */
export interface Answer {
  /** What to do: this names the kind of decision. */
  readonly action: "answer";
  /** 200 to 699. */
  readonly status: number;
  /** The reason phrase. Default: the usual one of the status. */
  readonly reason?: string;
  /** Header fields of the response; a body needs its Content-Type here. */
  readonly headers?: HeaderValues;
  /** The body as text. */
  readonly body?: string;
}

/** Pass on what arrived: for a failure, to the caller as it is. */
export interface Relay {
  /** What to do: this names the kind of decision. */
  readonly action: "relay";
  /** Of a key: in another way than that of the other leg's trunk. */
  readonly as?: DtmfKind;
}

/** Say nothing at all. */
export interface Drop {
  /** What to do: this names the kind of decision. */
  readonly action: "drop";
}

/** After a failure: try the next target. */
export interface Next {
  /** What to do: this names the kind of decision. */
  readonly action: "next";
}

/** Not this one: a target's server is not called, a refresh is left for later. */
export interface Skip {
  /** What to do: this names the kind of decision. */
  readonly action: "skip";
}

/** Keep it from the other side. */
export interface Suppress {
  /** What to do: this names the kind of decision. */
  readonly action: "suppress";
}

/** Pass on something else instead. */
export interface Replace {
  /** What to do: this names the kind of decision. */
  readonly action: "replace";
  /** Of a provisional response: 101 to 199. */
  readonly status?: number;
  /** Of a provisional response: its body as text, "" for none. Default: as it came. */
  readonly body?: string;
  /** Of a key: the keys pressed instead, in turn, 0 to 9, `*`, `#`, A to D, and `!` for flash. */
  readonly keys?: string;
  /** Of a key: how they go. Default: as the other leg's trunk says. */
  readonly as?: DtmfKind;
}

/** Refresh the leg's session this way. */
export interface RefreshWith {
  /** What to do: this names the kind of decision. */
  readonly action: "refresh";
  /** The request to send. */
  readonly method: RefreshMethod;
  /** With the current SDP, unchanged. Default: for INVITE only. */
  readonly sdp?: boolean;
  /** Header fields set on it. */
  readonly headers?: HeaderValues;
}

/** Leave a keep-alive without an answer; it counts as heard. */
export interface Ignore {
  /** What to do: this names the kind of decision. */
  readonly action: "ignore";
}

/** Carry a transfer out here: the other side never hears of the REFER. */
export interface Perform {
  /** What to do: this names the kind of decision. */
  readonly action: "perform";
}

/** Take a registration into our own registrar. */
export interface Accept {
  /** What to do: this names the kind of decision. */
  readonly action: "accept";
  /** What it registers, as `bob`, `bob@example.com` or a SIP URI. Default: the URI of To. */
  readonly aor?: string;
  /** At most this long. Default: what the client asks for, within the registrar's bounds. */
  readonly expiresSeconds?: number;
}

/**
 * How a key travels, in the words of a trunk's `dtmf`: RTP events (RFC 4733), INFO with `application/dtmf-relay`, INFO
 * with `application/dtmf`, KPML (RFC 4730), as sound.
 */
export type DtmfKind = "rfc4733" | "info" | "info-dtmf" | "kpml" | "inband";
/** What may refresh a session. */
export type RefreshMethod = "UPDATE" | "INVITE" | "OPTIONS";

/** What `onInvite` may decide. */
export type InviteDecision = Route | Reject | Redirect | Answer;
/** What `onTarget` may decide. */
export type TargetDecision = Relay | Skip;
/** What `onProgress` may decide. */
export type ProgressDecision = Relay | Suppress | Replace | Reject;
/** What `onAnswer` may decide. */
export type AnswerDecision = Relay | Reject;
/** What `onFailure` may decide. */
export type FailureDecision = Next | Route | Reject | Redirect | Relay;
/** What `onUpdate` may decide. */
export type UpdateDecision = Relay | Answer | Reject;
/** What `onRefresh` may decide; a method alone is short for `refresh(method)`. */
export type RefreshDecision = RefreshMethod | RefreshWith | Skip;
/** What `onKeepAlive` may decide. */
export type KeepAliveDecision = Answer | Relay | Ignore | Reject;
/** What `onDtmf` may decide. */
export type DtmfDecision = Relay | Suppress | Replace;
/** What `onRefer` may decide. */
export type ReferDecision = Relay | Perform | Reject;
/** What `onRegister` may decide. */
export type RegisterDecision = Accept | Route | Reject;
/** What `onRequest` may decide. */
export type RequestDecision = Answer | Reject | Route | Drop;
/** What a message hook of the inbound plane may decide about a request. */
export type MessageDecision = Answer | Reject | Drop;

/** Sends the call to trunks or SIP URIs, tried in turn unless the last argument says otherwise. */
export function route(
  ...targets: (RouteTarget | (RouteOptions & { readonly to?: undefined }))[]
): Route {
  function isOptions(
    target: unknown,
  ): target is RouteOptions & { readonly to?: undefined } {
    return typeof target === "object" && target !== null && !("to" in target);
  }
  const last = targets.at(-1);
  const options = isOptions(last) ? last : {};
  const list = targets.filter((target): target is RouteTarget =>
    !isOptions(target)
  );
  return { action: "route", targets: list, ...options };
}

/** Refuses with a final status of 400 to 699. */
export function reject(
  status: number,
  reason?: string,
  headers?: HeaderValues,
): Reject {
  return {
    action: "reject",
    status,
    ...(reason === undefined ? {} : { reason }),
    ...(headers === undefined ? {} : { headers }),
  };
}

/** Answers the caller with 302 and these SIP URIs. */
export function redirect(...contacts: string[]): Redirect {
  return { action: "redirect", contacts };
}

/** Answers a request here. */
export function answer(
  status = 200,
  parts: { reason?: string; headers?: HeaderValues; body?: string } = {},
): Answer {
  return { action: "answer", status, ...parts };
}

/** Passes on what arrived; a key perhaps in another way. */
export function relay(options: { as?: DtmfKind } = {}): Relay {
  return { action: "relay", ...options };
}

/** Drops what arrived without a word. */
export function drop(): Drop {
  return { action: "drop" };
}

/** Goes on to the next target. */
export function next(): Next {
  return { action: "next" };
}

/** Leaves this one out. */
export function skip(): Skip {
  return { action: "skip" };
}

/** Keeps it from the other side. */
export function suppress(): Suppress {
  return { action: "suppress" };
}

/** Passes on something else: of a provisional response another status, of a key other keys. */
export function replace(
  what: number | string,
  options: { body?: string; as?: DtmfKind } = {},
): Replace {
  return typeof what === "number"
    ? { action: "replace", status: what, ...options }
    : { action: "replace", keys: what, ...options };
}

/** Refreshes the session with this request. */
export function refresh(
  method: RefreshMethod,
  options: { sdp?: boolean; headers?: HeaderValues } = {},
): RefreshWith {
  return { action: "refresh", method, ...options };
}

/** Leaves a keep-alive unanswered. */
export function ignore(): Ignore {
  return { action: "ignore" };
}

/** Carries a transfer out here. */
export function perform(): Perform {
  return { action: "perform" };
}

/** Takes a registration into our own registrar, without asking for credentials. */
export function accept(
  options: { aor?: string; expiresSeconds?: number } = {},
): Accept {
  return { action: "accept", ...options };
}
