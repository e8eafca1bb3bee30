/**
 * Requests within a call that mean nothing but that their sender is there: answered on their own leg, never passed on,
 * unless a policy says otherwise.
 *
 * @module
 */

import { fromText, toBytes } from "../message/bytes.ts";
import type { Headers } from "../message/headers.ts";
import type { SipRequest } from "../message/message.ts";
import type { Session } from "../dialog/session.ts";
import type { ServerTransaction } from "../transaction/server_transaction.ts";
import { addCapabilities } from "./capabilities.ts";
import { headersOf, reasonOf } from "./decision_check.ts";
import { type Answer, answer, type KeepAliveDecision } from "./decisions.ts";
import type { KeepAliveKind } from "./keep_alive_kind.ts";
import type { CallContext } from "./call_context.ts";
import type { CallPolicy } from "./call_policy.ts";
import type { LegView } from "./policy.ts";

/** What a leg has for it. */
export interface LegPing {
  readonly kind: KeepAliveKind;
  /** After the inbound hooks. */
  readonly request: SipRequest;
  readonly transaction: ServerTransaction;
  readonly session: Session;
  readonly leg: LegView;
  readonly context: Pick<CallContext, "trunks" | "keepAlives">;
  readonly policy: CallPolicy;
  /** The call has another side that can be asked. */
  readonly passable: boolean;
  /** Answers with 200 as the kind asks, this set upon it. */
  readonly accept: (parts: { reason?: string; headers: Headers }) => void;
}

/** Does what is decided of it, unless it is to be passed on. */
export function takeKeepAlive(
  ping: LegPing,
): "taken" | "relay" {
  const { transaction, session } = ping;
  const decision: KeepAliveDecision = ping.context.keepAlives.onRequest(
    { ...ping, flow: transaction.flow },
    { events: ping.policy.events, byDefault: answer() },
  );
  switch (decision.action) {
    case "relay":
      if (ping.passable) return "relay";
      ping.policy.fault(
        "onKeepAlive",
        new TypeError(
          `Cannot relay ${ping.kind}: the call has no other side yet`,
        ),
      );
      answerIt(ping, answer());
      return "taken";
    case "ignore":
      session.drop(transaction);
      return "taken";
    case "reject":
      session.reply(transaction, decision.status, {
        reason: reasonOf(decision.reason),
        headers: headersOf(decision.headers),
      });
      return "taken";
    case "answer":
      answerIt(ping, decision);
      return "taken";
  }
}

function answerIt(ping: LegPing, decision: Answer): void {
  const { kind, transaction, session } = ping;
  const headers = headersOf(decision.headers);
  const reason = reasonOf(decision.reason);
  const body = decision.body === undefined
    ? undefined
    : toBytes(fromText(decision.body));
  if (decision.status === 200 && body === undefined) {
    // RFC 3261 §11.2: "An OPTIONS request received within a dialog generates a 200 (OK) response that is identical to
    // one constructed outside a dialog and does not have any impact on the dialog."
    if (kind === "options") {
      addCapabilities(headers, { ...ping, trunk: ping.leg.trunk });
    }
    ping.accept({ ...(reason === undefined ? {} : { reason }), headers });
    return;
  }
  session.reply(transaction, decision.status, { reason, headers, body });
}
