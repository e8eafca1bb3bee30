/** The views of a body of several parts. */

import { fromText, toText } from "../message/bytes.ts";
import { isToken } from "../message/header_name.ts";
import {
  joinMultipart,
  mediaType,
  type Multipart,
  type MultipartPart,
  parseMultipart,
  withPartBody,
  withPartHeader,
} from "../message/multipart.ts";
import type { BodyView, SdpView } from "./body_views.ts";
import { checkedValue } from "./draft_headers.ts";
import { SdpEditor } from "./sdp_editor.ts";
import type { Place } from "./uri_editor.ts";

/** The media type of session descriptions (RFC 8866 section 8.1). */
export const SDP_TYPE = "application/sdp";

/** The parts of a body kept elsewhere as a byte string. */
export class PartsEditor {
  readonly #place: Place;
  readonly #contentType: () => string | undefined;
  #text: string | undefined;
  #type: string | undefined;
  #multipart: Multipart | undefined;
  #parts: PartEditor[] = [];

  constructor(place: Place, contentType: () => string | undefined) {
    this.#place = place;
    this.#contentType = contentType;
  }

  /** In order; none when the body has no parts. */
  parts(): PartEditor[] {
    const text = this.#place.read();
    const type = this.#contentType();
    if (text !== this.#text || type !== this.#type) {
      this.#text = text;
      this.#type = type;
      this.#multipart = parseMultipart(type, text);
      this.#parts = (this.#multipart?.parts ?? [])
        .map((part) => new PartEditor(this, part));
    }
    return this.#parts.slice();
  }

  /** Puts a part in the place of another, or takes it out. */
  replace(editor: PartEditor, part: MultipartPart | undefined): void {
    const at = this.parts().indexOf(editor);
    if (at < 0 || this.#multipart === undefined) {
      throw new TypeError("Cannot set part: the body was replaced");
    }
    const parts = this.#multipart.parts.slice();
    if (part === undefined) parts.splice(at, 1);
    else parts[at] = part;
    if (parts.length === 0) {
      throw new TypeError(
        "Cannot delete part: it is the last one; assign the body instead",
      );
    }
    const changed = { ...this.#multipart, parts };
    const text = joinMultipart(changed);
    this.#place.write(text);
    this.#multipart = changed;
    this.#text = text;
    if (part === undefined) this.#parts.splice(at, 1);
  }

  get boundary(): string {
    return this.#multipart?.boundary ?? "";
  }
}

/** A {@linkcode BodyView} over one part. */
export class PartEditor implements BodyView {
  readonly #owner: PartsEditor;
  #part: MultipartPart;
  #sdp: SdpEditor | undefined;

  constructor(owner: PartsEditor, part: MultipartPart) {
    this.#owner = owner;
    this.#part = part;
  }

  get contentType(): string {
    // RFC 2046 §5.1: without a Content-Type a part is plain text.
    return mediaType(this.#part.headers.get("Content-Type") ?? "text/plain");
  }

  header(name: string): string | undefined {
    const value = this.#part.headers.get(String(name));
    return value === undefined ? undefined : toText(value);
  }

  setHeader(name: string, value: string | undefined): void {
    if (typeof name !== "string" || !isToken(name)) {
      throw new TypeError(
        `Cannot set header ${JSON.stringify(name)}: it is not a field name`,
      );
    }
    const bytes = value === undefined
      ? undefined
      : checkedValue("set", { name, value });
    this.#replace(withPartHeader(this.#part, name, bytes));
  }

  get body(): string {
    return toText(this.#part.body);
  }

  set body(text: string) {
    this.#write(fromText(String(text)));
  }

  get sdp(): SdpView | undefined {
    if (this.contentType !== SDP_TYPE || !this.#part.body.startsWith("v=")) {
      return undefined;
    }
    return this.#sdp ??= new SdpEditor({
      read: () => this.#part.body,
      write: (bytes) => this.#write(bytes),
    });
  }

  delete(): void {
    this.#owner.replace(this, undefined);
  }

  #write(body: string): void {
    const { boundary } = this.#owner;
    this.#replace(withPartBody(this.#part, { body, boundary }));
  }

  #replace(part: MultipartPart): void {
    this.#owner.replace(this, part);
    this.#part = part;
  }
}
