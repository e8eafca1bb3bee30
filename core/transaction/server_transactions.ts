/** All server transactions of a layer: requests matched, made transactions of, or answered out of hand. */

import type { Clock } from "../base/clock.ts";
import type { Limits } from "../base/limits.ts";
import type { Observer } from "../base/observer.ts";
import type { Random } from "../base/random.ts";
import { responseTo } from "../message/build.ts";
import { Headers } from "../message/headers.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import { serialize } from "../message/serialize.ts";
import type { Via } from "../message/via.ts";
import type { Flow } from "../transport/flow.ts";
import { InviteServer } from "./invite_server.ts";
import { NonInviteServer } from "./non_invite_server.ts";
import type { ServerHost, ServerTransaction } from "./server_transaction.ts";
import {
  matchingKey,
  mergeKey,
  needsTag,
  ServerTable,
} from "./server_table.ts";
import { type InviteGate, StatelessRefusals } from "./stateless_refusals.ts";
import type { TransactionTimers } from "./timers.ts";
import type { MessageTransport } from "./transport_port.ts";

/** Who answers requests. */
export interface RequestUser {
  /** Every new request but ACK and CANCEL. Of an INVITE no 100 has been sent yet. */
  onRequest(transaction: ServerTransaction): void;
  /** A CANCEL of an INVITE that is not answered: the CANCEL has had its 200, the user answers the INVITE with 487. */
  onCancel(transaction: ServerTransaction, cancel: SipRequest): void;
  /** An ACK that acknowledges no response of a transaction's own: one for a 2xx. */
  onAck(ack: SipRequest, flow: Flow): void;
}

/** When a peer may ask again that found the table full. */
const RETRY_AFTER_SECONDS = "10";

/** The server half of the layer. */
export class ServerTransactions implements ServerHost {
  readonly clock: Clock;
  readonly random: Random;
  readonly timers: TransactionTimers;
  readonly observer: Observer;
  readonly #transport: MessageTransport;
  readonly #user: RequestUser;
  readonly #table = new ServerTable();
  readonly #salt: string;
  /** Undefined where every INVITE may begin a call. */
  readonly #refusals: StatelessRefusals | undefined;

  constructor(
    options: {
      clock: Clock;
      random: Random;
      timers: TransactionTimers;
      limits: Limits;
      observer: Observer;
      transport: MessageTransport;
      user: RequestUser;
      gate?: InviteGate | undefined;
    },
  ) {
    this.clock = options.clock;
    this.random = options.random;
    this.timers = options.timers;
    this.observer = options.observer;
    this.#transport = options.transport;
    this.#user = options.user;
    this.#salt = options.random.token();
    this.#refusals = options.gate &&
      new StatelessRefusals(options.gate, options.clock);
  }

  get size(): number {
    return this.#table.size;
  }

  /** A request has come. `full`: no transaction may be added for it. */
  receive(request: SipRequest, flow: Flow, options: { full: boolean }): void {
    const { via } = request;
    if (via === undefined) return;
    const key = matchingKey(request, via);
    if (request.method === "ACK") {
      this.#onAck(request, { key, via, flow });
      return;
    }
    const known = this.#table.find(key, request.method);
    if (known !== undefined) {
      known.receiveAgain();
    } else if (request.method === "CANCEL") {
      this.#onCancel(request, { key, flow });
    } else if (options.full) {
      // §21.5.4: "The server MAY indicate when the client should retry the request in a Retry-After header field."
      this.observer.count("transactions_refused");
      const headers = new Headers().append("Retry-After", RETRY_AFTER_SECONDS);
      this.answerStateless(request, flow, { status: 503, headers });
    } else if (this.#refuses(request)) {
      const { headers } = this.#refusals!;
      this.answerStateless(request, flow, { status: 503, headers });
    } else {
      this.#onNew(request, { key, flow });
    }
  }

  /** Answers without a transaction: every retransmission gets the same answer again (RFC 3261 section 8.2.7). */
  answerStateless(
    request: SipRequest,
    flow: Flow,
    answer: {
      status: number;
      reason?: string | undefined;
      headers?: Headers | undefined;
    },
  ): void {
    const { via } = request;
    if (via === undefined || request.method === "ACK") return;
    const { status, reason, headers } = answer;
    const toTag = this.#statelessTag(request);
    const response = responseTo(request, status, { reason, headers, toTag });
    const back = this.#transport.responseFlow(via, flow);
    if (back === undefined) return;
    this.#transport.send(serialize(response), back, undefined, response);
  }

  /** Ends all silently. */
  close(): void {
    for (const transaction of this.#table.clear()) transaction.abandon();
  }

  transmit(
    bytes: Uint8Array,
    transaction: ServerTransaction,
    message: SipResponse | undefined,
  ): void {
    const { via, flow, onSendError } = transaction;
    const back = via === undefined
      ? undefined
      : this.#transport.responseFlow(via, flow);
    if (back === undefined) onSendError();
    else this.#transport.send(bytes, back, onSendError, message);
  }

  remove(transaction: ServerTransaction): void {
    this.#table.remove(transaction);
  }

  #onNew(request: SipRequest, way: { key: string; flow: Flow }): void {
    const merge = mergeKey(request);
    const transaction = this.#start(request, { ...way, mergeKey: merge });
    const merged = merge === undefined
      ? undefined
      : this.#table.findMerged(merge);
    if (merged !== undefined && merged !== transaction) {
      // §8.2.2.2: "the request does not match that transaction (based on the matching rules in Section 17.2.3), the UAS
      // core SHOULD generate a 482 (Loop Detected) response and pass it to the server transaction."
      this.observer.count("transaction_merged_requests");
      const { toTag } = transaction;
      transaction.respond(responseTo(request, 482, { toTag }));
      return;
    }
    this.#user.onRequest(transaction);
  }

  #onCancel(cancel: SipRequest, way: { key: string; flow: Flow }): void {
    const cancelled = this.#table.findCancelled(way.key);
    if (cancelled === undefined) {
      // §9.2: "If the UAS did not find a matching transaction for the CANCEL according to the procedure above, it SHOULD
      // respond to the CANCEL with a 481 (Call Leg/Transaction Does Not Exist)."
      this.answerStateless(cancel, way.flow, { status: 481 });
      return;
    }
    // §9.2: "Regardless of the method of the original request, as long as the CANCEL matched an existing transaction,
    // the UAS answers the CANCEL request itself with a 200 (OK) response. [...] the To tag of the response to the CANCEL
    // and the To tag in the response to the original request SHOULD be the same."
    const transaction = this.#start(cancel, { ...way, mergeKey: undefined });
    const { toTag } = cancelled;
    transaction.respond(responseTo(cancel, 200, { toTag }));
    // §9.2: "If the original request was an INVITE, the UAS SHOULD immediately respond to the INVITE with a 487". What
    // follows depends on whether it "has already sent a final response for the original request. If it has, the CANCEL
    // request has no effect on the processing of the original request".
    if (cancelled.state === "proceeding" && cancelled instanceof InviteServer) {
      this.#user.onCancel(cancelled, cancel);
    }
  }

  #onAck(ack: SipRequest, way: { key: string; via: Via; flow: Flow }): void {
    const transaction = this.#table.find(way.key, "INVITE");
    if (transaction === undefined && this.#acknowledgesRefusal(ack)) return;
    // §17.2.3: "the To tag of the ACK matches the To tag of the response sent by the server transaction".
    const matches = transaction instanceof InviteServer &&
      (!needsTag(way.via) || ack.to?.tag === transaction.toTag);
    if (!matches || transaction.receiveAck()) this.#user.onAck(ack, way.flow);
  }

  /** Only what would begin a call: a request within a dialog has a To tag. */
  #refuses(request: SipRequest): boolean {
    return this.#refusals !== undefined && request.method === "INVITE" &&
      request.to?.tag === undefined &&
      this.#refusals.refuses(() => this.#statelessTag(request));
  }

  /** The ACK of a refusal bears the Via of its INVITE (§17.1.1.3), and so has its tag: there is nothing left to do. */
  #acknowledgesRefusal(ack: SipRequest): boolean {
    const refusals = this.#refusals;
    if (refusals === undefined || refusals.isEmpty) return false;
    const tag = this.#statelessTag(ack);
    return ack.to?.tag === tag && refusals.has(tag);
  }

  #start(
    request: SipRequest,
    parts: { key: string; flow: Flow; mergeKey: string | undefined },
  ): ServerTransaction {
    const transaction = request.method === "INVITE"
      ? new InviteServer({ request, ...parts }, this)
      : new NonInviteServer({ request, ...parts }, this);
    this.#table.add(transaction);
    transaction.start();
    return transaction;
  }

  /** §8.2.7: "To header tags MUST be generated for responses in a stateless manner - in a manner that will generate the same tag for the same request consistently." */
  #statelessTag(request: SipRequest): string {
    const via = request.headers.first("via")?.raw ?? "";
    const text = `${this.#salt}${via}${request.callId}`;
    // FNV-1a; nothing hangs on its being hard to guess.
    let hash = 0x811c9dc5;
    for (let i = 0; i < text.length; i++) {
      hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    }
    return (hash >>> 0).toString(36).padStart(7, "0");
  }
}
