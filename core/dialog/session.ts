/**
 * The INVITE usage of one dialog: everything that may happen between its first response and its BYE, on either side
 * of it (RFC 3261 sections 12.2, 13.3.1.4, 14 and 15; RFC 3311). Requests of the peer that are in order go to the
 * user; what is out of order is answered here.
 *
 * @module
 */

import { Headers } from "../message/headers.ts";
import { responseTo } from "../message/build.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import type { ServerTransaction } from "../transaction/server_transaction.ts";
import type { SentAck } from "../transaction/request_sender.ts";
import type { Flow } from "../transport/flow.ts";
import { dialogRoute } from "./dialog_route.ts";
import { Acceptance } from "./acceptance.ts";
import { byeOf } from "./bye.ts";
import {
  addCredentials,
  type Authenticator,
  type AuthRound,
} from "./authenticator.ts";
import type { DialogContext } from "./context.ts";
import type { Dialog, RequestParts } from "./dialog.ts";
import type { DialogUsage } from "./dialog_table.ts";
import { busyRetryAfterSeconds, crossingStatus } from "./glare.ts";
import {
  type AckParts,
  Outgoing,
  type OutgoingHost,
  type OutgoingUser,
  type SentHow,
} from "./outgoing.ts";
import type { RefreshAttempt } from "./refresh_steps.ts";
import type { TimerFields } from "./session_expires.ts";
import type { SessionKeepAlive } from "./session_keep_alive.ts";
import { SessionSdp } from "./session_sdp.ts";
import type { SessionTimer } from "./session_timer.ts";
import type { ReplyParts, SessionOwner } from "./session_user.ts";
import { refusalHeaders } from "./timer_negotiation.ts";
import { Turns } from "./turns.ts";

/** Who owns the session: a leg. */
export type SessionUser = SessionOwner<Session>;

const NONE: readonly ServerTransaction[] = [];

/** One session. */
export class Session implements DialogUsage, OutgoingHost {
  /** Set by the leg whose dialog counts; a fork that nobody wants has none. */
  timer: SessionTimer | undefined;
  /** Set by the leg once the call is up, where its trunk wants keep-alives. */
  keepAlive: SessionKeepAlive | undefined;
  /** Our account at the peer; undefined where we have none. */
  authenticator: Authenticator | undefined;
  readonly sdp = new SessionSdp();
  #user: SessionUser;
  /** The peer's requests not finally answered, few at a time. */
  #incoming: readonly ServerTransaction[] = NONE;
  #acceptance: Acceptance | undefined;
  /** Our requests in progress, and INVITEs that wait for their turn. */
  readonly #turns = new Turns();
  /** A BYE that waits for the ACK of our 2xx. */
  #heldBye: RequestParts | undefined;
  #ending = false;
  #closed = false;

  constructor(
    readonly dialog: Dialog,
    readonly context: DialogContext,
    user: SessionUser,
  ) {
    this.#user = user;
    context.dialogs.add(this);
  }

  /** True once it is over and forgotten. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Gives the session to another owner. */
  handOver(user: SessionUser): void {
    this.#user = user;
  }

  /** Takes the INVITE that creates the dialog, so that its 2xx is repeated and its ACK waited for. */
  adopt(invite: ServerTransaction): void {
    this.#incoming = [...this.#incoming, invite];
  }

  /** A request of the peer within this dialog, ACK apart. */
  receive(transaction: ServerTransaction): void {
    const { request } = transaction;
    // §12.2.2: "If the remote sequence number was not empty, but the sequence number of the request is lower than the
    // remote sequence number, the request is out of order and MUST be rejected with a 500".
    if (!this.dialog.acceptSeq(request.cseq?.number ?? 0)) {
      this.#refuse(transaction, 500, { reason: "CSeq Out Of Order" });
      return;
    }
    this.dialog.flow = transaction.flow;
    this.keepAlive?.heard();
    if (request.method === "BYE") {
      this.#onBye(transaction);
      return;
    }
    if (this.#ending) {
      this.#refuse(transaction, 481);
      return;
    }
    const refusal = crossingStatus(request, {
      ours: this.#turns.running,
      theirs: this.#incoming.map((one) => one.request),
    });
    if (refusal !== undefined) {
      const headers = new Headers();
      if (refusal === 500) {
        const seconds = busyRetryAfterSeconds(this.context.random);
        headers.append("Retry-After", String(seconds));
      }
      this.#refuse(transaction, refusal, { headers });
      return;
    }
    const interval = this.timer?.incoming(request);
    if (interval !== undefined) {
      const headers = refusalHeaders(interval);
      this.#refuse(transaction, interval.status, { headers });
      return;
    }
    if (this.#incoming.length >= this.context.limits.queuedRequestsPerLeg) {
      this.context.observer.count("dialog_requests_refused");
      this.#refuse(transaction, 503);
      return;
    }
    this.#incoming = [...this.#incoming, transaction];
    this.#user.onRequest(transaction, this);
  }

  /** The ACK of a 2xx. */
  receiveAck(ack: SipRequest): void {
    if (this.#acceptance?.cseq !== ack.cseq?.number) return;
    this.#acceptance?.stop();
    this.#acceptance = undefined;
    this.#user.onAck(ack, this);
    this.sdp.acknowledged(ack);
    this.#afterInvite();
  }

  /** The CANCEL of an INVITE within the dialog; its own 200 is sent. */
  receiveCancel(transaction: ServerTransaction): void {
    if (!this.#incoming.includes(transaction)) return;
    this.reply(transaction, 487);
    this.#user.onCancelled(transaction, this);
  }

  /** Forgets a request of the peer without answering it. */
  drop(transaction: ServerTransaction): void {
    this.#forget(transaction);
    transaction.drop();
  }

  /** Answers a request of the peer; a second final answer is ignored. */
  reply(
    transaction: ServerTransaction,
    status: number,
    parts: ReplyParts = {},
  ): void {
    if (!this.#incoming.includes(transaction)) return;
    const { request } = transaction;
    const invite = request.method === "INVITE";
    const success = status >= 200 && status < 300;
    const targetRefresh = invite || request.method === "UPDATE";
    const draft = responseTo(request, status, {
      toTag: status === 100 ? undefined : this.dialog.localTag,
      reason: parts.reason,
      headers: parts.headers,
      body: parts.body,
    });
    if (targetRefresh && status > 100 && status < 300) {
      // §12.1.1: "The UAS MUST add a Contact header field to the response."
      const contact = this.context.contactFor(transaction.flow);
      draft.headers.append("Contact", contact);
    }
    if (success) this.timer?.answering(request, draft.headers);
    const response = this.#user.outbound(draft);
    if (targetRefresh) this.sdp.answered(request, response);
    if (status >= 200) this.#forget(transaction);
    if (success && targetRefresh) this.dialog.refreshTarget(request);
    if (invite && success) {
      this.dialog.state = "confirmed";
      // Whoever asks for a change has seen our last 2xx, even if its ACK was lost.
      this.#acceptance?.stop();
      this.#acceptance = new Acceptance({ transaction, response }, {
        clock: this.context.clock,
        timers: this.context.timers,
        user: this,
      });
    } else {
      transaction.respond(response);
      if (status >= 200) this.#afterInvite();
    }
  }

  /**
   * Sends a request to the peer. An INVITE waits while another is in progress that will end by itself; when one of the
   * peer's is unanswered, or too many wait, the user is told `busy` at once.
   */
  request(
    method: string,
    options: {
      parts: RequestParts;
      user: OutgoingUser;
      retryGlare?: boolean;
      /** Set for a refresh of the session timer's making. */
      attempt?: RefreshAttempt;
      /** Set for a keep-alive: what a refusal means is its maker's to say. */
      judged?: boolean;
    },
  ): Outgoing | undefined {
    if (this.#ending || this.#closed) {
      options.user.onFailure("ended");
      return undefined;
    }
    const outgoing = new Outgoing(this, method, {
      parts: options.parts,
      user: options.user,
      retryGlare: options.retryGlare ?? false,
      attempt: options.attempt,
      judged: options.judged,
    });
    if (method === "INVITE") {
      const peerAsks = this.#incoming.some((transaction) =>
        transaction.request.method === "INVITE"
      );
      const full = this.#turns.waiting >=
        this.context.limits.queuedRequestsPerLeg;
      if (peerAsks || full) {
        options.user.onFailure("busy");
        return undefined;
      }
      // §14.1: "a UAC MUST NOT initiate a new INVITE transaction within a dialog while another INVITE transaction is
      // in progress in either direction."
      if (this.#ourInviteInProgress()) {
        this.#turns.wait(outgoing);
        return outgoing;
      }
    }
    this.#turns.start(outgoing);
    return outgoing;
  }

  /** Sends the ACK of a 2xx. */
  sendAck(cseq: number, parts: AckParts): SentAck {
    const { headers, body, credentials } = parts;
    const ack = this.dialog.request("ACK", { headers, body, cseq });
    const route = dialogRoute(this.dialog, {
      addedBytes: this.authenticator?.bytes,
      prepare: (draft, flow) => {
        const sent = this.prepare(draft, flow);
        this.sdp.acknowledging(sent);
        // §13.2.2.4: "The ACK MUST contain the same credentials as the INVITE."
        if (credentials !== undefined) {
          addCredentials(sent.headers, credentials);
        }
        return sent;
      },
    });
    return this.context.sender.sendAck(ack, route, parts.onLast);
  }

  /** An INVITE of either side is unanswered, or its 2xx not acknowledged. */
  get inviteInProgress(): boolean {
    return this.#ourInviteInProgress() ||
      this.#incoming.some(({ request }) => request.method === "INVITE");
  }

  writeTimer(method: string, headers: Headers): TimerFields | undefined {
    return this.timer?.outgoing(method, headers);
  }

  raiseInterval(response: SipResponse, sent: TimerFields): boolean {
    return !this.#ending && this.timer?.raise(response, sent) === true;
  }

  answerChallenge(
    response: SipResponse,
    { method, round }: { method: string; round: AuthRound },
  ): boolean {
    const { status } = response;
    if (status !== 401 && status !== 407) return false;
    if (this.#closed || (this.#ending && method !== "BYE")) return false;
    return this.authenticator?.learn(response, round) === true;
  }

  onSuccess(method: string, response: SipResponse, how: SentHow): void {
    this.keepAlive?.heard();
    if (method === "INVITE" || method === "UPDATE") {
      this.sdp.succeeded(how.sdp, response);
    }
    if (how.sent !== undefined && how.attempt === undefined) {
      this.timer?.succeeded(method, response, how.sent);
    }
  }

  /** Ends the session with BYE, once the ACK of our 2xx has come (§15: "MUST NOT send a BYE on a confirmed dialog until it has received an ACK"). */
  bye(parts: RequestParts = {}): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#stopTimers();
    this.#refuseAllIncoming();
    if (this.#acceptance !== undefined) {
      this.#heldBye = parts;
      return;
    }
    this.#sendBye(parts);
  }

  /** Forgets the session without a word: an early dialog that came to nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#ending = true;
    this.#stopTimers();
    this.dialog.state = "terminated";
    this.#acceptance?.stop();
    this.#acceptance = undefined;
    this.#refuseAllIncoming();
    this.#turns.abandon();
    this.context.dialogs.remove(this);
    this.#user.onClosed(this);
  }

  /** Contact for the flow a request takes, then the user's last word. */
  prepare(request: SipRequest, flow: Flow): SipRequest {
    if (request.method === "INVITE" || request.method === "UPDATE") {
      request.headers.set("Contact", this.context.contactFor(flow));
    }
    return this.#user.outbound(request);
  }

  /** 64*T1 without ACK (§13.3.1.4): the dialog counts as confirmed, so BYE may go. */
  onNoAck(): void {
    this.#acceptance = undefined;
    if (this.#heldBye !== undefined) this.#afterInvite();
    else this.#user.onNoAck(this);
  }

  /** A request of ours came to its end. */
  onOutgoingDone(outgoing: Outgoing): void {
    this.#turns.done(outgoing);
    this.#afterInvite();
  }

  /**
   * §12.2.1.2: "If the response for a request within a dialog is a 481 [...] or a 408 [...], the UAC SHOULD terminate
   * the dialog." Departs from RFC 3261 §12.2.1.2 where "no response at all is received": one lost request is no reason
   * to end a call that is up.
   */
  onRefused(method: string, status: number): void {
    // RFC 5057 §5.1 leaves the dialog alone for a 408 to what does not refresh the session.
    const refreshes = method === "INVITE" || method === "UPDATE";
    if (status === 481 || (status === 408 && refreshes)) {
      this.#user.onGone(status, this);
    }
  }

  #onBye(transaction: ServerTransaction): void {
    const { request } = transaction;
    transaction.respond(this.#user.outbound(responseTo(request, 200)));
    // §15.1.2: "The UAS MUST still respond to any pending requests received for that dialog. It is RECOMMENDED that a
    // 487 (Request Terminated) response be generated to those pending requests."
    const crossing = this.#ending && this.#heldBye === undefined;
    this.#heldBye = undefined;
    this.#ending = true;
    this.#stopTimers();
    this.#acceptance?.stop();
    this.#acceptance = undefined;
    this.#refuseAllIncoming();
    this.#user.onBye(request, this);
    // When our own BYE is on its way its response closes the session.
    if (!crossing) this.close();
  }

  #sendBye(parts: RequestParts): void {
    this.#turns.start(byeOf(this, { parts, done: () => this.close() }));
  }

  #stopTimers(): void {
    this.timer?.stop();
    this.keepAlive?.stop();
  }

  #refuseAllIncoming(): void {
    for (const transaction of this.#incoming) this.reply(transaction, 487);
  }

  #forget(transaction: ServerTransaction): void {
    const others = this.#incoming.filter((one) => one !== transaction);
    this.#incoming = others.length === 0 ? NONE : others;
  }

  #ourInviteInProgress(): boolean {
    return this.#acceptance !== undefined || this.#turns.inviteInProgress;
  }

  /** An INVITE is over: what waited for that may go. */
  #afterInvite(): void {
    if (this.#closed) return;
    if (this.#heldBye !== undefined && this.#acceptance === undefined) {
      const parts = this.#heldBye;
      this.#heldBye = undefined;
      this.#sendBye(parts);
      return;
    }
    if (this.#ending || this.#ourInviteInProgress()) return;
    if (!this.#turns.startNext() && !this.inviteInProgress) {
      this.timer?.inviteSettled();
    }
  }

  #refuse(
    transaction: ServerTransaction,
    status: number,
    parts: ReplyParts = {},
  ): void {
    const response = responseTo(transaction.request, status, parts);
    transaction.respond(this.#user.outbound(response));
  }
}
