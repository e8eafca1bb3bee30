/** `"Display" <sip:user@host>;tag=x`: the value of From, To, Contact, Route and their kind (RFC 3261 section 20.10). */

import { trimmed } from "./bytes.ts";
import { getParam, withParam } from "./params.ts";
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
  ) {}

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
  const open = openingBracket(text);
  if (open === undefined) return undefined;
  if (open < 0) return parseAddrSpec(text);
  const close = text.indexOf(">", open);
  if (close < 0) return undefined;
  const display = trimmed(text.slice(0, open));
  const uri = trimmed(text.slice(open + 1, close));
  const params = trimmed(text.slice(close + 1));
  if (params !== "" && !params.startsWith(";")) return undefined;
  if (!isDisplay(display) || !isUri(uri)) return undefined;
  return new NameAddr(display, uri, params);
}

/** Parameters of a display name turned into a quoted string where it has to be one. `text` is a byte string. */
export function quoteDisplay(text: string): string {
  return text === "" || TOKENS.test(text)
    ? text
    : `"${text.replace(/(["\\])/g, "\\$1")}"`;
}

/**
 * §20.10: "If the URI is not enclosed in angle brackets, any semicolon-delimited parameters are header-parameters,
 * not URI parameters."
 */
function parseAddrSpec(text: string): NameAddr | undefined {
  const semicolon = text.indexOf(";");
  const uri = trimmed(semicolon < 0 ? text : text.slice(0, semicolon));
  // §20: "If a comma, question mark, or semicolon is contained in the URI" it must be in brackets.
  if (!isUri(uri) || /[,?]/.test(uri)) return undefined;
  return new NameAddr(
    "",
    uri,
    semicolon < 0 ? "" : trimmed(text.slice(semicolon)),
  );
}

/** Where the `<` is, -1 when there is none, undefined when a quote is never closed. */
function openingBracket(text: string): number | undefined {
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (quoted) {
      if (char === 0x5c) i++;
      else if (char === 0x22) quoted = false;
    } else if (char === 0x22) quoted = true;
    else if (char === 0x3c) return i;
    else if (char === 0x3b) return -1;
  }
  return quoted ? undefined : -1;
}

/** §25.1 wants tokens and spaces outside quotes; dots and UTF-8 without quotes are seen everywhere and harm nothing. */
const TOKENS = /^[A-Za-z0-9\-.!%*_+`'~ \t\x80-\xff]*$/;

function isDisplay(text: string): boolean {
  return text.startsWith('"')
    ? /^"(?:[^"\\]|\\.)*"$/s.test(text)
    : TOKENS.test(text);
}
