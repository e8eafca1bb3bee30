/** The views of a session description that is kept elsewhere as text. */

import { fromText, toText } from "../message/bytes.ts";
import { isToken } from "../message/header_name.ts";
import {
  isCompanion,
  isNamed,
  payloadFormats,
  preferFormats,
  removeFormats,
} from "../sdp/codecs.ts";
import type { MediaDescription } from "../sdp/media_description.ts";
import type { SdpSection } from "../sdp/section.ts";
import {
  addressOf,
  SessionDescription,
  setAddress,
} from "../sdp/session_description.ts";
import type {
  AttributesView,
  Codec,
  CodecsView,
  MediaView,
  SdpView,
} from "./body_views.ts";
import type { Place } from "./uri_editor.ts";

/** Most codecs named at once: there are fewer in the registry. */
const MAX_NAMES = 200;

/** A {@linkcode SdpView} over a byte string, which is read again whenever somebody else has changed it. */
export class SdpEditor implements SdpView {
  readonly #place: Place;
  #text = "";
  #description: SessionDescription | undefined;
  #media: MediaEditor[] = [];
  readonly attributes: AttributesView;

  constructor(place: Place) {
    this.#place = place;
    this.attributes = new AttributesEditor(this, (all) => all.session);
  }

  get text(): string {
    return toText(this.#place.read());
  }

  set text(text: string) {
    const bytes = fromText(String(text));
    if (SessionDescription.parse(bytes) === undefined) {
      throw new TypeError(
        "Cannot set session description: it does not begin with v=",
      );
    }
    this.#place.write(bytes);
  }

  get origin(): string {
    return toText(this.read().session.get("o") ?? "");
  }

  get connection(): string | undefined {
    return addressOf(this.read().session.get("c"));
  }

  set connection(address: string | undefined) {
    const text = checkedText(address, "connection");
    this.edit((all) => setAddress(all.session, text));
  }

  get direction(): string {
    return this.read().session.direction ?? "sendrecv";
  }

  set direction(direction: string) {
    this.edit((all) => all.session.direction = direction);
  }

  get media(): readonly MediaView[] {
    const count = this.read().media.length;
    while (this.#media.length < count) {
      this.#media.push(new MediaEditor(this, this.#media.length));
    }
    this.#media.length = count;
    return this.#media.slice();
  }

  /** The description as it stands, to read. */
  read(): SessionDescription {
    const text = this.#place.read();
    if (this.#description === undefined || text !== this.#text) {
      const description = SessionDescription.parse(text);
      if (description === undefined) {
        throw new TypeError(
          "Cannot use session description: the body is none any more",
        );
      }
      this.#description = description;
      this.#text = text;
    }
    return this.#description;
  }

  /** Edits the description and writes it; an edit that throws leaves it as it was. */
  edit<T>(change: (description: SessionDescription) => T): T {
    const description = this.read();
    this.#description = undefined;
    const result = change(description);
    const text = String(description);
    if (text !== this.#text) this.#place.write(text);
    this.#description = description;
    this.#text = text;
    return result;
  }
}

type SectionOf = (description: SessionDescription) => SdpSection;

class AttributesEditor implements AttributesView {
  readonly #sdp: SdpEditor;
  readonly #section: SectionOf;

  constructor(sdp: SdpEditor, section: SectionOf) {
    this.#sdp = sdp;
    this.#section = section;
  }

  get(name: string): string | undefined {
    const found = this.#read().attribute(name);
    return found === undefined ? undefined : toText(found.value ?? "");
  }

  getAll(name: string): string[] {
    return this.#read().attributes().filter((each) => each.name === name)
      .map((each) => toText(each.value ?? ""));
  }

  has(name: string): boolean {
    return this.#read().attribute(name) !== undefined;
  }

  set(name: string, value?: string): void {
    const attribute = checkedAttribute(name, value);
    this.#sdp.edit((all) => this.#section(all).setAttribute(attribute));
  }

  append(name: string, value?: string): void {
    const attribute = checkedAttribute(name, value);
    this.#sdp.edit((all) => this.#section(all).appendAttribute(attribute));
  }

  delete(name: string): boolean {
    return this.#sdp.edit((all) =>
      this.#section(all).removeAttributes((each) => each.name === name) > 0
    );
  }

  names(): string[] {
    return this.#read().attributes().map((each) => toText(each.name));
  }

  #read(): SdpSection {
    return this.#section(this.#sdp.read());
  }
}

class MediaEditor implements MediaView {
  readonly #sdp: SdpEditor;
  readonly #index: number;
  readonly codecs: CodecsView;
  readonly attributes: AttributesView;

  constructor(sdp: SdpEditor, index: number) {
    this.#sdp = sdp;
    this.#index = index;
    const own = (all: SessionDescription): MediaDescription =>
      mediumAt(all, index);
    this.codecs = new CodecsEditor(sdp, own);
    this.attributes = new AttributesEditor(sdp, own);
  }

  get kind(): string {
    return toText(this.#read().kind);
  }

  get port(): number {
    return this.#read().port;
  }

  set port(port: number) {
    this.#edit((medium) => medium.port = port);
  }

  get protocol(): string {
    return toText(this.#read().protocol);
  }

  set protocol(protocol: string) {
    const text = checkedText(protocol, "protocol");
    this.#edit((medium) => medium.protocol = text);
  }

  get formats(): string[] {
    return this.#read().formats.map(toText);
  }

  get connection(): string | undefined {
    return addressOf(this.#read().get("c")) ?? this.#sdp.connection;
  }

  set connection(address: string | undefined) {
    const text = checkedText(address, "connection");
    this.#edit((medium) => setAddress(medium, text));
  }

  get direction(): string {
    return this.#read().direction ?? this.#sdp.direction;
  }

  set direction(direction: string) {
    this.#edit((medium) => medium.direction = direction);
  }

  disable(): void {
    this.port = 0;
  }

  #read(): MediaDescription {
    return mediumAt(this.#sdp.read(), this.#index);
  }

  #edit(change: (medium: MediaDescription) => void): void {
    this.#sdp.edit((all) => change(mediumAt(all, this.#index)));
  }
}

class CodecsEditor implements CodecsView {
  readonly #sdp: SdpEditor;
  readonly #medium: (description: SessionDescription) => MediaDescription;

  constructor(
    sdp: SdpEditor,
    medium: (description: SessionDescription) => MediaDescription,
  ) {
    this.#sdp = sdp;
    this.#medium = medium;
  }

  list(): Codec[] {
    return payloadFormats(this.#medium(this.#sdp.read())).map((format) => ({
      ...format,
      name: toText(format.name),
      fmtp: toText(format.fmtp),
    }));
  }

  has(name: string): boolean {
    const [wanted] = checkedNames([name]);
    return payloadFormats(this.#medium(this.#sdp.read()))
      .some((format) => isNamed(format, wanted!));
  }

  remove(...names: string[]): number {
    const unwanted = checkedNames(names);
    return this.#sdp.edit((all) =>
      removeFormats(
        this.#medium(all),
        (format) => unwanted.some((name) => isNamed(format, name)),
      )
    );
  }

  keep(...names: string[]): number {
    const wanted = checkedNames(names);
    return this.#sdp.edit((all) =>
      removeFormats(
        this.#medium(all),
        (format) =>
          !isCompanion(format) && !wanted.some((name) => isNamed(format, name)),
      )
    );
  }

  prefer(...names: string[]): boolean {
    const first = checkedNames(names);
    return this.#sdp.edit((all) => preferFormats(this.#medium(all), first));
  }
}

function mediumAt(all: SessionDescription, index: number): MediaDescription {
  const medium = all.media[index];
  if (medium === undefined) {
    throw new TypeError(
      `Cannot use medium ${index}: the session description has ${all.media.length}`,
    );
  }
  return medium;
}

function checkedNames(names: readonly string[]): string[] {
  if (names.length > MAX_NAMES) {
    throw new RangeError(
      `Cannot use codec names: found ${names.length}, at most ${MAX_NAMES}`,
    );
  }
  return names.map((name) => checkedText(name, "codec name"));
}

function checkedAttribute(
  name: string,
  value: string | undefined,
): { name: string; value: string | undefined } {
  // RFC 8866 §9: `attribute-name = token`.
  if (typeof name !== "string" || !isToken(name)) {
    throw new TypeError(
      `Cannot set attribute ${JSON.stringify(name)}: it is not a name`,
    );
  }
  return {
    name,
    value: value === undefined
      ? undefined
      : checkedText(value, `attribute "${name}"`),
  };
}

function checkedText(text: unknown, what: string): string {
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
