/** How long to wait before a flow that failed is tried again: RFC 5626 section 4.5. */

import type { Random } from "../base/random.ts";

/** What the wait depends on. */
export interface FlowRecovery {
  /** Registrations in a row that failed for this server; 0 when a flow that worked has just failed. */
  readonly failures: number;
  /** No flow to any server works. */
  readonly allFailed: boolean;
  readonly random: Random;
  readonly times?: Partial<FlowRecoveryTimes>;
}

/** The three times of section 4.5, which an operator may set. */
export interface FlowRecoveryTimes {
  readonly baseAllFailSeconds: number;
  readonly baseNotAllFailSeconds: number;
  readonly maxSeconds: number;
}

/** As section 4.5 has them. */
export const FLOW_RECOVERY_TIMES: FlowRecoveryTimes = {
  baseAllFailSeconds: 30,
  baseNotAllFailSeconds: 90,
  maxSeconds: 1_800,
};

/**
 * Seconds to wait before the next registration. Section 4.5, and draft-ietf-sip-outbound-03 section 4.4.2 word for word:
 * "wait-time = min( 1800, (base-time * (2 ^ consecutive-failures)))", of which 50 to 100 percent are waited, at random.
 */
export function flowRecoveryDelay(recovery: FlowRecovery): number {
  const times = { ...FLOW_RECOVERY_TIMES, ...recovery.times };
  const base = recovery.allFailed
    ? times.baseAllFailSeconds
    : times.baseNotAllFailSeconds;
  const wait = Math.min(times.maxSeconds, base * 2 ** recovery.failures);
  return wait * (0.5 + recovery.random.fraction() / 2);
}
