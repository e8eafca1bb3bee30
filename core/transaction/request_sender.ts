/**
 * Requests to URIs: resolved, tried at one target after the other (RFC 3263 section 4.3), by TCP where they are too large
 * for UDP (RFC 3261 section 18.1.1). Each try is a transaction of its own.
 *
 * @module
 */

import { keepSample, KINDS } from "../base/samples.ts";
import type { Clock, Timed, Timer } from "../base/clock.ts";
import type { Observer } from "../base/observer.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import type { SipUri } from "../message/uri.ts";
import type { Target } from "../transport/address.ts";
import type {
  Acknowledged,
  ForkUser,
  LastingAck,
} from "./acknowledged_invites.ts";
import { type Attempts, estimatedBytes } from "./attempts.ts";
import type {
  ClientFailure,
  ClientTransaction,
  ClientUser,
} from "./client_transaction.ts";
import type { Destination } from "./destination.ts";
import {
  attemptsFor,
  finished,
  firstOf,
  type SendRoute,
  startingWith,
} from "./send_route.ts";
import { AckSender, type SentAck } from "./sent_ack.ts";
import type { TransactionLayer } from "./transaction_layer.ts";
import type { MessageTransport } from "./transport_port.ts";

export type { SendRoute } from "./send_route.ts";
export type { SentAck } from "./sent_ack.ts";

const NO_TARGETS: readonly Target[] = [];

/**
 * Why no (further) response comes. `unresolved`: the URI leads nowhere, or it was cancelled before it was known where to;
 * `down`: every target is known to be down, and none was tried.
 */
export type SendingFailure = ClientFailure | "unresolved" | "down";

/** Who waits for the responses. Nothing is called before {@linkcode RequestSender.send} has returned. */
export interface SendingUser {
  /** Each provisional response, then one final (of an INVITE: every 2xx) from the target that gave it. */
  onResponse(response: SipResponse, transaction: ClientTransaction): void;
  /** Instead of a final response: no target is left. */
  onFailure(failure: SendingFailure): void;
  /** After the 2xx of an INVITE: its last fork may have answered, no more will come. Not when the layer is closed. */
  onOver?(): void;
}

/** A request on its way. */
export interface Sending {
  /** Cancels an INVITE (RFC 3261 section 9.1) and tries no more targets; an answer or a failure still comes. */
  cancel(reason?: string): void;
  /** The try that is running, or the last one; undefined until the address is known. */
  readonly transaction: ClientTransaction | undefined;
}

/** Turns URIs into targets: the resolver, RFC 3263. */
export interface TargetResolver {
  resolve(uri: SipUri): readonly Target[] | Promise<readonly Target[]>;
}

/** What a {@linkcode RequestSender} is made of. */
export interface RequestSenderOptions {
  readonly transactions: TransactionLayer;
  readonly resolver: TargetResolver;
  readonly transport: MessageTransport;
  readonly clock: Clock;
  readonly observer: Observer;
}

/** Sends requests wherever their URIs lead. */
export class RequestSender {
  readonly #options: RequestSenderOptions;

  constructor(options: RequestSenderOptions) {
    this.#options = options;
  }

  /** Sends a request: neither ACK nor CANCEL. `request` has no Via of ours yet. */
  send(request: SipRequest, route: SendRoute, user: SendingUser): Sending {
    const sending = new RequestSending({ request, route, user }, this.#options);
    const isInvite = request.method === "INVITE";
    keepSample(isInvite ? KINDS.sendingInvite : KINDS.sendingOther, sending);
    keepSample(isInvite ? KINDS.inviteUser : KINDS.otherUser, user);
    this.#start(sending, route);
    return sending;
  }

  /** Sends the ACK of a 2xx. `onLast` is called once it has left, and no other way is left to try. */
  sendAck(
    ack: SipRequest,
    route: SendRoute,
    onLast?: (ack: LastingAck) => void,
  ): SentAck {
    const sender = new AckSender({ ack, route, onLast }, this.#options);
    keepSample(KINDS.ack, sender);
    this.#start(sender, route);
    return sender;
  }

  /** An INVITE's 2xx has its ACK for good; see {@linkcode TransactionLayer.acknowledged}. */
  acknowledged({ transaction }: Sending, how: Acknowledged): number {
    return transaction === undefined
      ? -1
      : this.#options.transactions.acknowledged(transaction, how);
  }

  /** See {@linkcode TransactionLayer.handOver}. */
  handOver(record: number, forks: ForkUser): void {
    this.#options.transactions.handOver(record, forks);
  }

  /** At once where the targets are known: promises only for what DNS is asked for. */
  #start(one: Startable, route: SendRoute): void {
    const found = route.targets ??
      (route.uri === undefined
        ? NO_TARGETS
        : this.#options.resolver.resolve(route.uri));
    if (found instanceof Promise) startLater(one, route, found);
    else one.start(startingWith(firstOf(route), found));
  }
}

/** What waits for its targets. */
interface Startable {
  start(targets: readonly Target[]): void;
}

function startLater(
  one: Startable,
  route: SendRoute,
  found: Promise<readonly Target[]>,
): void {
  // A flow that breaks while DNS is asked was still the one to begin with.
  const first = firstOf(route);
  found.then(
    (targets) => one.start(startingWith(first, targets)),
    () => one.start(startingWith(first, NO_TARGETS)),
  );
}

/** One request and its tries. */
class RequestSending implements Sending, ClientUser, Timed {
  /** What a further try is made of; gone with the last of them, since an INVITE's user is heard for 32 s more. */
  #parts: { request: SipRequest; route: SendRoute } | undefined;
  /** Gone once it has had its last word; a transaction that only waits for retransmissions keeps nobody alive. */
  #user: SendingUser | undefined;
  readonly #options: RequestSenderOptions;
  readonly #bytes: number;
  #attempts: Attempts | undefined;
  #transaction: ClientTransaction | undefined;
  /** The running try has had a response. */
  #heard = false;
  #cancelled = false;
  #verdict: SendingFailure = "unresolved";
  #failing: Timer | undefined;

  constructor(
    parts: { request: SipRequest; route: SendRoute; user: SendingUser },
    options: RequestSenderOptions,
  ) {
    this.#parts = parts;
    this.#user = parts.user;
    this.#options = options;
    this.#bytes = estimatedBytes(parts.request) +
      (parts.route.addedBytes ?? 0);
  }

  get transaction(): ClientTransaction | undefined {
    return this.#transaction;
  }

  start(targets: readonly Target[]): void {
    if (this.#cancelled || this.#parts === undefined) return;
    const { transport } = this.#options;
    const { route } = this.#parts;
    const usable = route.health?.usable(targets) ?? targets;
    this.#attempts = attemptsFor(usable, route, transport);
    if (usable.length > 0) this.#verdict = "transport";
    else if (targets.length > 0) this.#verdict = "down";
    if (!this.#tryNext()) this.#fail();
  }

  cancel(reason?: string): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    // Nothing has left yet: there is nothing to cancel, and nothing will come.
    if (this.#transaction === undefined) this.#fail();
    else this.#transaction.cancel(reason);
  }

  onResponse(response: SipResponse, transaction: ClientTransaction): void {
    if (transaction !== this.#transaction) return;
    this.#heard = true;
    if (response.status >= 200) {
      this.#parts?.route.health?.onAnswer(transaction.target, response);
    }
    // RFC 3263 §4.3: "failure occurs if the transaction layer reports a 503 error response or a transport failure of some
    // sort [...]. If a failure occurs, the client SHOULD create a new request, which is identical to the previous, but has
    // a different value of the Via branch ID than the previous".
    if (response.status === 503 && !this.#cancelled && this.#tryNext()) return;
    const user = this.#user;
    if (response.status >= 200) this.#parts = this.#attempts = undefined;
    // Only an INVITE is answered more than once: by the 2xx of its forks.
    const more = response.status < 200 ||
      (response.status < 300 && transaction.method === "INVITE");
    if (!more) this.#user = undefined;
    user?.onResponse(response, transaction);
  }

  onFailure(failure: ClientFailure, transaction: ClientTransaction): void {
    if (transaction !== this.#transaction) return;
    this.#verdict = failure;
    if (!this.#heard && !this.#cancelled) {
      this.#parts?.route.health?.onFailure(transaction.target, failure);
    }
    // RFC 3263 §4.3: "Failure also occurs if the transaction layer times out without ever having received any response,
    // provisional or final": one that has spoken is not given up for another.
    const final = this.#cancelled || (failure === "timeout" && this.#heard);
    if (!final && failure === "transport" && this.#tryUdp()) return;
    if (!final && this.#tryNext()) return;
    const user = this.#user;
    this.#user = undefined;
    user?.onFailure(failure);
  }

  onTerminated(transaction: ClientTransaction): void {
    if (transaction === this.#transaction) this.#user?.onOver?.();
  }

  onTimer(_name: string): void {
    this.#failing = undefined;
    this.#user?.onFailure(this.#verdict);
  }

  /** Tries the next target; false when there is none. */
  #tryNext(): boolean {
    const destination = this.#attempts?.next(this.#bytes);
    return destination !== undefined && this.#send(destination);
  }

  #tryUdp(): boolean {
    const destination = this.#attempts?.backToUdp();
    if (destination === undefined) return false;
    this.#options.observer.count("transaction_tcp_fallbacks");
    return this.#send(destination);
  }

  #send(destination: Destination): boolean {
    if (this.#parts === undefined) return false;
    const { request, route } = this.#parts;
    const draft = finished(request, route, destination.flow);
    this.#heard = false;
    const before = this.#transaction;
    const { transactions, observer } = this.#options;
    const transaction = transactions.request(draft, destination, this);
    if (transaction === undefined) return false;
    if (before !== undefined) observer.count("transaction_failovers");
    this.#transaction = transaction;
    return true;
  }

  /** Not from inside a call of the user's. */
  #fail(): void {
    this.#failing ??= this.#options.clock.schedule(0, this, "failed");
  }
}
