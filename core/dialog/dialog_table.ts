/** All dialogs, found by Call-ID and tags and never by URI (RFC 3261 section 12.2.2). */

import { ChurnMap } from "../base/churn_map.ts";
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

/**
 * The table of one B2BUA. Each tag of ours is drawn anew, so it finds its dialog by itself; only the forks of an INVITE
 * of ours share one, and stand in a list.
 */
export class DialogTable {
  readonly #usages = new ChurnMap<string, DialogUsage | DialogUsage[]>();
  #size = 0;

  /** How many dialogs there are: part of the leak check. */
  get size(): number {
    return this.#size;
  }

  add(usage: DialogUsage): void {
    const { localTag } = usage.dialog;
    const known = this.#usages.get(localTag);
    if (known === undefined) this.#usages.set(localTag, usage);
    else if (Array.isArray(known)) known.push(usage);
    else this.#usages.set(localTag, [known, usage]);
    this.#size++;
  }

  remove(usage: DialogUsage): void {
    const { localTag } = usage.dialog;
    const known = this.#usages.get(localTag);
    if (known === usage) this.#usages.delete(localTag);
    else {
      const at = Array.isArray(known) ? known.indexOf(usage) : -1;
      if (!Array.isArray(known) || at < 0) return;
      known.splice(at, 1);
      if (known.length === 0) this.#usages.delete(localTag);
    }
    this.#size--;
  }

  /** The dialog a request belongs to. */
  find(request: SipRequest): DialogUsage | undefined {
    const localTag = request.to?.tag;
    const known = localTag === undefined
      ? undefined
      : this.#usages.get(localTag);
    if (known === undefined) return undefined;
    if (Array.isArray(known)) {
      return known.findLast(({ dialog }) => isOf(dialog, request));
    }
    return isOf(known.dialog, request) ? known : undefined;
  }

  /** All of them, for a shutdown. */
  all(): DialogUsage[] {
    return this.#usages.values().flat();
  }
}

/** §12.2.2, our tag apart. An RFC 2543 peer has none, which counts as "". */
function isOf({ remoteTag, callId }: Dialog, request: SipRequest): boolean {
  return remoteTag === (request.from?.tag ?? "") && callId === request.callId;
}
