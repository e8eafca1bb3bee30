/**
 * Local overload control: when what arrives has to wait, new calls are admitted at a rate that adapts, and the rest are
 * refused before anything is spent on them. Calls that run are never touched.
 *
 * It goes by the standing delay: the least that a datagram waited within a window. A pause of the collector or a burst
 * delays some and not all; a queue that the process does not get through delays every one. While it stands above the
 * bound the rate is cut, no sooner than the last cut can have told; once it is below half of that the rate rises, in
 * between it is left alone. Whether it sheds or not is decided over longer times, so that load about the peak does not make
 * it flap.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { Observer } from "../base/observer.ts";
import type { InviteGate } from "../transaction/stateless_refusals.ts";

/** Tells how long what has arrived waits to be looked at. */
export interface DelayGauge {
  /** Measures again and again, some 40 times a second. */
  start(onDelay: (delayMs: number) => void): void;
  /** Measures no more: nothing comes. */
  stop(): void;
}

/** What an operator may set. */
export interface OverloadSettings {
  /** The standing delay that is borne. */
  readonly maxDelayMs: number;
  /** What a refused caller is told; 0 tells it nothing. */
  readonly retryAfterSeconds: number;
}

/** How things stand. */
export interface OverloadState {
  readonly shedding: boolean;
  /** New calls admitted in a second; undefined: all. */
  readonly perSecond: number | undefined;
  /** The last standing delay. */
  readonly delayMs: number;
  /** Refused since the start. */
  readonly refused: number;
}

const WINDOW_MS = 200;
/** Windows above the bound before calls are refused. */
const BEGIN_WINDOWS = 3;
/** Windows in a row without a refusal before all are admitted again. */
const END_WINDOWS = 15;
/** Windows without a new call before nothing is measured any more. */
const IDLE_WINDOWS = 10;
/** A cut takes that share of the rate for each time that the delay is as long as is borne... */
const CUT = 0.1;
/** ...and leaves at least this share. */
const DEEPEST_CUT = 0.5;
/** No pause and no burst makes every message of a window wait this many times too long. */
const DEEP = 4;
/**
 * How fast the rate rises where nothing waits at all; the less the more does. Slowly about the rate that was last too
 * much, and the faster the further it is from there: far below it there is room, and well above it it was told wrongly.
 */
const LEAST_RISE = 0.04;
const MOST_RISE = 0.25;
/** Above it: what a call costs after its INVITE comes later. */
const RISE_ABOVE = 0.1;
/** A delay that shrinks by as much as this, from window to window, needs no further cut. */
const SHRINKS = 0.97;
/** No cut waits longer than that for the effect of the last. */
const LONGEST_LAG_MS = 1_000;
/** Calls that may come at once, as a share of a second's. */
const BURST_SECONDS = 0.02;
/** New calls a second that are always let in. */
const LEAST_PER_SECOND = 5;

/** See the module comment. One for each B2BUA. */
export class Overload implements InviteGate {
  readonly retryAfterSeconds: number;
  readonly #maxDelayMs: number;
  readonly #clock: Clock;
  readonly #gauge: DelayGauge;
  readonly #observer: Observer;
  #measuring = false;
  #windowEndsMs = 0;
  #leastMs = Infinity;
  #delayMs = 0;
  #offered = 0;
  #admitted = 0;
  #refusedInWindow = 0;
  #refused = 0;
  /** Windows in a row: above the bound, without a refusal, without a new call. */
  #high = 0;
  #calm = 0;
  #idle = 0;
  #shedding: Shedding | undefined;

  constructor(
    settings: OverloadSettings,
    world: { clock: Clock; gauge: DelayGauge; observer: Observer },
  ) {
    this.#maxDelayMs = settings.maxDelayMs;
    this.retryAfterSeconds = settings.retryAfterSeconds;
    this.#clock = world.clock;
    this.#gauge = world.gauge;
    this.#observer = world.observer;
  }

  get state(): OverloadState {
    return {
      shedding: this.#shedding !== undefined,
      perSecond: this.#shedding?.perSecond,
      delayMs: this.#delayMs,
      refused: this.#refused,
    };
  }

  get isRefusing(): boolean {
    return this.#shedding !== undefined;
  }

  /** Asked for an INVITE before it is read. */
  refusesAnother(): boolean {
    const shedding = this.#shedding;
    if (shedding === undefined || this.#hasToken(shedding)) return false;
    this.#offered++;
    this.#refusedInWindow++;
    this.#refused++;
    shedding.refused++;
    this.#observer.count("overload_refused");
    return true;
  }

  /** Asked for each INVITE that is to begin a call, once. */
  admits(): boolean {
    if (!this.#measuring) this.#measure();
    if (this.refusesAnother()) return false;
    if (this.#shedding !== undefined) this.#shedding.tokens--;
    this.#offered++;
    this.#admitted++;
    return true;
  }

  /** Measures no more. */
  close(): void {
    this.#measuring = false;
    this.#gauge.stop();
  }

  #measure(): void {
    this.#measuring = true;
    this.#leastMs = Infinity;
    this.#high = this.#idle = 0;
    this.#windowEndsMs = this.#clock.now() + WINDOW_MS;
    this.#gauge.start((delayMs) => this.#onDelay(delayMs));
  }

  #onDelay(delayMs: number): void {
    if (!this.#measuring) return;
    this.#leastMs = Math.min(this.#leastMs, delayMs);
    const nowMs = this.#clock.now();
    const lateMs = nowMs - this.#windowEndsMs;
    if (lateMs < 0) return;
    this.#windowEndsMs = nowMs + WINDOW_MS;
    this.#onWindow(WINDOW_MS + lateMs);
    this.#leastMs = Infinity;
    this.#offered = this.#admitted = this.#refusedInWindow = 0;
  }

  #onWindow(lastedMs: number): void {
    const before = this.#delayMs;
    this.#delayMs = this.#leastMs;
    const isHigh = this.#delayMs > this.#maxDelayMs;
    this.#high = isHigh ? this.#high + 1 : 0;
    this.#calm = this.#refusedInWindow === 0 && !isHigh ? this.#calm + 1 : 0;
    this.#idle = this.#offered === 0 ? this.#idle + 1 : 0;
    if (this.#shedding !== undefined) {
      if (this.#calm >= END_WINDOWS) this.#end(this.#shedding);
      else this.#adapt(this.#shedding, before);
    } else if (this.#high >= (this.#isDeep ? 1 : BEGIN_WINDOWS)) {
      this.#begin(this.#admitted * 1000 / lastedMs);
    } else if (this.#idle >= IDLE_WINDOWS) this.close();
  }

  #adapt(shedding: Shedding, beforeMs: number): void {
    if (this.#delayMs > this.#maxDelayMs) {
      const nowMs = this.#clock.now();
      // What is handled now came so long ago, maybe before the last cut.
      const agoMs = Math.min(this.#delayMs, LONGEST_LAG_MS) + WINDOW_MS;
      const isTold = nowMs - agoMs >= shedding.cutAtMs;
      if (!isTold || this.#delayMs < beforeMs * SHRINKS) return;
      shedding.cutAtMs = nowMs;
      shedding.tooMuch = shedding.perSecond;
      shedding.perSecond = this.#cut(shedding.perSecond);
    } else if (
      // A rate that nobody needs proves nothing.
      this.#refusedInWindow > 0 && this.#delayMs < this.#maxDelayMs / 2
    ) {
      const { perSecond, tooMuch } = shedding;
      const room = 1 - 2 * this.#delayMs / this.#maxDelayMs;
      const below = 1 - perSecond / tooMuch;
      const rise = below > 0
        ? Math.min(MOST_RISE, below)
        : Math.min(RISE_ABOVE, -below);
      shedding.perSecond += perSecond * Math.max(LEAST_RISE, rise) * room + 1;
    }
  }

  #begin(admittedPerSecond: number): void {
    const nowMs = this.#clock.now();
    const perSecond = this.#cut(admittedPerSecond);
    this.#shedding = {
      perSecond,
      tooMuch: admittedPerSecond,
      cutAtMs: nowMs,
      tokens: 0,
      countedAtMs: nowMs,
      sinceMs: nowMs,
      refused: 0,
    };
    this.#calm = 0;
    this.#observer.count("overload_begun");
    this.#observer.log({
      level: "warn",
      text: "overload: new calls are refused above a rate",
      fields: {
        delay_ms: rounded(this.#delayMs),
        max_delay_ms: this.#maxDelayMs,
        calls_per_second: Math.round(perSecond),
      },
    });
  }

  #cut(perSecond: number): number {
    const share = 1 - CUT * this.#delayMs / this.#maxDelayMs;
    return Math.max(
      LEAST_PER_SECOND,
      perSecond * Math.max(DEEPEST_CUT, share),
    );
  }

  get #isDeep(): boolean {
    return this.#delayMs > this.#maxDelayMs * DEEP;
  }

  #end(shedding: Shedding): void {
    this.#shedding = undefined;
    this.#observer.log({
      level: "warn",
      text: "overload is over: all calls are admitted",
      fields: {
        delay_ms: rounded(this.#delayMs),
        seconds: rounded((this.#clock.now() - shedding.sinceMs) / 1000),
        refused: shedding.refused,
      },
    });
  }

  #hasToken(shedding: Shedding): boolean {
    const nowMs = this.#clock.now();
    const { perSecond } = shedding;
    const most = Math.max(1, perSecond * BURST_SECONDS);
    const earned = (nowMs - shedding.countedAtMs) * perSecond / 1000;
    shedding.countedAtMs = nowMs;
    shedding.tokens = Math.min(most, shedding.tokens + earned);
    return shedding.tokens >= 1;
  }
}

/** While calls are refused. */
interface Shedding {
  perSecond: number;
  /** The rate at which messages waited too long, the last time. */
  tooMuch: number;
  cutAtMs: number;
  /** Calls that may be admitted now. */
  tokens: number;
  countedAtMs: number;
  readonly sinceMs: number;
  refused: number;
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
