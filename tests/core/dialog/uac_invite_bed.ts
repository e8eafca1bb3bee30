/** An INVITE of ours and all its forks, on a transaction layer whose transport only takes notes. */

import { assertEquals, assertExists } from "@std/assert";
import { DEFAULT_LIMITS, type Limits } from "../../../core/base/limits.ts";
import { seededRandom } from "../../../core/base/random.ts";
import type { Authenticator } from "../../../core/dialog/authenticator.ts";
import type { DialogContext } from "../../../core/dialog/context.ts";
import { DialogTable } from "../../../core/dialog/dialog_table.ts";
import type { PinnedWay } from "../../../core/dialog/pinned_way.ts";
import type { Session } from "../../../core/dialog/session.ts";
import {
  UacInvite,
  type UacInviteUser,
} from "../../../core/dialog/uac_invite.ts";
import { Headers } from "../../../core/message/headers.ts";
import type {
  SipMessage,
  SipRequest,
  SipResponse,
} from "../../../core/message/message.ts";
import type { SipUri } from "../../../core/message/uri.ts";
import {
  RequestSender,
  type SendRoute,
} from "../../../core/transaction/request_sender.ts";
import { DEFAULT_TIMERS } from "../../../core/transaction/timers.ts";
import type { Target, TransportName } from "../../../core/transport/address.ts";
import { Bed, ownRequest, type Sent } from "../transaction/bed.ts";

/** A bed with all that a dialog needs. */
export class ForkBed extends Bed {
  /** Where a URI leads; by default to its host. */
  found: readonly Target[] | Promise<readonly Target[]> | undefined;
  readonly context: DialogContext;
  readonly #transportName: TransportName;
  #taken = 0;

  constructor(
    options: { transport?: TransportName; limits?: Partial<Limits> } = {},
  ) {
    super(options);
    this.#transportName = options.transport ?? "UDP";
    this.context = {
      clock: this.wheel,
      random: seededRandom(2),
      sender: new RequestSender({
        transactions: this.layer,
        transport: this.transport,
        clock: this.wheel,
        observer: this.observer,
        resolver: { resolve: (uri) => this.found ?? [this.#at(uri)] },
      }),
      timers: DEFAULT_TIMERS,
      limits: { ...DEFAULT_LIMITS, ...options.limits },
      observer: this.observer,
      dialogs: new DialogTable(),
      contactFor: (flow) => `<sip:${flow.sentBy}>`,
    };
  }

  /** Calls, as far as the INVITE. */
  call(
    options: {
      authenticator?: Authenticator | undefined;
      way?: PinnedWay | undefined;
      cseq?: number;
    } = {},
  ): Caller {
    const caller = new Caller(this, options);
    const invite = ownRequest("INVITE");
    invite.headers.set("CSeq", `${options.cseq ?? 1} INVITE`);
    const route: SendRoute = { targets: [this.target] };
    caller.invite.start(invite, route);
    caller.sent = this.#lastRequest("INVITE");
    return caller;
  }

  /** A call that is up. */
  upCall(options: Parameters<ForkBed["call"]>[0] = {}): Caller {
    const caller = this.call(options);
    caller.answer("desk");
    caller.invite.ack();
    return caller;
  }

  /** What was sent since the last look, as `ACK desk`, with ` filtered` where the leg has seen it. */
  takeSent(): string[] {
    const labels = this.transport.sent.slice(this.#taken).map(({ message }) => {
      const what = message.kind === "request" ? message.method : message.status;
      const filtered = message.headers.has("X-Leg") ? " filtered" : "";
      return `${what} ${message.to?.tag ?? "-"}${filtered}`;
    });
    this.#taken = this.transport.sent.length;
    return labels;
  }

  /** The last request of that method and To tag. */
  lastSent(method: string, toTag: string): Sent & { message: SipRequest } {
    const sent = this.transport.sent.findLast(({ message }) =>
      message.kind === "request" && message.method === method &&
      message.to?.tag === toTag
    );
    assertExists(sent);
    return sent as Sent & { message: SipRequest };
  }

  /** The peer answers each BYE that has no answer. */
  answerByes(): void {
    for (const { message } of [...this.transport.sent]) {
      if (message.kind !== "request" || message.method !== "BYE") continue;
      this.answer(message, 200, { toTag: message.to?.tag ?? "" });
    }
  }

  /** Ends a test. */
  override assertNothingLeft(): void {
    super.assertNothingLeft();
    assertEquals(this.context.dialogs.size, 0);
  }

  #at(uri: SipUri): Target {
    const transport = this.#transportName;
    return { transport, host: uri.host, port: uri.port ?? 5060 };
  }

  #lastRequest(method: string): SipRequest {
    const { message } = this.transport.last;
    if (message.kind !== "request" || message.method !== method) {
      throw new TypeError(`no ${method}`);
    }
    return message;
  }
}

/** Who calls: a leg that takes notes and marks what leaves. */
export class Caller implements UacInviteUser {
  readonly invite: UacInvite;
  readonly told: string[] = [];
  /** The INVITE as it left. */
  sent!: SipRequest;
  session: Session | undefined;
  readonly #bed: ForkBed;

  constructor(
    bed: ForkBed,
    options: ConstructorParameters<typeof UacInvite>[2],
  ) {
    this.#bed = bed;
    this.invite = new UacInvite(bed.context, this, options);
  }

  /** A phone behind the callee's proxy answers. */
  answer(toTag: string, status = 200): void {
    const headers = new Headers().append("Contact", "<sip:bob@192.0.2.9>");
    this.#bed.answer(this.sent, status, { toTag, headers });
  }

  /** Ends the call: BYE, its 200, and as a leg does then the INVITE is released. */
  hangUp(): void {
    this.session?.bye();
    const { message } = this.#bed.lastSent("BYE", "desk");
    this.#bed.answer(message, 200, { toTag: "desk" });
  }

  outbound<M extends SipMessage>(message: M): M {
    message.headers.set("X-Leg", "yes");
    return message;
  }

  onProvisional(response: SipResponse): void {
    this.told.push(String(response.status));
  }

  onAnswer(response: SipResponse, session: Session): void {
    this.told.push(`${response.status} ${response.to?.tag}`);
    this.session = session;
  }

  onRefused(response: SipResponse): void {
    this.told.push(String(response.status));
  }

  onFailure(failure: string): void {
    this.told.push(failure);
  }

  onSpent(): void {
    this.told.push(`spent ${this.#bed.wheel.now()}`);
  }

  onClosed(session: Session): void {
    this.told.push("closed");
    if (session === this.session) this.invite.release();
  }

  onRequest(): void {}
  onCancelled(): void {}
  onAck(): void {}
  onNoAck(): void {}
  onBye(): void {}
  onGone(): void {}
}
