/** The views of single values of a header field: with parameters, addresses, Diversion, History-Info, Reason. */

import { fromText, toText, trimmed } from "../message/bytes.ts";
import { consistsOf, VALUE } from "../message/characters.ts";
import { isToken } from "../message/header_name.ts";
import {
  type NameAddr,
  parseNameAddr,
  quoteDisplay,
} from "../message/name_addr.ts";
import { getParam, withParam } from "../message/params.ts";
import { parseSipUri } from "../message/uri.ts";
import type { FieldItem } from "./field_items.ts";
import type {
  AddressView,
  DiversionView,
  HistoryView,
  ReasonView,
  UriView,
  ValueView,
} from "./message_views.ts";
import { UriEditor } from "./uri_editor.ts";

/** A {@linkcode ValueView} over one value of a field. */
export class ValueEditor implements ValueView {
  protected readonly item: FieldItem;

  constructor(item: FieldItem) {
    this.item = item;
  }

  get text(): string {
    return toText(this.item.read());
  }

  set text(text: string) {
    this.write(bytesOf(text, "value"));
  }

  get value(): string {
    return toText(this.split().value);
  }

  set value(value: string) {
    this.write(bytesOf(value, "value") + this.split().params);
  }

  param(name: string): string | undefined {
    const { params } = this.split();
    const value = getParam(params, bytesOf(name, "name").toLowerCase());
    return value === undefined ? undefined : toText(unquoted(value));
  }

  setParam(name: string, value: string | undefined): void {
    if (!isToken(bytesOf(name, "name"))) {
      throw new TypeError(
        `Cannot set parameter ${JSON.stringify(name)}: it is not a name`,
      );
    }
    const { value: head, params } = this.split();
    const bytes = value === undefined || value === ""
      ? undefined
      : quoted(bytesOf(value, `parameter ${name}`));
    const after = withParam(params, {
      name,
      value: bytes,
      remove: value === undefined,
    });
    if (after !== params) this.write(head + after);
  }

  delete(): void {
    this.item.delete();
  }

  toString(): string {
    return this.text;
  }

  /** Every edit of the value's text goes through here. */
  protected write(bytes: string): void {
    this.item.write(bytes);
  }

  /** The value and its parameters, each as written. */
  protected split(): { value: string; params: string } {
    const text = this.item.read();
    let isQuoted = false;
    for (let i = 0; i < text.length; i++) {
      const char = text.charAt(i);
      if (isQuoted) {
        if (char === "\\") i++;
        else if (char === '"') isQuoted = false;
      } else if (char === '"') isQuoted = true;
      else if (char === ";") {
        return { value: trimmed(text.slice(0, i)), params: text.slice(i) };
      }
    }
    return { value: text, params: "" };
  }

  /** A parameter that is a number; undefined when it is absent or none. */
  protected numberParam(name: string): number | undefined {
    return numberOf(this.param(name));
  }

  protected setNumberParam(name: string, value: number | undefined): void {
    this.setParam(name, numberText(value, name));
  }
}

/** An {@linkcode AddressView} over one value of a field. */
export class AddressEditor extends ValueEditor implements AddressView {
  readonly uri: UriView;

  constructor(item: FieldItem) {
    super(item);
    this.uri = new UriEditor({
      read: () => this.address?.uri ?? "",
      write: (uri) => this.#set({ uri }),
    });
  }

  get display(): string {
    return toText(this.address?.displayName ?? "");
  }

  set display(display: string) {
    this.#set({ display: quoteDisplay(bytesOf(display, "display name")) });
  }

  get user(): string {
    return this.uri.user;
  }

  set user(user: string) {
    this.uri.user = user;
  }

  get host(): string {
    return this.uri.host;
  }

  set host(host: string) {
    this.uri.host = host;
  }

  /** Undefined when the value is no address. */
  protected get address(): NameAddr | undefined {
    return parseNameAddr(this.item.read());
  }

  protected override write(bytes: string): void {
    if (parseNameAddr(trimmed(bytes)) === undefined) {
      throw new TypeError(
        `Cannot set address: "${toText(bytes)}" is not an address`,
      );
    }
    super.write(bytes);
  }

  /** §20.10: a name-addr's parameters follow the closing angle bracket. */
  protected override split(): { value: string; params: string } {
    const { address } = this;
    if (address === undefined) return super.split();
    const text = this.item.read();
    const { params } = address;
    return {
      value: trimmed(text.slice(0, text.length - params.length)),
      params,
    };
  }

  #set(parts: { display?: string; uri?: string }): void {
    const { address } = this;
    if (address === undefined) {
      throw new TypeError(
        `Cannot set address: "${this.text}" is not an address`,
      );
    }
    this.item.write(String(address.with(parts)));
  }
}

/** A {@linkcode DiversionView} over one value of Diversion. */
export class DiversionEditor extends AddressEditor implements DiversionView {
  get reason(): string | undefined {
    return this.param("reason");
  }

  set reason(reason: string | undefined) {
    this.setParam("reason", reason);
  }

  get counter(): number | undefined {
    return this.numberParam("counter");
  }

  // RFC 5806 §5: `diversion-counter = "counter" "=" 1*2DIGIT`.
  set counter(counter: number | undefined) {
    if (counter !== undefined && !(counter >= 1 && counter <= 99)) {
      throw new RangeError(
        `Cannot set counter: found ${counter}, wanted 1 to 99`,
      );
    }
    this.setNumberParam("counter", counter);
  }

  get privacy(): string | undefined {
    return this.param("privacy");
  }

  set privacy(privacy: string | undefined) {
    this.setParam("privacy", privacy);
  }
}

/** A {@linkcode HistoryView} over one value of History-Info. */
export class HistoryEditor extends AddressEditor implements HistoryView {
  get index(): string | undefined {
    return this.param("index");
  }

  set index(index: string | undefined) {
    // RFC 7044 §5.1: `hi-index = "index" EQUAL index-val`, `index-val = number *("." number)`.
    if (index !== undefined && !/^\d+(?:\.\d+)*$/.test(index)) {
      throw new TypeError(
        `Cannot set index: found ${JSON.stringify(index)}, wanted 1.2`,
      );
    }
    this.setParam("index", index);
  }

  get cause(): number | undefined {
    const own = numberOf(this.uri.param("cause"));
    if (own !== undefined) return own;
    // RFC 7044 §10.2: a Reason stands in the URI as an escaped header field, `?Reason=SIP%3Bcause%3D302`.
    const headers = parseSipUri(this.address?.uri ?? "")?.headers ?? "";
    const reason = /(?:^|&)reason=([^&]*)/i.exec(headers)?.[1] ?? "";
    const cause = /(?:%3b|;)cause(?:%3d|=)(\d+)/i.exec(reason)?.[1];
    return numberOf(cause);
  }

  set cause(cause: number | undefined) {
    this.uri.setParam("cause", numberText(cause, "cause"));
  }
}

/** A {@linkcode ReasonView} over one value of Reason. */
export class ReasonEditor implements ReasonView {
  readonly #value: ValueEditor;

  constructor(item: FieldItem) {
    this.#value = new ValueEditor(item);
  }

  get protocol(): string {
    return this.#value.value;
  }

  get cause(): number | undefined {
    return numberOf(this.#value.param("cause"));
  }

  set cause(cause: number | undefined) {
    this.#value.setParam("cause", numberText(cause, "cause"));
  }

  get text(): string | undefined {
    return this.#value.param("text");
  }

  set text(text: string | undefined) {
    this.#value.text = reasonText(this.protocol, {
      params: withoutText(this.#value.text),
      text,
    });
  }

  delete(): void {
    this.#value.delete();
  }
}

/** A value of Reason as text; throws TypeError for a protocol that is no token. */
export function writtenReason(
  protocol: string,
  { cause, text }: { cause?: number; text?: string },
): string {
  if (typeof protocol !== "string" || !isToken(protocol)) {
    throw new TypeError(
      `Cannot set Reason: ${JSON.stringify(protocol)} is not a protocol`,
    );
  }
  const number = numberText(cause, "cause");
  return reasonText(protocol, {
    params: number === undefined ? "" : `;cause=${number}`,
    text,
  });
}

/** RFC 3326 §2: `reason-text = "text" EQUAL quoted-string`: in quotes whatever it holds. */
function reasonText(
  protocol: string,
  { params, text }: { params: string; text: string | undefined },
): string {
  if (text === undefined) return protocol + params;
  bytesOf(text, "text");
  return `${protocol}${params};text="${text.replace(/(["\\])/g, "\\$1")}"`;
}

/** The parameters of a value but `text`. */
function withoutText(value: string): string {
  const semicolon = value.indexOf(";");
  return semicolon < 0 ? "" : withParam(value.slice(semicolon), {
    name: "text",
    value: undefined,
    remove: true,
  });
}

/** What people wrote as bytes; throws TypeError for what cannot stand in a value. */
function bytesOf(text: string, what: string): string {
  if (typeof text !== "string") {
    throw new TypeError(
      `Cannot set ${what}: found ${typeof text}, wanted text`,
    );
  }
  if (/[\r\n\0]/.test(text)) {
    throw new TypeError(`Cannot set ${what}: it has a line break or a NUL`);
  }
  return fromText(text);
}

function unquoted(value: string): string {
  return value.length > 1 && value.startsWith('"') && value.endsWith('"')
    ? value.slice(1, -1).replace(/\\(.)/gs, "$1")
    : value;
}

function quoted(value: string): string {
  return consistsOf(value, VALUE)
    ? value
    : `"${value.replace(/(["\\])/g, "\\$1")}"`;
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text)
    ? Number(text)
    : undefined;
}

function numberText(
  value: number | undefined,
  what: string,
): string | undefined {
  if (value === undefined) return undefined;
  if (!Number.isInteger(value) || value < 0 || value > 999_999_999) {
    throw new RangeError(`Cannot set ${what}: found ${value}, wanted a number`);
  }
  return String(value);
}
