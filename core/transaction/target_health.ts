/** What is known of the targets of one peer: asked before a request leaves, and told what became of it. */

import type { SipResponse } from "../message/message.ts";
import type { Target } from "../transport/address.ts";
import type { ClientFailure } from "./client_transaction.ts";

/** Kept by whoever watches the peer; a {@linkcode RequestSender} asks and tells. */
export interface TargetHealth {
  /** Those worth trying, in their order; none when all are known to be down. */
  usable(targets: readonly Target[]): readonly Target[];
  /** A final response came from there. */
  onAnswer(target: Target, response: SipResponse): void;
  /** Nothing came from there, or it could not be sent there. */
  onFailure(target: Target, failure: ClientFailure): void;
}
