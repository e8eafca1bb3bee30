/**
 * Requests outside any call: OPTIONS answered, others as the policy says: answered, refused, dropped, or sent on to a
 * trunk or URI and its answer brought back.
 *
 * @module
 */

import { fromText, toBytes } from "../message/bytes.ts";
import { responseTo } from "../message/build.ts";
import { Headers } from "../message/headers.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import type { ServerTransaction } from "../transaction/server_transaction.ts";
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
import { Forwarding } from "./forwarding.ts";
import { crossing, METHODS } from "./header_policy.ts";
import { keepAliveOutside } from "./keep_alive_kind.ts";
import { MessageDraft } from "./message_draft.ts";
import type { MessagePlanes } from "./message_hooks.ts";
import { peerName } from "./peer_name.ts";
import type { CallView, LegView, Policy } from "./policy.ts";
import { PolicyEvents } from "./policy_events.ts";
import { PolicyHooks } from "./policy_hooks.ts";
import { targetsOf } from "./target.ts";

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
    const draft = this.#draft();
    new PolicyEvents(this.#hooks).onRegister(
      () => draft,
      {
        leg: this,
        take: (decision) => {
          if (decision !== undefined) this.#edited(draft);
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
    const draft = this.#draft();
    this.#hooks.ask(
      "onRequest",
      () => policy.onRequest?.(draft, this),
      (outcome) => {
        // What a hook that failed has edited does not count.
        if (outcome.kind !== "fault") this.#edited(draft);
        this.#take(
          outcome.kind === "decided" ? outcome.decision : this.#default(),
        );
      },
    );
  }

  #draft(): MessageDraft {
    return new MessageDraft(this.#request, RIGHTS.rights);
  }

  #edited(draft: MessageDraft): void {
    this.#request = draft.finish() as SipRequest;
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
    const targets = targetsOf(route, {
      trunks: context.trunks,
      registrations: context.registrations,
      registrar: context.registrar,
      random: context.random,
      user: this.#request.sipUri?.user,
      noAnswerSeconds: context.times.noAnswerSeconds,
    });
    new Forwarding({
      context,
      planes: this.#parts.planes,
      leg: this,
      request: this.#request,
      targets,
      onDone: (outcome) => {
        if ("status" in outcome) this.#reply(outcome.status);
        else this.#pass(outcome.response);
      },
    }).start();
  }

  #pass(response: SipResponse): void {
    const { headers, body } = crossing(response);
    this.#reply(response.status, { reason: response.reason, headers, body });
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
      addCapabilities(headers, this.#parts);
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
    this.#parts.onDone();
  }
}
