/** The side that called us. */

import { fromText } from "../message/bytes.ts";
import type { Headers } from "../message/headers.ts";
import type { SipRequest } from "../message/message.ts";
import { Dialog } from "../dialog/dialog.ts";
import { Session } from "../dialog/session.ts";
import type { ServerTransaction } from "../transaction/server_transaction.ts";
import { wayBack } from "../trunk/binding_way.ts";
import type { CallContext } from "./call_context.ts";
import { headersOf, reasonOf } from "./decision_check.ts";
import type { HeaderValues } from "./decisions.ts";
import { ALLOW, type Content, NO_CONTENT } from "./header_policy.ts";
import { refusalHeaders } from "../dialog/timer_negotiation.ts";
import { LegTimer } from "./leg_timer.ts";
import { authenticatorFor, Leg, type LegOwner } from "./leg.ts";
import type { Inbound } from "./message_hooks.ts";

/** The A leg of a call, from its INVITE on. */
export class ALeg extends Leg {
  readonly name = "a";
  readonly trunk: string | undefined;
  readonly peer: string;
  readonly timer: LegTimer;
  /** Let go when nothing can be said to it any more. */
  #invite: ServerTransaction | undefined;
  #answered = false;
  #over = false;

  constructor(
    invite: ServerTransaction,
    parts: {
      context: CallContext;
      owner: LegOwner;
      trunk: string | undefined;
      /** The caller's address. */
      source: string;
    },
  ) {
    super(parts.context, parts.owner);
    this.trunk = parts.trunk;
    this.peer = parts.source;
    this.#invite = invite;
    this.session = new Session(
      Dialog.uas(invite.request, invite.toTag, invite.flow),
      parts.context,
      this,
    );
    this.session.dialog.way = wayBack(invite.flow, parts.context.registrar);
    this.session.authenticator = authenticatorFor(this.trunk, parts.context);
    this.session.adopt(invite);
    this.timer = new LegTimer(parts.context, this);
    this.timer.attach(this.session);
  }

  /** True once a 2xx was sent. */
  get answered(): boolean {
    return this.#answered;
  }

  /** True once the caller has got a final response or took the call back. */
  get over(): boolean {
    return this.#over;
  }

  /** The INVITE after the inbound hooks, and what they decided. */
  received(): Inbound<SipRequest> {
    return this.inbound(this.#asked.request);
  }

  /** The INVITE has its final response, and its transaction needs nobody. */
  settle(): void {
    if (this.#invite !== undefined) this.#invite.user = undefined;
    this.#invite = undefined;
  }

  /** The ACK of the 2xx says that its INVITE does not come again. */
  override onAck(ack: SipRequest, session: Session): void {
    super.onAck(ack, session);
    this.settle();
  }

  get #asked(): ServerTransaction {
    if (this.#invite === undefined) throw new TypeError("the INVITE is over");
    return this.#invite;
  }

  /** Refuses an INVITE whose session timer we cannot have (RFC 4028 §9); gives the status. */
  refuseTimer(): number | undefined {
    const refusal = this.session?.timer?.incoming(this.#asked.request);
    if (refusal === undefined) return undefined;
    const content = { ...NO_CONTENT, headers: refusalHeaders(refusal) };
    this.fail(refusal.status, { content });
    return refusal.status;
  }

  /** 100 Trying: the INVITE is in good hands. */
  trying(): void {
    this.session?.reply(this.#asked, 100);
  }

  /** Says nothing at all, ever. */
  drop(): void {
    this.#over = true;
    this.session?.drop(this.#asked);
    this.session?.close();
  }

  /**
   * Departs from RFC 3261 §13.3.1.1, which wants a provisional response each minute: the callee's are passed on, and
   * none of our own are added.
   */
  ring(status: number, parts: { reason?: string; content: Content }): void {
    if (this.#over) return;
    this.session?.reply(this.#asked, status, {
      reason: parts.reason,
      headers: parts.content.headers,
      body: parts.content.body,
    });
  }

  answer(content: Content, reason?: string): void {
    if (this.#over) return;
    this.#over = this.#answered = true;
    this.session?.reply(this.#asked, 200, {
      reason,
      headers: withAllow(content.headers),
      body: content.body,
    });
  }

  /** Refuses or redirects. */
  fail(
    status: number,
    parts: {
      reason?: string | undefined;
      content?: Content;
      contacts?: readonly string[];
    } = {},
  ): void {
    if (this.#over) return;
    this.#over = true;
    const { headers, body } = parts.content ?? NO_CONTENT;
    const list = headers.clone();
    for (const contact of parts.contacts ?? []) list.append("Contact", contact);
    this.session?.reply(this.#asked, status, {
      reason: parts.reason,
      headers: list,
      body,
    });
    this.session?.close();
  }

  /** Refuses with what a policy says. */
  refuse(
    status: number,
    parts: { reason?: string; headers?: HeaderValues },
  ): void {
    const headers = headersOf(parts.headers);
    this.fail(status, {
      reason: reasonOf(parts.reason),
      content: { ...NO_CONTENT, headers },
    });
  }

  /** Sends the caller to these URIs. */
  redirect(contacts: readonly string[]): void {
    this.fail(302, {
      contacts: contacts.map((contact) => `<${fromText(contact)}>`),
    });
  }

  /** The caller's CANCEL; its 200 is sent (RFC 3261 section 9.2: the INVITE gets 487). */
  cancelled(): void {
    this.fail(487);
  }
}

/** RFC 3261 §13.3.1.4: a 2xx SHOULD hold Allow; the other side's own crosses, ours stands in where it has none. */
function withAllow(headers: Headers): Headers {
  return headers.first("allow") === undefined
    ? headers.clone().append("Allow", ALLOW)
    : headers;
}
