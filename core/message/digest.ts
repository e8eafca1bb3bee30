/**
 * Digest authentication, the client's side: RFC 7616 with the algorithms of RFC 8760, and what RFC 2617 and RFC 3261
 * section 22.4 leave of it for older servers. Texts are byte strings, as those of a message are.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { detached, trimmed } from "./bytes.ts";
import { consistsOf, isSpace, TOKEN } from "./characters.ts";
import { QUOTED_STRING } from "./grammar.ts";
import { splitList } from "./list.ts";

/** Algorithms that we can compute; MD5 where a challenge names none. */
export type DigestAlgorithm = "MD5" | "SHA-256" | "SHA-512-256";

/** A challenge that can be answered. Texts are as between their quotes, escapes included: so they are sent back. */
export interface DigestChallenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | undefined;
  readonly algorithm: DigestAlgorithm;
  /** The algorithm as the server spelled it, `-sess` included; undefined where it named none. */
  readonly spelling: string | undefined;
  /** One of the `-sess` variants. */
  readonly session: boolean;
  /** `qop=auth` is offered; false: the server knows RFC 2069 only. */
  readonly qop: boolean;
  /** The credentials were right, their nonce too old. */
  readonly stale: boolean;
  /** The user name is to be sent hashed. */
  readonly userhash: boolean;
}

/** What an answer is computed from besides the challenge. */
export interface DigestParts {
  readonly username: string;
  readonly password: string;
  readonly method: string;
  /** The Request-URI as it leaves. */
  readonly uri: string;
  /** How many requests have carried this nonce, this one included. */
  readonly count: number;
  /** The same for all requests with this nonce: the session key of `-sess` depends on it. */
  readonly cnonce: string;
}

/** Longest challenge that is looked at, in bytes, and most parameters in it. */
const MAX_CHARS = 4_096;
const MAX_PARAMS = 32;

const HASHES: Readonly<Record<DigestAlgorithm, string>> = {
  "MD5": "md5",
  "SHA-256": "sha256",
  "SHA-512-256": "sha512-256",
};

/**
 * The value of one WWW-Authenticate or Proxy-Authenticate line (RFC 3261 section 7.3.1: these are never combined).
 * Undefined when it is malformed, of another scheme, or asks for what we cannot do: another algorithm, or `auth-int`
 * alone.
 */
export function parseChallenge(value: string): DigestChallenge | undefined {
  if (!/^digest[ \t]/i.test(value)) return undefined;
  const params = authParams(value.slice("digest".length));
  const [realm, nonce] = [params?.get("realm"), params?.get("nonce")];
  if (params === undefined || realm === undefined || !nonce) return undefined;
  const spelling = params.get("algorithm");
  const name = (spelling ?? "MD5").toUpperCase();
  const session = name.endsWith("-SESS");
  const algorithm = algorithmOf(session ? name.slice(0, -5) : name);
  const options = splitList(params.get("qop") ?? "");
  const qop = options.some((option) => option.toLowerCase() === "auth");
  if (algorithm === undefined || (options.length > 0 && !qop)) return undefined;
  // RFC 7616 §3.4.2: the session key has the cnonce in it, which only goes with a qop.
  if (session && !qop) return undefined;
  return {
    realm,
    nonce,
    opaque: params.get("opaque"),
    algorithm,
    spelling,
    session,
    qop,
    stale: params.get("stale")?.toLowerCase() === "true",
    userhash: params.get("userhash")?.toLowerCase() === "true",
  };
}

/** Larger is stronger. */
export function digestStrength({ algorithm }: DigestChallenge): number {
  return ["MD5", "SHA-256", "SHA-512-256"].indexOf(algorithm);
}

/** The value of the Authorization or Proxy-Authorization that answers a challenge. */
export function digestCredentials(
  challenge: DigestChallenge,
  parts: DigestParts,
): string {
  const { realm, nonce, opaque, spelling, qop, userhash } = challenge;
  const hash = hasher(challenge.algorithm);
  const nc = parts.count.toString(16).padStart(8, "0");
  const username = userhash
    // RFC 7616 §3.4.4: "username = H( unq(username) ":" unq(realm) )".
    ? hash(`${parts.username}:${realm}`)
    : parts.username.replace(/["\\]/g, "\\$&");
  // RFC 7616 §3.4.2: "A1 = unq(username) ":" unq(realm) ":" passwd"; of `-sess` it is hashed with nonce and cnonce.
  const secret = hash(`${parts.username}:${realm}:${parts.password}`);
  const key = challenge.session
    ? hash(`${secret}:${nonce}:${parts.cnonce}`)
    : secret;
  // RFC 7616 §3.4.3: "A2 = Method ":" request-uri".
  const request = hash(`${parts.method}:${parts.uri}`);
  const response = hash(
    qop
      // RFC 7616 §3.4.1: KD of the nonce, nc, cnonce, qop and H(A2).
      ? `${key}:${nonce}:${nc}:${parts.cnonce}:auth:${request}`
      // RFC 2617 §3.2.2.1: "If the qop directive is not present (this construction is for compatibility with RFC 2069)".
      : `${key}:${nonce}:${request}`,
  );
  const fields = [
    `username="${username}"`,
    `realm="${realm}"`,
    `nonce="${nonce}"`,
    `uri="${parts.uri}"`,
    `response="${response}"`,
  ];
  if (spelling !== undefined) fields.push(`algorithm=${spelling}`);
  // RFC 2617 §3.2.2: cnonce and nc "MUST NOT be specified if the server did not send a qop directive".
  if (qop) fields.push(`cnonce="${parts.cnonce}"`, "qop=auth", `nc=${nc}`);
  if (opaque !== undefined) fields.push(`opaque="${opaque}"`);
  if (userhash) fields.push("userhash=true");
  return `Digest ${fields.join(", ")}`;
}

/** The realm of credentials of any scheme; undefined when there is none to be found. */
export function realmOf(credentials: string): string | undefined {
  const end = credentials.search(/[ \t]/);
  return end < 0 ? undefined : authParams(credentials.slice(end))?.get("realm");
}

/** One of the algorithms that we know, its name in capitals. */
export function algorithmOf(name: string): DigestAlgorithm | undefined {
  switch (name) {
    case "MD5":
    case "SHA-256":
    case "SHA-512-256":
      return name;
  }
  return undefined;
}

/** The hash of an algorithm, as lower-case hexadecimal digits of a byte string. */
export function hasher(algorithm: DigestAlgorithm): (text: string) => string {
  return (text) =>
    createHash(HASHES[algorithm]).update(text, "latin1").digest("hex");
}

/** `name=value, name="value"` by lower-case name, the quotes taken off; undefined when malformed or when one stands twice. */
export function authParams(text: string): Map<string, string> | undefined {
  // A lone CR would end the line that it is sent back on.
  if (text.length > MAX_CHARS || /[\r\n]/.test(text)) return undefined;
  const params = new Map<string, string>();
  let at = 0;
  while (true) {
    while (at < text.length && isSpace(text.charCodeAt(at))) at++;
    const equals = text.indexOf("=", at);
    if (equals < 0 || params.size >= MAX_PARAMS) return undefined;
    const name = trimmed(text.slice(at, equals)).toLowerCase();
    at = equals + 1;
    while (at < text.length && isSpace(text.charCodeAt(at))) at++;
    const quoted = text[at] === '"';
    const end = quoted ? endOfQuoted(text, at) : endOfToken(text, at);
    if (end < 0) return undefined;
    const value = quoted
      ? text.slice(at + 1, end - 1)
      : trimmed(text.slice(at, end));
    const plain = quoted || (value !== "" && consistsOf(value, TOKEN));
    if (name === "" || !consistsOf(name, TOKEN) || !plain || params.has(name)) {
      return undefined;
    }
    params.set(name, detached(value));
    at = end;
    while (at < text.length && isSpace(text.charCodeAt(at))) at++;
    if (at === text.length) return params;
    if (text[at++] !== ",") return undefined;
  }
}

function endOfToken(text: string, from: number): number {
  const comma = text.indexOf(",", from);
  return comma < 0 ? text.length : comma;
}

/** Where the quoted string that begins there ends, after its closing quote; -1 when it is malformed. */
function endOfQuoted(text: string, open: number): number {
  QUOTED_STRING.lastIndex = open;
  return QUOTED_STRING.test(text) ? QUOTED_STRING.lastIndex : -1;
}
