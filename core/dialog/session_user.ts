/** What a session tells its owner, and what the owner gives it to answer with. */

import type { Headers } from "../message/headers.ts";
import type { SipRequest } from "../message/message.ts";
import type { ServerTransaction } from "../transaction/server_transaction.ts";
import type { OutboundFilter } from "./context.ts";

/** What a reply carries besides what its request dictates. */
export interface ReplyParts {
  readonly reason?: string | undefined;
  readonly headers?: Headers | undefined;
  readonly body?: Uint8Array | undefined;
}

/** Who owns a session; generic, since the session knows it by its own name. */
export interface SessionOwner<Session> extends OutboundFilter {
  /** A request of the peer that is in order, BYE and ACK apart; to be answered with its `reply`. */
  onRequest(transaction: ServerTransaction, session: Session): void;
  /** The peer took an INVITE or request of its own back (CANCEL); answered 487 already. */
  onCancelled(transaction: ServerTransaction, session: Session): void;
  /** The ACK of a 2xx of ours. */
  onAck(ack: SipRequest, session: Session): void;
  /** A 2xx of ours was never acknowledged. */
  onNoAck(session: Session): void;
  /** The peer's BYE; answered already. */
  onBye(bye: SipRequest, session: Session): void;
  /** The peer says that it knows no such dialog (481, or 408 to INVITE and UPDATE). */
  onGone(status: number, session: Session): void;
  /** It is over and forgotten; nothing more is told. */
  onClosed(session: Session): void;
}
