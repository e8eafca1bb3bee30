/**
 * The caller's INVITE for as long as its call is up: hooks may read it until the end, and few do. Once nothing is sent
 * because of it any more, it is kept as one text, and taken apart again when somebody asks.
 *
 * @module
 */

import { detached } from "../message/bytes.ts";
import { parseHead } from "../message/parse.ts";
import { SipRequest } from "../message/message.ts";
import { DEFAULT_LIMITS } from "../base/limits.ts";

/** It was held to the limits when it came. */
const limits = {
  ...DEFAULT_LIMITS,
  headerLines: Infinity,
  headerLineBytes: Infinity,
};
/** A head needs one; the method and URI are kept beside it, as they are. */
const START_LINE = "INVITE sip:legwork SIP/2.0";

/** What is left of one that nobody will ask for. */
const FORGOTTEN = new SipRequest("INVITE", "sip:legwork");

interface Packed {
  readonly method: string;
  readonly uri: string;
  /** A start line, then the header fields as they were. */
  readonly head: string;
  readonly body: Uint8Array;
}

/** See the module's text. */
export class KeptInvite {
  #kept: SipRequest | Packed;

  constructor(invite: SipRequest) {
    this.#kept = invite;
  }

  /** The INVITE, every header field byte for byte as it was. */
  get request(): SipRequest {
    const kept = this.#kept;
    if (kept instanceof SipRequest) return kept;
    const { message } = parseHead(kept.head, { limits }) ?? {};
    if (message === undefined) throw new TypeError("a head of our own making");
    return this.#kept = new SipRequest(
      kept.method,
      kept.uri,
      message.headers,
      kept.body,
    );
  }

  /** Another one takes its place. */
  replace(invite: SipRequest): void {
    this.#kept = invite;
  }

  /** There is nobody who could ask. */
  forget(): void {
    this.#kept = FORGOTTEN;
  }

  /** Keeps it as small as can be until somebody asks. */
  pack(): void {
    const kept = this.#kept;
    if (!(kept instanceof SipRequest) || kept === FORGOTTEN) return;
    const { method, uri, headers, body } = kept;
    this.#kept = {
      method: detached(method),
      uri: detached(uri),
      head: [START_LINE, ...headers.lines.map(({ raw }) => raw)].join("\r\n"),
      body,
    };
  }
}
