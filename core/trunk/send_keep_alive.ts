/** Sends one keep-alive: once, without retransmission, whatever its kind. */

import type { Clock } from "../base/clock.ts";
import type { Observer } from "../base/observer.ts";
import type { Random } from "../base/random.ts";
import type { SipResponse } from "../message/message.ts";
import type { SipUri } from "../message/uri.ts";
import type { ClientFailure } from "../transaction/client_transaction.ts";
import type { TargetResolver } from "../transaction/request_sender.ts";
import type { TransactionLayer } from "../transaction/transaction_layer.ts";
import type { MessageTransport } from "../transaction/transport_port.ts";
import type { Target } from "../transport/address.ts";
import type { Flow } from "../transport/flow.ts";
import { keepAliveBytes, keepAliveRequest } from "./keep_alive_request.ts";
import type { KeepAlivePlan } from "./keep_alive_settings.ts";

/** What keep-alives are sent with. */
export interface KeepAliveWorld {
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
  readonly transactions: Pick<TransactionLayer, "request">;
  readonly transport: Pick<MessageTransport, "flowTo" | "send">;
  readonly resolver: TargetResolver;
  /** Our Contact for a peer reached by this flow. */
  contactFor(flow: Flow): string;
}

/** Where one goes. */
export interface KeepAliveTarget {
  readonly plan: KeepAlivePlan;
  readonly uri: SipUri;
  readonly target: Target;
}

/** Hears what came of a keep-alive that is a request, later and once: its final response, or why there is none. */
export type KeepAliveUser = (outcome: SipResponse | ClientFailure) => void;

/** Sends it; false when there is no way there, or none for bytes of that kind. */
export function sendKeepAlive(
  { plan, uri, target }: KeepAliveTarget,
  world: KeepAliveWorld,
  user: KeepAliveUser,
): boolean {
  const { transport, transactions, observer, random } = world;
  const flow = transport.flowTo(target);
  if (flow === undefined) return false;
  const contact = world.contactFor(flow);
  const request = keepAliveRequest({ plan, uri, flow, contact, random });
  if (plan.kind === "crlf" && flow.ping !== undefined) {
    // The stream is to know the pong when it comes: two of them would be a ping.
    flow.ping();
  } else if (request === undefined) {
    const bytes = keepAliveBytes(plan.kind, { flow, random });
    if (bytes === undefined) return false;
    transport.send(bytes, flow);
  } else {
    const onceMs = plan.timeoutSeconds * 1000;
    const sent = transactions.request(request, { target, flow, onceMs }, {
      onResponse: (response) => {
        if (response.status >= 200) user(response);
      },
      onFailure: (failure) => user(failure),
    });
    if (sent === undefined) return false;
  }
  observer.count("trunk_keep_alives_sent");
  return true;
}
