/**
 * A message as a policy reads it and, where it may, writes it. Edits take effect together when the hook returns, and
 * not at all when it throws; what nobody edits stays byte for byte as it came.
 *
 * All text here is text as people write it (UTF-8 decoded), not the byte strings of `core/message`.
 *
 * @module
 */

import type { BodyView, SdpView } from "./body_views.ts";

/** A URI as a policy reads it, and where it may, writes it. Writing a bad part throws TypeError. */
export interface UriView {
  /** `sip`, `sips`, `tel` or other. */
  readonly scheme: string;
  /** The user, without password, escapes as written; "" when there is none. A `tel:` URI's number. */
  user: string;
  /** "" for a URI without one (`tel:`). */
  host: string;
  /** Undefined when the URI names none. */
  port: number | undefined;
  /** The value of a URI parameter: undefined when absent, "" when it has none. */
  param(name: string): string | undefined;
  /** Sets a URI parameter (value "" writes it without a value), or removes it (undefined). */
  setParam(name: string, value: string | undefined): void;
  /** The whole URI; may be assigned. */
  text: string;
  /** The whole URI. */
  toString(): string;
}

/** From or To. */
export interface PartyView {
  /** The display name without quotes; "" when there is none. */
  display: string;
  /** Its URI. */
  readonly uri: UriView;
  /** Short for `uri.user`. */
  user: string;
  /** Short for `uri.host`. */
  host: string;
  /** Legwork's own; undefined when there is none. */
  readonly tag: string | undefined;
}

/** Header fields in order; names in any case or compact form. Writing what Legwork owns throws TypeError. */
export interface HeadersView {
  /** The first value of that name. */
  get(name: string): string | undefined;
  /** All values of that name, one a line. */
  getAll(name: string): string[];
  /** The value of one line of that name, counted from 0, or from the last with -1. */
  at(name: string, index: number): string | undefined;
  /** The items of a comma list, of all lines of that name: `headers.list("Allow")`. */
  list(name: string): string[];
  /** Whether there is a field of that name. */
  has(name: string): boolean;
  /** Replaces the first in its place and removes the others, or appends. */
  set(name: string, value: string): void;
  /** Replaces one line of that name in its place; throws RangeError when there is no such line. */
  setAt(name: string, index: number, value: string): void;
  /** Adds a line after all others. */
  append(name: string, value: string): void;
  /** Adds a line before the others of that name, or at the top: the place of a new Diversion (RFC 5806). */
  prepend(name: string, value: string): void;
  /** Removes all; says whether there was one. */
  delete(name: string): boolean;
  /** Removes one line of that name; says whether there was one. */
  deleteAt(name: string, index: number): boolean;
  /** Renames all; says whether there was one. */
  rename(from: string, to: string): boolean;
  /** Names in order as written, a line each. */
  names(): string[];
}

/** Header fields that are not to be changed. */
export type ReadHeaders = Pick<
  HeadersView,
  "get" | "getAll" | "at" | "list" | "has" | "names"
>;

/** One value of a header field, with its parameters: `attachment;handling=optional`. */
export interface ValueView {
  /** The whole value, parameters included; may be assigned. */
  text: string;
  /** What stands before the parameters; may be assigned. */
  value: string;
  /** A parameter's value without quotes: undefined when absent, "" when it has none. */
  param(name: string): string | undefined;
  /** Sets a parameter, with quotes where it needs them (value "" writes it without a value), or removes it (undefined). */
  setParam(name: string, value: string | undefined): void;
  /** Removes this value; the field goes with its last one. */
  delete(): void;
}

/**
 * A value that holds an address, with or without angle brackets (RFC 3261 section 20.10): P-Asserted-Identity and
 * P-Preferred-Identity (RFC 3325), Remote-Party-ID, Referred-By (RFC 3892) and their kind.
 */
export interface AddressView extends ValueView {
  /** The display name without quotes; "" when there is none. */
  display: string;
  /** Its URI: `sip`, `sips`, `tel`. */
  readonly uri: UriView;
  /** Short for `uri.user`. */
  user: string;
  /** Short for `uri.host`. */
  host: string;
}

/** A value of Diversion (RFC 5806): who diverted a call; the last diversion comes first. */
export interface DiversionView extends AddressView {
  /** Why: `no-answer`, `user-busy`, `unconditional`, `deflection`, `unavailable` and others. */
  reason: string | undefined;
  /** How many diversions this value stands for; 1 to 99. */
  counter: number | undefined;
  /** `full`, `name`, `uri` or `off`. */
  privacy: string | undefined;
}

/** A value of History-Info (RFC 7044): one target the call was sent to, in order. */
export interface HistoryView extends AddressView {
  /** Its place in the tree of targets: `1.2`. */
  index: string | undefined;
  /**
   * Why the call went on from here: the URI parameter `cause` (RFC 4458), or else the cause of the Reason that the URI
   * carries. Written as the URI parameter.
   */
  cause: number | undefined;
}

/** A value of Reason (RFC 3326): `Q.850;cause=16;text="Normal call clearing"`. */
export interface ReasonView {
  /** `SIP`, `Q.850` or other. */
  readonly protocol: string;
  /** The cause, which for `SIP` is a status. */
  cause: number | undefined;
  /** Words for people, without quotes. */
  text: string | undefined;
  /** Removes this value; the field goes with its last one. */
  delete(): void;
}

/** The values of Privacy (RFC 3323; `id` is RFC 3325's, `history` RFC 7044's). */
export interface PrivacyView {
  /** All of them in order, in lower case. */
  list(): string[];
  /** Whether it is among them. */
  has(token: string): boolean;
  /** Adds one; "none" takes the place of all others, as RFC 3323 section 4.2 has it. */
  add(token: string): void;
  /** Removes one; says whether it was there. The field goes with its last one. */
  remove(token: string): boolean;
}

/** What the header fields and the body of a message or a call hold, taken apart. */
export interface ContentView {
  /** The first value of a header field with parameters: `message.value("Content-Disposition")`. */
  value(name: string): ValueView | undefined;
  /** All values of a header field with parameters, comma lists taken apart. */
  values(name: string): ValueView[];
  /** The first value of a header field that is an address: `message.address("P-Asserted-Identity")`. */
  address(name: string): AddressView | undefined;
  /** All values of a header field that are addresses, comma lists taken apart. */
  addresses(name: string): AddressView[];
  /** The values of Diversion, the last diversion first. */
  diversions(): DiversionView[];
  /** The values of History-Info in order. */
  history(): HistoryView[];
  /** The values of Reason in order. */
  reasons(): ReasonView[];
  /** The values of Privacy. */
  readonly privacy: PrivacyView;
  /** The media type of the body in lower case, without parameters; "" when there is none. */
  readonly contentType: string;
  /** The session description, of the body or of the first part that is one; undefined when there is none. */
  readonly sdp: SdpView | undefined;
  /** The parts of a body of several (RFC 5621), or none. */
  readonly parts: readonly BodyView[];
  /** The first part of that media type. */
  part(contentType: string): BodyView | undefined;
}

/** A message in a hook. Edits take effect together when the hook returns, and not at all when it throws. */
export interface MessageView extends ContentView {
  /** Which of the two it is. */
  readonly kind: "request" | "response";
  /** Of a response: the method of its request. */
  readonly method: string;
  /** 0 for a request. */
  readonly status: number;
  /** The reason phrase; "" for a request. */
  readonly reason: string;
  /** The request URI; of a response, "" in all parts. */
  readonly uri: UriView;
  /** Who sent the request. */
  readonly from: PartyView;
  /** Whom the request was sent to. */
  readonly to: PartyView;
  /** All header fields. */
  readonly headers: HeadersView;
  /** Decoded as UTF-8; assigning replaces the body, "" removes it with its Content-Type. One without a type is text/plain. */
  body: string;
  /** Replaces the body and says what it is: `message.setBody("hello", "text/plain")`. */
  setBody(text: string, contentType: string): void;
  /** Sets the value of Reason for a protocol (RFC 3326 section 2: one each), others left alone. */
  setReason(
    protocol: string,
    parts: { cause?: number; text?: string },
  ): void;
}
