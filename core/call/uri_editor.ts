/** The views of a URI and of From and To that a policy reads and writes. */

import { fromText, toText } from "../message/bytes.ts";
import { withParam } from "../message/params.ts";
import {
  type NameAddr,
  parseNameAddr,
  quoteDisplay,
} from "../message/name_addr.ts";
import { isUri, parseSipUri, type SipUri } from "../message/uri.ts";
import type { PartyView, UriView } from "./message_views.ts";

/** Where an edited text lives. `write` throws when it may not be changed. */
export interface Place {
  /** A byte string. */
  read(): string;
  write(bytes: string): void;
}

/** A {@linkcode UriView} over a URI kept elsewhere. */
export class UriEditor implements UriView {
  readonly #place: Place;

  constructor(place: Place) {
    this.#place = place;
  }

  get scheme(): string {
    const text = this.#place.read();
    return text.slice(0, Math.max(0, text.indexOf(":"))).toLowerCase();
  }

  get user(): string {
    const sip = this.#sip();
    return toText(sip === undefined ? this.#opaque().user : sip.user ?? "");
  }

  set user(user: string) {
    const bytes = fromText(user);
    const sip = this.#sip();
    if (sip !== undefined) {
      this.#write(sip.with({ user: bytes === "" ? undefined : bytes }));
    } else {
      const { scheme, params } = this.#opaque();
      this.#write(`${scheme}:${bytes}${params}`);
    }
  }

  get host(): string {
    return toText(this.#sip()?.host ?? "");
  }

  set host(host: string) {
    this.#write(this.#needSip("host").with({ host: fromText(host) }));
  }

  get port(): number | undefined {
    return this.#sip()?.port;
  }

  set port(port: number | undefined) {
    this.#write(this.#needSip("port").with({ port }));
  }

  get text(): string {
    return toText(this.#place.read());
  }

  set text(text: string) {
    this.#write(fromText(text));
  }

  param(name: string): string | undefined {
    const value = this.#sip()?.param(name.toLowerCase());
    return value === undefined ? undefined : toText(value);
  }

  setParam(name: string, value: string | undefined): void {
    const sip = this.#needSip(`parameter ${name}`);
    const params = withParam(sip.params, {
      name: fromText(name),
      value: value === undefined || value === "" ? undefined : fromText(value),
      remove: value === undefined,
    });
    this.#write(sip.with({ params }));
  }

  toString(): string {
    return this.text;
  }

  #sip(): SipUri | undefined {
    return parseSipUri(this.#place.read());
  }

  #needSip(part: string): SipUri {
    const sip = this.#sip();
    if (sip === undefined) {
      throw new TypeError(
        `Cannot set ${part}: "${this.text}" is not a SIP URI`,
      );
    }
    return sip;
  }

  /** `tel:+49301;phone-context=x` taken apart at the colon and the first semicolon. */
  #opaque(): { scheme: string; user: string; params: string } {
    const text = this.#place.read();
    const colon = text.indexOf(":");
    const semicolon = text.indexOf(";", colon);
    const end = semicolon < 0 ? text.length : semicolon;
    return {
      scheme: text.slice(0, Math.max(0, colon)),
      user: text.slice(colon + 1, end),
      params: text.slice(end),
    };
  }

  #write(uri: SipUri | string): void {
    const bytes = String(uri);
    if (!isUri(bytes)) {
      throw new TypeError(`Cannot set URI: "${toText(bytes)}" is not a URI`);
    }
    this.#place.write(bytes);
  }
}

/** A {@linkcode PartyView} over a From or To value kept elsewhere. */
export class PartyEditor implements PartyView {
  readonly #place: Place;
  readonly uri: UriView;

  constructor(place: Place) {
    this.#place = place;
    this.uri = new UriEditor({
      read: () => this.#party()?.uri ?? "",
      write: (uri) => this.#write({ uri }),
    });
  }

  get display(): string {
    return toText(this.#party()?.displayName ?? "");
  }

  set display(display: string) {
    if (/[\r\n\0]/.test(display)) {
      throw new TypeError(
        "Cannot set display name: it has a line break or a NUL",
      );
    }
    this.#write({ display: quoteDisplay(fromText(display)) });
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

  get tag(): string | undefined {
    return this.#party()?.tag;
  }

  #party(): NameAddr | undefined {
    return parseNameAddr(this.#place.read());
  }

  #write(parts: { display?: string; uri?: string }): void {
    const party = this.#party();
    if (party !== undefined) this.#place.write(String(party.with(parts)));
  }
}
