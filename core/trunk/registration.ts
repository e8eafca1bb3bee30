/**
 * One registration at one server: REGISTER, its refreshes, and everything the server may answer (RFC 3261 section 10.2).
 * It knows nothing of other servers; whoever owns it decides when it is tried again after a failure.
 *
 * @module
 */

import type { Timed, Timer } from "../base/clock.ts";
import { Authenticator } from "../dialog/authenticator.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import { sameUri, type SipUri } from "../message/uri.ts";
import type { ClientTransaction } from "../transaction/client_transaction.ts";
import {
  type Address,
  canonicalHost,
  type Target,
} from "../transport/address.ts";
import type { Flow } from "../transport/flow.ts";
import { betterAddress } from "./contact_move.ts";
import type { FlowUser } from "./flow_keep_alive.ts";
import { RegisteredFlow } from "./registered_flow.ts";
import { minExpires, readAnswer } from "./registration_answer.ts";
import {
  refusal,
  RegistrationAttempt,
  type RegistrationFailure,
  silence,
} from "./registration_attempt.ts";
import { refreshDelayMs, SHORT_LIVED_MS } from "./registration_backoff.ts";
import {
  contactUri,
  contactValue,
  registerRequest,
} from "./registration_request.ts";
import type { Binding, RegistrationGround } from "./registration_ground.ts";
import {
  keepsFlow,
  type RegistrationSettings,
} from "./registration_settings.ts";

/** Who owns a registration. */
export interface RegistrationOwner {
  /** The binding was made, or refreshed. */
  onRegistered(registration: Registration): void;
  /** The server was asked in vain; what was bound before may still be. */
  onFailed(registration: Registration, failure: RegistrationFailure): void;
  /** The binding ran out. */
  onExpired(registration: Registration): void;
  /** The wait after a failure is over. */
  onRested(registration: Registration): void;
  /** The flow it was registered on has failed. */
  onFlowLost(registration: Registration, reason: string): void;
  /** The binding was taken back, or could not be. */
  onRemoved(registration: Registration): void;
}

/** See the module's text. */
export class Registration implements Timed, FlowUser {
  /** RFC 5626 section 4.2: which of our flows this is. */
  regId = 1;
  readonly #settings: RegistrationSettings;
  readonly #ground: RegistrationGround;
  readonly #owner: RegistrationOwner;
  readonly #authenticator: Authenticator | undefined;
  /** Undefined where flows are not kept. */
  readonly #flow: RegisteredFlow | undefined;
  readonly #callId: string;
  readonly #fromTag: string;
  #cseq = 0;
  #failures = 0;
  #lastStatus: number | undefined;
  #brokenFlows = 0;
  #flowSinceMs = 0;
  #expiresSeconds: number;
  /** Nothing of RFC 5626, by setting or because the way to the server has none of it. */
  #plain: boolean;
  #binding: Binding | undefined;
  #attempt: RegistrationAttempt | undefined;
  /** What was asked for while a REGISTER was on its way. */
  #next: "refresh" | "remove" | undefined;
  /** Where the registrar sees us, for the listener that we send from. */
  #seen: { readonly listener: string; readonly address: Address } | undefined;
  #refresh: Timer | undefined;
  #expiry: Timer | undefined;
  #rest: Timer | undefined;
  #restsUntilMs = 0;

  constructor(
    readonly server: SipUri,
    settings: RegistrationSettings,
    world: { ground: RegistrationGround; owner: RegistrationOwner },
  ) {
    this.#settings = settings;
    this.#ground = world.ground;
    this.#owner = world.owner;
    const { random } = world.ground;
    this.#authenticator = settings.account &&
      new Authenticator(settings.account, random);
    // §10.2: "All registrations from a UAC SHOULD use the same Call-ID header field value for registrations sent to a
    // particular registrar."
    this.#callId = `${random.token()}@legwork`;
    this.#fromTag = random.token();
    this.#expiresSeconds = settings.expiresSeconds;
    this.#plain = settings.outbound === "off";
    const { clock, flows: transport } = world.ground;
    this.#flow = !keepsFlow(settings) ? undefined : new RegisteredFlow({
      transport,
      clock,
      random,
      user: this,
      settings: settings.flow,
      registration: settings,
    });
  }

  /** What is bound; undefined: nothing, as far as is known. */
  get binding(): Binding | undefined {
    return this.#binding;
  }

  /** A REGISTER is on its way. */
  get busy(): boolean {
    return this.#attempt !== undefined;
  }

  /** Until when it is left alone after a failure, on the clock; undefined where it is not. */
  get restsUntilMs(): number | undefined {
    return this.#rest === undefined ? undefined : this.#restsUntilMs;
  }

  /** Attempts in vain since the last that was not. */
  get failures(): number {
    return this.#failures;
  }

  /** The last final status, or what stands for it. */
  get lastStatus(): number | undefined {
    return this.#lastStatus;
  }

  /** Registers, or refreshes, now. */
  register(): void {
    this.#begin(false);
  }

  /** Takes the binding back; the owner hears when that is over. */
  unregister(): void {
    if (this.#binding !== undefined || this.#attempt !== undefined) {
      this.#begin(true);
    } else this.release();
  }

  /** Lets go of it: nothing more is sent, and what is bound runs out at the server by itself. */
  release(): void {
    this.#ground.clock.cancel(this.#rest);
    this.#rest = undefined;
    this.giveWay();
  }

  /** The same where another server has taken its place; how long it is left alone stays as it is. */
  giveWay(): void {
    this.#attempt = this.#next = undefined;
    this.#forget();
  }

  /** Leaves the server alone for a time. */
  restFor(ms: number): void {
    const { clock } = this.#ground;
    clock.cancel(this.#rest);
    this.#restsUntilMs = clock.now() + ms;
    this.#rest = clock.schedule(ms, this, "rest");
  }

  /** Flows in a row that broke as soon as they were registered. */
  get brokenFlows(): number {
    return this.#brokenFlows;
  }

  /** The flow that it is registered on is gone, and with it the way of its calls to us. */
  onFlowFailed(reason: string): void {
    const livedMs = this.#ground.clock.now() - this.#flowSinceMs;
    this.#brokenFlows = livedMs < SHORT_LIVED_MS ? this.#brokenFlows + 1 : 0;
    this.#forget();
    this.#owner.onFlowLost(this, reason);
  }

  onMappedAddress(address: Address): void {
    const { contact, flow } = this.#binding ?? {};
    if (contact === undefined || flow === undefined) return;
    const sameHost = canonicalHost(contact.host) === address.host;
    if (sameHost && contact.port === address.port) return;
    this.seenAt(address, flow.listener);
  }

  /** What the network shows of a listener of ours has changed: what is bound there leads nowhere now. */
  seenAt(address: Address, listener: string): void {
    if (this.#settings.contact === "local") return;
    this.#seen = { address, listener };
    if (this.#binding?.flow.listener === listener) this.#begin(false);
  }

  onTimer(name: string): void {
    switch (name) {
      case "refresh":
        this.#refresh = undefined;
        this.#begin(false);
        break;
      case "expiry":
        this.#expiry = undefined;
        this.#forget();
        this.#owner.onExpired(this);
        break;
      case "rest":
        this.#rest = undefined;
        this.#owner.onRested(this);
        break;
    }
  }

  #begin(removes: boolean): void {
    const { clock } = this.#ground;
    clock.cancel(this.#refresh);
    clock.cancel(this.#rest);
    this.#refresh = this.#rest = undefined;
    // §10.2: a UA sends no new registration until it has a final response to the one before, or that has timed out.
    if (this.#attempt !== undefined) {
      this.#next = removes || this.#next === "remove" ? "remove" : "refresh";
      return;
    }
    const place = this.#binding?.place ?? this.server;
    this.#attempt = new RegistrationAttempt(place, removes);
    this.#send(this.#attempt, this.#binding);
  }

  /** `before`: where the last one went, which is asked first. */
  #send(
    attempt: RegistrationAttempt,
    before?: { target: Target; flow: Flow },
  ): void {
    const { observer, sender } = this.#ground;
    const settings = this.#settings;
    observer.count("registration_requests");
    const request = registerRequest(settings, {
      callId: this.#callId,
      fromTag: this.#fromTag,
      // §10.2: "A UA MUST increment the CSeq value by one for each REGISTER request with the same Call-ID."
      cseq: ++this.#cseq,
      requestUri: attempt.place === this.server
        ? settings.domain ?? this.server
        : attempt.place,
      // §10.2.2: "A UA requests the immediate removal of a binding by specifying an expiration interval of "0" for that
      // contact address in a REGISTER request."
      expiresSeconds: attempt.removes ? 0 : this.#expiresSeconds,
    });
    sender.send(request, {
      uri: attempt.place,
      first: before?.target,
      flow: before?.flow,
      addedBytes: this.#authenticator?.bytes,
      prepare: (draft, flow) => this.#finished(attempt, draft, flow),
    }, {
      onResponse: (response, transaction) => {
        if (this.#attempt !== attempt || response.status < 200) return;
        this.#onFinal(attempt, response, transaction);
      },
      onFailure: (failure) => {
        if (this.#attempt === attempt) this.#failed(attempt, silence(failure));
      },
    });
  }

  /** Contact and credentials, which depend on the way. */
  #finished(
    attempt: RegistrationAttempt,
    draft: SipRequest,
    flow: Flow,
  ): SipRequest {
    const seen = this.#seen?.listener === flow.listener
      ? this.#seen.address
      : undefined;
    const regId = this.#plain ? undefined : this.regId;
    const contact = contactUri(this.#settings, { flow, seen });
    // A Contact of ours that leads nowhere goes in the same breath; a flow's goes by its reg-id.
    const bound = regId === undefined ? this.#binding?.contact : undefined;
    const former = bound && !sameUri(bound, contact) ? bound : undefined;
    const value = contactValue(this.#settings, { flow, seen, regId, former });
    attempt.contact = contact;
    draft.headers.append("Contact", value);
    this.#authenticator?.sign(draft);
    return draft;
  }

  #onFinal(
    attempt: RegistrationAttempt,
    response: SipResponse,
    transaction: ClientTransaction,
  ): void {
    this.#lastStatus = response.status;
    if (response.status < 300) {
      if (attempt.removes) this.#removed();
      else this.#succeeded(attempt, response, transaction);
    } else if (this.#isMended(attempt, response)) {
      this.#send(attempt, transaction);
    } else if (attempt.redirect(response)) this.#send(attempt);
    else this.#failed(attempt, refusal(response));
  }

  /** Whether the same server may think better of it: what it missed is given now. */
  #isMended(attempt: RegistrationAttempt, response: SipResponse): boolean {
    switch (response.status) {
      case 401:
      case 407:
        return this.#authenticator?.learn(response, attempt.round) === true;
      case 423: {
        // §10.2.8: "it MAY retry the registration after making the expiration interval of all contact addresses in the
        // REGISTER request equal to or greater than the expiration interval within the Min-Expires header field".
        const least = minExpires(response) ?? 0;
        if (least <= this.#expiresSeconds || !attempt.mayRaise()) return false;
        this.#expiresSeconds = least;
        return true;
      }
      case 439:
        // RFC 5626 §4.2.1: "If the registering UA receives a 439 (First Hop Lacks Outbound Support) response to a
        // REGISTER request, it MAY re-attempt registration without using the outbound mechanism".
        if (this.#plain) return false;
        this.#plain = true;
        return true;
    }
    return false;
  }

  #succeeded(
    attempt: RegistrationAttempt,
    response: SipResponse,
    { target, flow }: ClientTransaction,
  ): void {
    const { observer } = this.#ground;
    const contact = attempt.contact ?? this.#settings.aor;
    const askedSeconds = this.#expiresSeconds;
    const { outbound } = this.#settings;
    const asked = { ours: contact, askedSeconds, outbound };
    const answer = readAnswer(response, asked);
    if (answer.expiresSeconds === 0) {
      this.#failed(attempt, {
        status: response.status,
        reason: "bound for 0 seconds",
        refused: true,
        retryAfterSeconds: undefined,
      });
      return;
    }
    // It may hide what is bound from those who ask: a 2xx is its word all the same.
    if (!answer.found) observer.count("registration_contact_missing");
    const former = this.#binding?.contact;
    this.#bind({ ...answer, contact, place: attempt.place, target, flow });
    const { contact: source } = this.#settings;
    const better = answer.outbound !== undefined || attempt.rewritten
      ? undefined
      : betterAddress(response, { contact, flow, source });
    if (better !== undefined) {
      attempt.rewritten = true;
      this.#seen = { address: better, listener: flow.listener };
      this.#send(attempt, { target, flow });
      return;
    }
    if (former !== undefined && !sameUri(former, contact)) {
      observer.count("registration_contact_changes");
    }
    const { clock, random } = this.#ground;
    const afterMs = refreshDelayMs(answer.expiresSeconds, random);
    this.#refresh = clock.schedule(afterMs, this, "refresh");
    this.#flow?.follow(flow, answer);
    this.#done();
    this.#owner.onRegistered(this);
  }

  #bind(binding: Omit<Binding, "expiresAtMs">): void {
    const { clock, observer } = this.#ground;
    if (this.#binding?.flow !== binding.flow) this.#flowSinceMs = clock.now();
    this.#cancelTimers();
    this.#failures = 0;
    observer.count("registration_accepted");
    const lifeMs = binding.expiresSeconds * 1000;
    this.#binding = { ...binding, expiresAtMs: clock.now() + lifeMs };
    this.#expiry = clock.schedule(lifeMs, this, "expiry");
  }

  #failed(attempt: RegistrationAttempt, failure: RegistrationFailure): void {
    this.#lastStatus = failure.status;
    if (attempt.removes) {
      this.#removed();
      return;
    }
    this.#failures++;
    this.#ground.observer.count("registration_failures");
    // RFC 3608 §6.1: "If the re-registration request is refused [...] the UA SHOULD discard any stored service route for
    // that address-of-record." A silence refuses nothing: what is bound may well be bound until it runs out.
    if (failure.refused) this.#forget();
    this.#done();
    if (!this.busy) this.#owner.onFailed(this, failure);
  }

  #removed(): void {
    this.#forget();
    this.#attempt = this.#next = undefined;
    this.#owner.onRemoved(this);
  }

  /** The attempt has come to its end; what was asked for meanwhile has its turn. */
  #done(): void {
    const next = this.#next;
    this.#attempt = this.#next = undefined;
    if (next !== undefined) this.#begin(next === "remove");
  }

  #forget(): void {
    this.#cancelTimers();
    this.#flow?.stop();
    this.#binding = undefined;
  }

  #cancelTimers(): void {
    const { clock } = this.#ground;
    clock.cancel(this.#refresh);
    clock.cancel(this.#expiry);
    this.#refresh = this.#expiry = undefined;
  }
}
