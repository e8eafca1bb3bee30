/**
 * SIP requests and responses. Built once, then read: a leg makes a new message from a received one and never
 * edits it in place. What is parsed of a header field is parsed when first asked for, and kept.
 *
 * @module
 */

import { asText } from "../base/as_text.ts";
import { trimmedPart } from "./bytes.ts";
import { skipSpace } from "./characters.ts";
import { isToken } from "./header_name.ts";
import { Headers } from "./headers.ts";
import { splitList } from "./list.ts";
import { type NameAddr, parseNameAddr } from "./name_addr.ts";
import { parseSipUri, type SipUri } from "./uri.ts";
import { parseVia, type Via } from "./via.ts";

/** The value of a CSeq header field. */
export interface CSeq {
  readonly number: number;
  readonly method: string;
}

const EMPTY = new Uint8Array(0);

abstract class Message {
  #via: Via | undefined | null = null;
  #from: NameAddr | undefined | null = null;
  #to: NameAddr | undefined | null = null;
  #cseq: CSeq | undefined | null = null;
  #contact: NameAddr | undefined | null = null;

  constructor(readonly headers: Headers, readonly body: Uint8Array) {}

  /** The topmost Via value; undefined when absent or malformed. */
  get via(): Via | undefined {
    if (this.#via === null) {
      const value = this.headers.first("via")?.value;
      const first = value?.includes(",") ? splitList(value)[0] : value;
      this.#via = first === undefined ? undefined : parseVia(first);
    }
    return this.#via;
  }

  /** From, or undefined when absent or malformed. */
  get from(): NameAddr | undefined {
    if (this.#from === null) this.#from = this.#nameAddr("from");
    return this.#from;
  }

  /** To, or undefined when absent or malformed. */
  get to(): NameAddr | undefined {
    if (this.#to === null) this.#to = this.#nameAddr("to");
    return this.#to;
  }

  /** CSeq, or undefined when absent or malformed. */
  get cseq(): CSeq | undefined {
    if (this.#cseq === null) {
      const value = this.headers.first("cseq")?.value;
      this.#cseq = value === undefined ? undefined : parseCSeq(value);
    }
    return this.#cseq;
  }

  /** Call-ID; "" when absent. */
  get callId(): string {
    return this.headers.first("call-id")?.value ?? "";
  }

  /** The first Contact value; undefined when absent, `*` or malformed. */
  get contact(): NameAddr | undefined {
    if (this.#contact === null) {
      const value = this.headers.first("contact")?.value;
      const first = value === undefined ? undefined : splitList(value)[0];
      this.#contact = first === undefined ? undefined : parseNameAddr(first);
    }
    return this.#contact;
  }

  /** All values of a header field whose grammar is a comma list, lines taken apart. `key` is lower case, long form. */
  list(key: string): string[] {
    const values: string[] = [];
    for (const line of this.headers.lines) {
      if (line.key !== key) continue;
      for (const value of splitList(line.value)) values.push(value);
    }
    return values;
  }

  #nameAddr(key: string): NameAddr | undefined {
    const value = this.headers.first(key)?.value;
    return value === undefined ? undefined : parseNameAddr(value);
  }
}

/** A SIP request. */
export class SipRequest extends Message {
  readonly kind = "request" as const;
  #uri: SipUri | undefined | null = null;

  constructor(
    /** In its own case: methods are case-sensitive. */
    readonly method: string,
    /** The request URI as written. */
    readonly uri: string,
    headers: Headers = new Headers(),
    body: Uint8Array = EMPTY,
  ) {
    super(headers, body);
  }

  /** The request URI taken apart, or undefined when it is not `sip:` or `sips:`. */
  get sipUri(): SipUri | undefined {
    if (this.#uri === null) this.#uri = parseSipUri(this.uri);
    return this.#uri;
  }
}

/** A SIP response. */
export class SipResponse extends Message {
  readonly kind = "response" as const;

  constructor(
    readonly status: number,
    readonly reason: string,
    headers: Headers = new Headers(),
    body: Uint8Array = EMPTY,
  ) {
    super(headers, body);
  }
}

/** Either kind of message; `kind` tells which. */
export type SipMessage = SipRequest | SipResponse;

/** RFC 3261 section 20.16: a sequence number below 2**31 and the method. */
export function parseCSeq(text: string): CSeq | undefined {
  const value = asText(text);
  let at = 0;
  let number = 0;
  for (; at < value.length; at++) {
    const digit = value.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) break;
    number = number * 10 + digit;
  }
  const start = skipSpace(value, at);
  if (at === 0 || start === at) return undefined;
  const method = trimmedPart(value, start, value.length);
  if (!isToken(method)) return undefined;
  // §8.1.1.5: "The sequence number value MUST be expressible as a 32-bit unsigned integer and MUST be less than 2**31."
  return number >= 2 ** 31 ? undefined : { number, method };
}
