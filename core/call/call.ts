/**
 * One call: the leg that called, the search for someone who answers, the leg that did, and what passes between them.
 * It speaks call events only; SIP is the legs' business.
 *
 * @module
 */

import type { Timed, Timer } from "../base/clock.ts";
import type { ServerTransaction } from "../transaction/server_transaction.ts";
import type {
  RefreshChoice,
  RefreshQuestion,
} from "../dialog/refresh_steps.ts";
import { ALeg } from "./a_leg.ts";
import { BLeg, type BLegInvite } from "./b_leg.ts";
import { bestFailure, type Failure } from "./best_response.ts";
import { Bridge } from "./bridge.ts";
import type { CallContext } from "./call_context.ts";
import type { CallEvent } from "./call_event.ts";
import { CallPolicy } from "./call_policy.ts";
import { InviteView } from "./call_view.ts";
import { checkDecision, headersOf, reasonOf } from "./decision_check.ts";
import type {
  FailureDecision,
  InviteDecision,
  MessageDecision,
  Route,
} from "./decisions.ts";
import { fromText, toText } from "../message/bytes.ts";
import type { SipRequest } from "../message/message.ts";
import { parseNameAddr } from "../message/name_addr.ts";
import { type Content, crossing } from "./header_policy.ts";
import { Hunt, type HuntOwner } from "./hunt.ts";
import { type Leg, type LegOwner, NO_CONTENT } from "./leg.ts";
import type { MessagePlanes } from "./message_hooks.ts";
import type { CallSummary, CallView, Policy } from "./policy.ts";
import { peerName } from "./peer_name.ts";
import { type Target, targetOf } from "./target.ts";

/** What a call is made of. */
export interface CallParts {
  readonly context: CallContext;
  readonly invite: ServerTransaction;
  readonly trunk: string | undefined;
  readonly policy: Policy;
  readonly planes: MessagePlanes;
  /** Called once, when the call is over. */
  onOver(call: Call, summary: CallSummary): void;
  /** Called once after that, when the policy has heard of it and is no longer needed. */
  onDone(call: Call): void;
}

/** How a call stands. */
export interface CallState {
  readonly id: string;
  /** The trunk or address of the caller. */
  readonly from: string;
  /** The target that answered or was tried last. */
  readonly to: string | undefined;
  /** Calendar milliseconds. */
  readonly startedAtMs: number;
  readonly answeredAtMs: number | undefined;
}

/** What BYE says of an end that was our idea, by cause. */
const REASONS: Readonly<Record<string, string>> = {
  "max call": "max call",
  "no ACK": "no ACK",
  "session timer": "Session timer expired",
};

/** One call. */
export class Call implements LegOwner, HuntOwner, Timed {
  readonly id: string;
  readonly planes: MessagePlanes;
  view: CallView;
  readonly #parts: CallParts;
  readonly #context: CallContext;
  readonly #a: ALeg;
  #b: BLeg | undefined;
  readonly #hunt: Hunt;
  readonly #bridge = new Bridge();
  readonly #policy: CallPolicy;
  readonly #startedAtMs: number;
  #answeredAtMs: number | undefined;
  #invite: SipRequest;
  #maxCall: Timer | undefined;
  #lastTarget: string | undefined;
  #status = 0;
  #over = false;
  /** Events that came while another was handled: queued, never nested. */
  readonly #events: { leg: Leg; event: CallEvent }[] = [];
  #handling = false;

  constructor(parts: CallParts) {
    this.#parts = parts;
    this.#context = parts.context;
    this.planes = parts.planes;
    this.id = parts.context.random.token();
    this.#startedAtMs = parts.context.clock.wallTime();
    this.#invite = parts.invite.request;
    this.view = this.#viewOf(this.#invite);
    this.#hunt = new Hunt(parts.context, this);
    this.#policy = new CallPolicy(parts.policy, this, parts.context);
    this.#a = new ALeg(parts.invite, {
      context: parts.context,
      owner: this,
      trunk: parts.trunk,
    });
  }

  get state(): CallState {
    return {
      id: this.id,
      from: this.#a.trunk ?? this.#a.peer,
      to: this.#b?.target.name ?? this.#lastTarget,
      startedAtMs: this.#startedAtMs,
      answeredAtMs: this.#answeredAtMs,
    };
  }

  /** True from its end on. */
  get over(): boolean {
    return this.#over;
  }

  /** Takes the INVITE through the inbound hooks and asks where it shall go. */
  begin(): void {
    const { message, decision } = this.#a.received();
    this.#invite = message;
    this.view = this.#viewOf(message);
    if (decision !== undefined) {
      this.#obey(decision);
      return;
    }
    const refused = this.#a.refuseTimer();
    if (refused !== undefined) {
      this.#end({ by: "legwork", cause: "rejected", status: refused });
      return;
    }
    this.#a.trying();
    this.#policy.onInvite((decision) => this.#takeInvite(decision));
  }

  /** The caller's CANCEL. */
  cancel(): void {
    if (this.#over || this.#a.over) return;
    this.#a.cancelled();
    this.#end({ by: "a", cause: "CANCEL", status: 487 });
  }

  /** Ends the call from our side: BYE to both legs, or a refusal where it is not answered yet. */
  hangUp(cause: string, status = 503): void {
    if (this.#over) return;
    this.#end({ by: "legwork", cause, status });
  }

  createLeg(target: Target): BLeg {
    this.#lastTarget = target.name;
    return new BLeg(target, this.#inviteOf(), {
      context: this.#context,
      owner: this,
    });
  }

  onTargetFailed(target: Target, failure: Failure): void {
    this.#policy.onFailure({
      target: target.name,
      status: failure.status,
      reason: toText(failure.reason),
      local: failure.local,
      contacts: failure.contacts.flatMap((contact) => {
        const uri = parseNameAddr(contact)?.uri;
        return uri === undefined ? [] : toText(uri);
      }),
      remaining: this.#hunt.remaining,
    }, (decision, ours) => this.#takeFailure(decision, { failure, ours }));
  }

  handle(leg: Leg, event: CallEvent): void {
    this.#events.push({ leg, event });
    if (this.#handling) return;
    this.#handling = true;
    try {
      for (
        let next = this.#events.shift();
        next !== undefined;
        next = this.#events.shift()
      ) this.#on(next.leg, next.event);
    } finally {
      this.#handling = false;
    }
  }

  steer(_leg: Leg, _question: RefreshQuestion): RefreshChoice | undefined {
    return undefined;
  }

  onTimer(_name: string): void {
    this.hangUp("max call");
  }

  #on(leg: Leg, event: CallEvent): void {
    switch (event.type) {
      case "ring":
        if (!this.#over) this.#a.ring(event.status, event);
        return;
      case "answer":
        this.#answered(leg, event.content);
        return;
      case "fail":
        if (leg instanceof BLeg) this.#hunt.failed(leg, event);
        return;
      case "acknowledge":
        this.#bridge.acknowledged(leg, event.content);
        return;
      case "request":
        if (this.#over) event.exchange.reply(481);
        else this.#bridge.pass(event.exchange, leg, this.#peerOf(leg));
        return;
      case "change":
        if (!this.#over) {
          this.#bridge.announce(event.content, this.#peerOf(leg));
        }
        return;
      case "withdraw":
        this.#bridge.withdraw(event.exchange);
        return;
      case "end":
        this.#end({
          by: leg.name,
          cause: event.cause,
          status: 487,
          // What the peer's BYE says passes; where there was none, the Reason is ours.
          ...(event.cause === "BYE" ? { content: event.content } : {}),
        });
        return;
    }
  }

  #answered(leg: Leg, content: Content): void {
    if (!(leg instanceof BLeg)) return;
    if (this.#over || this.#b !== undefined) {
      // Two answers crossed, or the caller left in the same moment.
      leg.acknowledge();
      leg.bye();
      return;
    }
    this.#b = leg;
    this.#hunt.stop(leg, 'SIP;cause=200;text="Call completed elsewhere"');
    this.#answeredAtMs = this.#context.clock.wallTime();
    this.#status = 200;
    this.#maxCall = this.#context.clock.schedule(
      this.#context.times.maxCallSeconds * 1000,
      this,
      "max call",
    );
    // A late offer is answered in the caller's ACK, so ours to the callee waits for it (RFC 3261 §13.2.2.4).
    const late = this.#invite.body.length === 0 && content.body.length > 0;
    if (late) {
      this.#bridge.awaitAnswer(this.#a, (answer) => leg.acknowledge(answer));
    } else {
      leg.acknowledge();
    }
    this.#a.answer(content);
  }

  /** The other side of a leg, as far as it can be spoken to. */
  #peerOf(leg: Leg): Leg | undefined {
    if (leg !== this.#a) return this.#a;
    return this.#b ?? this.#hunt.legs.find((one) => one.connected);
  }

  #takeInvite(decision: InviteDecision): void {
    switch (decision.action) {
      case "route":
        this.#route(decision);
        return;
      case "reject":
        this.#refuse(decision.status, decision);
        return;
      case "redirect":
        this.#redirect(decision.contacts);
        return;
    }
  }

  /** `ours` is true for a decision of the built-in policy, which knows nothing of targets that still ring. */
  #takeFailure(
    decision: FailureDecision,
    { failure, ours }: { failure: Failure; ours: boolean },
  ): void {
    switch (decision.action) {
      case "next":
        if (!this.#hunt.proceed()) this.#relayBest(undefined);
        return;
      case "relay":
        this.#relayBest(ours ? undefined : failure);
        return;
      case "route":
      case "reject":
      case "redirect":
        this.#takeInvite(decision);
        return;
    }
  }

  #route(route: Route): void {
    const targets = route.targets.map((named) =>
      targetOf(named, {
        trunks: this.#context.trunks,
        user: this.#dialled(),
        timeoutSeconds: route.timeoutSeconds ??
          this.#context.times.noAnswerSeconds,
      })
    );
    this.#hunt.route(targets, route.parallel ?? false);
    if (!this.#hunt.proceed()) this.#relayBest(undefined);
  }

  /** The caller is told of one failure, or of the best of all. */
  #relayBest(failure: Failure | undefined): void {
    const told = failure ?? bestFailure(this.#hunt.failures);
    if (told === undefined) {
      this.#refuse(480);
      return;
    }
    // A 422 speaks of the other leg's session timer.
    this.#a.fail(told.status === 422 ? 500 : told.status, told);
    this.#end({ by: "b", cause: "refused", status: told.status });
  }

  #refuse(
    status: number,
    parts: {
      reason?: string;
      headers?: Parameters<typeof headersOf>[0];
    } = {},
  ): void {
    this.#a.fail(status, {
      reason: reasonOf(parts.reason),
      content: { headers: headersOf(parts.headers), body: NO_CONTENT.body },
    });
    this.#end({ by: "legwork", cause: "rejected", status });
  }

  #redirect(contacts: readonly string[]): void {
    this.#a.fail(302, {
      contacts: contacts.map((contact) => `<${fromText(contact)}>`),
    });
    this.#end({ by: "legwork", cause: "redirected", status: 302 });
  }

  /** What an inbound message hook wants done with the INVITE instead. */
  #obey(decision: MessageDecision): void {
    switch (decision.action) {
      case "drop":
        this.#a.drop();
        this.#end({ by: "legwork", cause: "dropped", status: 0 });
        return;
      case "answer":
      case "reject":
        try {
          checkDecision({ ...decision, action: "reject" }, () => false);
          this.#refuse(decision.status, decision);
        } catch (error) {
          this.#policy.fault("message hook", error);
          this.#refuse(500);
        }
        return;
    }
  }

  #end(how: {
    by: "a" | "b" | "legwork";
    cause: string;
    status: number;
    content?: Content;
  }): void {
    if (this.#over) return;
    this.#over = true;
    this.#context.clock.cancel(this.#maxCall);
    const content = how.content ?? this.#reasonContent(how.cause);
    this.#bridge.close();
    this.#hunt.stop();
    if (!this.#a.answered) {
      this.#status = how.status;
      this.#a.fail(how.status);
    } else if (how.by !== "a" || how.cause !== "BYE") {
      this.#a.bye(content);
    }
    if (this.#b !== undefined && (how.by !== "b" || how.cause !== "BYE")) {
      this.#b.bye(content);
    }
    this.#report(how);
  }

  /** RFC 3326: why we hang up, where it was our idea. */
  #reasonContent(cause: string): Content {
    const text = REASONS[cause];
    if (text === undefined) return NO_CONTENT;
    return {
      headers: NO_CONTENT.headers.clone().append(
        "Reason",
        `SIP;cause=408;text="${text}"`,
      ),
      body: NO_CONTENT.body,
    };
  }

  #report(how: { by: "a" | "b" | "legwork"; cause: string }): void {
    const timers = [this.#a, this.#b].flatMap((leg) =>
      leg?.timer.summary ?? []
    );
    const summary: CallSummary = {
      ...this.state,
      endedAtMs: this.#context.clock.wallTime(),
      status: this.#status,
      endedBy: how.by,
      cause: how.cause,
      ...(timers.length > 0 ? { timers } : {}),
    };
    this.#parts.onOver(this, summary);
    this.#policy.onEnd(summary, () => this.#parts.onDone(this));
  }

  /** The user part the caller dialled, for trunks. */
  #dialled(): string | undefined {
    const { sipUri, uri } = this.#invite;
    if (sipUri !== undefined) return sipUri.user;
    // RFC 3261 §19.1.6: a tel URL's number, with its parameters, becomes the user part.
    return /^tel:(.+)$/i.exec(uri)?.[1];
  }

  #inviteOf(): BLegInvite {
    const { from, to } = this.#invite;
    if (from === undefined || to === undefined) {
      throw new TypeError("Cannot route call: From or To is missing");
    }
    return {
      from,
      to,
      maxForwards: maxForwards(this.#invite) - 1,
      content: crossing(this.#invite),
    };
  }

  #viewOf(invite: SipRequest): InviteView {
    return new InviteView(this.id, invite, {
      trunk: this.#parts.trunk,
      source: peerName(this.#parts.invite.flow),
    });
  }
}

/** RFC 3261 section 8.1.1.6: 70 where a request comes without. */
export function maxForwards(request: SipRequest): number {
  const value = request.headers.first("max-forwards")?.value;
  return value !== undefined && /^\d{1,3}$/.test(value) ? Number(value) : 70;
}
