/**
 * A request outside any call on its way: target after target of its route, server after server of each, with challenges
 * answered where the trunk has an account.
 *
 * @module
 */

import { type Authenticator, AuthRound } from "../dialog/authenticator.ts";
import { Headers } from "../message/headers.ts";
import { SipRequest, type SipResponse } from "../message/message.ts";
import type { SipUri } from "../message/uri.ts";
import type {
  SendingFailure,
  SendingUser,
} from "../transaction/request_sender.ts";
import type { CallContext } from "./call_context.ts";
import { maxForwards } from "./call_invite.ts";
import { crossing } from "./header_policy.ts";
import { authenticatorFor } from "./leg.ts";
import type { MessagePlanes } from "./message_hooks.ts";
import type { LegView } from "./policy.ts";
import { dressFor, type Target } from "./target.ts";
import { wayOut } from "./way_out.ts";

/** What came of it: the final response, its inbound hooks run, or a status of ours. */
export type Forwarded =
  | { readonly response: SipResponse }
  | { readonly status: number };

/** What a {@linkcode Forwarding} is made of. */
export interface ForwardingParts {
  readonly context: CallContext;
  readonly planes: MessagePlanes;
  readonly leg: LegView;
  /** As received, with the edits of hooks. */
  readonly request: SipRequest;
  readonly targets: readonly Target[];
  /** Called once. */
  onDone(outcome: Forwarded): void;
}

const RIGHTS = { rights: { uri: true, parties: true } };

/** See the module's text. */
export class Forwarding implements SendingUser {
  readonly #parts: ForwardingParts;
  readonly #targets: Target[];
  #server: Server | undefined;
  /** Servers of the current target that were not tried. */
  #servers: Server[] = [];

  constructor(parts: ForwardingParts) {
    this.#parts = parts;
    this.#targets = [...parts.targets];
  }

  /** Tries the first server of the first target. */
  start(): void {
    this.#proceed({ status: 503 });
  }

  onResponse(response: SipResponse): void {
    // RFC 4320 §4.1: provisional responses to non-INVITE requests are not passed on.
    if (response.status < 200) return;
    const { planes, leg } = this.#parts;
    const { message } = planes.inbound(response, { leg });
    if (this.#isAuthenticated(message.status, response)) return;
    // RFC 3263 §4.3 speaks of the addresses behind one name; servers and targets are tried in turn as those of calls are.
    if (message.status === 503) this.#proceed({ response: message });
    else this.#parts.onDone({ response: message });
  }

  onFailure(failure: SendingFailure): void {
    this.#proceed({ status: failure === "timeout" ? 408 : 503 });
  }

  /** The next server, the next target's first one, or the end. */
  #proceed(outcome: Forwarded): void {
    while (this.#servers.length === 0) {
      const target = this.#targets.shift();
      if (target === undefined) {
        this.#parts.onDone(outcome);
        return;
      }
      // RFC 3261 §21.4.18: 480, where the callee is known but not registered.
      outcome = { status: target.isAbsent ? 480 : 503 };
      const { context } = this.#parts;
      const identity = {
        callId: `${context.random.token()}@legwork`,
        tag: context.random.token(),
        authenticator: authenticatorFor(target.trunk, context),
        cseq: 0,
      };
      this.#servers = target.uris.flatMap((uri, at) =>
        target.ways?.[at]?.isGone
          ? []
          : [{ target, uri, at, identity, round: new AuthRound() }]
      );
    }
    this.#server = this.#servers.shift();
    this.#send();
  }

  /** §22.2: the same request again, with credentials and another CSeq. */
  #isAuthenticated(status: number, response: SipResponse): boolean {
    if (status !== 401 && status !== 407) return false;
    const { identity, round } = this.#server!;
    if (!identity.authenticator?.learn(response, round)) return false;
    this.#send();
    return true;
  }

  #send(): void {
    const { context, planes, leg } = this.#parts;
    const { target, uri, at, identity: { authenticator } } = this.#server!;
    const { route, routes } = wayOut(target, { uri, at }, context);
    context.sender.send(this.#request(this.#server!, routes), {
      ...route,
      addedBytes: authenticator?.bytes,
      prepare: (draft) => {
        const sent = planes.outbound(draft, { leg, ...RIGHTS });
        authenticator?.sign(sent);
        return sent;
      },
    }, this);
  }

  #request(
    { target, uri, identity }: Server,
    routes: readonly string[],
  ): SipRequest {
    const { request } = this.#parts;
    const { method } = request;
    const from = target.from ?? request.from;
    const to = target.to ?? request.to;
    const headers = new Headers();
    headers.append("Max-Forwards", String(maxForwards(request) - 1));
    for (const route of routes) headers.append("Route", route);
    const caller = from?.with({ params: "" }).withParam("tag", identity.tag);
    headers.append("From", String(caller));
    headers.append("To", String(to?.with({ params: "" })));
    headers.append("Call-ID", identity.callId);
    headers.append("CSeq", `${++identity.cseq} ${method}`);
    const content = crossing(request);
    for (const line of content.headers.lines) headers.add(line);
    dressFor(target, headers);
    const where = uri.with({ headers: "" }).toString();
    return new SipRequest(method, where, headers, content.body);
  }
}

/** One server of a target. */
interface Server {
  readonly target: Target;
  readonly uri: SipUri;
  /** Its number among the target's, from 0. */
  readonly at: number;
  /** The same for all servers of the target. */
  readonly identity: {
    readonly callId: string;
    readonly tag: string;
    readonly authenticator: Authenticator | undefined;
    cseq: number;
  };
  /** What was tried there. */
  readonly round: AuthRound;
}
