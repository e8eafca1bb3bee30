/** A request within a call that one leg received and the other shall answer. */

import type { Outgoing } from "../dialog/outgoing.ts";
import type { Session } from "../dialog/session.ts";
import type { ServerTransaction } from "../transaction/server_transaction.ts";
import type { Content } from "./header_policy.ts";

/** The receiving leg's end of it. */
export class IncomingExchange {
  /** The same request on the other leg, once it is sent. */
  forwarded: Outgoing | undefined;
  readonly #session: Session;
  readonly #transaction: ServerTransaction;

  constructor(
    session: Session,
    transaction: ServerTransaction,
    /** What crosses of the request. */
    readonly content: Content,
  ) {
    this.#session = session;
    this.#transaction = transaction;
  }

  get method(): string {
    return this.#transaction.request.method;
  }

  /** True for an INVITE without an offer: the 2xx brings it and the ACK answers. */
  get lateOffer(): boolean {
    return this.method === "INVITE" && this.content.body.length === 0;
  }

  /** True when it offers media, which the answer to it answers. */
  get hasOffer(): boolean {
    return /^(?:INVITE|UPDATE)$/.test(this.method) &&
      this.content.body.length > 0;
  }

  is(transaction: ServerTransaction): boolean {
    return this.#transaction === transaction;
  }

  /** Answers, provisionally or finally. */
  reply(
    status: number,
    parts: { reason?: string | undefined; content?: Content | undefined } = {},
  ): void {
    this.#session.reply(this.#transaction, status, {
      reason: parts.reason,
      headers: parts.content?.headers,
      body: parts.content?.body,
    });
  }
}
