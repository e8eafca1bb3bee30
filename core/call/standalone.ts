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
import { builtInPolicy } from "./built_in_policy.ts";
import type { CallContext } from "./call_context.ts";
import { maxForwards } from "./call.ts";
import { checkDecision, headersOf, reasonOf } from "./decision_check.ts";
import type { RequestDecision, Route } from "./decisions.ts";
import { crossing, METHODS } from "./header_policy.ts";
import { MessageDraft } from "./message_draft.ts";
import { type MessagePlanes, reportFault } from "./message_hooks.ts";
import { peerName } from "./peer_name.ts";
import type { CallView, LegView, Policy } from "./policy.ts";
import { type Target, targetOf } from "./target.ts";

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
  #request: SipRequest;
  #targets: Target[] = [];
  #sending: Sending | undefined;
  #done = false;

  constructor(parts: StandaloneParts) {
    this.#parts = parts;
    this.trunk = parts.trunk;
    this.peer = peerName(parts.transaction.flow);
    this.#request = parts.transaction.request;
  }

  /** Takes the request through the inbound hooks and asks what to do. */
  begin(): void {
    const { planes, policy } = this.#parts;
    const { message, decision } = planes.inbound(this.#request, {
      leg: this,
      ...RIGHTS,
    });
    this.#request = message;
    if (decision !== undefined) {
      this.#take(decision);
      return;
    }
    // §11.2: "The response code chosen MUST be the same that would have been chosen had the request been an INVITE":
    // while draining, 503.
    if (message.method === "OPTIONS" && this.#parts.draining) {
      this.#reply(503);
      return;
    }
    const view = new MessageDraft(message);
    try {
      const answer = policy.onRequest?.(view, this);
      if (answer instanceof Promise) {
        answer.then(
          (later) => this.#take(later ?? undefined),
          (error) => this.#fault(error),
        );
      } else this.#take(answer ?? undefined);
    } catch (error) {
      this.#fault(error);
    }
  }

  #fault(error: unknown): void {
    reportFault(this.#parts.context.observer, {
      policy: this.#parts.policy.name ?? "policy",
      hook: "onRequest",
      error,
    });
    this.#take(undefined);
  }

  #take(decision: RequestDecision | undefined): void {
    if (this.#done) return;
    const taken = decision ?? this.#default();
    try {
      this.#carryOut(taken);
    } catch (error) {
      if (decision === undefined) this.#reply(500);
      else this.#fault(error);
    }
  }

  #default(): RequestDecision {
    const view = new MessageDraft(this.#request);
    return builtInPolicy(this.#parts.context.routes).onRequest(
      view,
      this,
    ) as RequestDecision;
  }

  #carryOut(decision: RequestDecision): void {
    const { context, transaction } = this.#parts;
    switch (decision.action) {
      case "drop":
        transaction.drop();
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
        checkDecision(
          decision,
          (name) => context.trunks.get(name) !== undefined,
        );
        this.#route(decision);
        return;
    }
    const { action } = decision as { action?: unknown };
    throw new TypeError(
      `Cannot use decision: action ${JSON.stringify(action)} is not known here`,
    );
  }

  #route(route: Route): void {
    const { context } = this.#parts;
    this.#targets = route.targets.map((named) =>
      targetOf(named, {
        trunks: context.trunks,
        user: this.#request.sipUri?.user,
        timeoutSeconds: route.timeoutSeconds ?? context.times.noAnswerSeconds,
      })
    );
    this.#tryNext();
  }

  #tryNext(): void {
    const target = this.#targets.shift();
    const uri = target?.uris[0];
    if (target === undefined || uri === undefined) {
      this.#reply(503);
      return;
    }
    const { context, planes } = this.#parts;
    this.#sending = context.sender.send(this.#forwarded(target), {
      uri,
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

  #forwarded(target: Target): SipRequest {
    const { random } = this.#parts.context;
    const { from, to, method } = this.#request;
    const headers = new Headers();
    headers.append("Max-Forwards", String(maxForwards(this.#request) - 1));
    const caller = from?.with({ params: "" }).withParam("tag", random.token());
    headers.append("From", String(caller));
    headers.append("To", String(to?.with({ params: "" })));
    headers.append("Call-ID", `${random.token()}@legwork`);
    headers.append("CSeq", `1 ${method}`);
    const content = crossing(this.#request);
    for (const line of content.headers.lines) headers.add(line);
    for (const line of target.headers.lines) {
      headers.set(line.name, line.value);
    }
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
    if (transaction.request.method === "OPTIONS" && status === 200) {
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

/** RFC 3261 section 11.2: "Allow, Accept, Accept-Encoding, Accept-Language, and Supported header fields SHOULD be present". */
function addCapabilities(headers: Headers): void {
  const capabilities: readonly [string, string][] = [
    ["Allow", METHODS.join(", ")],
    ["Accept", "application/sdp, */*"],
    ["Accept-Encoding", "identity"],
    ["Accept-Language", "en"],
    ["Supported", ""],
  ];
  for (const [name, value] of capabilities) {
    if (!headers.has(name)) headers.append(name, value);
  }
}
