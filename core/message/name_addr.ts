/** `"Display" <sip:user@host>;tag=x`: the value of From, To, Contact, Route and their kind (RFC 3261 section 20.10). */

import { asText } from "../base/as_text.ts";
import { trimmedPart } from "./bytes.ts";
import { codeAt, consistsOf, DISPLAY, skipSpace } from "./characters.ts";
import { areParams, endOfQuoted, getParam, withParam } from "./params.ts";
import { isUri, parseSipUri, type SipUri } from "./uri.ts";

const QUOTE = 0x22;

/** A name-addr or addr-spec with its header parameters, immutable. */
export class NameAddr {
  #sipUri: SipUri | undefined | null = null;
  #tag: string | undefined | null = null;

  constructor(
    /** As written, quotes included; empty when there is none. */
    readonly display: string,
    /** The URI as written. */
    readonly uri: string,
    /** `;tag=x`, or empty. */
    readonly params: string,
    /** The URI taken apart already, where it was. */
    sipUri?: SipUri,
  ) {
    if (sipUri !== undefined) this.#sipUri = sipUri;
  }

  /** The URI taken apart, or undefined when it is not `sip:` or `sips:`. */
  get sipUri(): SipUri | undefined {
    if (this.#sipUri === null) this.#sipUri = parseSipUri(this.uri);
    return this.#sipUri;
  }

  /** The display name without its quotes and escapes; a byte string. */
  get displayName(): string {
    return this.display.startsWith('"')
      ? this.display.slice(1, -1).replace(/\\(.)/gs, "$1")
      : this.display;
  }

  get tag(): string | undefined {
    if (this.#tag === null) this.#tag = getParam(this.params, "tag");
    return this.#tag;
  }

  /** The value of a header parameter: undefined when absent, "" when it has none. `name` is lower case. */
  param(name: string): string | undefined {
    return getParam(this.params, name);
  }

  /** The same with a header parameter set. */
  withParam(name: string, value: string | undefined): NameAddr {
    return new NameAddr(
      this.display,
      this.uri,
      withParam(this.params, { name, value }),
    );
  }

  /** The same with other parts. */
  with(parts: { display?: string; uri?: string; params?: string }): NameAddr {
    return new NameAddr(
      parts.display ?? this.display,
      parts.uri ?? this.uri,
      parts.params ?? this.params,
    );
  }

  toString(): string {
    const display = this.display === "" ? "" : `${this.display} `;
    return `${display}<${this.uri}>${this.params}`;
  }
}

/**
 * Parses one name-addr or addr-spec; undefined when malformed.
 *
 * Hot path: all is found by index and cut out once; the URI is checked, and taken apart by who asks for that.
 */
export function parseNameAddr(whole: string): NameAddr | undefined {
  const text = asText(whole);
  const quoted = codeAt(text, 0) === QUOTE;
  const nameEnd = quoted ? endOfQuoted(text, 0) : 0;
  if (nameEnd < 0) return undefined;
  const open = text.indexOf("<", nameEnd);
  const semicolon = text.indexOf(";", nameEnd);
  if (open < 0 || (semicolon >= 0 && semicolon < open)) {
    return parseAddrSpec(text, semicolon);
  }
  const close = text.indexOf(">", open);
  if (close < 0) return undefined;
  // Outside quotes §25.1 wants tokens; UTF-8 without quotes is seen everywhere and harms nothing.
  const isDisplay = quoted
    ? skipSpace(text, nameEnd) === open
    : consistsOf(text, DISPLAY, 0, open);
  if (!isDisplay || !areParams(text, close + 1)) return undefined;
  // RFC 4475 §3.1.2.14: "Elements attempting to be liberal may ignore the spaces" around the URI.
  const uri = trimmedPart(text, open + 1, close);
  return isUri(uri)
    ? new NameAddr(
      trimmedPart(text, 0, open),
      uri,
      trimmedPart(text, close + 1, text.length),
    )
    : undefined;
}

/** A display name as it is written: in quotes, with escapes, where it has to be. `text` is a byte string. */
export function quoteDisplay(text: string): string {
  return consistsOf(text, DISPLAY)
    ? text
    : `"${text.replace(/(["\\])/g, "\\$1")}"`;
}

/**
 * §20: "If the URI is not enclosed in angle brackets, any semicolon-delimited parameters are header-parameters,
 * not URI parameters."
 */
function parseAddrSpec(
  text: string,
  semicolon: number,
): NameAddr | undefined {
  const end = semicolon < 0 ? text.length : semicolon;
  const uri = trimmedPart(text, 0, end);
  // The same place: "If the URI contains a comma, question mark or semicolon, the URI MUST be enclosed in angle brackets".
  if (uri.includes(",") || uri.includes("?")) return undefined;
  return areParams(text, end) && isUri(uri)
    ? new NameAddr("", uri, trimmedPart(text, end, text.length))
    : undefined;
}
