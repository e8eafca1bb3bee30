/**
 * A request we send within a dialog, from its turn to its final response; of an INVITE, also its ACK.
 *
 * @module
 */

import type { Timed, Timer } from "../base/clock.ts";
import type { HeaderLine, Headers } from "../message/headers.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import type { LastingAck } from "../transaction/acknowledged_invites.ts";
import type { ClientTransaction } from "../transaction/client_transaction.ts";
import type {
  Sending,
  SendingFailure,
  SendingUser,
  SentAck,
} from "../transaction/request_sender.ts";
import type { Flow } from "../transport/flow.ts";
import { type Authenticator, AuthRound } from "./authenticator.ts";
import type { DialogContext } from "./context.ts";
import type { Dialog, RequestParts } from "./dialog.ts";
import { glareWaitMs } from "./glare.ts";
import { dialogRoute } from "./dialog_route.ts";
import type { RefreshAttempt } from "./refresh_steps.ts";
import { type SdpBody, sdpOf } from "./session_sdp.ts";
import type { TimerFields } from "./session_expires.ts";

/** Who waits for the outcome: any number of provisional responses, then one call of either kind. */
export interface OutgoingUser {
  onResponse(response: SipResponse): void;
  /** No final response came. `busy`: it could not even wait for its turn. */
  onFailure(failure: SendingFailure | "busy" | "ended"): void;
}

/** What the ACK of a 2xx carries. */
export interface AckParts extends RequestParts {
  /** Ours, of the INVITE. */
  readonly credentials?: readonly HeaderLine[];
  /** Told once it has left, and no other way is left to try. */
  readonly onLast?: ((ack: LastingAck) => void) | undefined;
}

/** What a request asks of the session it belongs to. */
export interface OutgoingHost {
  readonly dialog: Dialog;
  readonly authenticator: Authenticator | undefined;
  readonly context: DialogContext;
  prepare(request: SipRequest, flow: Flow): SipRequest;
  sendAck(cseq: number, parts: AckParts): SentAck;
  /** Writes the session timer's fields into a request; undefined where the session has no timer. */
  writeTimer(method: string, headers: Headers): TimerFields | undefined;
  /** 401 and 407: true when the request is to be sent again, with credentials. */
  answerChallenge(
    response: SipResponse,
    request: { method: string; round: AuthRound },
  ): boolean;
  /** 422: true when the request is to be sent again. */
  raiseInterval(response: SipResponse, sent: TimerFields): boolean;
  /** The first 2xx, before the user hears of it. */
  onSuccess(method: string, response: SipResponse, how: SentHow): void;
  /** It came to its end. */
  onOutgoingDone(outgoing: Outgoing): void;
  /** The peer refused it with this status. */
  onRefused(method: string, status: number): void;
}

/** How a request left, as far as its session wants to know. */
export interface SentHow {
  /** Its SDP. */
  readonly sdp: SdpBody | undefined;
  /** Undefined where there is no timer. */
  readonly sent: TimerFields | undefined;
  /** The refresh it is, if it is one of the timer's making. */
  readonly attempt: RefreshAttempt | undefined;
}

/** How often a request of our own is tried again after 491. */
const MAX_GLARE_RETRIES = 5;

const NO_CREDENTIALS: readonly HeaderLine[] = [];

/** One outgoing in-dialog request. */
export class Outgoing implements SendingUser, Timed {
  readonly #session: OutgoingHost;
  readonly #parts: RequestParts;
  readonly #user: OutgoingUser;
  #sending: Sending | undefined;
  #cseq = 0;
  #ack: SentAck | undefined;
  #answered = false;
  #cancelled = false;
  #done = false;
  #retriesLeft: number;
  #wait: Timer | undefined;
  readonly #attempt: RefreshAttempt | undefined;
  readonly #judged: boolean;
  #sent: TimerFields | undefined;
  /** Our offer, as it left. */
  #sdp: SdpBody | undefined;
  /** Ours, as they left. */
  #credentials: readonly HeaderLine[] = NO_CREDENTIALS;
  /** Made with the first challenge. */
  #round: AuthRound | undefined;

  constructor(
    session: OutgoingHost,
    readonly method: string,
    options: {
      parts: RequestParts;
      user: OutgoingUser;
      /** Wait and try again after 491: for requests of our own making, not for those we pass on. */
      retryGlare: boolean;
      /** Set for a refresh, whose outcome is the session timer's to judge. */
      attempt?: RefreshAttempt | undefined;
      /** A refusal says nothing to the session: whoever asked is to judge. */
      judged?: boolean | undefined;
    },
  ) {
    this.#session = session;
    this.#parts = options.parts;
    this.#user = options.user;
    this.#attempt = options.attempt;
    this.#judged = options.judged === true || options.attempt !== undefined;
    this.#retriesLeft = options.retryGlare ? MAX_GLARE_RETRIES : 0;
  }

  /** True while an INVITE keeps others from being sent (RFC 3261 section 14.1). */
  get inProgress(): boolean {
    return !this.#done;
  }

  /** True when it carries an offer that is not answered yet. */
  get offering(): boolean {
    return !this.#done && (this.#parts.body?.length ?? 0) > 0;
  }

  /** Sends it: its turn has come. */
  start(): void {
    const { dialog, context } = this.#session;
    const request = dialog.request(this.method, this.#parts);
    this.#cseq = dialog.localSeq;
    this.#sent = this.#session.writeTimer(this.method, request.headers);
    if (this.#attempt !== undefined) this.#attempt.sent = this.#sent;
    const route = dialogRoute(dialog, {
      addedBytes: this.#session.authenticator?.bytes,
      prepare: (draft, flow) => this.#prepare(draft, flow),
    });
    if (route.uri === undefined) {
      this.#finish();
      this.#user.onFailure("unresolved");
      return;
    }
    this.#sending = context.sender.send(request, route, this);
  }

  /** The last word on what leaves, and what is remembered of it. */
  #prepare(draft: SipRequest, flow: Flow): SipRequest {
    const sent = this.#session.prepare(draft, flow);
    this.#sdp = sdpOf(sent);
    this.#credentials = this.#session.authenticator?.sign(sent) ??
      NO_CREDENTIALS;
    return sent;
  }

  /** Sends the ACK of an INVITE's 2xx, with the answer in it when the 2xx had the offer. */
  ack(parts: RequestParts = {}): void {
    if (!this.#answered || this.#ack !== undefined) return;
    this.#ack = this.#sendAck(parts);
    this.#finish();
  }

  /** Cancels an INVITE (RFC 3261 section 9.1); its final response still comes. */
  cancel(reason?: string): void {
    this.#cancelled = true;
    if (this.#wait !== undefined) {
      this.#abandon("ended");
    } else if (!this.#answered) {
      this.#sending?.cancel(reason);
    }
  }

  /** The dialog is over: whoever waits is told, a late 2xx is still acknowledged. */
  abandon(): void {
    if (this.#answered && this.#ack === undefined) this.ack();
    else this.#abandon("ended");
  }

  onResponse(response: SipResponse, transaction: ClientTransaction): void {
    if (response.status >= 200 && response.status < 300) {
      this.#onSuccess(response, transaction);
      return;
    }
    if (this.#done) return;
    if (response.status < 200) {
      this.#user.onResponse(response);
      return;
    }
    // Section 14.1: "If a UAC receives a 491 response to a re-INVITE, it SHOULD start a timer with a value T".
    if (response.status === 491 && this.#retriesLeft > 0) {
      this.#retriesLeft--;
      const { clock, random } = this.#session.context;
      const waitMs = glareWaitMs(this.#session.dialog.ownsCallId, random);
      this.#wait = clock.schedule(waitMs, this, "glare");
      return;
    }
    if (this.#isAnswered(response) || this.#isRaised(response)) {
      this.start();
      return;
    }
    this.#finish();
    this.#user.onResponse(response);
    if (!this.#judged) {
      this.#session.onRefused(this.method, response.status);
    }
  }

  onFailure(failure: SendingFailure): void {
    if (this.#done) return;
    this.#finish();
    this.#user.onFailure(failure);
  }

  onTimer(_name: string): void {
    this.#wait = undefined;
    this.start();
  }

  #onSuccess(response: SipResponse, transaction: ClientTransaction): void {
    if (this.method !== "INVITE") {
      if (this.#done) return;
      if (this.method === "UPDATE") {
        this.#session.dialog.refreshTarget(response);
      }
      this.#succeed(response);
      this.#finish();
      this.#user.onResponse(response);
      return;
    }
    // Section 13.2.2.4: the ACK is passed to the transport "every time a retransmission of the 2xx final response
    // that triggered the ACK arrives".
    if (this.#ack !== undefined) {
      this.#ack.resend();
      return;
    }
    if (this.#answered) return;
    this.#answered = true;
    this.#session.dialog.flow = transaction.flow;
    if (this.#done) {
      // The dialog ended meanwhile; the 2xx still wants its ACK.
      this.#ack = this.#sendAck({});
      return;
    }
    this.#session.dialog.refreshTarget(response);
    this.#succeed(response);
    this.#user.onResponse(response);
  }

  #sendAck(parts: RequestParts): SentAck {
    return this.#session.sendAck(this.#cseq, {
      headers: parts.headers,
      body: parts.body,
      credentials: this.#credentials,
    });
  }

  #succeed(response: SipResponse): void {
    this.#session.onSuccess(this.method, response, {
      sdp: this.#sdp,
      sent: this.#sent,
      attempt: this.#attempt,
    });
  }

  /**
   * §22.2: "When a UAC resubmits a request with its credentials after receiving a 401 (Unauthorized) [...] response, it MUST
   * increment the CSeq header field value". A refresh is repeated by its ladder.
   */
  #isAnswered(response: SipResponse): boolean {
    return this.#attempt === undefined && !this.#cancelled &&
      this.#session.answerChallenge(response, {
        method: this.method,
        round: this.#round ??= new AuthRound(),
      });
  }

  /** RFC 4028 §7.3: a 422 to what is passed on is answered here; to a refresh, by its ladder. */
  #isRaised(response: SipResponse): boolean {
    return response.status === 422 && this.#attempt === undefined &&
      this.#sent !== undefined &&
      this.#session.raiseInterval(response, this.#sent);
  }

  #abandon(failure: "ended"): void {
    if (this.#done) return;
    this.#finish();
    this.#user.onFailure(failure);
  }

  #finish(): void {
    if (this.#done) return;
    this.#done = true;
    this.#session.context.clock.cancel(this.#wait);
    this.#wait = undefined;
    this.#session.onOutgoingDone(this);
  }
}
