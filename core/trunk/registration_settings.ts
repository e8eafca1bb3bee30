/** What a trunk's registration at its carrier is told by the configuration. */

import type { Account } from "../dialog/authenticator.ts";
import type { SipUri } from "../message/uri.ts";

/** Whether and by which text outgoing flows are kept (RFC 5626, or an early draft of it that some peers follow). */
export type Outbound = "off" | "rfc5626" | "draft-03";

/**
 * Which address the Contact bears. `local`: that of our listener, or what is advertised. `auto`: what the registrar saw
 * where that is another, unless an address is advertised. `received`: what the registrar saw, whatever is advertised,
 * the port of a connection included.
 */
export type ContactSource = "auto" | "local" | "received";

/** The `register` block of a trunk. */
export interface RegistrationSettings {
  /** Where REGISTER goes, the preferred one first; at least one. */
  readonly registrars: readonly SipUri[];
  /** The Request-URI, where it is not the registrar's own: the domain of the address-of-record. */
  readonly domain: SipUri | undefined;
  /** As whom. */
  readonly aor: SipUri;
  /** What is asked for. */
  readonly expiresSeconds: number;
  readonly account: Account | undefined;
  /** The user part of our Contact. */
  readonly contactUser: string;
  /** What nobody but the carrier knows of our Contact: a parameter by which its calls are told from all others. */
  readonly line: string | undefined;
  readonly contact: ContactSource;
  /** Registered at two servers at once. */
  readonly dual: boolean;
  /** After how long the preferred server is tried again while another serves; 0: not before that one fails. */
  readonly failbackSeconds: number;
  readonly unregisterOnDrain: boolean;
  /** Calls are not sent to the trunk while it is registered nowhere. */
  readonly required: boolean;
  readonly outbound: Outbound;
  /** `urn:uuid:...`, the same after a restart. */
  readonly instance: string;
  readonly retry: RetryTimes;
}

/** How long is waited after a failure, in seconds: RFC 5626 section 4.5 names the first three. */
export interface RetryTimes {
  /** Base, while nothing is registered. */
  readonly allFailedSeconds: number;
  /** Base, while another registration of the trunk stands. */
  readonly someFailedSeconds: number;
  /** The longest wait. */
  readonly mostSeconds: number;
  /** Base after a refusal that asking again does not mend: a wrong password, an unknown user. */
  readonly refusedSeconds: number;
}

/**
 * RFC 5626 §4.5 has 30, 90 and 1800 seconds for the first three.
 */
export const DEFAULT_RETRY_TIMES: RetryTimes = {
  allFailedSeconds: 30,
  someFailedSeconds: 90,
  mostSeconds: 1800,
  refusedSeconds: 300,
};
