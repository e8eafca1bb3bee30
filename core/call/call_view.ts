/** A call as a policy sees it: the caller's INVITE, read-only, and the policy's own notes. */

import type { SipRequest } from "../message/message.ts";
import type { Json } from "./decisions.ts";
import { KeptInvite } from "./kept_invite.ts";
import { MessageDraft } from "./message_draft.ts";
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

/** The {@linkcode CallView} of one call. */
export class InviteView extends KeysView implements CallView {
  readonly id: string;
  readonly trunk: string | undefined;
  readonly source: string;
  #vars: Record<string, Json> | undefined;
  readonly #invite: KeptInvite;
  /** Made when something of the INVITE is read. */
  #read: MessageDraft | undefined;

  constructor(
    call: { readonly id: string; readonly keys?: CallKeysAccess },
    invite: SipRequest,
    peer: { trunk: string | undefined; source: string },
  ) {
    super(call);
    this.id = call.id;
    this.trunk = peer.trunk;
    this.source = peer.source;
    this.#invite = new KeptInvite(invite);
  }

  /** The policy's notes. */
  get vars(): Record<string, Json> {
    return this.#vars ??= {};
  }

  set vars(vars: Record<string, Json>) {
    this.#vars = vars;
  }

  /** The INVITE that is seen here. */
  get invite(): SipRequest {
    return this.#invite.request;
  }

  /** What the inbound hooks made of it is what is seen from now on. */
  replace(invite: SipRequest): void {
    this.#invite.replace(invite);
    this.#vars = undefined;
    this.#read = undefined;
  }

  /** Nothing more is sent because of the INVITE: all that is left to do with it is to be read. */
  pack(): void {
    this.#invite.pack();
    this.#read = undefined;
  }

  /** Nobody will read it any more. */
  forget(): void {
    this.#invite.forget();
    this.#read = undefined;
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

  get #draft(): MessageDraft {
    return this.#read ??= new MessageDraft(this.invite, READ_ONLY);
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
