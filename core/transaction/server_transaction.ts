/** What both kinds of server transaction have in common (RFC 3261 section 17.2). */

import type { Clock, Timed, Timer } from "../base/clock.ts";
import type { Observer } from "../base/observer.ts";
import type { Random } from "../base/random.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import { serialize } from "../message/serialize.ts";
import { spentRequest } from "../message/skeleton.ts";
import { detached } from "../message/bytes.ts";
import { parseVia, type Via } from "../message/via.ts";
import type { Flow } from "../transport/flow.ts";
import type { TransactionTimers } from "./timers.ts";
import { detachedKey, type TransactionKey } from "./transaction_key.ts";

const NO_KEY: TransactionKey = { hash: 0, id: "", name: "", number: 0 };

/** Who answers the request. */
export interface ServerUser {
  /** A response could not be sent. */
  onTransportError?(): void;
  /** No ACK came to our non-2xx final response: timer H. */
  onAckTimeout?(): void;
  /** The transaction is gone: not called when the layer is closed. */
  onTerminated?(): void;
}

/** What a server transaction asks of the layer that keeps it. */
export interface ServerHost {
  readonly clock: Clock;
  readonly timers: TransactionTimers;
  readonly observer: Observer;
  readonly random: Random;
  /** Sends to where responses to the request go; failing that, calls its `transportError`. */
  transmit(
    bytes: Uint8Array,
    transaction: ServerTransaction,
    /** What the bytes say, where it is still known. */
    message: SipResponse | undefined,
  ): void;
  /** The transaction has ended and is to be forgotten. */
  remove(transaction: ServerTransaction): void;
  /**
   * From now on, for `waitMs`, doubles of the request are recognized and answered without the transaction; it is held
   * only for its user's sake, and then told when the time is over. Gives the number to {@linkcode ServerHost.release} it by.
   */
  absorb(transaction: ServerTransaction, left: Left): number;
  /** The transaction has no user any more that waits for the end. */
  release(absorbed: number): void;
}

/** What an ended transaction leaves. */
export interface Left {
  readonly waitMs: number;
  readonly toTag: string | undefined;
  /** The response, where it is sent again. */
  readonly bytes: Uint8Array | undefined;
  /** Its ACK has come. */
  readonly confirmed: boolean;
}

/** One request of a peer's until no retransmission of it can come any more. */
export abstract class ServerTransaction implements Timed {
  /** Once finally answered, only its method is left. */
  request: SipRequest;
  /** The flow the request came on. */
  readonly flow: Flow;
  /** Where its responses go, once that is known for good. */
  back: Flow | undefined;
  /** Others of the same hash: the CANCEL beside its INVITE, in the main. The table's own. */
  sibling: ServerTransaction | undefined;
  mergeSibling: ServerTransaction | undefined;
  /** What the table finds it by. */
  key: TransactionKey;
  /** What a request that came twice on different ways is known by; undefined where that is not to be looked for. */
  mergeKey: TransactionKey | undefined;

  protected readonly host: ServerHost;
  /** The latest response as long as it may be sent again, and its bytes, the same each time. */
  protected response: SipResponse | undefined;
  protected bytes: Uint8Array | undefined;
  /** The timer of retransmissions (G) or of the 100 that we owe. */
  protected repeat: Timer | undefined;
  /** The timer that ends a state: H, I, J, L or the last moment for an answer. */
  protected deadline: Timer | undefined;
  #toTag: string | undefined;
  /** The top Via of a request that is gone. */
  #via = "";
  #broken: Timer | undefined;
  #user: ServerUser | undefined;
  #onSendError: (() => void) | undefined;
  /** Its number, while it is held only to tell its user of the end. */
  #absorbed = -1;

  constructor(
    parts: {
      request: SipRequest;
      flow: Flow;
      key: TransactionKey;
      mergeKey: TransactionKey | undefined;
    },
    host: ServerHost,
  ) {
    this.request = parts.request;
    this.flow = parts.flow;
    this.key = parts.key;
    this.mergeKey = parts.mergeKey;
    this.host = host;
  }

  get user(): ServerUser | undefined {
    return this.#user;
  }

  set user(user: ServerUser | undefined) {
    this.#user = user;
    if (user === undefined && this.#absorbed >= 0) {
      this.host.release(this.#absorbed);
      this.#absorbed = -1;
    }
  }

  /** The one function this transaction gives the transport with everything it sends. */
  get onSendError(): () => void {
    return this.#onSendError ??= () => this.transportError();
  }

  abstract readonly state: string;

  /** The request is new: timers start. */
  abstract start(): void;

  /** The same request has come again. */
  abstract receiveAgain(): void;

  /** Sends a response; one that comes too late, or may not be sent at all, is ignored and counted. */
  abstract respond(response: SipResponse): void;

  /**
   * The tag of our To: of the request when it has one, else of the latest response, else made up once. A CANCEL's 200
   * bears it, and a user that answers with it has both responses agree (RFC 3261 section 9.2).
   */
  get toTag(): string {
    this.rememberTag();
    return this.#toTag ??= this.host.random.token();
  }

  /** The top Via of the request: it says where responses go. */
  get via(): Via | undefined {
    return this.request.via ?? parseVia(this.#via);
  }

  /** The transport could not send. Told to the user when the wheel next turns, never from inside {@linkcode respond}. */
  transportError(): void {
    if (this.#broken !== undefined || this.state === "terminated") return;
    this.#broken = this.host.clock.schedule(0, this, "transport");
  }

  onTimer(name: string): void {
    if (name === "transport") {
      this.#broken = undefined;
      // RFC 6026 §8.8: "the server transaction SHOULD inform the TU that a failure has occurred, and MUST remain in the
      // current state": gone, it would take the next retransmission for a new request.
      this.user?.onTransportError?.();
    } else {
      this.onMachineTimer(name);
    }
  }

  /** It was absorbed, and the time for that is over. */
  expired(): void {
    this.#absorbed = -1;
    this.#user?.onTerminated?.();
  }

  /** Ends it without a word to anybody: the layer is closing. */
  abandon(): void {
    const { clock } = this.host;
    clock.cancel(this.repeat);
    clock.cancel(this.deadline);
    clock.cancel(this.#broken);
    this.response = undefined;
    this.bytes = undefined;
  }

  /** Forgets the request without an answer; should it come again, it counts as new. */
  drop(): void {
    this.destroy();
  }

  protected abstract onMachineTimer(name: string): void;

  /** Looks at the latest response's tag: it is not to be lost when the response is let go. */
  protected rememberTag(): void {
    this.#toTag = this.request.to?.tag ?? this.response?.to?.tag ?? this.#toTag;
  }

  /** Lets the response go: it is not sent again from here. */
  protected forgetResponse(): void {
    this.rememberTag();
    this.response = undefined;
    this.bytes = undefined;
  }

  /** Sends a response for the first time, and keeps it. */
  protected sendNew(response: SipResponse): void {
    this.response = response;
    this.bytes = serialize(response);
    this.sendAgain();
  }

  /** Sends the latest response, if there is one. */
  protected sendAgain(): void {
    if (this.bytes !== undefined) {
      this.host.transmit(this.bytes, this, this.response);
    }
  }

  /** Only retransmissions are left to be recognized and answered for `waitMs`, and that takes no transaction. */
  protected absorb(
    waitMs: number,
    { confirmed = false }: { confirmed?: boolean } = {},
  ): void {
    this.rememberTag();
    const { bytes } = this;
    const left = { waitMs, toTag: this.#toTag, bytes, confirmed };
    const absorbed = this.host.absorb(this, left);
    if (this.#user?.onTerminated !== undefined) this.#absorbed = absorbed;
    this.bytes = undefined;
    this.key = NO_KEY;
    this.mergeKey = undefined;
    this.slim();
  }

  /** Of the request only its method is needed any more, and where responses go. */
  protected slim(): void {
    this.rememberTag();
    this.response = undefined;
    if (this.back === undefined) {
      this.#via = detached(String(this.request.via ?? ""));
    }
    this.request = spentRequest(this.request.method);
    if (this.key !== NO_KEY) this.key = detachedKey(this.key);
    this.mergeKey &&= detachedKey(this.mergeKey);
  }

  protected ignoreLate(): void {
    this.host.observer.count("transaction_late_responses");
  }

  /** §17.2.1: "Once the transaction is in the "Terminated" state, it MUST be destroyed immediately." */
  protected destroy(): void {
    this.abandon();
    this.host.remove(this);
    this.user?.onTerminated?.();
  }
}
