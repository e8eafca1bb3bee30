/**
 * A simulated phone for the demo: a real user agent on a real socket, built of the same transactions and dialogs as
 * Legwork itself. It takes every call, agrees to every hold, and has no sound.
 *
 * @module
 */

import type { Clock } from "../../core/base/clock.ts";
import { DEFAULT_LIMITS } from "../../core/base/limits.ts";
import { CountingObserver } from "../../core/base/observer.ts";
import type { Random } from "../../core/base/random.ts";
import type { DialogContext } from "../../core/dialog/context.ts";
import { DialogTable } from "../../core/dialog/dialog_table.ts";
import { responseTo } from "../../core/message/build.ts";
import type { SipRequest } from "../../core/message/message.ts";
import type { SipUri } from "../../core/message/uri.ts";
import { RequestSender } from "../../core/transaction/request_sender.ts";
import type { ServerTransaction } from "../../core/transaction/server_transaction.ts";
import { DEFAULT_TIMERS } from "../../core/transaction/timers.ts";
import {
  TransactionLayer,
  type TransactionUser,
} from "../../core/transaction/transaction_layer.ts";
import type { Address } from "../../core/transport/address.ts";
import { Resolver } from "../../core/transport/resolver.ts";
import type { Transport } from "../../core/transport/transport.ts";
import { TransportLayer } from "../../core/transport/transport_layer.ts";
import { DenoDns } from "../deno_dns.ts";
import { type CallHome, PhoneCall } from "./phone_call.ts";

/** What a {@linkcode Phone} is made of. */
export interface PhoneOptions {
  /** The user part of its From and Contact. */
  readonly name: string;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  /** How long it rings before it answers. */
  readonly ringMs: number;
  /** A call has come in. */
  readonly onCall?: (call: PhoneCall) => void;
}

/** Calls at once; it is busy for more. */
const MAX_CALLS = 200;

/** See the module comment. */
export class Phone implements TransactionUser, CallHome {
  readonly name: string;
  readonly context: DialogContext;
  readonly #options: PhoneOptions;
  readonly #transport: TransportLayer;
  readonly #transactions: TransactionLayer;
  #calls = 0;

  constructor(options: PhoneOptions) {
    const { clock, random, transport } = options;
    const timers = DEFAULT_TIMERS;
    const limits = DEFAULT_LIMITS;
    const observer = new CountingObserver();
    const world = { clock, random, limits, observer, timers };
    this.name = options.name;
    this.#options = options;
    this.#transport = new TransportLayer({ ...world, transports: [transport] });
    this.#transactions = new TransactionLayer({
      ...world,
      transport: this.#transport,
      user: this,
    });
    const resolver = new Resolver({
      ...world,
      dns: new DenoDns(),
      supported: [transport.name],
    });
    this.context = {
      ...world,
      sender: new RequestSender({
        ...world,
        transactions: this.#transactions,
        transport: this.#transport,
        resolver,
      }),
      dialogs: new DialogTable(),
      contactFor: (flow) => `<sip:${options.name}@${flow.sentBy}>`,
    };
  }

  /** Its address, once it is open. */
  get local(): Address {
    return this.#options.transport.local;
  }

  async open(): Promise<void> {
    await this.#transport.open();
  }

  /** Falls silent and forgets everything. */
  async close(): Promise<void> {
    for (const session of this.context.dialogs.all()) session.close();
    this.#transactions.close();
    await this.#transport.close();
  }

  /** Calls a URI. */
  call(uri: SipUri): PhoneCall {
    const call = new PhoneCall(this);
    call.dial(uri);
    return call;
  }

  onRequest(transaction: ServerTransaction): void {
    const { request } = transaction;
    const session = this.context.dialogs.find(request);
    if (session !== undefined) {
      session.receive(transaction);
    } else if (request.to?.tag !== undefined) {
      this.#answer(transaction, 481);
    } else if (request.method !== "INVITE") {
      this.#answer(transaction, request.method === "OPTIONS" ? 200 : 405);
    } else if (this.#calls >= MAX_CALLS) {
      this.#answer(transaction, 486);
    } else this.#take(transaction);
  }

  onCancel(transaction: ServerTransaction): void {
    const session = this.context.dialogs.all().find(({ dialog }) =>
      dialog.callId === transaction.request.callId
    );
    session?.receiveCancel(transaction);
  }

  onAck(ack: SipRequest): void {
    this.context.dialogs.find(ack)?.receiveAck(ack);
  }

  onStrayResponse(): void {}

  #take(transaction: ServerTransaction): void {
    const call = new PhoneCall(this);
    this.#calls++;
    call.ended.then(() => this.#calls--);
    call.take(transaction, this.#options.ringMs);
    this.#options.onCall?.(call);
  }

  #answer(transaction: ServerTransaction, status: number): void {
    const toTag = this.context.random.token();
    transaction.respond(responseTo(transaction.request, status, { toTag }));
  }
}
