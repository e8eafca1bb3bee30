/**
 * Digest authentication, the server's side: RFC 7616 with the algorithms of RFC 8760. Texts are byte strings.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import {
  algorithmOf,
  authParams,
  type DigestAlgorithm,
  hasher,
} from "./digest.ts";

/** The value of an Authorization or Proxy-Authorization field. */
export interface DigestAnswer {
  /** As between its quotes, escapes undone. */
  readonly username: string;
  readonly realm: string;
  readonly nonce: string;
  readonly uri: string;
  readonly response: string;
  readonly algorithm: DigestAlgorithm;
  readonly cnonce: string;
  /** Hexadecimal as sent, which is what is hashed. */
  readonly nc: string;
}

/**
 * Takes credentials apart; undefined for another scheme, a malformed value, and whatever we do not offer: no `qop`,
 * `auth-int`, a `-sess` variant, a hashed user name.
 */
export function parseCredentials(value: string): DigestAnswer | undefined {
  if (!/^digest[ \t]/i.test(value)) return undefined;
  const params = authParams(value.slice("digest".length));
  if (params === undefined) return undefined;
  const algorithm = algorithmOf(
    (params.get("algorithm") ?? "MD5").toUpperCase(),
  );
  const username = params.get("username")?.replace(/\\(.)/gs, "$1");
  const [realm, nonce] = [params.get("realm"), params.get("nonce")];
  const [uri, response] = [params.get("uri"), params.get("response")];
  const [cnonce, nc] = [params.get("cnonce"), params.get("nc")];
  if (
    algorithm === undefined || username === undefined || realm === undefined ||
    nonce === undefined || uri === undefined || response === undefined ||
    cnonce === undefined || nc === undefined ||
    // RFC 7616 §3.4: nc is "8LHEX".
    !/^[0-9a-f]{8}$/i.test(nc) ||
    params.get("qop")?.toLowerCase() !== "auth" ||
    params.get("userhash")?.toLowerCase() === "true"
  ) return undefined;
  return { username, realm, nonce, uri, response, algorithm, cnonce, nc };
}

/** H(A1) for `username:realm:password`, which is what a server needs to keep. */
export function digestSecret(
  algorithm: DigestAlgorithm,
  account: { username: string; realm: string; password: string },
): string {
  const { username, realm, password } = account;
  return hasher(algorithm)(`${username}:${realm}:${password}`);
}

/** Whether an answer was made by somebody who knows the secret, for a request of that method. */
export function isRightAnswer(
  answer: DigestAnswer,
  { secret, method }: { secret: string; method: string },
): boolean {
  const { algorithm, nonce, nc, cnonce, uri } = answer;
  const hash = hasher(algorithm);
  // RFC 7616 §3.4.1 and §3.4.3: KD of H(A1), the nonce, nc, cnonce, qop and H(A2), and A2 = Method ":" request-uri.
  const request = hash(`${method}:${uri}`);
  const expected = hash(
    `${secret}:${nonce}:${nc}:${cnonce}:auth:${request}`,
  );
  const [a, b] = [expected, answer.response.toLowerCase()];
  return a.length === b.length &&
    timingSafeEqual(Buffer.from(a, "latin1"), Buffer.from(b, "latin1"));
}

/** The value of a WWW-Authenticate or Proxy-Authenticate field. */
export function digestChallenge(
  { realm, nonce, algorithm, stale }: {
    realm: string;
    nonce: string;
    algorithm: DigestAlgorithm;
    stale: boolean;
  },
): string {
  const quoted = realm.replace(/["\\]/g, "\\$&");
  return `Digest realm="${quoted}", nonce="${nonce}", qop="auth", algorithm=${algorithm}${
    stale ? ", stale=true" : ""
  }`;
}
