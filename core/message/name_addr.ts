/** `"Display" <sip:user@host>;tag=x`: the value of From, To, Contact, Route and their kind (RFC 3261 section 20.10). */

import { trimmed } from "./bytes.ts";
import { consistsOf, DISPLAY } from "./characters.ts";
import { ADDR_SPEC, NAME_ADDR } from "./grammar.ts";
import { getParam, withParam } from "./params.ts";
import { isUri, parseSipUri, type SipUri } from "./uri.ts";

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
 * Hot path: the URI is checked, and taken apart by who asks for that.
 */
export function parseNameAddr(text: string): NameAddr | undefined {
  const parts = NAME_ADDR.exec(text);
  if (parts === null) return parseAddrSpec(text);
  const [, quoted, plain, uri, params] = parts;
  return isUri(uri!)
    ? new NameAddr(quoted ?? trimmed(plain!), uri!, trimmed(params!))
    : undefined;
}

/** A display name as it is written: in quotes, with escapes, where it has to be. `text` is a byte string. */
export function quoteDisplay(text: string): string {
  return consistsOf(text, DISPLAY)
    ? text
    : `"${text.replace(/(["\\])/g, "\\$1")}"`;
}

/** One without angle brackets. */
function parseAddrSpec(text: string): NameAddr | undefined {
  const parts = ADDR_SPEC.exec(text);
  return parts !== null && isUri(parts[1]!)
    ? new NameAddr("", parts[1]!, trimmed(parts[2]!))
    : undefined;
}
