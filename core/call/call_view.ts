/** A call as a policy sees it: the caller's INVITE, read-only, and the policy's own notes. */

import type { SipRequest } from "../message/message.ts";
import type { Json } from "./decisions.ts";
import { MessageDraft } from "./message_draft.ts";
import type { CallView, HeadersView, PartyView, UriView } from "./policy.ts";

/** The {@linkcode CallView} of one call. */
export class InviteView implements CallView {
  readonly vars: Record<string, Json> = {};
  readonly #draft: MessageDraft;

  constructor(
    readonly id: string,
    invite: SipRequest,
    readonly peer: { trunk: string | undefined; source: string },
  ) {
    this.#draft = new MessageDraft(invite);
  }

  get trunk(): string | undefined {
    return this.peer.trunk;
  }

  get source(): string {
    return this.peer.source;
  }

  get from(): Readonly<PartyView> {
    return this.#draft.from;
  }

  get to(): Readonly<PartyView> {
    return this.#draft.to;
  }

  get uri(): Readonly<UriView> {
    return this.#draft.uri;
  }

  get headers(): Pick<HeadersView, "get" | "getAll" | "has" | "names"> {
    return this.#draft.headers;
  }

  get body(): string {
    return this.#draft.body;
  }
}
