/**
 * What the two legs of a call tell each other. A leg turns SIP into these events and these events into SIP; nothing
 * else passes between them, and what a policy may read of the message passes to nobody else.
 *
 * @module
 */

import type { SipResponse } from "../message/message.ts";
import type { Content } from "./header_policy.ts";
import type { IncomingExchange } from "./exchange.ts";

/** Something a leg has to say. */
export type CallEvent =
  /** The called side rings or plays early media: 101 to 199. */
  | {
    readonly type: "ring";
    readonly status: number;
    readonly reason: string;
    readonly content: Content;
    /** For the policy to read. */
    readonly received: SipResponse;
  }
  /** The called side answered. */
  | {
    readonly type: "answer";
    readonly content: Content;
    /** For the policy to read. */
    readonly received: SipResponse;
  }
  /** The side acknowledged our answer; carries the SDP answer when ours was the offer. */
  | { readonly type: "acknowledge"; readonly content: Content }
  /** The called side will not: 300 to 699, or what a silence stands for. */
  | {
    readonly type: "fail";
    readonly status: number;
    readonly reason: string;
    readonly content: Content;
    readonly contacts: readonly string[];
    readonly local: boolean;
  }
  /** A side took our repeated offer otherwise than before: its SDP, which the other side has to hear of. */
  | { readonly type: "change"; readonly content: Content }
  /** The side's offer was answered on its own leg; the other side does not hear of it. */
  | { readonly type: "settled"; readonly content: Content }
  /** Within the call: a change of the session, or a message for the other side. */
  | { readonly type: "request"; readonly exchange: IncomingExchange }
  /** The side took a request back. */
  | { readonly type: "withdraw"; readonly exchange: IncomingExchange }
  /** The side hung up, or is gone. */
  | {
    readonly type: "end";
    readonly cause: string;
    readonly content: Content;
  };
