/** All server transactions of a layer: requests matched, made transactions of, or answered out of hand. */

import { keepSample, KINDS } from "../base/samples.ts";
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
import { EarlyRefusals } from "./early_refusals.ts";
import { InviteServer } from "./invite_server.ts";
import { NonInviteServer } from "./non_invite_server.ts";
import {
  type Left,
  type ServerHost,
  ServerTransaction,
} from "./server_transaction.ts";
import { ServerTable } from "./server_table.ts";
import {
  type InviteGate,
  StatelessRefusals,
  statelessTag,
} from "./stateless_refusals.ts";
import type { TransactionTimers } from "./timers.ts";
import {
  hashOf,
  matchingKey,
  mergeKey,
  needsTag,
  type TransactionKey,
} from "./transaction_key.ts";
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
  readonly #table: ServerTable;
  readonly #hashSalt: number;
  /** Undefined where every INVITE may begin a call. */
  readonly #refusals: StatelessRefusals | undefined;
  readonly #early: EarlyRefusals | undefined;

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
    this.#table = new ServerTable(options.clock);
    this.#hashSalt = hashOf(options.random.token(), 0);
    const refusals = options.gate &&
      new StatelessRefusals(options.gate, options.clock);
    this.#refusals = refusals;
    this.#early = refusals && new EarlyRefusals({
      refusals,
      table: this.#table,
      transport: this.#transport,
      salt: this.#hashSalt,
    });
  }

  get size(): number {
    return this.#table.size;
  }

  /** How many of them are over. */
  get ended(): number {
    return this.#table.ended.size;
  }

  /** Something has come that nobody has read yet; true where it is dealt with. */
  takeUnread(bytes: Uint8Array, flow: Flow): boolean {
    return this.#early !== undefined && this.#early.take(bytes, flow);
  }

  /** A request has come. `full`: no transaction may be added for it. */
  receive(request: SipRequest, flow: Flow, options: { full: boolean }): void {
    const { via } = request;
    if (via === undefined) return;
    const key = matchingKey(request, via, this.#hashSalt);
    if (request.method === "ACK") {
      this.#onAck(request, { key, via, flow });
      return;
    }
    const known = this.#table.find(key, request.method);
    if (known !== undefined) {
      known.receiveAgain();
    } else if (this.#absorbs(key, request.method)) {
      // Dealt with.
    } else if (request.method === "CANCEL") {
      this.#onCancel(request, { key, flow });
    } else if (options.full) {
      // §21.5.4: "The server MAY indicate when the client should retry the request in a Retry-After header field."
      this.observer.count("transactions_refused");
      const headers = new Headers().append("Retry-After", RETRY_AFTER_SECONDS);
      this.answerStateless(request, flow, { status: 503, headers });
    } else if (this.#refuses(request, key)) {
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
    const toTag = this.#statelessTag(request, via);
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
    const back = transaction.back ?? this.#wayBack(transaction);
    const { onSendError } = transaction;
    if (back === undefined) onSendError();
    else this.#transport.send(bytes, back, onSendError, message);
  }

  remove(transaction: ServerTransaction): void {
    this.#table.remove(transaction);
  }

  absorb(transaction: ServerTransaction, left: Left): number {
    const { waitMs, toTag: tag, bytes, confirmed } = left;
    const { user, back } = transaction;
    const held = user?.onTerminated === undefined ? back : transaction;
    return this.#table.absorb(
      transaction,
      { waitMs, tag, bytes, confirmed, held },
    );
  }

  release(absorbed: number): void {
    this.#table.ended.hold(absorbed, undefined);
  }

  /** A datagram goes back the same way each time; a connection may break meanwhile. */
  #wayBack(transaction: ServerTransaction): Flow | undefined {
    const { via, flow } = transaction;
    if (via === undefined) return undefined;
    const back = this.#transport.responseFlow(via, flow);
    if (!flow.reliable) transaction.back = back;
    return back;
  }

  /** A double of what has its final answer: true where it is one. */
  #absorbs(key: TransactionKey, method: string): boolean {
    const { ended } = this.#table;
    const found = ended.find(key, method);
    if (found < 0) return false;
    // §17.2.2: "the server transaction MUST pass the final response to the transport layer for retransmission whenever a
    // retransmission of the request is received." An INVITE leaves no response to be sent from here: RFC 6026 §7.1 has the
    // TU repeat its 2xx, and after the ACK of another one there is no need.
    const bytes = ended.bytes(found);
    const held = ended.held(found);
    const back = held instanceof ServerTransaction ? held.back : held;
    if (bytes !== undefined && back !== undefined) {
      this.#transport.send(bytes, back);
    }
    return true;
  }

  #onNew(request: SipRequest, way: { key: TransactionKey; flow: Flow }): void {
    const { method } = request;
    const merge = mergeKey(request, this.#hashSalt);
    const merged = merge !== undefined && this.#table.isMerged(merge, method);
    const { key, flow } = way;
    const transaction = this.#start(request, {
      key,
      flow,
      mergeKey: merged ? undefined : merge,
    });
    if (merged) {
      // §8.2.2.2: "the request does not match that transaction (based on the matching rules in Section 17.2.3), the UAS
      // core SHOULD generate a 482 (Loop Detected) response and pass it to the server transaction."
      this.observer.count("transaction_merged_requests");
      const { toTag } = transaction;
      transaction.respond(responseTo(request, 482, { toTag }));
      return;
    }
    this.#user.onRequest(transaction);
  }

  #onCancel(
    cancel: SipRequest,
    way: { key: TransactionKey; flow: Flow },
  ): void {
    const { key, flow } = way;
    const cancelled = this.#table.findCancelled(key);
    const toTag = cancelled?.toTag ?? this.#endedTag(key);
    if (toTag === undefined) {
      // §9.2: "If the UAS did not find a matching transaction for the CANCEL according to the procedure above, it SHOULD
      // respond to the CANCEL with a 481 (Call Leg/Transaction Does Not Exist)."
      this.answerStateless(cancel, way.flow, { status: 481 });
      return;
    }
    // §9.2: "Regardless of the method of the original request, as long as the CANCEL matched an existing transaction,
    // the UAS answers the CANCEL request itself with a 200 (OK) response. [...] the To tag of the response to the CANCEL
    // and the To tag in the response to the original request SHOULD be the same."
    const transaction = this.#start(cancel, { key, flow, mergeKey: undefined });
    transaction.respond(responseTo(cancel, 200, { toTag }));
    // §9.2: "If the original request was an INVITE, the UAS SHOULD immediately respond to the INVITE with a 487". What
    // follows depends on whether it "has already sent a final response for the original request. If it has, the CANCEL
    // request has no effect on the processing of the original request".
    if (cancelled instanceof InviteServer && cancelled.state === "proceeding") {
      this.#user.onCancel(cancelled, cancel);
    }
  }

  /** The To tag of the response that ended what a CANCEL means; undefined where nothing is known of it. */
  #endedTag(key: TransactionKey): string | undefined {
    const { ended } = this.#table;
    const found = ended.findOther(key, "CANCEL");
    return found < 0 ? undefined : ended.tag(found) || this.random.token();
  }

  #onAck(
    ack: SipRequest,
    way: { key: TransactionKey; via: Via; flow: Flow },
  ): void {
    const { key, via, flow } = way;
    const { ended } = this.#table;
    const transaction = this.#table.find(key, "INVITE");
    const found = transaction === undefined ? ended.find(key, "INVITE") : -1;
    if (transaction instanceof InviteServer) {
      // §17.2.3: "the To tag of the ACK matches the To tag of the response sent by the server transaction".
      const matches = !needsTag(via) || ack.to?.tag === transaction.toTag;
      if (matches && !transaction.receiveAck()) return;
    } else if (found >= 0) {
      // §17.2.1: "The purpose of the "Confirmed" state is to absorb any additional ACK messages that arrive". RFC 6026 §7.1:
      // "Any ACKs received from the network while in the "Accepted" state MUST be passed directly to the TU".
      const matches = !needsTag(via) || ack.to?.tag === ended.tag(found);
      if (matches && ended.isConfirmed(found)) return;
    } else if (this.#acknowledgesRefusal(ack, key)) return;
    this.#user.onAck(ack, flow);
  }

  /** Only what would begin a call: a request within a dialog has a To tag. */
  #refuses(request: SipRequest, key: TransactionKey): boolean {
    return this.#refusals !== undefined && request.method === "INVITE" &&
      request.to?.tag === undefined &&
      this.#refusals.refuses(() => statelessTag(key, request.callId));
  }

  /** The ACK of a refusal bears the Via of its INVITE (§17.1.1.3), and so has its tag: there is nothing left to do. */
  #acknowledgesRefusal(ack: SipRequest, key: TransactionKey): boolean {
    const refusals = this.#refusals;
    if (refusals === undefined || refusals.isEmpty) return false;
    const tag = statelessTag(key, ack.callId);
    return ack.to?.tag === tag && refusals.has(tag);
  }

  #start(
    request: SipRequest,
    way: {
      key: TransactionKey;
      flow: Flow;
      mergeKey: TransactionKey | undefined;
    },
  ): ServerTransaction {
    const { key, flow, mergeKey } = way;
    const parts = { request, key, flow, mergeKey };
    const transaction = request.method === "INVITE"
      ? new InviteServer(parts, this)
      : new NonInviteServer(parts, this);
    keepSample(
      transaction instanceof InviteServer
        ? KINDS.inviteServer
        : KINDS.otherServer,
      transaction,
    );
    this.#table.add(transaction);
    transaction.start();
    return transaction;
  }

  #statelessTag(request: SipRequest, via: Via): string {
    const key = matchingKey(request, via, this.#hashSalt);
    return statelessTag(key, request.callId);
  }
}
