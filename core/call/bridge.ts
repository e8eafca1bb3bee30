/**
 * What passes between two connected legs: requests within the call and their answers, and the ACK that answers a late
 * offer.
 *
 * @module
 */

import type { Outgoing } from "../dialog/outgoing.ts";
import type { SipResponse } from "../message/message.ts";
import type { IncomingExchange } from "./exchange.ts";
import { type Content, crossing } from "./header_policy.ts";
import { type Leg, NO_CONTENT } from "./leg.ts";

/** Statuses for requests that got no answer on the other leg. */
const NO_RESPONSE = {
  timeout: 408,
  transport: 503,
  unresolved: 503,
  down: 503,
  busy: 491,
  ended: 481,
} as const;

/** Joins the legs of one call. */
export class Bridge {
  /** Legs whose next ACK carries the answer to a late offer, with what waits for it. */
  readonly #awaited = new Map<Leg, (content: Content) => void>();

  /** A request came in on one leg: the other leg makes the same one, and its answers come back. */
  pass(exchange: IncomingExchange, from: Leg, to: Leg | undefined): void {
    if (to === undefined || !to.connected) {
      // §21.5.1: the other side has no dialog yet that could be asked.
      exchange.reply(500);
      return;
    }
    exchange.forwarded = to.request(exchange.method, {
      content: exchange.content,
      user: {
        onResponse: (response) => this.#answer(exchange, from, response),
        onFailure: (failure) => exchange.reply(NO_RESPONSE[failure]),
      },
    });
  }

  /** A request in a call that has one side only: changes of its session were answered already where they could be. */
  answerAlone(exchange: IncomingExchange): void {
    switch (exchange.method) {
      case "OPTIONS":
        exchange.reply(200);
        return;
      case "INVITE":
      case "UPDATE":
        // §14.2: "If the new session description is not acceptable, the UAS can reject it by returning a 488".
        exchange.reply(488);
        return;
      default:
        // §21.5.2: "the server does not support the functionality required to fulfill the request".
        exchange.reply(501);
    }
  }

  /** One side changed without asking the other: which gets it as a re-INVITE, and may only say yes. */
  announce(content: Content, to: Leg | undefined): void {
    const asked: Outgoing | undefined = to?.request("INVITE", {
      content,
      user: {
        onResponse: (response) => acknowledge(response, asked),
        onFailure: () => {},
      },
    });
  }

  /** The asking side took its request back. */
  withdraw(exchange: IncomingExchange): void {
    exchange.forwarded?.cancel();
  }

  /** Waits for this leg's ACK, which carries the answer to an offer in our 2xx. */
  awaitAnswer(leg: Leg, pass: (content: Content) => void): void {
    this.#awaited.set(leg, pass);
  }

  /** A leg's ACK came. */
  acknowledged(leg: Leg, content: Content): void {
    const pass = this.#awaited.get(leg);
    this.#awaited.delete(leg);
    pass?.(content);
  }

  /** The call is over: whoever waits for an ACK gets one without an answer, so that no side repeats its 2xx. */
  close(): void {
    for (const pass of this.#awaited.values()) pass(NO_CONTENT);
    this.#awaited.clear();
  }

  #answer(
    exchange: IncomingExchange,
    from: Leg,
    response: SipResponse,
  ): void {
    if (response.status === 100) return;
    // A 422 speaks of the other leg's session timer, and got all the answers we have there.
    const mine = response.status === 422;
    const status = mine ? 500 : response.status;
    if (exchange.method === "INVITE" && status >= 200 && status < 300) {
      const { forwarded } = exchange;
      if (exchange.lateOffer) {
        this.awaitAnswer(from, (content) => forwarded?.ack(content));
      } else {
        forwarded?.ack();
      }
    }
    exchange.reply(status, {
      reason: mine ? undefined : response.reason,
      content: crossing(response),
    });
  }
}

function acknowledge(
  { status }: SipResponse,
  asked: Outgoing | undefined,
): void {
  if (status >= 200 && status < 300) asked?.ack();
}
