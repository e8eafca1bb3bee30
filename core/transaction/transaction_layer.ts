/**
 * The transaction layer (RFC 3261 section 17): between messages as they come and go and whoever asks and answers.
 *
 * @module
 */

import { keepSample, KINDS } from "../base/samples.ts";
import type { Clock } from "../base/clock.ts";
import type { Limits } from "../base/limits.ts";
import type { Observer } from "../base/observer.ts";
import type { Random } from "../base/random.ts";
import type {
  SipMessage,
  SipRequest,
  SipResponse,
} from "../message/message.ts";
import type { ParseProblem } from "../message/parse.ts";
import { MAGIC_COOKIE } from "../message/via.ts";
import type { Flow } from "../transport/flow.ts";
import type { WireKeepAlive } from "../transport/keep_alive.ts";
import type { TransportHandler } from "../transport/transport_layer.ts";
import type { ClientTransaction, ClientUser } from "./client_transaction.ts";
import type { Acknowledged, ForkUser } from "./acknowledged_invites.ts";
import { ClientTransactions, withVia } from "./client_transactions.ts";
import type { Destination } from "./destination.ts";
import { type RequestUser, ServerTransactions } from "./server_transactions.ts";
import type { InviteGate } from "./stateless_refusals.ts";
import type { TransactionTimers } from "./timers.ts";
import type { MessageTransport } from "./transport_port.ts";

/**
 * As much of the tables is for requests outside dialogs; the rest is for those within, so that the calls that are up can
 * end.
 */
const SHARE_OF_NEW = 0.9;

/** Who asks and answers: the core above this layer. */
export interface TransactionUser extends RequestUser {
  /**
   * A response to a request of ours that belongs to no transaction any more: for the record. Since RFC 6026 nobody but a
   * stateless proxy is to act on one.
   */
  onStrayResponse(response: SipResponse, flow: Flow): void;
  /** A connection is gone. */
  onFlowClosed?(flow: Flow): void;
  /** A keep-alive that is no SIP; see {@linkcode TransportHandler.onKeepAlive}. */
  onKeepAlive?(kind: WireKeepAlive, bytes: Uint8Array, flow: Flow): boolean;
}

/** What a {@linkcode TransactionLayer} is made of. */
export interface TransactionLayerOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Its `handler` becomes this layer. */
  readonly transport: MessageTransport;
  readonly timers: TransactionTimers;
  readonly limits: Limits;
  readonly observer: Observer;
  readonly user: TransactionUser;
  /** Default: every INVITE may begin a call. */
  readonly gate?: InviteGate | undefined;
}

/** All transactions of one B2BUA. */
export class TransactionLayer implements TransportHandler {
  readonly #clients: ClientTransactions;
  readonly #servers: ServerTransactions;
  readonly #limits: Limits;
  readonly #observer: Observer;
  readonly #random: Random;
  readonly #user: TransactionUser;
  #closed = false;

  constructor(options: TransactionLayerOptions) {
    this.#clients = new ClientTransactions(options);
    this.#servers = new ServerTransactions(options);
    this.#limits = options.limits;
    this.#observer = options.observer;
    this.#random = options.random;
    this.#user = options.user;
    options.transport.handler = this;
  }

  /** Transactions alive, both kinds together. */
  get size(): number {
    return this.#clients.size + this.#servers.size;
  }

  /**
   * Starts a client transaction. `request` has no Via of ours yet; it is put on top with a new branch. Undefined when no
   * more transactions may be had, or the layer is closed. Not for ACK (that of a 2xx has no transaction) nor CANCEL
   * ({@linkcode ClientTransaction.cancel}).
   */
  request(
    request: SipRequest,
    to: Destination,
    user: ClientUser,
  ): ClientTransaction | undefined {
    if (this.#closed || this.#isFull(1)) {
      this.#observer.count("transactions_refused");
      return undefined;
    }
    return this.#clients.request(request, to, user);
  }

  /** A request outside any transaction, our Via with a branch of its own on top: the ACK of a 2xx (section 13.2.2.4). */
  stamped(request: SipRequest, flow: Flow): SipRequest {
    const branch = `${MAGIC_COOKIE}${this.#random.token()}`;
    return withVia(request, { branch, flow });
  }

  /**
   * The 2xx of an INVITE has its ACK for good: from now on a record answers doubles of that 2xx, and what other forks send
   * is for `forks`; the transaction and its user are told nothing more. Gives a number for {@linkcode TransactionLayer.handOver},
   * good until `onOver`; -1 where the time of the INVITE is over already.
   */
  acknowledged(invite: ClientTransaction, how: Acknowledged): number {
    return this.#clients.acknowledged(invite, how);
  }

  /** Gives what other forks of an acknowledged INVITE still send to somebody else. */
  handOver(record: number, forks: ForkUser): void {
    this.#clients.handOver(record, forks);
  }

  /** Ends all transactions silently and takes no more messages. */
  close(): void {
    this.#closed = true;
    this.#clients.close();
    this.#servers.close();
  }

  onUnread(bytes: Uint8Array, flow: Flow): boolean {
    return !this.#closed && this.#servers.takeUnread(bytes, flow);
  }

  onMessage(message: SipMessage, flow: Flow): void {
    keepSample(
      message.kind === "request" ? KINDS.request : KINDS.response,
      message,
    );
    if (this.#closed) return;
    if (message.kind === "request") {
      const isNew = message.to?.tag === undefined;
      const full = this.#isFull(isNew ? SHARE_OF_NEW : 1);
      this.#servers.receive(message, flow, { full });
    } else {
      this.#onResponse(message, flow);
    }
  }

  onClosed(flow: Flow, _reason: string): void {
    if (this.#closed) return;
    // Who is reached by it alone must be known to be gone before anything is sent again.
    this.#user.onFlowClosed?.(flow);
    this.#clients.connectionLost(flow);
  }

  onMalformed(problem: ParseProblem, flow: Flow): void {
    const { message, status, reason } = problem;
    if (this.#closed || message?.kind !== "request") return;
    this.#servers.answerStateless(message, flow, { status, reason });
  }

  onKeepAlive(kind: WireKeepAlive, bytes: Uint8Array, flow: Flow): boolean {
    if (this.#closed) return true;
    return this.#user.onKeepAlive?.(kind, bytes, flow) ?? false;
  }

  /** Whether the share of the tables that is for such a message is taken. */
  #isFull(share: number): boolean {
    const { transactions, endedTransactions } = this.#limits;
    const ended = this.#clients.ended + this.#servers.ended;
    return this.size - ended >= transactions * share ||
      ended >= endedTransactions * share;
  }

  #onResponse(response: SipResponse, flow: Flow): void {
    // §8.1.3.3: "If more than one Via header field value is present in a response, the UAC SHOULD discard the message."
    if (hasSeveralVias(response)) {
      this.#observer.count("transaction_responses_misrouted");
      return;
    }
    if (this.#clients.receive(response)) return;
    // §18.1.2: "If the value of the "sent-by" parameter in that header field value does not correspond to a value that
    // the client transport is configured to insert into requests, the response MUST be silently discarded." What matches
    // a transaction bears a branch that nobody else can know, whatever a NAT has made of the rest.
    if (response.via?.sentBy.toLowerCase() !== flow.sentBy.toLowerCase()) {
      this.#observer.count("transaction_responses_misrouted");
      return;
    }
    this.#observer.count("transaction_stray_responses");
    this.#user.onStrayResponse(response, flow);
  }
}

function hasSeveralVias(response: SipResponse): boolean {
  let lines = 0;
  for (const line of response.headers.lines) {
    if (line.key !== "via") continue;
    if (++lines > 1 || line.wire.includes(",")) return true;
  }
  return false;
}
