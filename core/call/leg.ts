/**
 * One side of a call. A leg owns the dialog on its side, runs the message hooks over all that passes, and speaks call
 * events to the call.
 *
 * @module
 */

import { keepSample, KINDS } from "../base/samples.ts";
import { fromText, toBytes } from "../message/bytes.ts";
import { Headers } from "../message/headers.ts";
import type {
  SipMessage,
  SipRequest,
  SipResponse,
} from "../message/message.ts";
import type { DtmfSettings } from "../media/dtmf_settings.ts";
import { Authenticator } from "../dialog/authenticator.ts";
import type { Outgoing, OutgoingUser } from "../dialog/outgoing.ts";
import type {
  RefreshChoice,
  RefreshQuestion,
} from "../dialog/refresh_steps.ts";
import { sameMedia, type SdpBody, sdpOf } from "../dialog/session_sdp.ts";
import { isRefreshRequest } from "../dialog/timer_negotiation.ts";
import type { Session, SessionUser } from "../dialog/session.ts";
import type { ServerTransaction } from "../transaction/server_transaction.ts";
import type { CallContext } from "./call_context.ts";
import type { CallEvent } from "./call_event.ts";
import { headersOf, reasonOf } from "./decision_check.ts";
import type { CallPolicy } from "./call_policy.ts";
import { answer } from "./decisions.ts";
import { IncomingExchange } from "./exchange.ts";
import {
  ALLOW,
  type Content,
  crossing,
  NO_CONTENT,
  unsupportedTags,
} from "./header_policy.ts";
import { keepAliveWithin } from "./keep_alive_kind.ts";
import { takeKeepAlive } from "./leg_keep_alive.ts";
import type { LegTimer, LegTimerUser, TimerState } from "./leg_timer.ts";
import { updateAnswer, updateView } from "./leg_update.ts";
import type { Inbound, MessagePlanes } from "./message_hooks.ts";
import type { DraftRights } from "./message_draft.ts";
import type { CallView, LegView } from "./policy.ts";
import { keepAlive } from "./session_keep_alive.ts";
import { refreshChoice, refreshView } from "./refresh_view.ts";

/** Who hears a leg's events: the call. */
export interface LegOwner {
  readonly view: CallView;
  readonly planes: MessagePlanes;
  readonly policy: CallPolicy;
  /** True when the call has no other side. */
  readonly alone: boolean;
  /** The other side of the call, as far as it can be spoken to. */
  otherOf(leg: Leg): Leg | undefined;
  handle(leg: Leg, event: CallEvent): void;
}

/** What a policy may edit of a message that opens a dialog. */
const OPENING: DraftRights = { uri: true, parties: true };
/** Methods answered 405 within a dialog, since each would open a usage of its own or needs a part that is missing. */
const NOT_WITHIN = new Set(["SUBSCRIBE", "REGISTER", "PUBLISH", "PRACK"]);

/** What both sides have in common. */
export abstract class Leg implements SessionUser, LegView, LegTimerUser {
  abstract readonly name: "a" | "b";
  abstract readonly trunk: string | undefined;
  abstract readonly peer: string;
  abstract readonly timer: LegTimer;
  /** The dialog that counts; of a forked INVITE the one that spoke last, then the one that answered. */
  protected session: Session | undefined;
  /** The re-INVITE of the peer that is asked about on the other side. */
  #exchange: IncomingExchange | undefined;
  /** Our own offer went out again: what the ACK answers decides whether the other side hears of it. */
  #repeatedOffer = false;

  constructor(
    protected readonly context: CallContext,
    protected readonly owner: LegOwner,
  ) {
    keepSample(KINDS.leg, this);
  }

  get call(): CallView {
    return this.owner.view;
  }

  /** Its session timer as it stands; undefined where there is none. */
  get timerState(): TimerState | undefined {
    return this.timer.stateOf(this.session);
  }

  /** What its peer was told of media last. */
  get described(): SdpBody | undefined {
    return this.session?.sdp.local;
  }

  /** True while requests can be sent on it. */
  get connected(): boolean {
    return this.session !== undefined && !this.session.closed;
  }

  /** Sends a request within the dialog; undefined when the user was told at once why not. */
  request(
    method: string,
    options: { content: Content; user: OutgoingUser },
  ): Outgoing | undefined {
    if (this.session === undefined) {
      options.user.onFailure("ended");
      return undefined;
    }
    return this.session.request(method, {
      parts: options.content,
      user: {
        onResponse: (response) =>
          options.user.onResponse(this.inbound(response).message),
        onFailure: (failure) => options.user.onFailure(failure),
      },
    });
  }

  /** The call is up: from now on the peer's silence is noticed, where its trunk says how. */
  watch(): void {
    keepAlive(this.session, { context: this.context, leg: this });
  }

  /** Ends an answered leg. */
  bye(content: Content = NO_CONTENT): void {
    this.session?.bye(content);
  }

  outbound<M extends SipMessage>(message: M): M {
    if (saysKpml(this.#dtmf) && opensDialog(message)) {
      message.headers.set("Allow-Events", "kpml");
    }
    const { planes } = this.owner;
    if (planes.ignoresOutbound) return message;
    return planes.outbound(message, { leg: this, rights: rightsOf(message) });
  }

  onRequest(transaction: ServerTransaction, session: Session): void {
    const { method } = transaction.request;
    const refusal = this.#refusal(transaction.request);
    if (refusal !== undefined) {
      session.reply(transaction, refusal.status, refusal);
      return;
    }
    const { message, decision } = this.inbound(transaction.request);
    if (decision !== undefined) {
      if (decision.action === "drop") session.drop(transaction);
      else {
        const body = decision.action === "answer" ? decision.body : undefined;
        session.reply(transaction, decision.status, {
          reason: reasonOf(decision.reason),
          headers: headersOf(decision.headers),
          body: body === undefined ? undefined : toBytes(fromText(body)),
        });
      }
      return;
    }
    const update = this.#takeUpdate(message, { transaction, session });
    if (update === "taken") return;
    const ping = update === undefined
      ? this.#takeKeepAlive(message, { transaction, session })
      : undefined;
    if (ping === "taken") return;
    if (
      update === undefined && ping === undefined && isRefreshRequest(method) &&
      message.body === transaction.request.body &&
      session.sdp.isRefresh(transaction.request)
    ) {
      this.#answerRefresh(transaction, session);
      return;
    }
    // §8.2.6.1 and §17.2.1: whoever waits for the other leg says so.
    if (method === "INVITE") session.reply(transaction, 100);
    const exchange = new IncomingExchange(
      session,
      transaction,
      crossing(message),
    );
    if (method === "INVITE") this.#exchange = exchange;
    this.owner.handle(this, { type: "request", exchange });
  }

  onCancelled(transaction: ServerTransaction, _session: Session): void {
    const exchange = this.#exchange;
    if (exchange?.is(transaction) !== true) return;
    this.owner.handle(this, { type: "withdraw", exchange });
  }

  onAck(ack: SipRequest, session: Session): void {
    const { message } = this.inbound(ack);
    if (this.#repeatedOffer) {
      this.#repeatedOffer = false;
      const [answer, known] = [sdpOf(ack), session.sdp.remote];
      if (
        answer !== undefined && known && !sameMedia(answer.body, known.body)
      ) {
        this.owner.handle(this, { type: "change", content: crossing(message) });
        return;
      }
    }
    this.owner.handle(this, {
      type: "acknowledge",
      content: crossing(message),
    });
  }

  onNoAck(_session: Session): void {
    this.context.observer.count("call_no_ack");
    this.owner.handle(this, {
      type: "end",
      cause: "no ACK",
      content: NO_CONTENT,
    });
  }

  onBye(bye: SipRequest, session: Session): void {
    if (session !== this.session) return;
    const { message } = this.inbound(bye);
    this.owner.handle(this, {
      type: "end",
      cause: "BYE",
      content: crossing(message),
    });
  }

  onClosed(_session: Session): void {}

  steer(question: RefreshQuestion): RefreshChoice | undefined {
    const { negotiation } = this.timer;
    return refreshChoice(
      this.owner.policy.events.onRefresh(() =>
        refreshView(question, { leg: this, negotiation })
      ),
    );
  }

  seen(response: SipResponse): SipResponse {
    return this.inbound(response).message;
  }

  endBoth(cause: string): void {
    this.owner.handle(this, { type: "end", cause, content: NO_CONTENT });
  }

  onGone(status: number, session: Session): void {
    session.close();
    if (session !== this.session) return;
    this.owner.handle(this, {
      type: "end",
      cause: `dialog gone (${status})`,
      content: NO_CONTENT,
    });
  }

  /** Runs the inbound hooks of this leg. */
  protected inbound<M extends SipMessage>(
    message: M,
  ): Inbound<M> {
    const { planes } = this.owner;
    if (planes.ignoresInbound) return { message, decision: undefined };
    return planes.inbound(message, { leg: this, rights: rightsOf(message) });
  }

  /** What the policy makes of a re-INVITE or UPDATE; undefined where it says nothing. */
  #takeUpdate(
    request: SipRequest,
    { transaction, session }: {
      transaction: ServerTransaction;
      session: Session;
    },
  ): "taken" | "relay" | undefined {
    if (!isRefreshRequest(request.method)) return undefined;
    const { policy } = this.owner;
    const said = policy.onUpdate(() =>
      updateView(request, { leg: this, session })
    );
    const isOurs = this.owner.alone && keepAliveWithin(request) === undefined;
    const decision = said ?? (isOurs ? answer() : undefined);
    switch (decision?.action) {
      case undefined:
      case "relay":
        return decision?.action;
      case "reject":
        session.reply(transaction, decision.status, {
          reason: reasonOf(decision.reason),
          headers: headersOf(decision.headers),
        });
        return "taken";
      case "answer":
        try {
          const other = this.owner.otherOf(this)?.session?.sdp.remote;
          const parts = updateAnswer(decision, { request, session, other });
          this.#repeatedOffer = decision.body === undefined &&
            request.method === "INVITE" && request.body.length === 0;
          session.reply(transaction, decision.status, parts);
          this.owner.handle(this, {
            type: "settled",
            content: crossing(request),
          });
          return "taken";
        } catch (error) {
          if (said !== undefined) policy.fault("onUpdate", error);
          return undefined;
        }
    }
  }

  /** What becomes of a keep-alive; undefined where it is none. */
  #takeKeepAlive(
    request: SipRequest,
    { transaction, session }: {
      transaction: ServerTransaction;
      session: Session;
    },
  ): "taken" | "relay" | undefined {
    const kind = keepAliveWithin(request);
    if (kind === undefined) return undefined;
    return takeKeepAlive({
      kind,
      request,
      transaction,
      session,
      leg: this,
      context: this.context,
      policy: this.owner.policy,
      passable: this.owner.otherOf(this)?.connected === true,
      accept: (parts) =>
        // It refreshes the session as well, and counts as both.
        kind === "update"
          ? this.#answerRefresh(transaction, session, parts)
          : session.reply(transaction, 200, parts),
    });
  }

  /** RFC 4028 §9: a request that changes nothing is between its sender and us. */
  #answerRefresh(
    transaction: ServerTransaction,
    session: Session,
    parts: { reason?: string; headers: Headers } = { headers: new Headers() },
  ): void {
    const { request } = transaction;
    const { headers } = parts;
    if (!headers.has("Allow")) headers.append("Allow", ALLOW);
    const bare = request.body.length === 0;
    const sdp = bare && request.method === "UPDATE"
      ? undefined
      : session.sdp.local;
    if (sdp !== undefined) headers.append("Content-Type", sdp.contentType);
    this.#repeatedOffer = bare && request.method === "INVITE";
    session.reply(transaction, 200, { ...parts, body: sdp?.body });
  }

  /** A subscription to keys, at a trunk that is told of keys so; what it is for is looked at later. */
  #isForKpml({ method }: SipRequest): boolean {
    return method === "SUBSCRIBE" && this.#dtmf?.send === "kpml";
  }

  get #dtmf(): DtmfSettings | undefined {
    const { trunk } = this;
    return trunk === undefined
      ? undefined
      : this.context.trunks.get(trunk)?.dtmf;
  }

  #refusal(
    request: SipRequest,
  ): { status: number; headers?: Headers } | undefined {
    // §8.2.2.3 holds within a dialog as well.
    const { mode } = this.timer.negotiation.settings;
    const tags = unsupportedTags(request, { timer: mode !== "off" });
    if (tags.length > 0) {
      const headers = new Headers().append("Unsupported", tags.join(", "));
      return { status: 420, headers };
    }
    // Nobody may move a call yet: a transfer is ours to allow.
    if (request.method === "REFER") return { status: 403 };
    if (NOT_WITHIN.has(request.method) && !this.#isForKpml(request)) {
      const headers = new Headers().append("Allow", ALLOW);
      return { status: 405, headers };
    }
    return undefined;
  }
}

/** Our account at a trunk, put to work for one leg. */
export function authenticatorFor(
  trunk: string | undefined,
  { trunks, random }: CallContext,
): Authenticator | undefined {
  const account = trunk === undefined ? undefined : trunks.get(trunk)?.auth;
  return account && new Authenticator(account, random);
}

/** An INVITE that begins a call, or its 2xx. */
function opensDialog(message: SipMessage): boolean {
  return message.kind === "request"
    ? message.method === "INVITE" && message.to?.tag === undefined
    : message.status >= 200 && message.status < 300 &&
      message.cseq?.method === "INVITE";
}

/** RFC 6665 §4.4.4: Allow-Events names the packages whose events we take or tell of. */
function saysKpml(dtmf: DtmfSettings | undefined): boolean {
  return dtmf !== undefined &&
    (dtmf.send === "kpml" || dtmf.receive.includes("kpml"));
}

/** Whoever opens a dialog may still be given another name. */
function rightsOf(message: SipMessage): DraftRights | undefined {
  return message.kind === "request" && message.method === "INVITE" &&
      message.to?.tag === undefined
    ? OPENING
    : undefined;
}
