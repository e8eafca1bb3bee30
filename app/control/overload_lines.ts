/** What `legwork calls` says of load: nothing, unless calls are or were refused for it. */

import type { OverloadState } from "../../core/call/overload.ts";

/** At most one line. */
export function overloadLines(state: OverloadState | undefined): string[] {
  if (state === undefined) return [];
  const { perSecond, delayMs, refused } = state;
  if (perSecond === undefined) {
    return refused === 0 ? [] : [`no overload now, ${refused} calls refused`];
  }
  return [
    `overload: ${Math.round(perSecond)} new calls a second are admitted, ` +
    `messages wait ${delayMs.toFixed(1)} ms, ${refused} calls refused`,
  ];
}
