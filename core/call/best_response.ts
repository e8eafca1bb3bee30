/** Which of several failures the caller is told (RFC 3261 section 16.7, step 6). */

import type { CallEvent } from "./call_event.ts";

/** A target's failure. */
export type Failure = Extract<CallEvent, { type: "fail" }>;

/** "The proxy SHOULD give preference to responses that provide information affecting resubmission of this request". */
const INFORMATIVE = [401, 407, 415, 420, 484];

/**
 * The best of them; undefined when there is none. "It MUST choose from the 6xx class responses if any exist in the context", else
 * "from the lowest response class", and what came from the network goes before what only stands for a silence.
 *
 * Departs from RFC 3261 §16.7 step 6 in that a 503 leaves as 503: we are no proxy but the user agent the caller
 * speaks to, and a caller with another way to go needs to know.
 */
export function bestFailure(failures: readonly Failure[]): Failure | undefined {
  let best: Failure | undefined;
  for (const failure of failures) {
    if (best === undefined || rank(failure) < rank(best)) best = failure;
  }
  return best;
}

function rank(failure: Failure): number {
  const statusClass = Math.floor(failure.status / 100);
  if (statusClass === 6) return 0;
  const informative = INFORMATIVE.includes(failure.status) ? 0 : 1;
  return statusClass * 10 + informative * 2 + (failure.local ? 1 : 0);
}
