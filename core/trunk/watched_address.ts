/** One address of a trunk: kept awake, and where the kind is answered, watched. */

import type { Timed, Timer } from "../base/clock.ts";
import type { SipResponse } from "../message/message.ts";
import type { SipUri } from "../message/uri.ts";
import type { ClientFailure } from "../transaction/client_transaction.ts";
import { formatAddress, type Target } from "../transport/address.ts";
import {
  isInService,
  isWatching,
  type KeepAlivePlan,
} from "./keep_alive_settings.ts";
import { type KeepAliveWorld, sendKeepAlive } from "./send_keep_alive.ts";
import { type Condition, ServerState } from "./server_state.ts";
import type { Spread } from "./spread.ts";
import type { TrunkAddressState, TrunkCondition } from "./trunk_state.ts";

/** Hears of every change of an address. */
export interface AddressOwner {
  onChange(address: WatchedAddress, before: Condition): void;
}

/** See the module's text. */
export class WatchedAddress implements Timed {
  readonly target: Target;
  /** `udp:192.0.2.1:5060`. */
  readonly name: string;
  readonly watched: boolean;
  readonly #state: ServerState;
  readonly #parts: WatchedAddressParts;
  #timer: Timer | undefined;
  #nextAtMs: number | undefined;
  /** A miss of this round was counted: a keep-alive and any number of calls in it count once. */
  #missed = false;
  /** Counts what was sent. */
  #round = 0;
  #lastStatus: number | undefined;
  #lastFailure: ClientFailure | undefined;
  #roundTripMs: number | undefined;

  constructor(target: Target, parts: WatchedAddressParts) {
    const { plan, world } = parts;
    this.target = target;
    this.name = `${target.transport.toLowerCase()}:${formatAddress(target)}`;
    this.watched = plan !== undefined && isWatching(plan);
    this.#parts = parts;

    this.#state = new ServerState(plan?.failures ?? 1, world.clock.now());
  }

  /** Of the server that it is an address of. */
  get uri(): SipUri {
    return this.#parts.uri;
  }

  get condition(): TrunkCondition {
    const { clock } = this.#parts.world;
    const condition = this.#state.conditionAt(clock.now());
    return condition === "down" || this.watched ? condition : "unwatched";
  }

  /** Sends the first one at once. */
  start(): void {
    if (this.#parts.plan !== undefined) this.#send();
  }

  stop(): void {
    this.#parts.world.clock.cancel(this.#timer);
    this.#timer = this.#nextAtMs = undefined;
  }

  /** A request of a call was answered from there: whatever the answer, somebody is alive. */
  onCallAnswered(): void {
    if (this.watched) this.#tell(this.#state.answered(this.#nowMs));
  }

  /** A request of a call found nobody there. */
  onCallFailed(): void {
    if (this.watched) this.#miss();
  }

  /** It is left alone for so long. */
  leaveAlone(seconds: number): void {
    this.#state.leave(this.#nowMs + seconds * 1000, this.#nowMs);
  }

  onTimer(_name: string): void {
    this.#send();
  }

  /** As it stands. */
  get state(): TrunkAddressState {
    const nowMs = this.#nowMs;
    const { sinceMs, misses, outUntilMs } = this.#state;
    return {
      address: this.name,
      condition: this.condition,
      sinceMs: this.#parts.world.clock.wallTime() - (nowMs - sinceMs),
      misses,
      lastStatus: this.#lastStatus,
      lastFailure: this.#lastFailure,
      roundTripMs: this.#roundTripMs,
      nextInSeconds: secondsUntil(this.#nextAtMs, nowMs),
      outForSeconds: outUntilMs > nowMs
        ? secondsUntil(outUntilMs, nowMs)
        : undefined,
    };
  }

  get #nowMs(): number {
    return this.#parts.world.clock.now();
  }

  #send(): void {
    const { plan, world, uri } = this.#parts;
    if (plan === undefined) return;
    const sentAtMs = this.#nowMs;
    this.#schedule(plan);
    this.#missed = false;
    const round = ++this.#round;
    // §21.5.4: a client "SHOULD NOT forward any other requests to that server for the duration specified in the
    // Retry-After header field, if present."
    if (this.watched && this.#state.outUntilMs > sentAtMs) return;
    const { port = this.target.port } = plan;
    const sent = sendKeepAlive(
      { plan, uri, target: { ...this.target, port } },
      world,
      (outcome) => this.#onOutcome(outcome, { plan, sentAtMs, round }),
    );
    if (!sent) {
      world.observer.count("trunk_keep_alives_unsent");
      if (this.watched) this.#onOutcome("transport", { plan, sentAtMs, round });
    }
  }

  #schedule(plan: KeepAlivePlan): void {
    const { clock } = this.#parts.world;
    const nowMs = clock.now();
    const seconds = this.condition === "down"
      ? plan.downIntervalSeconds
      : plan.intervalSeconds;
    const waitMs = this.#parts.spread.nextMs(this.#parts.phase, {
      nowMs,
      intervalMs: seconds * 1000,
    });
    clock.cancel(this.#timer);
    this.#timer = clock.schedule(waitMs, this, "keep-alive");
    this.#nextAtMs = nowMs + waitMs;
  }

  #onOutcome(
    outcome: SipResponse | ClientFailure,
    sent: { plan: KeepAlivePlan; sentAtMs: number; round: number },
  ): void {
    // Whatever comes to a kind that nobody waits for is ignored, and so is what comes after the end.
    if (!this.watched || this.#timer === undefined) return;
    if (outcome === "timeout" || outcome === "transport") {
      // A later one may have been answered meanwhile.
      if (sent.round !== this.#round) return;
      this.#lastFailure = outcome;
      this.#lastStatus = undefined;
      this.#parts.world.observer.count("trunk_keep_alives_unanswered");
      this.#miss();
      return;
    }
    const { status } = outcome;
    this.#lastFailure = undefined;
    this.#lastStatus = status;
    this.#roundTripMs = this.#nowMs - sent.sentAtMs;
    if (isInService(status, sent.plan.inService)) {
      this.#tell(this.#state.answered(this.#nowMs));
    } else if (status === 503) {
      // No message was lost here: the server itself says that it takes no calls, as Legwork does while it drains.
      this.#tell(this.#state.refused(this.#nowMs));
      this.#parts.onUnavailable(this, outcome);
    } else this.#miss();
  }

  #miss(): void {
    if (this.#missed) return;
    this.#missed = true;
    this.#tell(this.#state.missed(this.#nowMs));
  }

  #tell(before: Condition | undefined): void {
    if (before === undefined) return;
    // What is down is asked at a pace of its own, and so is what has come back.
    const { plan, owner } = this.#parts;
    if (
      plan !== undefined && this.#timer !== undefined &&
      plan.downIntervalSeconds !== plan.intervalSeconds
    ) this.#schedule(plan);
    owner.onChange(this, before);
  }
}

/** What a {@linkcode WatchedAddress} is made of. */
export interface WatchedAddressParts {
  readonly uri: SipUri;
  /** Undefined: nothing is sent. */
  readonly plan: KeepAlivePlan | undefined;
  readonly world: KeepAliveWorld;
  readonly spread: Spread;
  /** Its place in the interval. */
  readonly phase: number;
  readonly owner: AddressOwner;
  /** A keep-alive was answered with 503. */
  readonly onUnavailable: (
    address: WatchedAddress,
    response: SipResponse,
  ) => void;
}

function secondsUntil(
  atMs: number | undefined,
  nowMs: number,
): number | undefined {
  return atMs === undefined ? undefined : (atMs - nowMs) / 1000;
}
