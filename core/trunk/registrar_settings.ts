/** What a registrar is told: whose registrations it keeps, and within which bounds. */

import type { DigestAlgorithm } from "../message/digest.ts";
import { parseSipUri, type SipUri } from "../message/uri.ts";
import type { FailureLimits } from "./failure_watch.ts";

/** Somebody who may register. */
export interface RegistrarUser {
  /** As the device's credentials have it. A byte string. */
  readonly name: string;
  /** H(A1) of name, realm and password, as hexadecimal digits. */
  readonly secrets: Readonly<Partial<Record<DigestAlgorithm, string>>>;
  /** What it may register, as {@linkcode aorOf} spells it. */
  readonly aors: readonly string[];
}

/** See the module's text. */
export interface RegistrarSettings {
  /**
   * The names of the one domain that is served, in lower case; the first is the one that addresses-of-record are kept
   * by. `*` stands for any other name. None: only what a policy accepts is registered.
   */
  readonly domains: readonly string[];
  readonly realm: string;
  /** By name. */
  readonly users: ReadonlyMap<string, RegistrarUser>;
  /** Offered in this order. */
  readonly algorithms: readonly DigestAlgorithm[];
  readonly minExpiresSeconds: number;
  readonly maxExpiresSeconds: number;
  readonly defaultExpiresSeconds: number;
  /** Bindings of one address-of-record. */
  readonly maxContacts: number;
  /** Bindings of one source address. */
  readonly maxPerSource: number;
  /** All bindings. */
  readonly maxBindings: number;
  /** Told to devices that support RFC 5626; 0: not told. */
  readonly flowTimerSeconds: number;
  /** How much later than that a device's ping may come before its flow is ended; 0: no ping is waited for. */
  readonly flowGraceSeconds: number;
  /** A REGISTER with Path: take it, take it only from devices that know Path (else 420), or leave Path aside. */
  readonly path: "accept" | "strict" | "off";
  /**
   * Whether calls go to where a REGISTER came from rather than to its Contact: when the Contact's address is another one
   * (the device is behind a NAT), always, or never. With RFC 5626 always; on a connection that is open, too.
   */
  readonly nat: "auto" | "always" | "never";
  readonly nonceSeconds: number;
  readonly perUser: FailureLimits;
  readonly perSource: FailureLimits;
}

/** What is in force where nothing is said: nobody is served but by a policy. */
export const DEFAULT_REGISTRAR: RegistrarSettings = {
  domains: [],
  realm: "legwork",
  users: new Map(),
  algorithms: ["MD5"],
  minExpiresSeconds: 60,
  maxExpiresSeconds: 3_600,
  defaultExpiresSeconds: 3_600,
  maxContacts: 10,
  maxPerSource: 1_000,
  maxBindings: 200_000,
  flowTimerSeconds: 0,
  flowGraceSeconds: 10,
  path: "accept",
  nat: "auto",
  nonceSeconds: 300,
  perUser: {
    free: 5,
    firstWaitSeconds: 2,
    longestWaitSeconds: 900,
    forgetSeconds: 3_600,
  },
  perSource: {
    free: 20,
    firstWaitSeconds: 2,
    longestWaitSeconds: 900,
    forgetSeconds: 3_600,
  },
};

/** True when a host is one of the names of the domain that is served. */
export function serves(
  { domains }: Pick<RegistrarSettings, "domains">,
  host: string,
): boolean {
  return domains.includes(host.toLowerCase()) || domains.includes("*");
}

/**
 * RFC 3261 section 10.3 step 5: "The URI MUST then be converted to a canonical form. To do that, all URI parameters MUST
 * be removed (including the user-param), and any escaped characters MUST be converted to their unescaped form." The names
 * of our domain count as its first. Undefined where there is no user.
 */
export function aorOf(
  uri: SipUri,
  settings: Pick<RegistrarSettings, "domains">,
): string | undefined {
  if (uri.user === undefined || uri.user === "") return undefined;
  const user = unescaped(uri.user);
  const host = uri.host.toLowerCase();
  const own = settings.domains.find((name) => name !== "*");
  const domain = own !== undefined && serves(settings, host) ? own : host;
  return `sip:${user}@${domain}`;
}

/** The address-of-record that `aor:bob`, `bob` or `sip:bob@example.com` names. */
export function namedAor(
  name: string,
  settings: Pick<RegistrarSettings, "domains">,
): string | undefined {
  const bare = name.replace(/^aor:/i, "").replace(/^sips?:/i, "");
  const own = settings.domains.find((one) => one !== "*");
  const full = bare.includes("@") ? bare : `${bare}@${own ?? "localhost"}`;
  const uri = parseSipUri(`sip:${full}`);
  return uri === undefined ? undefined : aorOf(uri, settings);
}

function unescaped(user: string): string {
  return user.replace(
    /%([0-9A-Fa-f]{2})/g,
    (_escape, hex: string) => String.fromCharCode(parseInt(hex, 16)),
  );
}
