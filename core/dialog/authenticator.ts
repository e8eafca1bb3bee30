/**
 * Our answers to 401 and 407 on one leg: the account of its trunk, the challenges heard, and how often their nonces were
 * used (RFC 3261 section 22).
 *
 * @module
 */

import type { Random } from "../base/random.ts";
import {
  type DigestChallenge,
  digestCredentials,
  digestStrength,
  parseChallenge,
  realmOf,
} from "../message/digest.ts";
import { HeaderLine, type Headers } from "../message/headers.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";

/** Who we are to a peer. Texts are byte strings, as those of a message are. */
export interface Account {
  readonly username: string;
  readonly password: string;
}

/** What was tried for one request, over all times that it is sent. Made by its sender, kept by {@linkcode Authenticator}. */
export class AuthRound {
  answers = 0;
  /** The realms that were answered; most requests have none. */
  realms: Set<string> | undefined;
}

/** A challenge in use. */
interface Known {
  readonly field: "Authorization" | "Proxy-Authorization";
  readonly challenge: DigestChallenge;
  readonly cnonce: string;
  count: number;
}

/** One for all; nothing is ever put into it. */
const NOTHING_KNOWN = new Map<string, Known>();
/** Most realms one leg answers to, and most challenges of a response that are looked at. */
const MAX_REALMS = 4;
const MAX_CHALLENGES = 16;
/** Credentials without what their realm dictates: the names, a digest of 64 digits, a cnonce and a URI of usual length. */
const CREDENTIALS_BYTES = 330;
/** RFC 7616 section 3.4: the nonce count has eight hexadecimal digits. */
const MAX_COUNT = 0xffff_ffff;
/** How often one request is sent again: once, and once more for a stale nonce or another realm. */
const MAX_ANSWERS = 2;

/** See the module's text. */
export class Authenticator {
  readonly #account: Account;
  readonly #random: Random;
  /** By realm; most are never asked. */
  #known = NOTHING_KNOWN;

  constructor(account: Account, random: Random) {
    this.#account = account;
    this.#random = random;
  }

  /** True once a challenge was heard. */
  get isUsed(): boolean {
    return this.#known.size > 0;
  }

  /** About as many bytes as {@linkcode Authenticator.sign} adds. */
  get bytes(): number {
    let bytes = 0;
    for (
      const { challenge: { realm, nonce, opaque = "" } } of this.#known.values()
    ) {
      bytes += CREDENTIALS_BYTES + this.#account.username.length +
        realm.length + nonce.length + opaque.length;
    }
    return bytes;
  }

  /**
   * Takes the challenges of a response. True when the request is worth being sent again: false when there is none that
   * can be answered, or our credentials were refused.
   */
  learn(response: SipResponse, round: AuthRound): boolean {
    const found = challengesOf(response);
    if (found.size === 0 || round.answers >= MAX_ANSWERS) return false;
    for (const [key, { challenge }] of found) {
      // RFC 3261 §22.1: the UA "MUST NOT re-attempt requests with the credentials that have just been rejected (though
      // the request may be retried if the nonce was stale)."
      if (round.realms?.has(key) && !challenge.stale) return false;
    }
    if (this.#known === NOTHING_KNOWN) this.#known = new Map();
    let learned = false;
    for (const [key, { field, challenge }] of found) {
      if (!this.#known.has(key) && this.#known.size >= MAX_REALMS) continue;
      const cnonce = this.#random.token();
      this.#known.set(key, { field, challenge, cnonce, count: 0 });
      round.realms ??= new Set();
      round.realms.add(key);
      learned = true;
    }
    if (learned) round.answers++;
    return learned;
  }

  /**
   * Writes credentials for every realm known into a request that is about to leave, unasked where an earlier request was
   * asked for them. Gives the lines, which the ACK of a 2xx repeats.
   */
  sign(request: SipRequest): readonly HeaderLine[] {
    const lines: HeaderLine[] = [];
    for (const known of this.#known.values()) {
      if (known.count >= MAX_COUNT) continue;
      const value = digestCredentials(known.challenge, {
        ...this.#account,
        method: request.method,
        uri: request.uri,
        count: ++known.count,
        cnonce: known.cnonce,
      });
      lines.push(HeaderLine.of(known.field, value));
    }
    addCredentials(request.headers, lines);
    return lines;
  }
}

/** Adds credentials in place of others for the same realms. */
export function addCredentials(
  headers: Headers,
  lines: readonly HeaderLine[],
): void {
  for (const line of lines) {
    const realm = realmOf(line.value);
    for (const other of [...headers.lines]) {
      if (other.key === line.key && realmOf(other.value) === realm) {
        headers.replace(other, undefined);
      }
    }
    headers.add(line);
  }
}

/**
 * The strongest challenge of each realm; of equals the topmost. Departs from RFC 8760 §2.4, which takes the topmost that is
 * supported "unless a local policy dictates otherwise": this is the policy.
 */
function challengesOf(
  response: SipResponse,
): Map<string, Pick<Known, "field" | "challenge">> {
  const found = new Map<string, Pick<Known, "field" | "challenge">>();
  let looked = 0;
  for (const line of response.headers.lines) {
    const field = FIELDS.get(line.key);
    if (field === undefined || looked++ >= MAX_CHALLENGES) continue;
    const challenge = parseChallenge(line.value);
    if (challenge === undefined) continue;
    const key = `${field} ${challenge.realm}`;
    const other = found.get(key)?.challenge;
    if (
      other === undefined || digestStrength(challenge) > digestStrength(other)
    ) found.set(key, { field, challenge });
  }
  return found;
}

const FIELDS: ReadonlyMap<string, Known["field"]> = new Map([
  ["www-authenticate", "Authorization"],
  ["proxy-authenticate", "Proxy-Authorization"],
]);
