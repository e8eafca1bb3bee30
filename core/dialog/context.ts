/** What all dialogs of one B2BUA share, passed to each. */

import type { Clock } from "../base/clock.ts";
import type { Limits } from "../base/limits.ts";
import type { Observer } from "../base/observer.ts";
import type { Random } from "../base/random.ts";
import type { SipMessage } from "../message/message.ts";
import type { RequestSender } from "../transaction/request_sender.ts";
import type { TransactionTimers } from "../transaction/timers.ts";
import type { Flow } from "../transport/flow.ts";
import type { DialogTable } from "./dialog_table.ts";

/** The world of a dialog. */
export interface DialogContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly sender: RequestSender;
  readonly timers: TransactionTimers;
  readonly limits: Limits;
  readonly observer: Observer;
  readonly dialogs: DialogTable;
  /** Our Contact value for a peer reached by this flow. */
  contactFor(flow: Flow): string;
}

/** The last to see a message of the dialog before it leaves, and free to replace it. */
export interface OutboundFilter {
  outbound<M extends SipMessage>(message: M): M;
}
