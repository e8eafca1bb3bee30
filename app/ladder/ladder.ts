/**
 * A ladder as read from a file: who takes part, the world they stand in, and step by step what is sent.
 * docs/flows.md tells the format.
 *
 * @module
 */

import type { KeepAliveSettings } from "../../core/trunk/keep_alive_settings.ts";
import type { HttpReply } from "./http_replies.ts";
import type { SessionKeepAliveSettings } from "../../core/dialog/session_keep_alive.ts";
import type { SessionTimerSettings } from "../../core/dialog/timer_negotiation.ts";

/** The one participant that is not simulated. */
export const LEGWORK = "legwork";

/** Where something stands in the file, both counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** One file. */
export interface Ladder {
  /** The name that problems and failures carry. */
  readonly file: string;
  /** The comment before the first setting or step, on one line; "" without one. */
  readonly title: string;
  readonly settings: LadderSettings;
  /** All but Legwork, in order of appearance. */
  readonly participants: readonly string[];
  readonly steps: readonly Step[];
}

/** The lines before the first step. */
export interface LadderSettings {
  /** Path of a script, as written. */
  readonly script?: string;
  /** Path of a legwork.yaml, as written. */
  readonly config?: string;
  /** The route table in place of the default one. */
  readonly routes: readonly RouteSetting[];
  /** Values of the YAML section of that name: `t1_ms`, `no_answer` and so on. */
  readonly timers: Readonly<Record<string, number>>;
  readonly peers: ReadonlyMap<string, PeerSetting>;
  /** Servers of a trunk, in place of the participant of its name. */
  readonly trunks: ReadonlyMap<string, readonly string[]>;
  /** Of participants that have one of their own. */
  readonly sessionTimers: ReadonlyMap<string, SessionTimerSettings>;
  readonly sessionKeepAlives: ReadonlyMap<string, SessionKeepAliveSettings>;
  readonly keepAlives: ReadonlyMap<string, KeepAliveSettings>;
  readonly unknownPeers: "reject" | "drop" | "accept";
  /** Whether the call is over after the last step. */
  readonly end: "ended" | "established";
  /** What is proven when messages are lost, doubled or late. */
  readonly harsh: HarshSetting;
  readonly seed: number;
  /** What web servers answer to scripts. */
  readonly http: readonly HttpReply[];
}

/**
 * `same`: the end is that of the strict run. `agree`: who wins depends on timing, so only that both sides agree and
 * nothing is left. `off`: the strict run alone.
 */
export type HarshSetting = "same" | "agree" | "off";

/** One line of the route table. */
export interface RouteSetting {
  readonly from: string;
  readonly to: readonly string[];
}

/** What a simulated peer is. */
export interface PeerSetting {
  readonly transport: "UDP" | "TCP";
  /** Not a trunk: Legwork does not know it. */
  readonly stranger: boolean;
  /** Speaks RFC 2543: no branch in Via, no tags. */
  readonly rfc2543: boolean;
  /** Nobody is at its address. */
  readonly absent: boolean;
}

/** A peer of which nothing is said. */
export const USUAL_PEER: PeerSetting = {
  transport: "UDP",
  stranger: false,
  rfc2543: false,
  absent: false,
};

/** One step down the ladder. */
export type Step =
  | MessageStep
  | WaitStep
  | VanishStep
  | DisconnectStep
  | DrainStep;

/** `carrier -> legwork  200 INVITE  Contact: <sip:a@b>`. */
export interface MessageStep {
  readonly kind: "message";
  readonly place: Place;
  /** The line as written, comment and surrounding space apart. */
  readonly text: string;
  readonly from: string;
  readonly to: string;
  readonly label: Label;
  readonly fields: readonly Field[];
  readonly marks: Marks;
  /** May as well not come. */
  readonly optional: boolean;
  /** May come before or after the step above. */
  readonly anyOrder: boolean;
}

/** A method, or a status with the method it answers, where that is said. */
export type Label =
  | { readonly kind: "request"; readonly method: string }
  | {
    readonly kind: "response";
    readonly status: number;
    readonly method: string | undefined;
  };

/** `Name: value`: written into what a peer sends, checked in what Legwork sends. */
export interface Field {
  /** As written. */
  readonly name: string;
  readonly value: string;
  readonly test: "equals" | "contains" | "absent";
  readonly place: Place;
}

/** What happens to a message on its way, and how it relates to others. */
export interface Marks {
  readonly lost: boolean;
  readonly doubled: boolean;
  /** How much longer than usual it is on its way. */
  readonly lateMs: number | undefined;
  /** Sent by a transaction of itself, or by its user, once more: a retransmission. */
  readonly again: boolean;
  /** Retransmitted any number of times from here on. */
  readonly repeats: boolean;
  /** Leaves before the message above has arrived. */
  readonly crossing: boolean;
  /** The same request by another path: the identifiers of the last one, another branch. */
  readonly merged: boolean;
}

/** A message of which nothing is said. */
export const NO_MARKS: Marks = {
  lost: false,
  doubled: false,
  lateMs: undefined,
  again: false,
  repeats: false,
  crossing: false,
  merged: false,
};

/** `wait 900s` or `wait 2s..4s`. */
export interface WaitStep {
  readonly kind: "wait";
  readonly place: Place;
  readonly minMs: number;
  readonly maxMs: number;
}

/** `carrier vanishes`: it sends and hears nothing any more. */
export interface VanishStep {
  readonly kind: "vanish";
  readonly place: Place;
  readonly who: string;
}

/** `carrier disconnects`: its connections are closed, and it is there as before. */
export interface DisconnectStep {
  readonly kind: "disconnect";
  readonly place: Place;
  readonly who: string;
}

/** `legwork drains`: it takes no new calls, and takes its registrations back. */
export interface DrainStep {
  readonly kind: "drain";
  readonly place: Place;
}

/** `INVITE`, `200 INVITE` or `100`. */
export function labelText(label: Label): string {
  if (label.kind === "request") return label.method;
  return label.method === undefined
    ? String(label.status)
    : `${label.status} ${label.method}`;
}
