/**
 * What one leg and its peer agree on about session timers (RFC 4028 sections 7 and 9): which fields our requests and
 * 2xx carry, what a received request gets, and what a 2xx means. The other leg of the call is not known here.
 *
 * @module
 */

import { Headers } from "../message/headers.ts";
import type {
  SipMessage,
  SipRequest,
  SipResponse,
} from "../message/message.ts";
import { hasToken, splitList } from "../message/list.ts";
import { SharedTexts } from "./shared_texts.ts";
import {
  DEFAULT_MIN_SE_SECONDS,
  MAX_INTERVAL_SECONDS,
  NO_TIMER_FIELDS,
  type Refresher,
  type TimerFields,
  timerFieldsOf,
} from "./session_expires.ts";

/** What the operator wants of a trunk's session timers. */
export interface SessionTimerSettings {
  /**
   * `off`: we know no timers. `accept`: only where the peer asks. `request`: we ask always. `always`: we ask, and
   * enforce it alone where the peer has none.
   */
  readonly mode: "off" | "accept" | "request" | "always";
  /** The interval we ask for. */
  readonly expiresSeconds: number;
  /** The shortest interval we take. */
  readonly minSeSeconds: number;
  readonly refresher: "auto" | "us" | "them";
  /** Where the refresh ladder begins and ends: see RefreshLadder. */
  readonly refresh: "auto" | "update" | "invite" | "options";
  /** Takes intervals under 90 seconds: for tests only, RFC 4028 §4 forbids them. */
  readonly allowShortTimers: boolean;
}

/** Timers as they are where nothing is configured. */
export const DEFAULT_SESSION_TIMER: SessionTimerSettings = {
  mode: "accept",
  expiresSeconds: 1800,
  minSeSeconds: DEFAULT_MIN_SE_SECONDS,
  refresher: "auto",
  refresh: "auto",
  allowShortTimers: false,
};

/** A session timer both sides, or we alone, hold to. */
export interface Agreement {
  /** The interval as it was agreed: half of it is when a refresh is due. */
  readonly intervalSeconds: number;
  /** The interval after which the session ends: longer only where the peer chose one under our minimum. */
  readonly expirySeconds: number;
  readonly weRefresh: boolean;
  /** The peer has no timers: only our own refreshes keep the session up. */
  readonly alone: boolean;
}

/** Why a request of the peer is refused, and with what. */
export type TimerRefusal =
  | { readonly status: 420; readonly unsupported: "timer" }
  | { readonly status: 422; readonly minSeSeconds: number };

/** How often one request is tried again after 422. */
const MAX_INTERVAL_RETRIES = 5;
/** A peer that names a shorter interval does not make us refresh more often than twice in this time. */
const SHORTEST_RUN_SECONDS = 10;

/** All that most requests of ours say. */
const SUPPORTED: TimerFields = { ...NO_TIMER_FIELDS, supported: true };

/** What peers say in Allow. */
const ALLOWS = new SharedTexts(64);

/** The negotiation of one leg, from its INVITE to its end. */
export class TimerNegotiation {
  readonly #settings: SessionTimerSettings;
  /** The largest Min-SE of any 422 and any refresh request of the peer; undefined before the first. */
  #minSeSeen: number | undefined;
  #retriesLeft = MAX_INTERVAL_RETRIES;
  /** The peer will have no interval of ours: we ask no more, though we still say that we know timers. */
  #gaveUp = false;
  /** The peer's last Allow as it came. */
  #peerAllow = "";
  /** The last refresh request that was looked at, until it is answered. */
  #asked: { readonly cseq: number; readonly fields: TimerFields } | undefined;
  #agreement: Agreement | undefined;
  /** A request of ours was answered with 2xx. */
  #answered = false;

  constructor(settings: SessionTimerSettings) {
    this.#settings = settings;
  }

  get settings(): SessionTimerSettings {
    return this.#settings;
  }

  /** What is in force since the last 2xx; undefined: no timer. */
  get agreement(): Agreement | undefined {
    return this.#agreement;
  }

  /** The methods of the peer's last Allow, as it spells them; none before the first. */
  get peerAllow(): readonly string[] {
    return splitList(this.#peerAllow);
  }

  /** True when the peer's last Allow has UPDATE (§7.4). */
  get peerAllowsUpdate(): boolean {
    return hasToken([this.#peerAllow], "update");
  }

  /** Takes what any message of the peer says of its abilities. */
  observe({ headers }: SipMessage): void {
    const first = headers.first("allow")?.value;
    // It says the same in each message, as a rule: what is kept already is not copied again.
    if (first === undefined || first === this.#peerAllow) return;
    let lines = 0;
    for (const { key } of headers.lines) if (key === "allow") lines++;
    this.#peerAllow = ALLOWS.of(
      lines === 1 ? first : headers.getAll("allow").join(", "),
    );
  }

  /** What a request of ours carries. Session-Expires and Min-SE are only for INVITE and UPDATE. */
  requestFields(method: string): TimerFields {
    // RFC 4028 §7.1: "A UAC that supports the session timer extension defined here MUST include a Supported header
    // field in each request (except ACK), listing the option tag 'timer'."
    if (this.#settings.mode === "off" || method === "ACK") {
      return NO_TIMER_FIELDS;
    }
    if (method !== "INVITE" && method !== "UPDATE") return SUPPORTED;
    const minSeSeconds = this.#minSe();
    const running = this.#agreement;
    if (running !== undefined && !this.#gaveUp) {
      // §7.4: "When present, it SHOULD be equal to the maximum of the Min-SE header field [...] and the current
      // session interval." And: "it is RECOMMENDED that the refresher parameter be set to 'uac' if the element
      // sending the request is currently performing refreshes, and to 'uas' if its peer is".
      const refresher = running.weRefresh ? "uac" : "uas";
      const seconds = Math.max(running.intervalSeconds, minSeSeconds);
      return this.#asking({ seconds, refresher }, minSeSeconds);
    }
    if (!this.#weAsk || this.#gaveUp) {
      return this.#minSeSeen === undefined
        ? SUPPORTED
        : { ...SUPPORTED, minSeSeconds };
    }
    // §7.1: "it is RECOMMENDED that the parameter be omitted so that it can be selected by the negotiation".
    const refresher = { auto: undefined, us: "uac", them: "uas" } as const;
    return this.#asking({
      // §7.1: "the value of the Session-Expires MUST be greater than or equal to the value in Min-SE."
      seconds: Math.max(this.#settings.expiresSeconds, minSeSeconds),
      refresher: refresher[this.#settings.refresher],
    }, minSeSeconds);
  }

  /** A request of the peer: undefined when its timer fields are in order. */
  refusal(request: SipRequest): TimerRefusal | undefined {
    if (this.#settings.mode === "off") {
      // RFC 3261 §8.2.2.3: a UAS that does not understand a Require "MUST respond by generating a response with
      // status code 420", with Unsupported.
      return hasToken(request.headers.getAll("require"), "timer")
        ? { status: 420, unsupported: "timer" }
        : undefined;
    }
    if (!isRefreshRequest(request.method)) return undefined;
    const fields = timerFieldsOf(request);
    this.#asked = { cseq: request.cseq?.number ?? 0, fields };
    const minimum = this.#ownMinimum;
    // RFC 4028 §9: "If an incoming request contains a Supported header field with a value 'timer' and a Session
    // Expires header field, the UAS MAY reject the INVITE request with a 422 (Session Interval Too Small) response if
    // the session interval in the Session-Expires header field is smaller than the minimum interval defined by the
    // UAS' local policy. When sending the 422 response, the UAS MUST include a Min-SE header field".
    const knowsTimers = fields.supported || fields.required;
    return knowsTimers && fields.expires !== undefined &&
        fields.expires.seconds < minimum
      ? { status: 422, minSeSeconds: minimum }
      : undefined;
  }

  /** The fields of our 2xx to an INVITE or UPDATE of the peer; the agreement is in force with it. */
  accept(request: SipRequest): TimerFields {
    if (this.#settings.mode === "off") return NO_TIMER_FIELDS;
    if (!isRefreshRequest(request.method)) return SUPPORTED;
    const fields =
      this.#asked?.cseq === request.cseq?.number && this.#asked !== undefined
        ? this.#asked.fields
        : timerFieldsOf(request);
    this.#asked = undefined;
    const knowsTimers = fields.supported || fields.required;
    this.#raiseMinSe(fields.minSeSeconds);
    const seconds = this.#answeredInterval(fields, knowsTimers);
    if (seconds === undefined) {
      this.#agreement = this.#settings.mode === "always"
        ? this.#enforcedAlone()
        : undefined;
      return SUPPORTED;
    }
    const refresher = this.#chosenRefresher(fields, knowsTimers);
    this.#agreement = {
      intervalSeconds: seconds,
      expirySeconds: seconds,
      weRefresh: refresher === "uas",
      alone: !knowsTimers,
    };
    return {
      supported: true,
      // §9: "If the refresher parameter [...] has a value of 'uac', the UAS MUST place a Require header field into the
      // response with the value 'timer'." With 'uas' it SHOULD where the request's Supported has 'timer'.
      required: knowsTimers,
      expires: { seconds, refresher },
      // §5: "The Min-SE header field MUST NOT be used in responses except for those with a 422 response code."
      minSeSeconds: undefined,
    };
  }

  /** A 2xx to an INVITE or UPDATE of ours, which carried `sent`; the agreement is in force from now on. */
  accepted(response: SipResponse, sent: TimerFields): Agreement | undefined {
    this.#retriesLeft = MAX_INTERVAL_RETRIES;
    // RFC 4028 §7.4: "the maximum value of the Min-SE is effectively cleared once the dialog is established, and from
    // that point on, only the values from proxies known to be on the proxy path will end up being used."
    if (!this.#answered) this.#minSeSeen = undefined;
    this.#answered = true;
    if (this.#settings.mode === "off") return this.#agreement = undefined;
    const { expires } = timerFieldsOf(response);
    if (expires === undefined) {
      // RFC 4028 §7.2: "If the 2xx response did not contain a Session-Expires header field, there is no session
      // expiration. In this case, no refreshes need to be sent." `always` is the operator's word against it.
      return this.#agreement = this.#settings.mode === "always"
        ? this.#enforcedAlone()
        : undefined;
    }
    this.#gaveUp = false;
    // §9: "The UAS MUST set the value of the refresher parameter". Where it does not, what we asked for holds; where
    // we asked for nothing, we refresh: a refresh too many harms nobody.
    const refresher: Refresher = expires.refresher ?? sent.expires?.refresher ??
      "uac";
    // §9: the UAS "MUST NOT set it to a duration lower than the value in the Min-SE header field in the request". A
    // peer that does gets its refreshes in time, but its call is not ended by a minimum we never agreed to.
    const shortest = this.#settings.allowShortTimers ? 1 : SHORTEST_RUN_SECONDS;
    return this.#agreement = {
      intervalSeconds: Math.max(expires.seconds, shortest),
      expirySeconds: Math.max(expires.seconds, this.#ownMinimum),
      weRefresh: refresher === "uac",
      alone: false,
    };
  }

  /**
   * A 422 to an INVITE or UPDATE of ours, which carried `sent`: true when the request is to be sent again, with the
   * fields that {@linkcode TimerNegotiation.requestFields} gives now and the next CSeq. RFC 4028 §7.3: "This new
   * request constitutes a new transaction and SHOULD have the same value as the Call-ID, To, and From of the previous
   * request".
   */
  raise(response: SipResponse, sent: TimerFields): boolean {
    if (sent.expires === undefined || this.#retriesLeft === 0) return false;
    this.#retriesLeft--;
    const wanted = timerFieldsOf(response).minSeSeconds;
    // What raises nothing, or past all we would run, is asked for no more: better a call without timers than none.
    if (
      wanted === undefined || wanted <= sent.expires.seconds ||
      wanted >= MAX_INTERVAL_SECONDS
    ) this.#gaveUp = true;
    else this.#raiseMinSe(wanted);
    return true;
  }

  get #weAsk(): boolean {
    const { mode } = this.#settings;
    return mode === "request" || mode === "always";
  }

  /** RFC 4028 §4: "The absolute minimum for the Session-Expires header field is 90 seconds", but for tests. */
  get #ownMinimum(): number {
    const { minSeSeconds, expiresSeconds, allowShortTimers } = this.#settings;
    return allowShortTimers
      ? Math.min(minSeSeconds, expiresSeconds)
      : Math.max(minSeSeconds, DEFAULT_MIN_SE_SECONDS);
  }

  /**
   * §7.4: "The value of the Min-SE header field present in a session refresh request MUST be the largest value among
   * all Min-SE header field values returned in all 422 responses or received in session refresh requests". And: "The
   * UAC may have its own opinions [...] In that case, if the value above is too small, the UAC MAY increase it."
   */
  #minSe(): number {
    return Math.max(this.#minSeSeen ?? 0, this.#ownMinimum);
  }

  #raiseMinSe(seconds: number | undefined): void {
    if (seconds === undefined || seconds >= MAX_INTERVAL_SECONDS) return;
    this.#minSeSeen = Math.max(this.#minSeSeen ?? 0, seconds);
  }

  #asking(
    expires: { seconds: number; refresher: Refresher | undefined },
    minSe: number,
  ): TimerFields {
    // §7.4: "The UAC MUST insert the Min-SE header field into a session refresh request for a particular dialog if it
    // has ever received a 422 response [...] or if it has received a session refresh request on that dialog which
    // contained a Min-SE header field." The default goes without saying.
    const said = this.#minSeSeen !== undefined ||
      minSe !== DEFAULT_MIN_SE_SECONDS;
    return {
      supported: true,
      required: false,
      expires,
      minSeSeconds: said ? minSe : undefined,
    };
  }

  /** The interval of our 2xx; undefined when there is to be none. */
  #answeredInterval(
    { expires, minSeSeconds }: TimerFields,
    knowsTimers: boolean,
  ): number | undefined {
    const floor = Math.max(this.#ownMinimum, minSeSeconds ?? 0);
    if (expires === undefined) {
      // §9: a UAC may be "indicating support for timers but [...] not requesting one. The UAS may request a session
      // timer in the 2XX response by including a Session-Expires header field."
      if (!this.#weAsk || !knowsTimers) return undefined;
      return Math.min(
        Math.max(this.#settings.expiresSeconds, floor),
        MAX_INTERVAL_SECONDS,
      );
    }
    // Departs from RFC 4028 §9 ("MUST NOT increase the value") as erratum 1687 asks: a request without timer support
    // cannot be refused, so an interval under our minimum is raised to it.
    if (expires.seconds < this.#ownMinimum) return this.#ownMinimum;
    // §9: "The UAS MAY reduce its value but MUST NOT set it to a duration lower than the value in the Min-SE".
    const most = this.#weAsk
      ? Math.max(this.#settings.expiresSeconds, floor)
      : MAX_INTERVAL_SECONDS;
    return Math.min(expires.seconds, most);
  }

  /** RFC 4028 §9, table 2. */
  #chosenRefresher(fields: TimerFields, knowsTimers: boolean): Refresher {
    // Row 1: not supported, none: uas. Rows 2 and 3, "NA", are peers that ask for timers without knowing them: the
    // role is ours, since a Require they do not understand would fail the call.
    if (!knowsTimers) return "uas";
    // Rows 5 and 6: "the UAS cannot override the UAC's choice of refresher, if it made one."
    if (fields.expires?.refresher !== undefined) {
      return fields.expires.refresher;
    }
    // Row 4: uas or uac. Of a running session the role stays; else who refreshes learns first that the peer is gone.
    if (this.#agreement !== undefined && this.#agreement.alone === false) {
      return this.#agreement.weRefresh ? "uas" : "uac";
    }
    return this.#settings.refresher === "them" ? "uac" : "uas";
  }

  #enforcedAlone(): Agreement {
    const seconds = Math.max(
      this.#agreement?.intervalSeconds ?? this.#settings.expiresSeconds,
      this.#ownMinimum,
    );
    return {
      intervalSeconds: seconds,
      expirySeconds: seconds,
      weRefresh: true,
      alone: true,
    };
  }
}

/** RFC 4028 §2: a session refresh request is an INVITE or an UPDATE within, or opening, a dialog. */
export function isRefreshRequest(method: string): boolean {
  return method === "INVITE" || method === "UPDATE";
}

/** What the response says that refuses a request. */
export function refusalHeaders(refusal: TimerRefusal): Headers {
  return refusal.status === 420
    ? new Headers().append("Unsupported", refusal.unsupported)
    : new Headers().append("Min-SE", String(refusal.minSeSeconds));
}
