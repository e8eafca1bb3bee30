/** How the servers of a trunk are kept awake and watched: the `keepalive` block of a trunk. */

import type { SipUri } from "../message/uri.ts";

/** What is sent. OPTIONS and NOTIFY are answered, and tell who is alive; the others only keep the way open. */
export type KeepAliveKind =
  | "options"
  | "notify"
  | "crlf"
  | "stun"
  | "keep-alive"
  | "empty"
  | "custom";

/** Statuses from one to another, both included. */
export interface StatusRange {
  readonly from: number;
  readonly to: number;
}

/** See the module's text. Durations are seconds. */
export interface KeepAliveSettings {
  readonly kind: KeepAliveKind;
  /** Between two keep-alives to one address. Default: 30. */
  readonly intervalSeconds?: number;
  /** The same while the server is down. Default: `intervalSeconds`. */
  readonly downIntervalSeconds?: number;
  /** How long an answer is waited for: at most nine tenths of the shorter interval. Default: 5. */
  readonly timeoutSeconds?: number;
  /** Keep-alives without an answer in a row that take a server down. Default: 3. */
  readonly failures?: number;
  /** Final responses that show a server in service. Default: all but 408, 503 and 504. */
  readonly inService?: readonly StatusRange[];
  /** What becomes of calls when all servers are down: the trunk is passed over, or they are tried all the same. Default: `skip`. */
  readonly whenDown?: "skip" | "try";
  /** Sent there in place of the trunk's servers, whose state it tells nothing of. */
  readonly server?: SipUri;
  /** Sent to this port in place of the servers' own. */
  readonly port?: number;
  /** Of the kind `custom`. */
  readonly custom?: {
    readonly method: string;
    readonly event?: string;
    readonly user?: string;
  };
}

/** Every member with a value. */
export type KeepAlivePlan =
  & Required<Omit<KeepAliveSettings, "inService" | "server" | "port">>
  & Pick<KeepAliveSettings, "inService" | "server" | "port">;

const ANSWER_SECONDS = 5;

/** The settings with their defaults. */
export function keepAlivePlan(settings: KeepAliveSettings): KeepAlivePlan {
  const { intervalSeconds = 30, timeoutSeconds = ANSWER_SECONDS } = settings;
  const { downIntervalSeconds = intervalSeconds } = settings;
  const shorter = Math.min(intervalSeconds, downIntervalSeconds);
  return {
    failures: 3,
    whenDown: "skip",
    custom: { method: "NOTIFY" },
    ...settings,
    intervalSeconds,
    downIntervalSeconds,
    // An answer that came after the next keep-alive could not be told from that one's.
    timeoutSeconds: Math.min(timeoutSeconds, 0.9 * shorter),
  };
}

/** True for the kinds whose answers tell whether a server is alive. */
export function isWatching({ kind, server }: KeepAliveSettings): boolean {
  return (kind === "options" || kind === "notify") && server === undefined;
}

/**
 * Whether a final response shows its sender in service. Any does, 404 and 405 as much as 200: somebody answered. But
 * 503 says itself that it is not, and 408 and 504 that whoever answered waits for somebody behind it in vain.
 */
export function isInService(
  status: number,
  ranges: readonly StatusRange[] | undefined,
): boolean {
  return ranges === undefined
    ? status !== 408 && status !== 503 && status !== 504
    : ranges.some(({ from, to }) => status >= from && status <= to);
}
