/** All client transactions of a layer: started here, and given their responses. */

import { keepSample, KINDS } from "../base/samples.ts";
import { ChurnMap } from "../base/churn_map.ts";
import type { Clock } from "../base/clock.ts";
import type { Observer } from "../base/observer.ts";
import type { Random } from "../base/random.ts";
import { HeaderLine, Headers } from "../message/headers.ts";
import { SipRequest, type SipResponse } from "../message/message.ts";
import type { Flow } from "../transport/flow.ts";
import {
  type Acknowledged,
  AcknowledgedInvites,
  type ForkUser,
  ForkWay,
  type HeldByClient,
} from "./acknowledged_invites.ts";
import { ClientTable } from "./client_table.ts";
import {
  type ClientHost,
  type ClientLeft,
  ClientTransaction,
  type ClientUser,
} from "./client_transaction.ts";
import { type Destination, openFlow } from "./destination.ts";
import { EndedStore } from "./ended_store.ts";
import { InviteClient } from "./invite_client.ts";
import { NonInviteClient } from "./non_invite_client.ts";
import type { TransactionTimers } from "./timers.ts";
import { branchKey } from "./transaction_key.ts";
import type { MessageTransport } from "./transport_port.ts";

/** The client half of the layer. */
export class ClientTransactions implements ClientHost {
  readonly clock: Clock;
  readonly timers: TransactionTimers;
  readonly observer: Observer;
  readonly #transport: MessageTransport;
  readonly #table: ClientTable;
  /** Those whose user has had the final response. */
  readonly #ended: EndedStore<HeldByClient>;
  readonly #acknowledged: AcknowledgedInvites;
  /** Who is to hear when a connection breaks. */
  readonly #byConnection = new Map<
    Flow,
    ChurnMap<string, ClientTransaction>
  >();

  constructor(
    options: {
      clock: Clock;
      random: Random;
      timers: TransactionTimers;
      observer: Observer;
      transport: MessageTransport;
    },
  ) {
    this.clock = options.clock;
    this.timers = options.timers;
    this.observer = options.observer;
    this.#transport = options.transport;
    this.#table = new ClientTable(options.random);
    this.#ended = new EndedStore(options.clock, (held) => {
      if (held instanceof ClientTransaction) held.expired();
      else if (held instanceof ForkWay) held.forks.onOver?.();
    });
    this.#acknowledged = new AcknowledgedInvites(this.#ended, options);
  }

  get size(): number {
    return this.#table.size + this.#ended.size;
  }

  /** How many of them are over. */
  get ended(): number {
    return this.#ended.size;
  }

  /** Starts a transaction; `draft` has no Via of ours yet. */
  request(
    draft: SipRequest,
    { target, flow, onceMs }: Destination,
    user: ClientUser,
  ): ClientTransaction {
    const branch = this.#table.newBranch();
    const request = withVia(draft, { branch, flow });
    const parts = { request, branch, target, flow, user, onceMs };
    const transaction = request.method === "INVITE"
      ? new InviteClient(parts, this)
      : new NonInviteClient(parts, this);
    keepSample(
      transaction instanceof InviteClient
        ? KINDS.inviteClient
        : KINDS.otherClient,
      transaction,
    );
    this.#add(transaction);
    transaction.start();
    return transaction;
  }

  /** A connection is gone. */
  connectionLost(flow: Flow): void {
    const waiting = this.#byConnection.get(flow);
    if (waiting === undefined) return;
    for (const transaction of waiting.values()) transaction.connectionLost();
  }

  /** Gives a response to its transaction; false when it has none. */
  receive(response: SipResponse): boolean {
    const branch = response.via?.branch;
    const method = response.cseq?.method;
    if (branch === undefined || method === undefined) return false;
    const transaction = this.#table.find(branch, method);
    if (transaction === undefined) {
      return this.#absorbs(response, { branch, method });
    }
    transaction.receive(response);
    return true;
  }

  /** See {@linkcode TransactionLayer.acknowledged}. */
  acknowledged(invite: ClientTransaction, how: Acknowledged): number {
    const { branch, method, flow, skeleton } = invite;
    const found = this.#ended.find(branchKey(branch), method);
    if (found < 0) return found;
    const waitMs = 64 * this.timers.t1Ms;
    this.#acknowledged.keep(found, how, { flow, skeleton, waitMs });
    return found;
  }

  /** See {@linkcode TransactionLayer.handOver}. */
  handOver(record: number, forks: ForkUser): void {
    this.#acknowledged.handOver(record, forks);
  }

  /** Ends all silently. */
  close(): void {
    this.#byConnection.clear();
    this.#ended.clear();
    for (const transaction of this.#table.clear()) transaction.abandon();
  }

  transmit(
    bytes: Uint8Array,
    transaction: ClientTransaction,
    message: SipRequest,
  ): void {
    const { onSendError } = transaction;
    // §17.1.1.3 and §9.1 want ACK and CANCEL to go where the INVITE went: by a new connection where that one is closed.
    if (!transaction.flow.open) {
      this.#leave(transaction);
      transaction.flow = openFlow(transaction, this.#transport);
      this.#enter(transaction);
    }
    this.#transport.send(bytes, transaction.flow, onSendError, message);
  }

  startCancel(cancel: SipRequest, invite: ClientTransaction): void {
    const { branch, target, flow } = invite;
    const parts = { request: cancel, branch, target, flow, user: undefined };
    const transaction = new NonInviteClient(parts, this);
    this.#add(transaction);
    transaction.start();
  }

  remove(transaction: ClientTransaction): void {
    if (this.#table.remove(transaction)) {
      this.#leave(transaction);
      return;
    }
    const { branch, method } = transaction;
    const ended = this.#ended.find(branchKey(branch), method);
    if (ended >= 0) this.#ended.remove(ended);
  }

  absorb(transaction: ClientTransaction, left: ClientLeft): void {
    if (!this.#table.remove(transaction)) return;
    this.#leave(transaction);
    const { waitMs, ack: bytes, heard } = left;
    const { branch, method, flow } = transaction;
    const ackGoesTo = bytes === undefined ? undefined : flow;
    const held = heard === true ? transaction : ackGoesTo;
    this.#ended.add(branchKey(branch), method, { waitMs, bytes, held });
  }

  /** A response to what has its final one: true where it is one. */
  #absorbs(
    response: SipResponse,
    { branch, method }: { branch: string; method: string },
  ): boolean {
    const found = this.#ended.find(branchKey(branch), method);
    if (found < 0) return false;
    const held = this.#ended.held(found);
    if (held instanceof ClientTransaction) {
      held.receive(response);
    } else if (held instanceof ForkWay) {
      this.#acknowledged.receive(found, held, response);
    } else if (held !== undefined && response.status >= 300) {
      // §17.1.1.2: "Any retransmissions of the final response that are received while in the "Completed" state MUST cause
      // the ACK to be re-passed to the transport layer for retransmission, but the newly received response MUST NOT be
      // passed up to the TU." And: "The ACK MUST be sent to the same address, port, and transport".
      const target = { ...held.remote, transport: held.transport };
      const way = openFlow({ target, flow: held }, this.#transport);
      const bytes = this.#ended.bytes(found);
      if (bytes !== undefined) this.#transport.send(bytes, way);
    }
    return true;
  }

  #add(transaction: ClientTransaction): void {
    this.#table.add(transaction);
    this.#enter(transaction);
  }

  /** Datagram flows do not break. */
  #enter(transaction: ClientTransaction): void {
    const { flow } = transaction;
    if (!flow.reliable) return;
    let all = this.#byConnection.get(flow);
    if (all === undefined) {
      all = new ChurnMap();
      this.#byConnection.set(flow, all);
    }
    all.set(nameOf(transaction), transaction);
  }

  #leave(transaction: ClientTransaction): void {
    const { flow } = transaction;
    if (!flow.reliable) return;
    const all = this.#byConnection.get(flow);
    if (all?.delete(nameOf(transaction)) && all.size === 0) {
      this.#byConnection.delete(flow);
    }
  }
}

/** Unique among all of ours: an INVITE and its CANCEL share a branch. */
function nameOf({ branch, method }: ClientTransaction): string {
  return `${method} ${branch}`;
}

/** The same request with our Via on top (RFC 3261 section 18.1.1). */
export function withVia(
  request: SipRequest,
  hop: { branch: string; flow: Flow },
): SipRequest {
  const { transport, sentBy } = hop.flow;
  // RFC 3581 §3: the client adds `rport` without a value, so that responses come back through a NAT. It means something
  // to UDP only.
  const rport = transport === "UDP" ? ";rport" : "";
  const raw =
    `Via: SIP/2.0/${transport} ${sentBy};branch=${hop.branch}${rport}`;
  const lines = [new HeaderLine("via", raw), ...request.headers.lines];
  return new SipRequest(
    request.method,
    request.uri,
    new Headers(lines),
    request.body,
  );
}
