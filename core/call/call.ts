/**
 * One call: the leg that called, the search for someone who answers, the leg that did, and what passes between them.
 * It speaks call events only; SIP is the legs' business.
 *
 * @module
 */

import type { Timed, Timer } from "../base/clock.ts";
import { ALeg } from "./a_leg.ts";
import { BLeg } from "./b_leg.ts";
import { bestFailure, type Failure } from "./best_response.ts";
import { Bridge } from "./bridge.ts";
import { answerContent, isLateOffer, replaced } from "./call_answer.ts";
import type { CallContext } from "./call_context.ts";
import { CallKeys, mayBeKey, type Side, wantsKeys } from "./call_keys.ts";
import type { CallEvent } from "./call_event.ts";
import { bLegInvite, routeTargets } from "./call_invite.ts";
import { CallMedia } from "./call_media.ts";
import { CallPolicy } from "./call_policy.ts";
import {
  type CallEnd,
  type CallOwner,
  type CallParts,
  CallProgress,
  type CallState,
  endBy,
  present,
  reasonContent,
} from "./call_record.ts";
import { InviteView } from "./call_view.ts";
import { reasonOf } from "./decision_check.ts";
import type {
  FailureDecision,
  HeaderValues,
  InviteDecision,
  MessageDecision,
  Route,
} from "./decisions.ts";
import { type EventHandler, EventQueue } from "./event_queue.ts";
import type { Content } from "./header_policy.ts";
import { Hunt, type HuntOwner } from "./hunt.ts";
import type { Leg, LegOwner } from "./leg.ts";
import type { MessagePlanes } from "./message_hooks.ts";
import type { ServerUser } from "../transaction/server_transaction.ts";
import { peerName } from "./peer_name.ts";
import type { Target } from "./target.ts";
import {
  failureView,
  progressView,
  rejection,
  targetView,
} from "./target_views.ts";

const NO_ANSWER_HERE = "Cannot answer INVITE: onInvite may, with SDP";

/** One call. */
export class Call
  implements LegOwner, HuntOwner, ServerUser, Timed, EventHandler<Leg> {
  readonly id: string;
  readonly planes: MessagePlanes;
  readonly policy: CallPolicy;
  readonly queue: EventQueue<Leg> = new EventQueue(this);
  readonly view: InviteView;
  readonly #owner: CallOwner<Call>;
  readonly #context: CallContext;
  readonly #a: ALeg;
  #b: BLeg | undefined;
  readonly #hunt: Hunt;
  /** Undefined where nothing relays media. */
  readonly #media: CallMedia | undefined;
  readonly #bridge: Bridge;
  readonly #progress: CallProgress;
  #maxCall: Timer | undefined;
  #over = false;
  #keys: CallKeys | undefined;

  constructor(parts: CallParts<Call>) {
    const { context, trunk, invite } = parts;
    this.#owner = parts.owner;
    this.#context = context;
    this.planes = parts.planes;
    this.id = context.random.token();
    this.#progress = new CallProgress(context.clock.wallTime());
    const source = peerName(invite.flow);
    this.view = new InviteView(this, invite.request, { trunk, source });
    this.#media = context.media && new CallMedia(this, context);
    this.#bridge = new Bridge(this.#media);
    this.#hunt = new Hunt(context, this);
    this.policy = new CallPolicy(parts.policy, this, context);
    this.#a = new ALeg(invite, { context, owner: this, trunk, source });
    invite.user = this;
  }

  get state(): CallState {
    return this.#progress.state(this.id, {
      a: this.#a,
      b: this.#b,
      media: this.#media?.kind,
    });
  }

  /** True when there is no B leg and will be none: we answered the call ourselves. */
  get alone(): boolean {
    return this.#a.answered && this.#b === undefined;
  }

  /** Its keys: made when there is one to be passed on. */
  get keys(): CallKeys {
    return this.#keys ??= new CallKeys(this, this.#context);
  }

  legOf(side: Side): Leg | undefined {
    return side === "a" ? this.#a : this.#b;
  }

  keyLeg(side: Side): Leg | undefined {
    return side === "a" && !this.#a.answered ? undefined : this.legOf(side);
  }

  get over(): boolean {
    return this.#over;
  }

  /** Takes the INVITE through the inbound hooks and asks where it shall go. */
  begin(): void {
    const { message, decision } = this.#a.received();
    this.view.replace(message);
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
    this.queue.run(() =>
      this.policy.onInvite((decision) => this.#takeInvite(decision))
    );
  }

  /** The caller's CANCEL. */
  cancel(): void {
    if (this.#over || this.#a.over) return;
    this.#a.cancelled();
    this.#end({ by: "a", cause: "CANCEL", status: 487 });
  }

  /** The caller's INVITE can come again no more. */
  onTerminated(): void {
    this.#a.settle();
    this.view.pack();
  }

  /** Ends the call from our side: BYE to both legs, or a refusal where it is not answered yet. */
  hangUp(cause: string, status = 503): void {
    if (this.#over) return;
    this.#end({ by: "legwork", cause, status });
  }

  createLeg(target: Target, number: number): BLeg {
    this.#progress.lastTarget = target.name;
    const ask = this.policy.onTarget;
    const invite = bLegInvite(this.view.invite);
    return new BLeg(target, invite, {
      context: this.#context,
      owner: this,
      anchor: this.#media?.invites(invite.content, this.#a),
      admit: ask &&
        ((uri, attempt) => ask(targetView(target, { uri, attempt, number }))),
    });
  }

  onTargetFailed(target: Target, failure: Failure): void {
    const view = failureView(target, failure, this.#hunt.remaining);
    this.policy.onFailure(
      view,
      (decision, ours) => this.#takeFailure(decision, { failure, ours }),
    );
  }

  handle(leg: Leg, event: CallEvent): void {
    this.queue.push(leg, event);
  }

  otherOf(leg: Leg): Leg | undefined {
    if (leg !== this.#a) return this.#a;
    return this.#b ?? this.#hunt.legs.find((one) => one.connected);
  }

  onTimer(_name: string): void {
    this.hangUp("max call");
  }

  arrives(leg: Leg, event: CallEvent): void {
    if (this.#media?.anchors !== true) this.#on(leg, event);
    else this.#media.event(leg, event, (event) => this.#on(leg, event));
  }

  #on(leg: Leg, event: CallEvent): void {
    switch (event.type) {
      case "ring":
        this.#rings(leg, event);
        return;
      case "answer":
        this.#answered(leg, event);
        return;
      case "fail":
        if (leg instanceof BLeg) this.#hunt.failed(leg, event);
        return;
      case "acknowledge":
        this.#bridge.acknowledged(leg, event.content);
        return;
      case "request":
        if (this.#over) event.exchange.reply(481);
        else if (
          mayBeKey(event.exchange) && this.keys.take(leg, event.exchange)
        ) return;
        else if (this.alone) this.#bridge.answerAlone(event.exchange);
        else this.#bridge.pass(event.exchange, leg, this.otherOf(leg));
        return;
      case "change":
        if (!this.#over) {
          this.#bridge.announce(event.content, leg, this.otherOf(leg));
        }
        return;
      case "settled":
        return;
      case "withdraw":
        this.#bridge.withdraw(event.exchange);
        return;
      case "end":
        this.#end(endBy(leg.name, event));
        return;
    }
  }

  #rings(leg: Leg, event: Extract<CallEvent, { type: "ring" }>): void {
    if (this.#over || !(leg instanceof BLeg)) return;
    const decision = this.policy.onProgress(() =>
      progressView(leg, event.received)
    );
    switch (decision?.action) {
      case undefined:
      case "relay":
        this.#a.ring(event.status, event);
        return;
      case "suppress":
        return;
      case "replace":
        this.#a.ring(decision.status ?? 180, replaced(event, decision));
        return;
      case "reject":
        leg.cancel(`SIP;cause=${decision.status};text="rejected"`);
        this.#hunt.failed(leg, rejection(decision));
        return;
    }
  }

  #answered(
    leg: Leg,
    { content, received }: Extract<CallEvent, { type: "answer" }>,
  ): void {
    if (!(leg instanceof BLeg)) return;
    if (this.#over || this.#b !== undefined) {
      // Two answers crossed, or the caller left in the same moment.
      leg.acknowledge();
      leg.bye();
      return;
    }
    const decision = this.policy.onAnswer(() => progressView(leg, received));
    if (decision?.action === "reject") {
      leg.acknowledge();
      leg.bye();
      this.#hunt.failed(leg, rejection(decision));
      return;
    }
    this.#b = leg;
    this.#media?.chosen(leg);
    this.#hunt.stop(leg, 'SIP;cause=200;text="Call completed elsewhere"');
    this.#established();
    // A late offer is answered in the caller's ACK, so ours to the callee waits for it (RFC 3261 §13.2.2.4).
    if (isLateOffer(this.view.invite, content)) {
      const pass = (answer: Content) => leg.acknowledge(answer);
      this.#bridge.awaitAnswer(this.#a, { to: leg, pass });
    } else {
      leg.acknowledge();
    }
    this.#a.answer(content);
    this.#up();
  }

  #up(): void {
    if (wantsKeys(this, this.#context)) this.keys.refresh();
    else this.#keys?.refresh();
    this.#a.watch();
    this.#b?.watch();
    if (this.planes.readsCalls) this.view.pack();
    else this.view.forget();
  }

  #established(): void {
    const { clock, times } = this.#context;
    this.#progress.answered(clock.wallTime());
    const afterMs = times.maxCallSeconds * 1000;
    this.#maxCall = clock.schedule(afterMs, this, "max call");
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
        this.#a.redirect(decision.contacts);
        this.#end({ by: "legwork", cause: "redirected", status: 302 });
        return;
      case "answer":
        this.#established();
        this.#a.answer(answerContent(decision), reasonOf(decision.reason));
        this.#up();
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
    const world = { invite: this.view.invite, context: this.#context };
    this.#hunt.route(routeTargets(route, world), route.parallel ?? false);
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
    parts: { reason?: string; headers?: HeaderValues } = {},
  ): void {
    this.#a.refuse(status, parts);
    this.#end({ by: "legwork", cause: "rejected", status });
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
        if (decision.status >= 300) {
          this.#refuse(decision.status, decision);
          return;
        }
        this.policy.fault("message hook", new TypeError(NO_ANSWER_HERE));
        this.#refuse(500);
        return;
    }
  }

  #end(how: CallEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#context.clock.cancel(this.#maxCall);
    const content = how.content ?? reasonContent(how.cause);
    this.#bridge.close();
    this.#keys?.close();
    this.#hunt.stop();
    if (!this.#a.answered) {
      this.#progress.status = how.status;
      this.#a.fail(how.status);
    } else if (how.by !== "a" || how.cause !== "BYE") {
      this.#a.bye(content);
    }
    if (this.#b !== undefined && (how.by !== "b" || how.cause !== "BYE")) {
      this.#b.bye(content);
    }
    this.#a.settle();
    this.#report(how);
    // What was held for a decision that is void now.
    this.queue.release();
  }

  #report(how: CallEnd): void {
    const legs = { a: this.#a, b: this.#b };
    const summary = this.#progress.summary(this.id, legs, {
      end: how,
      endedAtMs: this.#context.clock.wallTime(),
      timers: present(this.#a.timer.summary, this.#b?.timer.summary),
      media: this.#media?.end(),
      keys: this.#keys?.summary,
    });
    this.#owner.onOver(this, summary);
    this.policy.onEnd(summary, () => this.#owner.onDone(this.policy.source));
  }
}
