/** `legwork calls`: each call with its session timers, and how many there are. */

import type { CallState } from "../../core/call/call_record.ts";
import { MOST_LISTED } from "./report.ts";

/** The calls given, of `count` in all. */
export function callLines(
  calls: readonly CallState[],
  count: number,
): string[] {
  const lines = calls.slice(0, MOST_LISTED).map(callLine);
  const more = count - lines.length;
  if (more > 0) lines.push(`... and ${more} more`);
  return [...lines, count === 1 ? "1 call" : `${count} calls`];
}

function callLine(call: CallState): string {
  const { id, from, to, startedAtMs, answeredAtMs } = call;
  const sinceMs = Date.now() - (answeredAtMs ?? startedAtMs);
  const state = answeredAtMs === undefined ? "setting up" : "answered";
  const seconds = (Math.max(0, sinceMs) / 1000).toFixed(1);
  const line = `${id}  ${from} -> ${to ?? "?"}  ${state} ${seconds} s`;
  const media = call.media === undefined ? [] : [`media=${call.media}`];
  return [line, ...media, ...call.timers.map(timerText)].join("  ");
}

function timerText(timer: CallState["timers"][number]): string {
  const { leg, intervalSeconds, refresher, refreshInSeconds } = timer;
  const due = refreshInSeconds === undefined
    ? `${refresher === "us" ? "we" : "they"} refresh`
    : `we refresh in ${refreshInSeconds.toFixed(0)} s`;
  const ends = timer.endsInSeconds.toFixed(0);
  return `${leg}: timer ${intervalSeconds} s, ${due}, ends in ${ends} s`;
}
