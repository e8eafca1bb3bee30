/** How long a registration is left alone after it failed, and when one that stands is refreshed. */

import type { Random } from "../base/random.ts";
import { flowRecoveryDelay } from "./flow_recovery.ts";
import type { RetryTimes } from "./registration_settings.ts";

/** RFC 5626 §4.5: a flow that served for less was none. */
export const SHORT_LIVED_MS = 30_000;

/** What a failure was like. */
export interface FailureKind {
  /** Without a success in between, this one included: 1 or more. */
  readonly failures: number;
  /** Another registration of the same trunk stands. */
  readonly othersStand: boolean;
  /** Asking again would get the same answer. */
  readonly refused: boolean;
  /** What the server asked for. */
  readonly retryAfterSeconds: number | undefined;
}

/** Milliseconds until the server is asked again. */
export function retryDelayMs(
  kind: FailureKind,
  { times, random }: { times: RetryTimes; random: Random },
): number {
  const seconds = flowRecoveryDelay({
    failures: Math.min(kind.failures, MOST_DOUBLINGS),
    allFailed: !kind.othersStand,
    random,
    times: kind.refused
      ? {
        ...times,
        baseAllFailSeconds: times.refusedSeconds,
        baseNotAllFailSeconds: times.refusedSeconds,
      }
      : times,
  });
  return 1000 * Math.max(seconds, kind.retryAfterSeconds ?? 0);
}

/**
 * Milliseconds until a binding is refreshed: early enough for two tries that time out and a wait between them, late
 * enough to be no burden, and spread so that a thousand trunks that began together do not stay together.
 */
export function refreshDelayMs(expiresSeconds: number, random: Random): number {
  const lead = Math.min(
    expiresSeconds / 2,
    Math.max(expiresSeconds / 10, LEAST_LEAD_SECONDS),
  );
  return 1000 * (expiresSeconds - lead) * (0.9 + random.fraction() / 10);
}

const MOST_DOUBLINGS = 16;
/** Timer F twice, and RFC 5626's first wait of up to a minute between. */
const LEAST_LEAD_SECONDS = 150;
