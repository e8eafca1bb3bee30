/** What a simulated peer remembers of one call, or of one request outside any. */

import type { SipRequest, SipResponse } from "../../core/message/message.ts";
import { Dialog } from "../../core/dialog/dialog.ts";
import type { Acceptance } from "../../core/dialog/acceptance.ts";
import type { ClientTransaction } from "../../core/transaction/client_transaction.ts";
import type { ServerTransaction } from "../../core/transaction/server_transaction.ts";
import { PeerSdp } from "./peer_sdp.ts";

/** A request of Legwork's that a peer received. */
export interface Asked {
  readonly transaction: ServerTransaction;
  /** The transaction itself forgets it once it is answered. */
  readonly request: SipRequest;
  /** The final status it was answered with. */
  status: number | undefined;
  /** Its CANCEL has come. */
  cancelled: boolean;
}

/** A 2xx to an INVITE that is to be acknowledged. */
export interface ToAcknowledge {
  readonly dialog: Dialog;
  readonly cseq: number;
  /** The offer in the 2xx, when the INVITE had none. */
  readonly offer: Uint8Array | undefined;
}

/** One call of one peer. */
export class PeerCall {
  /** The latest INVITE of the peer's own. */
  invite: ClientTransaction | undefined;
  /** The latest request sent outside a dialog, for `merged`. */
  first: SipRequest | undefined;
  /** The dialog that requests go into. */
  dialog: Dialog | undefined;
  readonly asked: Asked[] = [];
  readonly toAcknowledge: ToAcknowledge[] = [];
  /** 2xx being repeated until their ACK comes, by CSeq and tag. */
  readonly acceptances = new Map<string, Acceptance>();
  /** ACKs that were sent, by CSeq and tag, as they are sent again. */
  readonly acks = new Map<string, () => void>();
  readonly sdp: PeerSdp;
  /** Answered, and no BYE is through. */
  up = false;
  readonly #dialogs = new Map<string, Dialog>();

  constructor(
    public callId: string,
    readonly localTag: string,
    peer: { name: string; host: string },
  ) {
    this.sdp = new PeerSdp(peer.name, peer.host);
  }

  /** The dialog in which an INVITE is answered with a tag of ours. */
  answering({ request, transaction }: Asked, tag: string): Dialog {
    const known = this.#dialogs.get(tag);
    if (known !== undefined) return known;
    const dialog = Dialog.uas(request, tag, transaction.flow);
    this.#dialogs.set(tag, dialog);
    this.dialog ??= dialog;
    return dialog;
  }

  /** The dialog that a response to our INVITE belongs to. */
  answeredBy(response: SipResponse, transaction: ClientTransaction): Dialog {
    const tag = response.to?.tag ?? "";
    const known = this.#dialogs.get(tag);
    if (known !== undefined) {
      if (response.status >= 200) known.refreshTarget(response);
      return known;
    }
    const dialog = Dialog.uac(transaction.request, response, transaction.flow);
    this.#dialogs.set(tag, dialog);
    this.dialog = dialog;
    return dialog;
  }

  /** The dialog with a tag of ours. */
  withTag(tag: string): Dialog | undefined {
    return this.#dialogs.get(tag);
  }

  /** The 2xx of a call: from now on requests go into this dialog. */
  confirm(dialog: Dialog): void {
    dialog.state = "confirmed";
    this.dialog = dialog;
    this.up = true;
  }

  /** The latest request of that method that has no final answer, else the latest of it, for further 2xx. */
  find(method: string | undefined): Asked | undefined {
    const those = this.asked.filter(({ request }) =>
      method === undefined || request.method === method
    );
    return those.findLast(({ status }) => status === undefined) ??
      those.at(-1);
  }

  /** Stops all that goes on by itself. */
  close(): void {
    for (const acceptance of this.acceptances.values()) acceptance.stop();
    this.acceptances.clear();
    this.up = false;
  }
}
