/** What both kinds of client transaction have in common (RFC 3261 section 17.1). */

import type { Clock, Timed, Timer } from "../base/clock.ts";
import type { Observer } from "../base/observer.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import { serialize } from "../message/serialize.ts";
import { restored, skeletonOf } from "../message/skeleton.ts";
import type { Target } from "../transport/address.ts";
import type { Flow } from "../transport/flow.ts";
import type { TransactionTimers } from "./timers.ts";

/** Why no (further) response comes: RFC 3261 section 8.1.3.1 has the user treat them as 408 and 503. */
export type ClientFailure = "timeout" | "transport";

/** Who sent the request. Nothing is called before the request that starts the transaction has returned. */
export interface ClientUser {
  /** Each provisional response, then the final one; of an INVITE every 2xx, forks and retransmissions alike. */
  onResponse(response: SipResponse, transaction: ClientTransaction): void;
  /** Instead of a final response. */
  onFailure(failure: ClientFailure, transaction: ClientTransaction): void;
  /**
   * Nothing more is told: doubles of a final response are dealt with without the user; after the 2xx of an INVITE the
   * time for further ones is over. Not called when the layer is closed.
   */
  onTerminated?(transaction: ClientTransaction): void;
}

/** What a client transaction asks of the layer that keeps it. */
export interface ClientHost {
  readonly clock: Clock;
  readonly timers: TransactionTimers;
  readonly observer: Observer;
  /** Sends on the transaction's way; failing that, calls its `transportError`. */
  transmit(
    bytes: Uint8Array,
    transaction: ClientTransaction,
    message: SipRequest,
  ): void;
  /** Starts the transaction of a CANCEL, which shares the INVITE's branch and way. */
  startCancel(cancel: SipRequest, invite: ClientTransaction): void;
  /** The transaction has ended and is to be forgotten. */
  remove(transaction: ClientTransaction): void;
  /**
   * From now on, for `waitMs`, doubles of its final response are recognized without the transaction, and answered with the
   * ACK where there is one.
   */
  absorb(transaction: ClientTransaction, left: ClientLeft): void;
}

/** What an ended transaction leaves. */
export interface ClientLeft {
  readonly waitMs: number;
  /** The bytes of the ACK. */
  readonly ack?: Uint8Array;
  /** The transaction still has a user for what comes, and is told when the time is over. */
  readonly heard?: boolean;
}

/** Where a transaction's request goes and who waits for its responses. */
export interface ClientParts {
  /** The request as it is sent, our Via on top. */
  readonly request: SipRequest;
  readonly branch: string;
  readonly target: Target;
  readonly flow: Flow;
  /** Undefined when nobody cares: the CANCEL of our own making. */
  readonly user: ClientUser | undefined;
  /** Sent once, whatever the transport, and waited for this long; undefined: as RFC 3261 has it. */
  readonly onceMs?: number | undefined;
}

/** One request of ours until its final response is certain to have stopped coming. */
export abstract class ClientTransaction implements Timed {
  readonly method: string;
  readonly branch: string;
  readonly target: Target;
  /** Another one from the moment that its connection has broken. */
  flow: Flow;
  /** Another transaction of the same branch: the CANCEL beside its INVITE. The table's own. */
  sibling: ClientTransaction | undefined;
  protected readonly host: ClientHost;
  protected readonly user: ClientUser | undefined;
  /** The request's bytes for as long as they may be sent again. */
  protected bytes: Uint8Array | undefined;
  /** The timer of retransmissions: A or E. */
  protected repeat: Timer | undefined;
  /** The timer that ends a state: B, F or the wait after CANCEL. */
  protected deadline: Timer | undefined;
  #broken: Timer | undefined;
  #reconnecting: Timer | undefined;
  #reconnected = false;
  #request: SipRequest | undefined;
  /** What is left of a request that is gone, or soon will be. */
  #skeleton = "";
  #onSendError: (() => void) | undefined;

  constructor(parts: ClientParts, host: ClientHost) {
    this.#request = parts.request;
    this.method = parts.request.method;
    this.branch = parts.branch;
    this.target = parts.target;
    this.flow = parts.flow;
    this.user = parts.user;
    this.host = host;
  }

  /** As sent, our Via on top; once an INVITE's user has had a 2xx, only its {@linkcode skeletonOf} is left. */
  get request(): SipRequest {
    return this.#request ??= restored(this.method, this.#skeleton);
  }

  /** What other dialogs of a fork are made from: the {@linkcode skeletonOf} its request. */
  get skeleton(): string {
    return this.#skeleton ||= skeletonOf(this.request);
  }

  /** The one function this transaction gives the transport with everything it sends. */
  get onSendError(): () => void {
    return this.#onSendError ??= () => this.transportError();
  }

  abstract readonly state: string;

  /** Sends the request for the first time. */
  abstract start(): void;

  /** A response of this branch and method has come. */
  abstract receive(response: SipResponse): void;

  /** Cancels an INVITE (RFC 3261 section 9.1); `reason` is an RFC 3326 Reason value. Other requests: no effect. */
  cancel(_reason?: string): void {
    // §9.1: "A CANCEL request SHOULD NOT be sent to cancel a request other than INVITE."
  }

  /** The transport could not send. Told to the user when the wheel next turns, never from inside a call of the user's. */
  transportError(): void {
    if (this.#broken !== undefined || this.state === "terminated") return;
    if (this.#reconnect()) return;
    this.#broken = this.host.clock.schedule(0, this, "transport");
  }

  /**
   * The connection that it was sent on has broken. While no final response has come the request goes out once more, on a
   * new connection: to whoever has had it already, it is a retransmission. Only once, lest a peer that breaks each
   * connection be called for ever; after that it may still answer on a connection of its own (section 18.2.2).
   */
  connectionLost(): void {
    this.#reconnect();
  }

  onTimer(name: string): void {
    if (name === "reconnect") {
      this.#reconnecting = undefined;
      this.host.observer.count("transaction_reconnections");
      this.sendRequest();
    } else if (name === "transport") {
      this.#broken = undefined;
      this.onTransportError();
    } else {
      this.onMachineTimer(name);
    }
  }

  /** It was absorbed, and the time for that is over. */
  expired(): void {
    this.user?.onTerminated?.(this);
  }

  /** Ends it without a word to anybody: the layer is closing. */
  abandon(): void {
    const { clock } = this.host;
    clock.cancel(this.repeat);
    clock.cancel(this.deadline);
    clock.cancel(this.#broken);
    clock.cancel(this.#reconnecting);
    this.bytes = undefined;
  }

  /** True while it waits for a final response. */
  protected abstract get waiting(): boolean;

  protected abstract onMachineTimer(name: string): void;
  protected abstract onTransportError(): void;

  /** The same bytes each time. */
  protected sendRequest(): void {
    this.bytes ??= serialize(this.request);
    this.host.transmit(this.bytes, this, this.request);
  }

  /** Of the request no more is kept than another dialog of a fork is made from. */
  protected slim(): void {
    this.#skeleton = this.skeleton;
    this.#request = undefined;
  }

  /** Stops retransmitting and waiting; the request's bytes are needed no more. */
  protected settle(): void {
    const { clock } = this.host;
    clock.cancel(this.repeat);
    clock.cancel(this.deadline);
    clock.cancel(this.#reconnecting);
    this.repeat = undefined;
    this.deadline = undefined;
    this.bytes = undefined;
    this.#onSendError = undefined;
  }

  /** True when what has failed is being mended; of one break both the sender and the connection tell. */
  #reconnect(): boolean {
    if (this.#reconnecting?.pending === true) return true;
    const { flow } = this;
    const broke = flow.reliable && flow.connected === true && !flow.open;
    if (!broke || this.#reconnected || !this.waiting) return false;
    this.#reconnected = true;
    this.#reconnecting = this.host.clock.schedule(0, this, "reconnect");
    return true;
  }

  /** §17.1.1.2: "The client transaction MUST be destroyed the instant it enters the "Terminated" state." */
  protected destroy(): void {
    this.abandon();
    this.host.remove(this);
    this.user?.onTerminated?.(this);
  }
}
