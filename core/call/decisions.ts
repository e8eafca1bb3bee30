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
};

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

/** What `onInvite` may decide. */
export type InviteDecision = Route | Reject | Redirect;
/** What `onFailure` may decide. */
export type FailureDecision = Next | Route | Reject | Redirect | Relay;
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

/** Passes on what arrived. */
export function relay(): Relay {
  return { action: "relay" };
}

/** Drops what arrived without a word. */
export function drop(): Drop {
  return { action: "drop" };
}

/** Goes on to the next target. */
export function next(): Next {
  return { action: "next" };
}
