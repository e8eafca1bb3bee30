/** All dialogs, found by Call-ID and tags and never by URI (RFC 3261 section 12.2.2). */

import type { SipRequest } from "../message/message.ts";
import type { ServerTransaction } from "../transaction/server_transaction.ts";
import type { Dialog } from "./dialog.ts";

/** What lives in a dialog and takes its requests. */
export interface DialogUsage {
  readonly dialog: Dialog;
  /** Any request but ACK and CANCEL. */
  receive(transaction: ServerTransaction): void;
  receiveAck(ack: SipRequest): void;
  /** The CANCEL of a request it received. */
  receiveCancel(transaction: ServerTransaction): void;
  close(): void;
}

/** The table of one B2BUA. */
export class DialogTable {
  readonly #usages = new Map<string, DialogUsage>();

  /** How many dialogs there are: part of the leak check. */
  get size(): number {
    return this.#usages.size;
  }

  add(usage: DialogUsage): void {
    this.#usages.set(usage.dialog.key, usage);
  }

  remove(usage: DialogUsage): void {
    const { key } = usage.dialog;
    if (this.#usages.get(key) === usage) this.#usages.delete(key);
  }

  /** The dialog a request belongs to. */
  find(request: SipRequest): DialogUsage | undefined {
    const localTag = request.to?.tag;
    if (localTag === undefined) return undefined;
    const usage = this.#usages.get(
      `${localTag} ${request.from?.tag ?? ""}`,
    );
    return usage?.dialog.callId === request.callId ? usage : undefined;
  }

  /** All of them, for a shutdown. */
  all(): DialogUsage[] {
    return [...this.#usages.values()];
  }
}
