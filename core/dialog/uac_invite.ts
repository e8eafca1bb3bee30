/**
 * An INVITE outside a dialog and all that may come of it: early dialogs, one answer, and the surplus answers of a fork
 * downstream, which are acknowledged and ended (RFC 3261 sections 13.2.2 and 9.1).
 *
 * @module
 */

import type { HeaderLine } from "../message/headers.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import type {
  ForkedInvite,
  ForkUser,
  LastingAck,
} from "../transaction/acknowledged_invites.ts";
import type {
  Sending,
  SendingFailure,
  SendingUser,
  SendRoute,
  SentAck,
} from "../transaction/request_sender.ts";
import type { Flow } from "../transport/flow.ts";
import type { Authenticator } from "./authenticator.ts";
import type { DialogContext } from "./context.ts";
import { Dialog, type RequestParts } from "./dialog.ts";
import { type RouteEnd, routeWith } from "./dialog_route.ts";
import type { PinnedWay } from "./pinned_way.ts";
import { type SdpBody, sdpOf } from "./session_sdp.ts";
import { Session, type SessionUser } from "./session.ts";

/** Who is told of the INVITE's fate; after {@linkcode UacInvite.cancel} nothing more is told. */
export interface UacInviteUser extends SessionUser {
  /** 101 to 199, with its early dialog when it has a tag. */
  onProvisional(response: SipResponse, session: Session | undefined): void;
  /** The first 2xx: to be acknowledged with {@linkcode UacInvite.ack}. */
  onAnswer(response: SipResponse, session: Session): void;
  /** 300 to 699. */
  onRefused(response: SipResponse): void;
  /** No final response. */
  onFailure(failure: SendingFailure): void;
  /** An acknowledged INVITE will get no further response, and need not be kept. */
  onSpent?(invite: UacInvite): void;
}

/** What belongs to the peer that is called. */
export interface UacInviteOptions {
  /** Signs the INVITE and all that its dialogs send. */
  readonly authenticator?: Authenticator | undefined;
  /** To the peer, for all that its dialogs send. */
  readonly way?: PinnedWay | undefined;
}

interface Surplus {
  readonly session: Session;
  readonly ack: SentAck;
}

const NO_SESSIONS: readonly Session[] = [];
const NO_SURPLUS: readonly Surplus[] = [];
const NO_CREDENTIALS: readonly HeaderLine[] = [];

/** One INVITE of ours. */
export class UacInvite implements SendingUser, ForkUser {
  readonly #context: DialogContext;
  readonly #authenticator: Authenticator | undefined;
  readonly #way: PinnedWay | undefined;
  #user: UacInviteUser;
  /** Ours, as they left. */
  #credentials: readonly HeaderLine[] = NO_CREDENTIALS;
  /** Our offer, as it left. */
  #sdp: SdpBody | undefined;
  #sending: Sending | undefined;
  #early: readonly Session[] = NO_SESSIONS;
  #winner: Session | undefined;
  #winnerTag: string | undefined;
  /** Gone once a record repeats it. */
  #winnerAck: SentAck | undefined;
  #acknowledged = false;
  /** The number of that record, -1 where there is none that would give its forks to us. */
  #record = -1;
  #surplus: readonly Surplus[] = NO_SURPLUS;
  #cseq = 0;
  #cancelled = false;
  #over = false;

  constructor(
    context: DialogContext,
    user: UacInviteUser,
    options: UacInviteOptions = {},
  ) {
    this.#context = context;
    this.#user = user;
    this.#authenticator = options.authenticator;
    this.#way = options.way;
  }

  /** Sends it. `request` has everything but Via and Contact. */
  start(request: SipRequest, route: Omit<SendRoute, keyof RouteEnd>): void {
    this.#cseq = request.cseq?.number ?? 1;
    const end = {
      addedBytes: this.#authenticator?.bytes,
      prepare: (draft: SipRequest, flow: Flow): SipRequest => {
        draft.headers.set("Contact", this.#context.contactFor(flow));
        const sent = this.#user.outbound(draft);
        this.#sdp = sdpOf(sent);
        this.#credentials = this.#authenticator?.sign(sent) ?? NO_CREDENTIALS;
        return sent;
      },
    };
    this.#sending = this.#context.sender.send(
      request,
      routeWith(route, end),
      this,
    );
  }

  /** Gives the INVITE up: CANCEL where it is unanswered; a 2xx that crosses it is acknowledged and ended. */
  cancel(reason?: string): void {
    if (this.#cancelled || this.#over) return;
    this.#cancelled = true;
    this.#sending?.cancel(reason);
  }

  /** Acknowledges the answer, with the SDP answer in it when the 2xx had the offer. */
  ack(parts: RequestParts = {}): void {
    if (this.#winner === undefined || this.#acknowledged) return;
    this.#acknowledged = true;
    const ack = this.#winner.sendAck(this.#cseq, {
      headers: parts.headers,
      body: parts.body,
      credentials: this.#credentials,
      onLast: (ack) => this.#leave(ack),
    });
    if (this.#record < 0) this.#winnerAck = ack;
  }

  /** The call is over. What the network still sends (a 2xx again, a late fork) is dealt with without its user. */
  release(): void {
    this.#user = NOBODY;
    this.#winner = undefined;
    // What is still answered is ended at once, and never refreshed with our offer.
    this.#sdp = undefined;
    this.#cancelled = true;
    if (this.#record < 0) return;
    const heir = this.#heir;
    this.#context.sender.handOver(this.#record, heir);
    if (heir !== this) this.#record = -1;
  }

  onResponse(response: SipResponse, invite: ForkedInvite): void {
    if (response.status >= 200 && response.status < 300) {
      this.#onSuccess(response, invite);
    } else if (response.status >= 300) {
      this.#end();
      if (!this.#cancelled) this.#user.onRefused(response);
    } else if (
      response.status > 100 && !this.#cancelled && this.#winner === undefined
    ) {
      const session = this.#earlySession(response, invite);
      session?.sdp.succeeded(this.#sdp, response);
      this.#user.onProvisional(response, session);
    }
  }

  onFailure(failure: SendingFailure): void {
    this.#end();
    if (!this.#cancelled) this.#user.onFailure(failure);
  }

  onFork(response: SipResponse, invite: ForkedInvite): ForkUser {
    this.#cseq = invite.request.cseq?.number ?? 1;
    this.#onSuccess(response, invite);
    return this;
  }

  /** RFC 6026 §8.4: with timer M the last 2xx that the peer may send again has come. */
  onOver(): void {
    this.#record = -1;
    if (this.#acknowledged) this.#user.onSpent?.(this);
  }

  /** The ACK has left for good: nothing but a late fork is our business any more. */
  #leave(ack: LastingAck): void {
    if (this.#sending === undefined) return;
    const heir = this.#heir;
    const tag = this.#winnerTag ?? "";
    const how = { tag, ack, forks: heir };
    const record = this.#context.sender.acknowledged(this.#sending, how);
    if (record < 0) return;
    if (heir === this) this.#record = record;
    this.#winnerAck = this.#sending = undefined;
  }

  /** Who is given late forks: another once there is no user, unless there is something of our own to go on with. */
  get #heir(): ForkUser {
    const isNeeded = this.#user !== NOBODY || this.#surplus.length > 0 ||
      this.#authenticator?.isUsed === true;
    return isNeeded ? this : LateForks.of(this.#context, {
      authenticator: this.#authenticator,
      way: this.#way,
    });
  }

  #onSuccess(response: SipResponse, invite: ForkedInvite): void {
    const tag = response.to?.tag ?? "";
    if (this.#winnerTag === tag) {
      // §13.2.2.4: the ACK is passed to the transport again with every retransmission of the 2xx.
      this.#winnerAck?.resend();
      return;
    }
    const known = this.#surplus.length === 0
      ? undefined
      : this.#surplus.find(({ session }) => session.dialog.remoteTag === tag);
    if (known !== undefined) {
      known.ack.resend();
      return;
    }
    const session = this.#earlySession(response, invite);
    if (session === undefined) return;
    session.dialog.state = "confirmed";
    session.dialog.refreshTarget(response);
    session.sdp.succeeded(this.#sdp, response);
    if (this.#winner === undefined && !this.#cancelled) {
      this.#winner = session;
      this.#winnerTag = session.dialog.remoteTag;
      this.#over = true;
      this.#closeEarly(session);
      this.#user.onAnswer(response, session);
      return;
    }
    // §13.2.2.4: "The UAC core MUST generate an ACK request for each 2xx received". What nobody wants is ended:
    // "If, after acknowledging any 2xx response to an INVITE, the UAC does not want to continue with that dialog,
    // then the UAC MUST terminate the dialog by sending a BYE request".
    this.#early = this.#early.filter((early) => early !== session);
    session.handOver(new SurplusOwner(this.#user));
    const ack = session.sendAck(this.#cseq, { credentials: this.#credentials });
    this.#surplus = [...this.#surplus, { session, ack }];
    session.bye();
  }

  /** The dialog of a response: known or new. A 2xx's Record-Route and Contact count afresh (§13.2.2.4). */
  #earlySession(
    response: SipResponse,
    invite: ForkedInvite,
  ): Session | undefined {
    const tag = response.to?.tag;
    const success = response.status >= 200;
    if (tag === undefined && !success) return undefined;
    const known = this.#early.length === 0
      ? undefined
      : this.#early.find(({ dialog }) => dialog.remoteTag === (tag ?? ""));
    if (known !== undefined) {
      known.dialog.refreshTarget(response);
      if (success) known.dialog.refreshRoute(response);
      return known;
    }
    const count = this.#early.length + this.#surplus.length;
    if (count >= this.#context.limits.dialogsPerInvite) {
      this.#context.observer.count("dialog_forks_ignored");
      return undefined;
    }
    const session = new Session(
      Dialog.uac(invite.request, response, invite.flow),
      this.#context,
      this.#user,
    );
    session.authenticator = this.#authenticator;
    session.dialog.way = this.#way;
    this.#early = [...this.#early, session];
    return session;
  }

  #end(): void {
    this.#over = true;
    this.#closeEarly();
  }

  /** §13.2.2.3: "all early dialogs are considered terminated upon reception of the non-2xx final response." */
  #closeEarly(winner?: Session): void {
    for (const session of this.#early) {
      if (session !== winner) session.close();
    }
    this.#early = NO_SESSIONS;
  }
}

/** Whose the forks are that answer when the call is over: for each INVITE of which there are any, one is made. */
class LateForks implements ForkUser {
  static readonly #plain = new WeakMap<DialogContext, LateForks>();
  readonly #context: DialogContext;
  readonly #options: UacInviteOptions;

  constructor(context: DialogContext, options: UacInviteOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** One for all calls, where nothing is of one leg. */
  static of(context: DialogContext, options: UacInviteOptions): LateForks {
    if (options.authenticator !== undefined || options.way !== undefined) {
      return new LateForks(context, options);
    }
    let plain = this.#plain.get(context);
    if (plain === undefined) {
      plain = new LateForks(context, options);
      this.#plain.set(context, plain);
    }
    return plain;
  }

  get isShared(): boolean {
    const { authenticator, way } = this.#options;
    return authenticator === undefined && way === undefined;
  }

  onFork(response: SipResponse, invite: ForkedInvite): ForkUser {
    const forks = new UacInvite(this.#context, NOBODY, this.#options);
    forks.release();
    return forks.onFork(response, invite);
  }
}

/** Owns a session that is only there to be ended; messages still pass the leg's filter. */
class SurplusOwner implements SessionUser {
  readonly #filter: SessionUser;

  constructor(filter: SessionUser) {
    this.#filter = filter;
  }

  outbound<M extends Parameters<SessionUser["outbound"]>[0]>(message: M): M {
    return this.#filter.outbound(message);
  }

  onRequest(): void {}
  onCancelled(): void {}
  onAck(): void {}
  onNoAck(): void {}
  onBye(): void {}
  onGone(): void {}
  onClosed(): void {}
}

/** Hears what still comes when the user has gone: nothing is done with it, and messages leave as they are. */
const NOBODY: UacInviteUser = {
  outbound: (message) => message,
  onRequest: () => {},
  onCancelled: () => {},
  onAck: () => {},
  onNoAck: () => {},
  onBye: () => {},
  onGone: () => {},
  onClosed: () => {},
  onProvisional: () => {},
  onAnswer: () => {},
  onRefused: () => {},
  onFailure: () => {},
};
