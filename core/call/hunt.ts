/**
 * The search for someone who answers: targets tried one after the other or all at once, each for a bounded time.
 *
 * @module
 */

import { keepSample, KINDS } from "../base/samples.ts";
import type { Timed, Timer } from "../base/clock.ts";
import type { BLeg } from "./b_leg.ts";
import type { CallContext } from "./call_context.ts";
import type { Failure } from "./best_response.ts";
import { NO_CONTENT } from "./header_policy.ts";
import type { Target } from "./target.ts";

/** Who hunts: the call. */
export interface HuntOwner {
  createLeg(target: Target, number: number): BLeg;
  /** Hears that a leg was given up, in its turn. */
  handle(leg: BLeg, event: Failure): void;
  /** A target failed; the owner calls {@linkcode Hunt.proceed} or does something else. */
  onTargetFailed(target: Target, failure: Failure): void;
}

/** One target being tried, with its clock. */
class Attempt implements Timed {
  timer: Timer | undefined;

  constructor(
    readonly leg: BLeg,
    private readonly hunt: Hunt,
  ) {}

  onTimer(_name: string): void {
    this.hunt.giveUp(this.leg);
  }
}

/** Why a target that rang out failed. */
const NO_ANSWER: Failure = {
  type: "fail",
  status: 480,
  reason: "Temporarily Unavailable",
  content: NO_CONTENT,
  contacts: [],
  local: true,
};

/** Shared by all that have none: what a call has once searched it does not need while it is up. */
const NO_TARGETS: readonly Target[] = [];
const NO_ATTEMPTS: readonly Attempt[] = [];
const NO_FAILURES: readonly Failure[] = [];

/** The search of one call. */
export class Hunt {
  readonly #context: CallContext;
  readonly #owner: HuntOwner;
  #waiting: readonly Target[] = NO_TARGETS;
  #attempts: readonly Attempt[] = NO_ATTEMPTS;
  #parallel = false;
  #started = 0;
  failures: readonly Failure[] = NO_FAILURES;

  constructor(context: CallContext, owner: HuntOwner) {
    this.#context = context;
    this.#owner = owner;
  }

  /** Targets that are not tried yet, or still being tried. */
  get remaining(): number {
    return this.#waiting.length + this.#attempts.length;
  }

  /** Legs being tried. */
  get legs(): BLeg[] {
    return this.#attempts.map((attempt) => attempt.leg);
  }

  /** Replaces what was still to be tried; what rings goes on ringing. */
  route(targets: readonly Target[], parallel: boolean): void {
    this.#waiting = targets;
    this.#parallel = parallel;
  }

  /** Tries the next target, or all at once; false when there is none left and none ringing. */
  proceed(): boolean {
    const { forkWidth, targetsPerCall } = this.#context.limits;
    do {
      if (this.#attempts.length > 0 && !this.#together()) break;
      if (this.#attempts.length >= forkWidth) break;
      const target = this.#waiting[0];
      if (target === undefined) break;
      this.#waiting = this.#waiting.length === 1
        ? NO_TARGETS
        : this.#waiting.slice(1);
      if (++this.#started > targetsPerCall) {
        this.#context.observer.count("call_targets_refused");
        this.#waiting = NO_TARGETS;
        break;
      }
      this.#try(target);
    } while (this.#together());
    return this.#attempts.length > 0;
  }

  /** Whether the next target is tried beside those that ring. */
  #together(): boolean {
    const group = this.#waiting[0]?.group;
    return this.#parallel || (group !== undefined &&
      this.#attempts.some(({ leg }) => leg.target.group === group));
  }

  /** A leg failed by itself, or was given up. */
  failed(leg: BLeg, failure: Failure): void {
    if (!this.#remove(leg)) return;
    this.failures = [...this.failures, failure];
    this.#owner.onTargetFailed(leg.target, failure);
  }

  /** Ends the search: all but `winner` are cancelled. */
  stop(winner?: BLeg, reason?: string): void {
    this.#waiting = NO_TARGETS;
    for (const { leg } of this.#attempts) {
      this.#remove(leg);
      if (leg !== winner) leg.cancel(reason);
    }
  }

  #try(target: Target): void {
    const leg = this.#owner.createLeg(target, this.#started);
    const attempt = new Attempt(leg, this);
    keepSample(KINDS.hunted, attempt);
    // Departs from RFC 3261 §13.3.1 item 1: the caller's Expires crosses and is the callee's to heed; what bounds the
    // wait here is ours.
    attempt.timer = this.#context.clock.schedule(
      target.timeoutSeconds * 1000,
      attempt,
      "no answer",
    );
    this.#attempts = [...this.#attempts, attempt];
    leg.start();
  }

  /** The target's time is up. */
  giveUp(leg: BLeg): void {
    leg.cancel('SIP;cause=480;text="no answer"');
    this.#owner.handle(leg, NO_ANSWER);
  }

  #remove(leg: BLeg): boolean {
    const attempt = this.#attempts.find((one) => one.leg === leg);
    if (attempt === undefined) return false;
    this.#context.clock.cancel(attempt.timer);
    const left = this.#attempts.filter((one) => one !== attempt);
    this.#attempts = left.length === 0 ? NO_ATTEMPTS : left;
    return true;
  }
}
