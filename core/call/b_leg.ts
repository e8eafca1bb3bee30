/** A side we call. */

import { Headers } from "../message/headers.ts";
import type { SipResponse } from "../message/message.ts";
import type { NameAddr } from "../message/name_addr.ts";
import { SipRequest } from "../message/message.ts";
import { type Authenticator, AuthRound } from "../dialog/authenticator.ts";
import type { Session } from "../dialog/session.ts";
import {
  type TimerFields,
  writeTimerFields,
} from "../dialog/session_expires.ts";
import { UacInvite, type UacInviteUser } from "../dialog/uac_invite.ts";
import type { SipUri } from "../message/uri.ts";
import type { BindingWay } from "../trunk/binding_way.ts";
import type { SendingFailure } from "../transaction/request_sender.ts";
import type { CallContext } from "./call_context.ts";
import { ALLOW, type Content, crossing, NO_CONTENT } from "./header_policy.ts";
import { LegTimer } from "./leg_timer.ts";
import { authenticatorFor, Leg, type LegOwner } from "./leg.ts";
import type { Pass } from "./sdp_part.ts";
import { dressFor, reached, type Target } from "./target.ts";
import { wayOut } from "./way_out.ts";

/** What the INVITE of a B leg is made of. */
export interface BLegInvite {
  readonly from: NameAddr;
  readonly to: NameAddr;
  readonly maxForwards: number;
  readonly content: Content;
}

/** Failures without a response, as statuses: RFC 3261 section 8.1.3.1 for the first two. */
const FAILURE_STATUS: Readonly<Record<SendingFailure, number>> = {
  timeout: 408,
  transport: 503,
  unresolved: 503,
  down: 503,
};

const NO_SERVER = { status: 503, reason: "No Server" };
const SKIPPED = { status: 503, reason: "Skipped" };
const NOT_REGISTERED = { status: 480, reason: "Temporarily Unavailable" };
const FLOW_FAILED = { status: 430, reason: "Flow Failed" };

/** One target being called. */
export class BLeg extends Leg implements UacInviteUser {
  readonly name = "b";
  readonly #admit: ((uri: SipUri, attempt: number) => boolean) | undefined;
  #anchor: ((leg: BLeg, pass: Pass) => void) | undefined;
  /** What the INVITE is made of; gone with the answer, since none follows it. */
  #parts: BLegInvite | undefined;
  /** Of the INVITE; the dialog has them once there is one that counts. */
  #callId: string;
  #tag: string;
  #target: Target;
  readonly #authenticator: Authenticator | undefined;
  /** What was tried at the server that is called. */
  #round: AuthRound | undefined;
  #invite: UacInvite | undefined;
  #attempt = 0;
  readonly timer: LegTimer;
  #cseq = 0;
  #uri: SipUri | undefined;
  #timerSent: TimerFields | undefined;
  #peer = "";
  #given = false;
  #answered = false;

  constructor(
    target: Target,
    parts: BLegInvite,
    world: {
      context: CallContext;
      owner: LegOwner;
      /** Whether an INVITE to that URI may leave; `attempt` counts the target's servers from 1. */
      admit: ((uri: SipUri, attempt: number) => boolean) | undefined;
      /** Writes what crosses anew before the first INVITE leaves. */
      anchor: ((leg: BLeg, pass: Pass) => void) | undefined;
    },
  ) {
    super(world.context, world.owner);
    this.#target = target;
    this.#admit = world.admit;
    this.#anchor = world.anchor;
    this.#parts = parts;
    this.#callId = `${world.context.random.token()}@legwork`;
    this.#tag = world.context.random.token();
    this.#authenticator = authenticatorFor(target.trunk, world.context);
    this.timer = new LegTimer(world.context, this);
  }

  /** What is called; without its addresses once it has answered. */
  get target(): Target {
    return this.#target;
  }

  get trunk(): string | undefined {
    return this.target.trunk;
  }

  get peer(): string {
    return this.#peer;
  }

  get answered(): boolean {
    return this.#answered;
  }

  /** Sends the INVITE to the target's next address that the policy does not leave out. */
  start(): void {
    const anchor = this.#anchor;
    if (anchor === undefined) {
      this.#next();
      return;
    }
    this.#anchor = undefined;
    anchor(this, (content) => {
      if (this.#given) return;
      if (content === undefined) {
        this.#fail({ status: 503, reason: "No Media", local: true });
        return;
      }
      if (this.#parts !== undefined) this.#parts = { ...this.#parts, content };
      this.#next();
    });
  }

  #next(): void {
    let failure = this.target.isAbsent ? NOT_REGISTERED : NO_SERVER;
    let uri = this.target.uris[this.#attempt++];
    for (; uri !== undefined; uri = this.target.uris[this.#attempt++]) {
      if (this.#way?.isGone) failure = FLOW_FAILED;
      else if (this.#admit?.(uri, this.#attempt) === false) failure = SKIPPED;
      else break;
    }
    if (uri === undefined) {
      this.#fail({ ...failure, local: true });
      return;
    }
    this.#uri = uri;
    this.#round = undefined;
    this.context.ownInvites.set(this.#callId, true);
    this.#peer = uri.toString();
    this.#send(uri);
  }

  /** Gives the target up before it answered; nothing more is heard of it. */
  cancel(reason?: string): void {
    if (this.#given) return;
    this.#given = true;
    this.#forgetCallId();
    this.#invite?.cancel(reason);
  }

  /** Acknowledges the answer. */
  acknowledge(content: Content = NO_CONTENT): void {
    this.#invite?.ack(content);
  }

  onProvisional(response: SipResponse, session: Session | undefined): void {
    this.timer.negotiation.observe(response);
    if (session !== undefined) this.session = session;
    const { message } = this.inbound(response);
    this.owner.handle(this, {
      type: "ring",
      status: message.status,
      reason: message.reason,
      content: crossing(message),
      received: message,
    });
  }

  onAnswer(response: SipResponse, session: Session): void {
    this.#answered = true;
    this.#given = true;
    this.#forgetCallId();
    this.session = session;
    this.timer.attach(session);
    if (this.#timerSent !== undefined) {
      session.timer?.succeeded("INVITE", response, this.#timerSent);
    }
    this.#parts =
      this.#round =
      this.#timerSent =
      this.#uri =
        undefined;
    // What only another INVITE would need is not kept for as long as the call is up.
    this.#target = reached(this.#target);
    this.#callId = this.#tag = "";
    const { message } = this.inbound(response);
    this.owner.handle(this, {
      type: "answer",
      content: crossing(message),
      received: message,
    });
  }

  onRefused(response: SipResponse): void {
    const { message } = this.inbound(response);
    if (message.status === 422 && this.#isRaised(response)) return;
    if (this.#isAuthenticated(message.status, response)) return;
    // RFC 3263 §4.3 speaks of the addresses behind one name; the servers of a trunk are one service to us as well.
    // RFC 5626 §5.3 and §9.4: a 430 speaks of one flow of a device, another may work.
    const isElsewhere = message.status === 503 ||
      (message.status === 430 && this.#way !== undefined);
    if (isElsewhere && this.#attempt < this.target.uris.length) {
      this.start();
      return;
    }
    this.#fail({
      status: message.status,
      reason: message.reason,
      content: crossing(message),
      contacts: message.status < 400 ? message.list("contact") : [],
      local: false,
    });
  }

  onFailure(failure: SendingFailure): void {
    if (failure === "down") this.#noteSkipped();
    if (this.#attempt < this.target.uris.length) {
      this.start();
      return;
    }
    this.#fail({
      status: FAILURE_STATUS[failure],
      reason: failure === "timeout" ? "Request Timeout" : "Service Unavailable",
      local: true,
    });
  }

  #noteSkipped(): void {
    const { trace } = this.context;
    const call = this.call?.id;
    if (trace?.full !== true || call === undefined) return;
    const decision = { action: "skip", server: this.#peer, reason: "down" };
    trace.decided({ call, hook: "health", decision, policy: undefined });
  }

  onSpent(invite: UacInvite): void {
    if (this.#invite === invite) this.#invite = undefined;
  }

  override onClosed(session: Session): void {
    if (session === this.session && this.#answered) this.#invite?.release();
  }

  #fail(how: {
    status: number;
    reason: string;
    content?: Content;
    contacts?: readonly string[];
    local: boolean;
  }): void {
    this.#given = true;
    this.#forgetCallId();
    this.owner.handle(this, {
      type: "fail",
      status: how.status,
      reason: how.reason,
      content: how.content ?? NO_CONTENT,
      contacts: how.contacts ?? [],
      local: how.local,
    });
  }

  /** RFC 4028 §7.3: the same INVITE again, asking for the interval that the 422 wants. */
  #isRaised(response: SipResponse): boolean {
    const [uri, sent] = [this.#uri, this.#timerSent];
    if (uri === undefined || sent === undefined) return false;
    if (!this.timer.negotiation.raise(response, sent)) return false;
    this.#send(uri);
    return true;
  }

  /** §22.2: the same INVITE again, with credentials and another CSeq. */
  #isAuthenticated(status: number, response: SipResponse): boolean {
    if (this.#uri === undefined || (status !== 401 && status !== 407)) {
      return false;
    }
    this.#round ??= new AuthRound();
    if (!this.#authenticator?.learn(response, this.#round)) return false;
    this.#send(this.#uri);
    return true;
  }

  #send(uri: SipUri): void {
    const parts = this.#parts;
    if (parts === undefined) return;
    const at = this.#attempt - 1;
    const out = wayOut(this.target, { uri, at }, this.context);
    this.#invite = new UacInvite(this.context, this, {
      authenticator: this.#authenticator,
      way: out.pin,
    });
    const { route, routes } = out;
    const where = uri.headers === ""
      ? this.#peer
      : uri.with({ headers: "" }).toString();
    const invite = this.#request(parts, { uri: where, routes });
    this.#invite.start(invite, route);
  }

  /** How the server that is being tried is reached, if it registered with us. */
  get #way(): BindingWay | undefined {
    return this.target.ways?.[this.#attempt - 1];
  }

  #forgetCallId(): void {
    this.context.ownInvites.delete(this.#callId);
  }

  /** The INVITE of this leg: a dialog of its own, with what crosses from the caller's. */
  #request(
    parts: BLegInvite,
    { uri, routes }: { uri: string; routes: readonly string[] },
  ): SipRequest {
    const { content } = parts;
    const from = this.target.from ?? parts.from;
    const to = this.target.to ?? parts.to;
    const headers = new Headers();
    headers.append("Max-Forwards", String(parts.maxForwards));
    for (const route of routes) headers.append("Route", route);
    headers.append("From", `${bare(from)};tag=${this.#tag}`);
    headers.append("To", bare(to));
    headers.append("Call-ID", this.#callId);
    headers.append("CSeq", `${++this.#cseq} INVITE`);
    for (const line of content.headers.lines) headers.add(line);
    if (headers.first("allow") === undefined) {
      headers.append("Allow", ALLOW);
    }
    dressFor(this.target, headers);
    this.#timerSent = this.timer.negotiation.requestFields("INVITE");
    writeTimerFields(headers, this.#timerSent);
    return new SipRequest("INVITE", uri, headers, content.body);
  }
}

/** The name and the URI alone, without parameters of the field. */
function bare({ display, uri }: NameAddr): string {
  return display === "" ? `<${uri}>` : `${display} <${uri}>`;
}
