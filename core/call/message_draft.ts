/**
 * A message as a policy sees it: read through, and copied at the first edit. Whoever made the draft takes the result
 * when the hook has returned, or throws the draft away when it has not.
 *
 * @module
 */

import { fromText, toBytes, toText } from "../message/bytes.ts";
import { fromBytes } from "../message/bytes.ts";
import { headerKey, isToken } from "../message/header_name.ts";
import type { Headers } from "../message/headers.ts";
import {
  type SipMessage,
  SipRequest,
  SipResponse,
} from "../message/message.ts";
import { EditJournal } from "./edits.ts";
import type { HeadersView, MessageView, PartyView, UriView } from "./policy.ts";
import { PartyEditor, UriEditor } from "./uri_editor.ts";

/** Fields a policy may read and never write, by key. */
export const PROTECTED_FIELDS: ReadonlySet<string> = new Set([
  "via",
  "route",
  "record-route",
  "contact",
  "call-id",
  "cseq",
  "max-forwards",
  "content-length",
  "from",
  "to",
  "rseq",
  "rack",
  "session-expires",
  "min-se",
]);

/** What may be edited besides header fields and body. */
export interface DraftRights {
  /** The request URI: of requests that create a dialog or stand alone. */
  readonly uri: boolean;
  /** From and To, their tags apart: likewise. */
  readonly parties: boolean;
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
  #uriView: UriView | undefined;
  #fromView: PartyView | undefined;
  #toView: PartyView | undefined;
  #headersView: HeadersView | undefined;

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

  get body(): string {
    return toText(fromBytes(this.#body ?? this.#original.body));
  }

  set body(text: string) {
    this.#body = toBytes(fromText(String(text)));
    if (this.#body.length === 0) {
      this.#edited().delete("Content-Type");
    }
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

  #edited(): Headers {
    return this.#headers ??= this.#original.headers.clone();
  }

  #party(name: "From" | "To"): PartyView {
    return new PartyEditor({
      read: () => (this.#headers ?? this.#original.headers).get(name) ?? "",
      write: (value) => {
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

class DraftHeaders implements HeadersView {
  readonly #read: () => Headers;
  readonly #write: () => Headers;

  constructor(read: () => Headers, write: () => Headers) {
    this.#read = read;
    this.#write = write;
  }

  get(name: string): string | undefined {
    const value = this.#read().get(name);
    return value === undefined ? undefined : toText(value);
  }

  getAll(name: string): string[] {
    return this.#read().getAll(name).map(toText);
  }

  has(name: string): boolean {
    return this.#read().has(name);
  }

  set(name: string, value: string): void {
    checkName("set", name);
    const bytes = checkedValue("set", { name, value });
    this.#write().set(name, bytes);
  }

  append(name: string, value: string): void {
    checkName("append", name);
    const bytes = checkedValue("append", { name, value });
    this.#write().append(name, bytes);
  }

  delete(name: string): boolean {
    checkName("delete", name);
    return this.has(name) && this.#write().delete(name) > 0;
  }

  rename(from: string, to: string): boolean {
    checkName("rename", from);
    checkName("rename", to);
    return this.has(from) && this.#write().rename(from, to) > 0;
  }

  names(): string[] {
    return this.#read().lines.map((line) => line.name);
  }
}

/** Throws unless a policy may write a field of that name. */
export function checkName(verb: string, name: string): void {
  if (typeof name !== "string" || !isToken(name)) {
    throw new TypeError(
      `Cannot ${verb} header ${JSON.stringify(name)}: it is not a field name`,
    );
  }
  if (PROTECTED_FIELDS.has(headerKey(name))) {
    throw new TypeError(`Cannot ${verb} header "${name}": Legwork owns it`);
  }
}

/** The value as a byte string; throws when it could not stand in a header line. */
export function checkedValue(
  verb: string,
  { name, value }: { name: string; value: unknown },
): string {
  const text = String(value);
  const bad = /[\r\n\0]/.exec(text);
  if (bad !== null) {
    const what = bad[0] === "\0" ? "a NUL" : "a line break";
    throw new TypeError(
      `Cannot ${verb} header "${name}": its value has ${what}`,
    );
  }
  if (text.length > MAX_VALUE) {
    throw new TypeError(
      `Cannot ${verb} header "${name}": its value has ${text.length} characters, at most ${MAX_VALUE} fit`,
    );
  }
  return fromText(text);
}

const MAX_VALUE = 8_000;
