/**
 * A message as a policy sees it: read through, and copied at the first edit. Whoever made the draft takes the result
 * when the hook has returned, or throws the draft away when it has not.
 *
 * @module
 */

import { fromBytes, fromText, toBytes, toText } from "../message/bytes.ts";
import { headerKey, isToken } from "../message/header_name.ts";
import type { Headers } from "../message/headers.ts";
import {
  type SipMessage,
  SipRequest,
  SipResponse,
} from "../message/message.ts";
import { mediaType } from "../message/multipart.ts";
import type { BodyView, SdpView } from "./body_views.ts";
import { checkedValue, DraftHeaders } from "./draft_headers.ts";
import { EditJournal } from "./edits.ts";
import { type FieldAccess, type FieldItem, FieldItems } from "./field_items.ts";
import type {
  AddressView,
  DiversionView,
  HeadersView,
  HistoryView,
  MessageView,
  PartyView,
  PrivacyView,
  ReasonView,
  UriView,
  ValueView,
} from "./message_views.ts";
import { PartsEditor, SDP_TYPE } from "./part_editor.ts";
import { PrivacyEditor } from "./privacy_editor.ts";
import { SdpEditor } from "./sdp_editor.ts";
import { PartyEditor, UriEditor } from "./uri_editor.ts";
import {
  AddressEditor,
  DiversionEditor,
  HistoryEditor,
  ReasonEditor,
  ValueEditor,
  writtenReason,
} from "./value_editors.ts";

/** What may be edited besides header fields and body. */
export interface DraftRights {
  /** The request URI: of requests that create a dialog or stand alone. */
  readonly uri: boolean;
  /** From and To, their tags apart: likewise. */
  readonly parties: boolean;
  /** Why nothing at all may be edited; absent where something may. */
  readonly frozen?: string;
}

const NO_RIGHTS: DraftRights = { uri: false, parties: false };

/** One message in the hands of a policy. */
export class MessageDraft implements MessageView {
  /** Who edited what; only where somebody wants to know. */
  readonly journal: EditJournal | undefined;
  readonly #original: SipMessage;
  readonly #rights: DraftRights;
  #uriText: string | undefined;
  #headers: Headers | undefined;
  #body: Uint8Array | undefined;
  /** The body as a byte string, once somebody asked for it. */
  #bodyText: string | undefined;
  #uriView: UriView | undefined;
  #fromView: PartyView | undefined;
  #toView: PartyView | undefined;
  #headersView: HeadersView | undefined;
  #privacyView: PrivacyView | undefined;
  #sdpView: SdpView | undefined;
  #partsEditor: PartsEditor | undefined;
  #fields: Map<string, Field> | undefined;

  constructor(
    original: SipMessage,
    rights: DraftRights = NO_RIGHTS,
    { journal = false }: { journal?: boolean } = {},
  ) {
    this.#original = original;
    this.#rights = rights;
    if (journal) {
      this.journal = new EditJournal(() => ({
        uri: this.#uri,
        lines: (this.#headers ?? this.#original.headers).lines,
        body: this.#body ?? this.#original.body,
      }));
    }
  }

  get kind(): "request" | "response" {
    return this.#original.kind;
  }

  get method(): string {
    return this.#original.kind === "request"
      ? this.#original.method
      : this.#original.cseq?.method ?? "";
  }

  get status(): number {
    return this.#original.kind === "request" ? 0 : this.#original.status;
  }

  get reason(): string {
    return this.#original.kind === "request"
      ? ""
      : toText(this.#original.reason);
  }

  get uri(): UriView {
    return this.#uriView ??= new UriEditor({
      read: () => this.#uri,
      write: (uri) => {
        this.#mayEdit();
        if (!this.#rights.uri) {
          throw new TypeError(
            "Cannot set request URI: the dialog decides it for this message",
          );
        }
        this.#uriText = uri;
      },
    });
  }

  get from(): PartyView {
    return this.#fromView ??= this.#party("From");
  }

  get to(): PartyView {
    return this.#toView ??= this.#party("To");
  }

  get headers(): HeadersView {
    return this.#headersView ??= new DraftHeaders(
      () => this.#headers ?? this.#original.headers,
      () => this.#edited(),
    );
  }

  value(name: string): ValueView | undefined {
    return this.values(name)[0];
  }

  values(name: string): ValueView[] {
    return this.#field(name).views(ValueEditor);
  }

  address(name: string): AddressView | undefined {
    return this.addresses(name)[0];
  }

  addresses(name: string): AddressView[] {
    return this.#field(name).views(AddressEditor)
      .filter((address) => address.uri.scheme !== "");
  }

  diversions(): DiversionView[] {
    return this.#field("Diversion").views(DiversionEditor);
  }

  history(): HistoryView[] {
    return this.#field("History-Info").views(HistoryEditor);
  }

  reasons(): ReasonView[] {
    return this.#field("Reason").views(ReasonEditor);
  }

  setReason(protocol: string, parts: { cause?: number; text?: string }): void {
    const text = writtenReason(protocol, parts);
    // RFC 3326 §2: several values are allowed, "but all of them MUST have different protocol values".
    const [first, ...others] = this.#field("Reason").views(ValueEditor)
      .filter((each) => each.value.toLowerCase() === protocol.toLowerCase());
    if (first === undefined) this.headers.append("Reason", text);
    else first.text = text;
    for (const other of others) other.delete();
  }

  get privacy(): PrivacyView {
    return this.#privacyView ??= new PrivacyEditor(this.headers);
  }

  get body(): string {
    return toText(this.#readBody());
  }

  set body(text: string) {
    this.#writeBody(fromText(String(text)));
    if (this.#body!.length === 0) this.#edited().delete("Content-Type");
    // §20.15: "The Content-Type header field MUST be present if the body is not empty."
    else if (this.#contentType === undefined) {
      this.#edited().append("Content-Type", "text/plain;charset=utf-8");
    }
  }

  setBody(text: string, contentType: string): void {
    const type = checkedValue("set", {
      name: "Content-Type",
      value: contentType,
    });
    const words = mediaType(type).split("/");
    if (words.length !== 2 || !words.every(isToken)) {
      throw new TypeError(
        `Cannot set body: ${JSON.stringify(contentType)} is not a media type`,
      );
    }
    this.#writeBody(fromText(String(text)));
    this.#edited().set("Content-Type", type);
  }

  get contentType(): string {
    return mediaType(this.#contentType);
  }

  get sdp(): SdpView | undefined {
    if (this.contentType !== SDP_TYPE) {
      return this.parts.find((part) => part.sdp !== undefined)?.sdp;
    }
    // RFC 8866 §5: "v=" comes first.
    if (!this.#readBody().startsWith("v=")) return undefined;
    return this.#sdpView ??= new SdpEditor({
      read: () => this.#readBody(),
      write: (bytes) => this.#writeBody(bytes),
    });
  }

  get parts(): readonly BodyView[] {
    if (!this.contentType.startsWith("multipart/")) return [];
    this.#partsEditor ??= new PartsEditor(
      {
        read: () => this.#readBody(),
        write: (bytes) => this.#writeBody(bytes),
      },
      () => this.#contentType,
    );
    return this.#partsEditor.parts();
  }

  part(contentType: string): BodyView | undefined {
    const wanted = String(contentType).toLowerCase();
    return this.parts.find((part) => part.contentType === wanted);
  }

  /** True once anything was edited. */
  get changed(): boolean {
    return this.#headers !== undefined || this.#body !== undefined ||
      this.#uriText !== undefined;
  }

  /** The message as it stands: the original itself when nothing was edited. */
  finish(): SipMessage {
    if (!this.changed) return this.#original;
    const headers = this.#headers ?? this.#original.headers;
    const body = this.#body ?? this.#original.body;
    return this.#original.kind === "request"
      ? new SipRequest(this.#original.method, this.#uri, headers, body)
      : new SipResponse(
        this.#original.status,
        this.#original.reason,
        headers,
        body,
      );
  }

  get #uri(): string {
    return this.#uriText ??
      (this.#original.kind === "request" ? this.#original.uri : "");
  }

  get #contentType(): string | undefined {
    return (this.#headers ?? this.#original.headers).get("Content-Type");
  }

  #mayEdit(): void {
    if (this.#rights.frozen !== undefined) {
      throw new TypeError(this.#rights.frozen);
    }
  }

  #edited(): Headers {
    this.#mayEdit();
    return this.#headers ??= this.#original.headers.clone();
  }

  #readBody(): string {
    return this.#bodyText ??= fromBytes(this.#body ?? this.#original.body);
  }

  #writeBody(bytes: string): void {
    this.#mayEdit();
    this.#body = toBytes(bytes);
    this.#bodyText = bytes;
  }

  #field(name: string): Field {
    if (typeof name !== "string" || !isToken(name)) {
      throw new TypeError(
        `Cannot read header ${JSON.stringify(name)}: it is not a field name`,
      );
    }
    const fields = this.#fields ??= new Map();
    const key = headerKey(name);
    const known = fields.get(key);
    if (known !== undefined) return known;
    const field = new Field({
      read: () => this.#headers ?? this.#original.headers,
      write: () => this.#edited(),
    }, name);
    fields.set(key, field);
    return field;
  }

  #party(name: "From" | "To"): PartyView {
    return new PartyEditor({
      read: () => (this.#headers ?? this.#original.headers).get(name) ?? "",
      write: (value) => {
        this.#mayEdit();
        if (!this.#rights.parties) {
          throw new TypeError(
            `Cannot set ${name}: the dialog decides it for this message`,
          );
        }
        this.#edited().set(name, value);
      },
    });
  }
}

/** The values of a field, and the views that were made of each. */
class Field {
  readonly #items: FieldItems;
  readonly #views = new Map<unknown, WeakMap<FieldItem, unknown>>();

  constructor(access: FieldAccess, name: string) {
    this.#items = new FieldItems(access, name);
  }

  /** One view a value, the same ones as before. */
  views<View>(Editor: new (item: FieldItem) => View): View[] {
    let known = this.#views.get(Editor) as WeakMap<FieldItem, View> | undefined;
    if (known === undefined) {
      known = new WeakMap();
      this.#views.set(Editor, known);
    }
    return this.#items.items().map((item) => {
      const view = known.get(item) ?? new Editor(item);
      known.set(item, view);
      return view;
    });
  }
}
