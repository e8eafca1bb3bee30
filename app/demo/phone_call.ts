/** One call of a demo phone, made or taken. */

import type { Timed } from "../../core/base/clock.ts";
import type { DialogContext } from "../../core/dialog/context.ts";
import { Dialog } from "../../core/dialog/dialog.ts";
import type { Outgoing } from "../../core/dialog/outgoing.ts";
import { Session } from "../../core/dialog/session.ts";
import { UacInvite, type UacInviteUser } from "../../core/dialog/uac_invite.ts";
import { toBytes } from "../../core/message/bytes.ts";
import { Headers } from "../../core/message/headers.ts";
import {
  type SipMessage,
  SipRequest,
  type SipResponse,
} from "../../core/message/message.ts";
import type { SipUri } from "../../core/message/uri.ts";
import type { ServerTransaction } from "../../core/transaction/server_transaction.ts";
import type { Address } from "../../core/transport/address.ts";
import { answering, describe, type Direction } from "./sdp.ts";

/** What a call needs of its phone. */
export interface CallHome {
  readonly name: string;
  readonly local: Address;
  readonly context: DialogContext;
}

/** See the module comment. */
export class PhoneCall implements UacInviteUser, Timed {
  /** Resolves with the final status of the first INVITE; 0 when there was none. */
  readonly answered: Promise<number>;
  /** Resolves when it is over, however it went. */
  readonly ended: Promise<void>;
  readonly #home: CallHome;
  readonly #answered = Promise.withResolvers<number>();
  readonly #ended = Promise.withResolvers<void>();
  #session: Session | undefined;
  #ringing: ServerTransaction | undefined;
  #sdpVersion = 0;

  constructor(home: CallHome) {
    this.#home = home;
    this.answered = this.#answered.promise;
    this.ended = this.#ended.promise;
  }

  /** Calls a URI. */
  dial(uri: SipUri): void {
    const { name, local, context } = this.#home;
    const headers = new Headers();
    headers.append("Max-Forwards", "70");
    headers.append(
      "From",
      `<sip:${name}@${local.host}>;tag=${context.random.token()}`,
    );
    headers.append("To", `<${uri}>`);
    headers.append("Call-ID", `${context.random.token()}@${local.host}`);
    headers.append("CSeq", "1 INVITE");
    headers.append("Content-Type", "application/sdp");
    const request = new SipRequest(
      "INVITE",
      uri.toString(),
      headers,
      this.#sdp("sendrecv"),
    );
    const invite = new UacInvite(context, this);
    this.#acknowledge = () => invite.ack();
    invite.start(request, { uri });
  }

  /** Takes a call: rings, and answers after a while. */
  take(invite: ServerTransaction, ringMs: number): void {
    const { context } = this.#home;
    this.#ringing = invite;
    const tag = context.random.token();
    this.#session = new Session(
      Dialog.uas(invite.request, tag, invite.flow),
      context,
      this,
    );
    this.#session.adopt(invite);
    this.#session.reply(invite, 180);
    context.clock.schedule(ringMs, this, "answer");
  }

  /** Puts the other side on hold (RFC 3264 section 8.4); resolves with the status. */
  hold(): Promise<number> {
    return this.#request("INVITE", "application/sdp", this.#sdp("sendonly"));
  }

  /** Presses a key; resolves with the status. */
  press(key: string): Promise<number> {
    const body = toBytes(`Signal=${key}\r\nDuration=160\r\n`);
    return this.#request("INFO", "application/dtmf-relay", body);
  }

  /** Ends an answered call. */
  hangUp(): void {
    this.#session?.bye();
    this.#ended.resolve();
  }

  outbound<M extends SipMessage>(message: M): M {
    return message;
  }

  onTimer(): void {
    const invite = this.#ringing;
    this.#ringing = undefined;
    if (invite === undefined) return;
    this.#accept(invite);
    this.#answered.resolve(200);
  }

  onProvisional(): void {}

  onAnswer(response: SipResponse, session: Session): void {
    this.#session = session;
    this.#acknowledge();
    this.#answered.resolve(response.status);
  }

  onRefused(response: SipResponse): void {
    this.#over(response.status);
  }

  onFailure(): void {
    this.#over(0);
  }

  onRequest(transaction: ServerTransaction): void {
    const { method } = transaction.request;
    if (method === "INVITE") this.#accept(transaction);
    else this.#session?.reply(transaction, 200);
  }

  onCancelled(): void {
    if (this.#ringing === undefined) return;
    this.#ringing = undefined;
    this.#session?.close();
    this.#over(487);
  }

  onAck(): void {}

  onNoAck(): void {
    this.hangUp();
  }

  onBye(): void {
    this.#over(0);
  }

  onClosed(): void {}

  onGone(): void {
    this.#session?.close();
    this.#over(0);
  }

  #acknowledge = (): void => {};

  #accept(invite: ServerTransaction): void {
    const offer = invite.request.body;
    const direction = offer.length === 0 ? "sendrecv" : answering(offer);
    const headers = new Headers().append("Content-Type", "application/sdp");
    const body = this.#sdp(direction);
    this.#session?.reply(invite, 200, { headers, body });
  }

  #request(
    method: string,
    contentType: string,
    body: Uint8Array,
  ): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<number>();
    const headers = new Headers().append("Content-Type", contentType);
    const session = this.#session;
    if (session === undefined) return Promise.resolve(0);
    const sent: { request?: Outgoing | undefined } = {};
    sent.request = session.request(method, {
      parts: { headers, body },
      retryGlare: true,
      user: {
        onResponse: ({ status }) => {
          if (status < 200) return;
          if (method === "INVITE" && status < 300) sent.request?.ack();
          resolve(status);
        },
        onFailure: () => resolve(0),
      },
    });
    return promise;
  }

  #sdp(direction: Direction): Uint8Array {
    const version = ++this.#sdpVersion;
    return describe(this.#home.local, { version, direction });
  }

  #over(status: number): void {
    this.#answered.resolve(status);
    this.#ended.resolve();
  }
}
