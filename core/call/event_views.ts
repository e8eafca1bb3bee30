/**
 * What the hooks of single events are handed: plain fields, the leg it happened on, and where there is one the
 * message, to read.
 *
 * @module
 */

import type { DtmfKind, RefreshMethod } from "./decisions.ts";
import type { LegView } from "./leg_views.ts";
import type { MessageView } from "./message_views.ts";

/** An INVITE that is about to be sent. */
export interface TargetView {
  /** As the route named it: a trunk or a URI. */
  readonly target: string;
  /** The trunk's name, or undefined for a URI that is none's. */
  readonly trunk: string | undefined;
  /** The request URI it is about to have. */
  readonly uri: string;
  /** Of this target: 1 for its first server, 2 for the next. */
  readonly attempt: number;
  /** Of this call: 1 for its first target. */
  readonly number: number;
}

/** A provisional response, 101 to 199, on its way to the caller. */
export interface ProgressView {
  /** The leg it came on. */
  readonly leg: LegView;
  /** As the route named it. */
  readonly target: string;
  /** 101 to 199. */
  readonly status: number;
  /** The reason phrase; "" without one. */
  readonly reason: string;
  /** The response after the inbound hooks. */
  readonly message: MessageView;
}

/** A 2xx on its way to the caller. */
export type AnswerView = ProgressView;

/**
 * What a re-INVITE or UPDATE is for, the first that fits: media are stopped or go on again (`hold`, `resume`); other
 * formats or media lines (`codec`); another address of the peer or its media (`target`); no offer, one is asked for
 * (`offer`); nothing changes (`refresh`).
 */
export type UpdateKind =
  | "hold"
  | "resume"
  | "codec"
  | "target"
  | "offer"
  | "refresh";

/** A re-INVITE or UPDATE that was received. */
export interface UpdateView {
  /** The leg it came on. */
  readonly leg: LegView;
  /** Which of the two. */
  readonly method: string;
  /** What it is for. */
  readonly kind: UpdateKind;
  /** The request after the inbound hooks. */
  readonly message: MessageView;
}

/** One way to refresh a session, and how it went: a status, or why there was none. */
export interface RefreshOutcomeView {
  readonly method: RefreshMethod;
  /** With SDP. */
  readonly sdp: boolean;
  /** A status, or `timeout`, `transport`, `unresolved`, `silence`. */
  readonly result: number | string;
}

/** A leg whose session wants to be refreshed. */
export interface RefreshView {
  /** The leg. */
  readonly leg: LegView;
  /** What is sent unless the hook says otherwise. */
  readonly method: RefreshMethod;
  /** With SDP. */
  readonly sdp: boolean;
  /** Methods not tried in vain for this refresh. */
  readonly candidates: readonly RefreshMethod[];
  /** The methods of the peer's last Allow; none where it has sent none. */
  readonly peerAllow: readonly string[];
  /** True when the peer's last Allow has UPDATE. */
  readonly peerAllowsUpdate: boolean;
  /** What was tried for this refresh and failed, the oldest first. */
  readonly lastOutcomes: readonly RefreshOutcomeView[];
  /** Until the session ends without a refresh. */
  readonly secondsLeft: number;
}

/** A keep-alive, whatever it came as. */
export interface KeepAliveView {
  /**
   * How it came. No SIP: `crlf`, line ends alone, on a stream the ping of RFC 5626; `stun`; `nul`, NUL bytes;
   * `keep-alive` and `jak`, those words; `empty`, a datagram of no bytes; `other`, another word phones send. A request:
   * `options`, `notify` (with `Event: keep-alive`), `info`, `update` and `message`, the last three within a call.
   */
  readonly kind:
    | "crlf"
    | "stun"
    | "nul"
    | "keep-alive"
    | "jak"
    | "empty"
    | "other"
    | "options"
    | "notify"
    | "info"
    | "update"
    | "message";
  /** The leg; a keep-alive outside any call comes on "a". */
  readonly leg: LegView;
  /** Where it came from: `udp:192.0.2.1:5060`. */
  readonly address: string;
  /** Since the one before of this kind and from there, in seconds; undefined for the first. */
  readonly intervalSeconds: number | undefined;
  /** How many of this kind came from there, this one among them. */
  readonly count: number;
  /** Its size; of a request, as it is after the inbound hooks. */
  readonly bytes: number;
  /** The request; undefined for what is no SIP. */
  readonly message: MessageView | undefined;
}

/** A key that was pressed. */
export interface DtmfView {
  /** The leg it was pressed on. */
  readonly leg: LegView;
  /** 0 to 9, `*`, `#`, A to D, and `!` for flash: the hook, pressed for a moment. */
  readonly key: string;
  /** How long, in milliseconds; what does not say counts 250. */
  readonly durationMs: number;
  /** How it was heard: `rfc4733`, `info` (either body), `inband`, `kpml`. */
  readonly kind: DtmfKind;
}

/** A transfer that was asked for (RFC 3515). */
export interface ReferView {
  /** The leg that asks. */
  readonly leg: LegView;
  /** The URI of Refer-To. */
  readonly target: string;
  /** True when Refer-To names a dialog to replace (RFC 3891): an attended transfer. */
  readonly attended: boolean;
  /** The URI of Referred-By; undefined without one. */
  readonly referredBy: string | undefined;
  /** The REFER after the inbound hooks. */
  readonly message: MessageView;
}
