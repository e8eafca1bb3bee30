/** A call as a policy sees it: the caller's INVITE, read-only, and the policy's own notes. */

import type { SipRequest } from "../message/message.ts";
import type { CallParts } from "./call_record.ts";
import type { Json } from "./decisions.ts";
import { MessageDraft } from "./message_draft.ts";
import { peerName } from "./peer_name.ts";
import { type CallKeysAccess, KeysView } from "./staged_keys.ts";
import type {
  AddressView,
  BodyView,
  CallView,
  DiversionView,
  HistoryView,
  PartyView,
  PrivacyView,
  ReadHeaders,
  ReasonView,
  SdpView,
  UriView,
  ValueView,
} from "./policy.ts";

const READ_ONLY = {
  uri: false,
  parties: false,
  frozen:
    "Cannot change call: it is read-only, messages are changed in inbound and outbound hooks",
};

/** The view of a call with that INVITE. */
export function viewOf(
  call: { readonly id: string; readonly keys: CallKeysAccess },
  invite: SipRequest,
  { trunk, invite: { flow } }: Pick<CallParts, "trunk" | "invite">,
): CallView {
  return new InviteView(call, invite, { trunk, source: peerName(flow) });
}

/** The {@linkcode CallView} of one call. */
export class InviteView extends KeysView implements CallView {
  readonly vars: Record<string, Json> = {};
  readonly #draft: MessageDraft;

  readonly id: string;

  constructor(
    call: { readonly id: string; readonly keys?: CallKeysAccess },
    invite: SipRequest,
    readonly peer: { trunk: string | undefined; source: string },
  ) {
    super(call);
    this.id = call.id;
    this.#draft = new MessageDraft(invite, READ_ONLY);
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

  get headers(): ReadHeaders {
    return this.#draft.headers;
  }

  get body(): string {
    return this.#draft.body;
  }

  get contentType(): string {
    return this.#draft.contentType;
  }

  get privacy(): PrivacyView {
    return this.#draft.privacy;
  }

  get sdp(): SdpView | undefined {
    return this.#draft.sdp;
  }

  get parts(): readonly BodyView[] {
    return this.#draft.parts;
  }

  part(contentType: string): BodyView | undefined {
    return this.#draft.part(contentType);
  }

  value(name: string): ValueView | undefined {
    return this.#draft.value(name);
  }

  values(name: string): ValueView[] {
    return this.#draft.values(name);
  }

  address(name: string): AddressView | undefined {
    return this.#draft.address(name);
  }

  addresses(name: string): AddressView[] {
    return this.#draft.addresses(name);
  }

  diversions(): DiversionView[] {
    return this.#draft.diversions();
  }

  history(): HistoryView[] {
    return this.#draft.history();
  }

  reasons(): ReasonView[] {
    return this.#draft.reasons();
  }
}
