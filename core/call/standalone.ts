/**
 * Requests outside any call: OPTIONS answered, others as the policy says: answered, refused, dropped, or sent on to a
 * trunk or URI and its answer brought back.
 *
 * @module
 */

import { fromText, toBytes } from "../message/bytes.ts";
import { responseTo } from "../message/build.ts";
import { Headers } from "../message/headers.ts";
import { SipRequest, type SipResponse } from "../message/message.ts";
import type { ServerTransaction } from "../transaction/server_transaction.ts";
import type { Sending } from "../transaction/request_sender.ts";
import { builtInPolicy, tableRoute } from "./built_in_policy.ts";
import type { CallContext } from "./call_context.ts";
import { addCapabilities } from "./capabilities.ts";
import { maxForwards } from "./call_invite.ts";
import { headersOf, reasonOf } from "./decision_check.ts";
import {
  type Accept,
  answer,
  reject,
  type RequestDecision,
  type Route,
} from "./decisions.ts";
import { crossing, METHODS } from "./header_policy.ts";
import { keepAliveOutside } from "./keep_alive_kind.ts";
import { MessageDraft } from "./message_draft.ts";
import type { MessagePlanes } from "./message_hooks.ts";
import { peerName } from "./peer_name.ts";
import type { CallView, LegView, Policy } from "./policy.ts";
import { PolicyEvents } from "./policy_events.ts";
import { PolicyHooks } from "./policy_hooks.ts";
import { dressFor, type Target, targetsOf } from "./target.ts";
import { wayOut } from "./way_out.ts";

/** What one such request needs. */
export interface StandaloneParts {
  readonly context: CallContext;
  readonly transaction: ServerTransaction;
  readonly trunk: string | undefined;
  readonly policy: Policy;
  readonly planes: MessagePlanes;
  /** True while no new work is taken: OPTIONS gets 503. */
  readonly draining: boolean;
  /** Called once, when it is answered or dropped. */
  onDone(): void;
}

const RIGHTS = { rights: { uri: true, parties: true } };

/** One request outside any call. */
export class Standalone implements LegView {
  readonly name = "a";
  readonly trunk: string | undefined;
  readonly peer: string;
  readonly call: CallView | undefined = undefined;
  readonly #parts: StandaloneParts;
  readonly #hooks: PolicyHooks;
  #request: SipRequest;
  #targets: Target[] = [];
  #sending: Sending | undefined;
  /** Its answer speaks of the other side's abilities. */
  #relayed = false;
  #done = false;

  constructor(parts: StandaloneParts) {
    this.#parts = parts;
    this.#hooks = new PolicyHooks(parts.policy, parts.context);
    this.trunk = parts.trunk;
    this.peer = peerName(parts.transaction.flow);
    this.#request = parts.transaction.request;
  }

  /** Takes the request through the inbound hooks and asks what to do. */
  begin(): void {
    const { planes } = this.#parts;
    const { message, decision } = planes.inbound(this.#request, {
      leg: this,
      ...RIGHTS,
    });
    this.#request = message;
    if (decision !== undefined) {
      this.#take(decision);
      return;
    }
    const ping = keepAliveOutside(message);
    const kept = ping === undefined ? undefined : this.#askKeepAlive(ping);
    // §11.2: "The response code chosen MUST be the same that would have been chosen had the request been an INVITE":
    // while draining, 503.
    if (message.method === "OPTIONS" && this.#parts.draining) {
      this.#reply(503);
      return;
    }
    if (kept !== undefined) this.#take(kept);
    else if (message.method === "REGISTER") this.#askRegister();
    else this.#ask();
  }

  #askRegister(): void {
    new PolicyEvents(this.#hooks).onRegister(
      () => new MessageDraft(this.#request),
      {
        leg: this,
        take: (decision) => {
          const { registrar } = this.#parts.context;
          if (decision?.action === "accept") this.#register(decision);
          else if (decision !== undefined) this.#take(decision);
          else if (registrar.serves(this.#request)) this.#register();
          else this.#ask();
        },
      },
    );
  }

  /** What `onKeepAlive` decides; undefined where it leaves the request to `onRequest` and the default. */
  #askKeepAlive(
    kind: "options" | "notify",
  ): RequestDecision | undefined {
    const { context, transaction } = this.#parts;
    const byDefault = answer();
    const decision = context.keepAlives.onRequest(
      { kind, flow: transaction.flow, leg: this, request: this.#request },
      { events: new PolicyEvents(this.#hooks), byDefault },
    );
    if (decision === byDefault) return undefined;
    switch (decision.action) {
      case "ignore":
        return { action: "drop" };
      case "answer":
      case "reject":
        return decision;
      case "relay":
        // §16.3: with Max-Forwards 0 it goes no further, and an OPTIONS is answered by who has it.
        if (maxForwards(this.#request) === 0) return undefined;
        this.#relayed = true;
        return tableRoute(context.routes, this.trunk) ?? reject(404);
    }
  }

  /** The registrar's turn; `grant` is what a policy has decided in place of credentials. */
  #register(grant?: Accept): void {
    this.#parts.context.registrar.register({
      request: this.#request,
      flow: this.#parts.transaction.flow,
      grant: grant && {
        ...grant,
        aor: grant.aor === undefined ? undefined : fromText(grant.aor),
      },
    }, ({ status, ...parts }) => this.#reply(status, parts));
  }

  #ask(): void {
    const { policy } = this.#parts;
    if (policy.onRequest === undefined) {
      this.#take(this.#default());
      return;
    }
    const view = new MessageDraft(this.#request);
    this.#hooks.ask(
      "onRequest",
      () => policy.onRequest?.(view, this),
      (outcome) =>
        this.#take(
          outcome.kind === "decided" ? outcome.decision : this.#default(),
        ),
    );
  }

  #default(): RequestDecision {
    const view = new MessageDraft(this.#request);
    return builtInPolicy(this.#parts.context.routes).onRequest(
      view,
      this,
    ) as RequestDecision;
  }

  #take(decision: RequestDecision): void {
    if (this.#done) return;
    switch (decision.action) {
      case "drop":
        this.#parts.transaction.drop();
        this.#finish();
        return;
      case "answer":
        this.#reply(decision.status, {
          reason: reasonOf(decision.reason),
          headers: headersOf(decision.headers),
          body: decision.body === undefined
            ? undefined
            : toBytes(fromText(decision.body)),
        });
        return;
      case "reject":
        this.#reply(decision.status, {
          reason: reasonOf(decision.reason),
          headers: headersOf(decision.headers),
        });
        return;
      case "route":
        this.#route(decision);
        return;
    }
  }

  #route(route: Route): void {
    const { context } = this.#parts;
    this.#targets = targetsOf(route, {
      trunks: context.trunks,
      registrations: context.registrations,
      registrar: context.registrar,
      random: context.random,
      user: this.#request.sipUri?.user,
      noAnswerSeconds: context.times.noAnswerSeconds,
    });
    this.#tryNext();
  }

  #tryNext(): void {
    const target = this.#targets.shift();
    const uri = target?.uris[0];
    if (target === undefined || uri === undefined) {
      if (target !== undefined && this.#targets.length > 0) this.#tryNext();
      else this.#reply(target?.isAbsent ? 480 : 503);
      return;
    }
    const { context, planes } = this.#parts;
    const { route, routes } = wayOut(target, { uri, at: 0 }, context);
    this.#sending = context.sender.send(this.#forwarded(target, routes), {
      ...route,
      prepare: (request) => planes.outbound(request, { leg: this, ...RIGHTS }),
    }, {
      onResponse: (response) => this.#onResponse(response),
      onFailure: (failure) => {
        if (this.#targets.length > 0) this.#tryNext();
        else this.#reply(failure === "timeout" ? 408 : 503);
      },
    });
  }

  #onResponse(response: SipResponse): void {
    // RFC 4320 §4.1: provisional responses to non-INVITE requests are not passed on.
    if (response.status < 200) return;
    const { message } = this.#parts.planes.inbound(response, { leg: this });
    const { headers, body } = crossing(message);
    this.#reply(message.status, { reason: message.reason, headers, body });
  }

  #forwarded(target: Target, routes: readonly string[]): SipRequest {
    const { random } = this.#parts.context;
    const { method } = this.#request;
    const from = target.from ?? this.#request.from;
    const to = target.to ?? this.#request.to;
    const headers = new Headers();
    headers.append("Max-Forwards", String(maxForwards(this.#request) - 1));
    for (const route of routes) headers.append("Route", route);
    const caller = from?.with({ params: "" }).withParam("tag", random.token());
    headers.append("From", String(caller));
    headers.append("To", String(to?.with({ params: "" })));
    headers.append("Call-ID", `${random.token()}@legwork`);
    headers.append("CSeq", `1 ${method}`);
    const content = crossing(this.#request);
    for (const line of content.headers.lines) headers.add(line);
    dressFor(target, headers);
    const uri = target.uris[0]?.with({ headers: "" }).toString() ?? "";
    return new SipRequest(method, uri, headers, content.body);
  }

  #reply(
    status: number,
    parts: {
      reason?: string | undefined;
      headers?: Headers;
      body?: Uint8Array | undefined;
    } = {},
  ): void {
    if (this.#done) return;
    const { transaction, planes } = this.#parts;
    const headers = parts.headers?.clone() ?? new Headers();
    const isOurs = !this.#relayed && status === 200;
    if (transaction.request.method === "OPTIONS" && isOurs) {
      addCapabilities(headers);
    }
    // §21.4.6: "The response MUST include an Allow header field containing a list of valid methods".
    if (status === 405 && !headers.has("Allow")) {
      headers.append("Allow", METHODS.join(", "));
    }
    const response = responseTo(transaction.request, status, {
      toTag: transaction.toTag,
      reason: parts.reason,
      headers,
      body: parts.body,
    });
    transaction.respond(planes.outbound(response, { leg: this }));
    this.#finish();
  }

  #finish(): void {
    if (this.#done) return;
    this.#done = true;
    this.#sending = undefined;
    this.#parts.onDone();
  }
}
