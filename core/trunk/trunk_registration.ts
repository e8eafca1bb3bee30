/**
 * The registrations of one trunk: at which of its servers we are registered, at which we try to be, and when we turn from
 * one to the other. `dual` keeps two at once, each with a reg-id of its own.
 *
 * @module
 */

import type { Timed, Timer } from "../base/clock.ts";
import { Registration, type RegistrationOwner } from "./registration.ts";
import type { RegistrationGround } from "./registration_ground.ts";
import type { RegistrationFailure } from "./registration_attempt.ts";
import { retryDelayMs } from "./registration_backoff.ts";
import type { RegistrationSettings } from "./registration_settings.ts";
import { RegistrationLog, shownContact } from "./registration_log.ts";

/** One place to be registered at, as operators see it. */
export interface RegistrationState {
  /** `waiting`: every server failed, and the next try is due later. */
  readonly state: "registered" | "registering" | "waiting" | "stopped";
  readonly regId: number;
  /** Where we are registered, else where we ask or are to ask next. */
  readonly server: string | undefined;
  /** The Contact that is bound, without its `line`. */
  readonly contact: string | undefined;
  /** On the clock: since when it is so. */
  readonly sinceMs: number;
  readonly expiresInSeconds: number | undefined;
  readonly retryInSeconds: number | undefined;
  /** That server's last final status; 408 and 503 stand for silence too. */
  readonly lastStatus: number | undefined;
}

/** One place to be registered at: the whole of it, or a half where there are two. */
class Slot implements Timed {
  /** Where we are registered. */
  serving: Registration | undefined;
  /** Where we are asking to be. */
  trying: Registration | undefined;
  /** On the clock: since when it is as it is. */
  sinceMs: number;
  #failback: Timer | undefined;

  constructor(
    /** From 1. */
    readonly regId: number,
    /** All servers, the preferred one first. */
    readonly order: readonly Registration[],
    private readonly ground: RegistrationGround,
    private readonly onFailback: (slot: Slot) => void,
  ) {
    this.sinceMs = ground.clock.now();
  }

  /** What is told of it has changed. */
  changed(): void {
    this.sinceMs = this.ground.clock.now();
  }

  /** Looks for a better server after a while. */
  awaitFailback(seconds: number): void {
    this.stop();
    if (seconds === 0) return;
    this.#failback = this.ground.clock.schedule(
      seconds * 1000,
      this,
      "failback",
    );
  }

  stop(): void {
    this.ground.clock.cancel(this.#failback);
    this.#failback = undefined;
  }

  onTimer(_name: string): void {
    this.#failback = undefined;
    this.onFailback(this);
  }
}

/** See the module's text. */
export class TrunkRegistration implements RegistrationOwner {
  readonly #settings: RegistrationSettings;
  readonly #ground: RegistrationGround;
  readonly #all: readonly Registration[];
  readonly #slots: readonly Slot[];
  readonly #log: RegistrationLog;
  readonly #onChange: (trunk: TrunkRegistration) => void;
  #stopped = true;

  constructor(
    readonly trunk: string,
    settings: RegistrationSettings,
    ground: RegistrationGround,
    /** Told whenever another registration serves, or is bound elsewhere. */
    onChange: (trunk: TrunkRegistration) => void,
  ) {
    this.#settings = settings;
    this.#onChange = onChange;
    this.#ground = ground;
    this.#log = new RegistrationLog(trunk, ground.observer);
    const world = { ground, owner: this };
    this.#all = settings.registrars.map((server) =>
      new Registration(server, settings, world)
    );
    const count = settings.dual ? Math.min(2, this.#all.length) : 1;
    this.#slots = Array.from({ length: count }, (_, index) =>
      new Slot(
        index + 1,
        preference(this.#all, { index, count }),
        ground,
        (slot) => this.#failBack(slot),
      ));
  }

  /** Those that are registered, the preferred one first. */
  get serving(): readonly Registration[] {
    return this.#slots.flatMap(({ serving }) => serving ?? []);
  }

  /** Those that are left alone after a failure, and have us no more. */
  get failing(): readonly Registration[] {
    return this.#all.filter(({ binding, restsUntilMs }) =>
      binding === undefined && restsUntilMs !== undefined
    );
  }

  /** A REGISTER is on its way. */
  get busy(): boolean {
    return this.#all.some(({ busy }) => busy);
  }

  /** As operators and health see it, one for each place. */
  get states(): readonly RegistrationState[] {
    return this.#slots.map((slot) => this.#stateOf(slot));
  }

  /** Registers, and stays registered from now on. */
  start(): void {
    this.#stopped = false;
    for (const slot of this.#slots) this.#seek(slot);
  }

  /** Sends no more; takes back what is bound where the settings have it so. */
  stop({ unregister }: { unregister: boolean }): void {
    this.#stopped = true;
    for (const slot of this.#slots) {
      slot.stop();
      slot.trying = undefined;
      if (!unregister) slot.serving = undefined;
      slot.changed();
    }
    for (const registration of this.#all) {
      if (unregister) registration.unregister();
      else registration.release();
    }
    this.#onChange(this);
  }

  onRegistered(registration: Registration): void {
    const slot = this.#slotOf(registration);
    if (slot === undefined) return;
    const { serving: before } = slot;
    slot.serving = registration;
    if (slot.trying === registration) slot.trying = undefined;
    if (before !== registration) slot.changed();
    const { order } = slot;
    const back = before !== undefined &&
      order.indexOf(registration) < order.indexOf(before);
    this.#log.registered(registration, { before, back });
    // What is bound there runs out by itself: where both servers share their bindings, taking it back would take this
    // one back as well.
    if (before !== registration) before?.giveWay();
    this.#onChange(this);
    if (order[0] !== registration) {
      slot.awaitFailback(this.#settings.failbackSeconds);
    } else slot.stop();
  }

  onFailed(registration: Registration, failure: RegistrationFailure): void {
    const slot = this.#slotOf(registration);
    if (slot === undefined || this.#stopped) return;
    const delayMs = retryDelayMs({
      failures: registration.failures,
      othersStand: this.serving.some((one) =>
        one !== registration && one.binding !== undefined
      ),
      refused: failure.refused,
      retryAfterSeconds: failure.retryAfterSeconds,
    }, { times: this.#settings.retry, random: this.#ground.random });
    registration.restFor(delayMs);
    this.#log.failed(registration, { failure, delayMs });
    if (slot.trying === registration) slot.trying = undefined;
    if (registration.binding === undefined) this.#unserve(slot, registration);
    slot.changed();
    // The better server is not back yet.
    if (slot.serving?.failures === 0) {
      slot.awaitFailback(this.#settings.failbackSeconds);
    } else this.#seek(slot);
  }

  onExpired(registration: Registration): void {
    const slot = this.#slotOf(registration);
    if (slot === undefined) return;
    this.#unserve(slot, registration);
    slot.changed();
    this.#ground.observer.count("registration_expired");
    this.#log.lost(registration, "it ran out");
    if (registration.busy) slot.trying ??= registration;
    else if (!this.#stopped) this.#seek(slot);
  }

  onRested(registration: Registration): void {
    if (this.#stopped) return;
    for (const slot of this.#slots) {
      if (slot.serving === registration) {
        if (slot.trying === undefined) registration.register();
        return;
      }
    }
    for (const slot of this.#slots) {
      const { serving, trying } = slot;
      const wanting = serving === undefined || serving.failures > 0;
      if (trying === undefined && wanting) this.#seek(slot);
    }
  }

  /** RFC 5626 §4.5: the flow is replaced, and what was registered on it is registered anew. */
  onFlowLost(registration: Registration, reason: string): void {
    const slot = this.#slotOf(registration);
    if (slot === undefined) return;
    this.#ground.observer.count("registration_flows_lost");
    this.#log.lost(registration, reason);
    this.#unserve(slot, registration);
    slot.changed();
    if (this.#stopped) return;
    this.#restBroken(registration);
    this.#seek(slot);
  }

  onRemoved(registration: Registration): void {
    const slot = this.#slotOf(registration);
    if (slot !== undefined) {
      this.#unserve(slot, registration);
      slot.changed();
    }
    this.#log.removed(registration);
  }

  #unserve(slot: Slot, registration: Registration): void {
    if (slot.serving !== registration) return;
    slot.serving = undefined;
    this.#onChange(this);
  }

  /** Asks the best server that is neither taken nor left alone for now. */
  #seek(slot: Slot): void {
    if (slot.trying !== undefined) return;
    const next = slot.order.find((one) => this.#isFree(one));
    if (next !== undefined) this.#try(slot, next);
  }

  #failBack(slot: Slot): void {
    const { serving, trying, order } = slot;
    if (this.#stopped || serving === undefined || trying !== undefined) return;
    const better = order.slice(0, order.indexOf(serving))
      .find((one) => this.#isFree(one));
    if (better === undefined) {
      slot.awaitFailback(this.#settings.failbackSeconds);
    } else this.#try(slot, better);
  }

  #try(slot: Slot, registration: Registration): void {
    slot.trying = registration;
    registration.regId = slot.regId;
    slot.changed();
    registration.register();
  }

  /**
   * RFC 5626 §4.5: a flow that has served is replaced at once; one that breaks as soon as it is registered counts as a
   * failure, so that a server that hangs up on each REGISTER is not asked without end.
   */
  #restBroken(registration: Registration): void {
    if (registration.brokenFlows === 0) return;
    registration.restFor(retryDelayMs({
      failures: registration.brokenFlows,
      othersStand: this.serving.length > 0,
      refused: false,
      retryAfterSeconds: undefined,
    }, { times: this.#settings.retry, random: this.#ground.random }));
  }

  #stateOf(slot: Slot): RegistrationState {
    const { regId, serving, trying, sinceMs } = slot;
    const now = this.#ground.clock.now();
    const next = this.#all.filter(({ restsUntilMs }) => restsUntilMs)
      .sort((a, b) => a.restsUntilMs! - b.restsUntilMs!)[0];
    const shown = serving ?? trying ?? next;
    const { binding, restsUntilMs } = shown ?? {};
    return {
      state: serving !== undefined
        ? "registered"
        : this.#stopped
        ? "stopped"
        : trying !== undefined
        ? "registering"
        : "waiting",
      regId,
      server: shown?.server.toString(),
      contact: binding && shownContact(binding.contact),
      sinceMs,
      expiresInSeconds: binding && (binding.expiresAtMs - now) / 1000,
      retryInSeconds: restsUntilMs && (restsUntilMs - now) / 1000,
      lastStatus: shown?.lastStatus,
    };
  }

  #isFree(registration: Registration): boolean {
    return registration.restsUntilMs === undefined &&
      !this.#slots.some(({ serving, trying }) =>
        serving === registration || trying === registration
      );
  }

  #slotOf(registration: Registration): Slot | undefined {
    return this.#slots.find(({ serving, trying }) =>
      serving === registration || trying === registration
    );
  }
}

/** A place's own server, then those that are no place's own, then the others'. */
function preference(
  all: readonly Registration[],
  { index, count }: { index: number; count: number },
): readonly Registration[] {
  const own = all.slice(index, index + 1);
  const others = all.slice(0, count).filter((_, at) => at !== index);
  return [...own, ...all.slice(count), ...others];
}
