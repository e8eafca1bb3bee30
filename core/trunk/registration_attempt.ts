/** One REGISTER over all times that it is sent, and what a failure of it means. */

import { AuthRound } from "../dialog/authenticator.ts";
import type { SipResponse } from "../message/message.ts";
import type { SipUri } from "../message/uri.ts";
import type { SendingFailure } from "../transaction/request_sender.ts";
import { redirections, retryAfter } from "./registration_answer.ts";

/** Why a server does not register us. */
export interface RegistrationFailure {
  /** Of its response; 408 and 503 stand for silence and for a way that leads nowhere (RFC 3261 section 8.1.3.1). */
  readonly status: number;
  readonly reason: string;
  /** Asking again would get the same answer. */
  readonly refused: boolean;
  readonly retryAfterSeconds: number | undefined;
}

/** How often one attempt follows a 3xx, and how often it raises its interval. */
const MAX_REDIRECTS = 5;
const MAX_RAISES = 2;
/** 4xx that say something of the moment and not of us. */
const PASSING = new Set([408, 430, 480, 486, 487, 491]);
/** 5xx that say something of us. */
const LASTING = new Set([501, 505, 513]);
const SILENCE: Readonly<Record<SendingFailure, readonly [number, string]>> = {
  timeout: [408, "no answer"],
  transport: [503, "no connection"],
  unresolved: [503, "the name leads nowhere"],
  down: [503, "its servers are down"],
};

/** See the module's text. */
export class RegistrationAttempt {
  readonly round: AuthRound = new AuthRound();
  /** Our Contact as it was sent last. */
  contact: SipUri | undefined;
  /** The Contact was found to be wrong and sent again: once is enough, a network may show us anew each time. */
  rewritten = false;
  readonly #redirects: SipUri[] = [];
  #redirected = 0;
  #raised = 0;

  constructor(
    /** Where it goes: the server, or where that one sent us. */
    public place: SipUri,
    readonly removes: boolean,
  ) {}

  /** Takes the places that a 3xx names, and turns to the next one; false when there is none left. */
  redirect(response: SipResponse): boolean {
    // §8.1.3.4: a UAC uses the URIs in the Contact of a 3xx for new requests.
    if (response.status < 400) {
      const room = MAX_REDIRECTS - this.#redirected - this.#redirects.length;
      this.#redirects.push(...redirections(response).slice(0, room));
    }
    const next = this.#redirects.shift();
    if (next === undefined) return false;
    this.#redirected++;
    this.place = next;
    return true;
  }

  /** Whether the interval may be raised once more. */
  mayRaise(): boolean {
    return !this.removes && this.#raised++ < MAX_RAISES;
  }
}

/** What a final response that is no 2xx means, where nothing could be done about it. */
export function refusal(response: SipResponse): RegistrationFailure {
  const { status, reason } = response;
  return {
    status,
    reason,
    refused: isLasting(status),
    retryAfterSeconds: retryAfter(response),
  };
}

/** What it means that none came. */
export function silence(failure: SendingFailure): RegistrationFailure {
  const [status, reason] = SILENCE[failure];
  return { status, reason, refused: false, retryAfterSeconds: undefined };
}

function isLasting(status: number): boolean {
  if (status >= 600) return true;
  return status >= 500 ? LASTING.has(status) : !PASSING.has(status);
}
