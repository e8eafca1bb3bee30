/** What a trunk's registration at its carrier is told by the configuration. */

import type { Account } from "../dialog/authenticator.ts";
import type { SipUri } from "../message/uri.ts";
import type { FlowKeepAliveSettings } from "./flow_keep_alive.ts";
import {
  FLOW_RECOVERY_TIMES,
  type FlowRecoveryTimes,
} from "./flow_recovery.ts";

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
  /** How flows are kept, where they are. */
  readonly flow: FlowKeepAliveSettings;
  readonly retry: RetryTimes;
}

/** How long is waited after a failure: RFC 5626 section 4.5, and a base of our own. */
export interface RetryTimes extends FlowRecoveryTimes {
  /** Base after a refusal that asking again does not mend: a wrong password, an unknown user. */
  readonly refusedSeconds: number;
}

/** The waits where nothing else is set. */
export const DEFAULT_RETRY_TIMES: RetryTimes = {
  ...FLOW_RECOVERY_TIMES,
  refusedSeconds: 300,
};

/** Whether a registration's flow is kept alive: with RFC 5626, or where the operator says in so many words by what. */
export function keepsFlow({ outbound, flow }: RegistrationSettings): boolean {
  return outbound !== "off" || flow.kind === "stun" || flow.kind === "crlf";
}
