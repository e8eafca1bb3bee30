/**
 * What passes between two connected legs: requests within the call and their answers, and the ACK that answers a late
 * offer.
 *
 * @module
 */

import type { Outgoing } from "../dialog/outgoing.ts";
import type { SipResponse } from "../message/message.ts";
import type { CallMedia } from "./call_media.ts";
import type { IncomingExchange } from "./exchange.ts";
import { type Content, crossing, NO_CONTENT } from "./header_policy.ts";
import type { Leg } from "./leg.ts";

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
  #awaited:
    | Map<Leg, { to: Leg; pass: (content: Content) => void }>
    | undefined;
  readonly #media: CallMedia | undefined;

  /** `media` writes descriptions that cross anew; undefined: they cross as they are. */
  constructor(media: CallMedia | undefined) {
    this.#media = media;
  }

  /** A request came in on one leg: the other leg makes the same one, and its answers come back. */
  pass(exchange: IncomingExchange, from: Leg, to: Leg | undefined): void {
    if (to === undefined || !to.connected) {
      // §21.5.1: the other side has no dialog yet that could be asked.
      exchange.reply(500);
      return;
    }
    this.#cross(exchange.content, {
      from,
      to,
      role: "offer",
      pass: (content) => {
        if (content === undefined) {
          exchange.reply(503, { reason: "No Media" });
          return;
        }
        exchange.forwarded = to.request(exchange.method, {
          content,
          user: {
            onResponse: (response) =>
              this.#answer(exchange, { from, to, response }),
            onFailure: (failure) => {
              if (exchange.hasOffer) this.#media?.refused(from, to);
              exchange.reply(NO_RESPONSE[failure]);
            },
          },
        });
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
  announce(content: Content, from: Leg, to: Leg | undefined): void {
    const asked: Outgoing | undefined = to?.request("INVITE", {
      content,
      user: {
        onResponse: (response) => {
          acknowledge(response, asked);
          this.#cross(crossing(response), {
            from: to,
            to: from,
            role: "answer",
            pass: () => {},
          });
        },
        onFailure: () => {},
      },
    });
  }

  /** The asking side took its request back. */
  withdraw(exchange: IncomingExchange): void {
    exchange.forwarded?.cancel();
  }

  /** Waits for this leg's ACK, which carries the answer to an offer in our 2xx. */
  awaitAnswer(
    leg: Leg,
    { to, pass }: { to: Leg; pass: (content: Content) => void },
  ): void {
    this.#awaited ??= new Map();
    this.#awaited.set(leg, { to, pass });
  }

  /** A leg's ACK came. */
  acknowledged(leg: Leg, content: Content): void {
    const awaited = this.#awaited?.get(leg);
    if (awaited === undefined) return;
    this.#awaited?.delete(leg);
    this.#cross(content, {
      from: leg,
      to: awaited.to,
      role: "answer",
      pass: (content = NO_CONTENT) => awaited.pass(content),
    });
  }

  /** The call is over: whoever waits for an ACK gets one without an answer, so that no side repeats its 2xx. */
  close(): void {
    for (const { pass } of this.#awaited?.values() ?? []) pass(NO_CONTENT);
    this.#awaited = undefined;
  }

  #answer(
    exchange: IncomingExchange,
    { from, to, response }: { from: Leg; to: Leg; response: SipResponse },
  ): void {
    if (response.status === 100) return;
    // A 422 speaks of the other leg's session timer, and got all the answers we have there.
    const mine = response.status === 422;
    const status = mine ? 500 : response.status;
    if (exchange.method === "INVITE" && status >= 200 && status < 300) {
      const { forwarded } = exchange;
      if (exchange.lateOffer) {
        const pass = (content: Content) => forwarded?.ack(content);
        this.awaitAnswer(from, { to, pass });
      } else {
        forwarded?.ack();
      }
    }
    const reason = mine ? undefined : response.reason;
    if (status >= 300) {
      if (exchange.hasOffer) this.#media?.refused(from, to);
      exchange.reply(status, { reason, content: crossing(response) });
      return;
    }
    this.#cross(crossing(response), {
      from: to,
      to: from,
      role: exchange.hasOffer ? "answer" : "offer",
      pass: (content = NO_CONTENT) =>
        exchange.reply(status, { reason, content }),
    });
  }

  #cross(content: Content, how: Parameters<CallMedia["cross"]>[1]): void {
    if (this.#media === undefined) how.pass(content);
    else this.#media.cross(content, how);
  }
}

function acknowledge(
  { status }: SipResponse,
  asked: Outgoing | undefined,
): void {
  if (status >= 200 && status < 300) asked?.ack();
}
