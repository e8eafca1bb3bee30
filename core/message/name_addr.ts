/** `"Display" <sip:user@host>;tag=x`: the value of From, To, Contact, Route and their kind (RFC 3261 section 20.10). */

import { trimmed } from "./bytes.ts";
import { consistsOf, DISPLAY } from "./characters.ts";
import { areParams, endOfQuoted, getParam, withParam } from "./params.ts";
import { isUri, parseSipUri, type SipUri } from "./uri.ts";

/** A name-addr or addr-spec with its header parameters, immutable. */
export class NameAddr {
  #sipUri: SipUri | undefined | null = null;

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
    return getParam(this.params, "tag");
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

/** Parses one name-addr or addr-spec; undefined when malformed. */
export function parseNameAddr(text: string): NameAddr | undefined {
  const quoted = text.startsWith('"');
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
  if (!quoted && !consistsOf(text, DISPLAY, 0, open)) return undefined;
  const display = trimmed(text.slice(0, open));
  if (quoted && display.length !== nameEnd) return undefined;
  const params = trimmed(text.slice(close + 1));
  if (!areParams(params)) return undefined;
  // RFC 4475 §3.1.2.14: "Elements attempting to be liberal may ignore the spaces" around the URI.
  return withUri(display, trimmed(text.slice(open + 1, close)), params);
}

function withUri(
  display: string,
  uri: string,
  params: string,
): NameAddr | undefined {
  const sipUri = parseSipUri(uri);
  if (sipUri === undefined && !isUri(uri)) return undefined;
  return new NameAddr(display, uri, params, sipUri);
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
  const uri = trimmed(semicolon < 0 ? text : text.slice(0, semicolon));
  const params = semicolon < 0 ? "" : trimmed(text.slice(semicolon));
  // The same place: "If the URI contains a comma, question mark or semicolon, the URI MUST be enclosed in angle brackets".
  if (uri.includes(",") || uri.includes("?")) return undefined;
  return areParams(params) ? withUri("", uri, params) : undefined;
}
