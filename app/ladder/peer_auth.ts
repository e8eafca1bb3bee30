/** What a simulated peer answers challenges with: `auth: bob:secret` on its line. */

import { fromText } from "../../core/message/bytes.ts";
import {
  type DigestChallenge,
  digestCredentials,
  parseChallenge,
} from "../../core/message/digest.ts";
import { HeaderLine } from "../../core/message/headers.ts";
import type { SipRequest, SipResponse } from "../../core/message/message.ts";

/** The latest challenge that a peer was given. */
export class PeerAuth {
  #challenge: DigestChallenge | undefined;
  #count = 0;

  /** Takes the topmost challenge of a 401 that it knows. */
  learn(response: SipResponse): void {
    if (response.status !== 401) return;
    const [first] = response.headers.getAll("WWW-Authenticate")
      .flatMap((value) => parseChallenge(value) ?? []);
    if (first === undefined) return;
    this.#challenge = first;
    this.#count = 0;
  }

  /** Signs a request with `user:password`; a problem in words when nobody has challenged the peer. */
  sign(request: SipRequest, account: string): string | undefined {
    if (this.#challenge === undefined) {
      return "there was no challenge to answer";
    }
    const colon = account.indexOf(":");
    const value = digestCredentials(this.#challenge, {
      username: fromText(account.slice(0, colon)),
      password: fromText(account.slice(colon + 1)),
      method: request.method,
      uri: request.uri,
      count: ++this.#count,
      cnonce: "ladder",
    });
    request.headers.add(HeaderLine.of("Authorization", value));
    return undefined;
  }
}
