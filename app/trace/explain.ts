/**
 * A call's story as text: for `legwork explain`, and the lines below an arrow of the live ladder.
 *
 * @module
 */

import { flowText } from "../../core/media/media_summary.ts";
import type { CallStory, TraceEvent } from "./call_traces.ts";

/** All of a call's story, line by line. */
export function explained(story: CallStory): string[] {
  const { id, events, dropped, hooks, summary, startedAtMs } = story;
  const from = events[0]?.atMs ?? startedAtMs;
  const lines = [`call ${id}${ending(story)}`];
  if (dropped > 0) lines.push(`  (${dropped} earlier events were let go)`);
  for (const event of events) lines.push(...eventLines(event, from));
  for (const [hook, { runs, usedMs }] of hooks) {
    const times = runs === 1 ? "once" : `${runs} times`;
    lines.push(`hook ${hook} ran ${times}, ${milliseconds(usedMs)}`);
  }
  if (summary === undefined) lines.push("still running");
  else lines.push(...relayed(summary));
  return lines.map(printable);
}

/** What goes below a message: an edit with its values, a decision, a fault. */
export function noteText(event: TraceEvent): string {
  switch (event.kind) {
    case "message":
      return event.line;
    case "edit":
      return printable(`${editText(event)}${by(event.place, event.hook)}`);
    case "decision":
      return printable(decisionLine(event));
    case "key": {
      const { leg, key, as, durationMs } = event;
      return printable(`${leg} pressed ${key} for ${durationMs} ms (${as})`);
    }
    case "fault":
      return printable(`fault in ${event.hook}: ${event.text}`);
  }
}

function ending({ summary }: CallStory): string {
  if (summary === undefined) return "";
  const { from, to, status, cause, endedBy } = summary;
  return ` from ${from} to ${
    to ?? "nobody"
  }, status ${status}, ended by ${endedBy} (${cause})`;
}

/** What was relayed of its media, and how many keys were heard. */
function relayed(
  { media, keys, collected }: NonNullable<CallStory["summary"]>,
): string[] {
  const counts = keys === undefined ? [] : (["a", "b"] as const).map((leg) => {
    const which = collected?.[leg];
    return `${leg} ${keys[leg]}${which ? ` (${which})` : ""}`;
  });
  return [
    ...media === undefined ? [] : [`media by ${media.mode}`],
    ...(media?.flows ?? []).map((flow) => `  ${flowText(flow)}`),
    ...counts.length === 0 ? [] : [`keys ${counts.join(", ")}`],
  ];
}

function eventLines(event: TraceEvent, fromMs: number): string[] {
  const time = ((event.atMs - fromMs) / 1000).toFixed(3).padStart(9);
  switch (event.kind) {
    case "message": {
      const { direction, leg, peer, line } = event;
      const arrow = direction === "in" ? "<-" : "->";
      return [`${time}  ${leg} ${arrow} ${peer}  ${line}`];
    }
    case "edit": {
      const short = event.before.length <= 1 && event.after.length <= 1;
      if (short) return [`${" ".repeat(13)}${noteText(event)}`];
      return [
        `${" ".repeat(13)}${event.field}${by(event.place, event.hook)}`,
        ...event.before.map((value) => `${" ".repeat(15)}- ${value}`),
        ...event.after.map((value) => `${" ".repeat(15)}+ ${value}`),
      ];
    }
    case "decision":
    case "key":
    case "fault":
      return [`${time}  ${noteText(event)}`];
  }
}

function editText(
  { field, before, after }: TraceEvent & { kind: "edit" },
): string {
  const old = before.join(" | ");
  const fresh = after.join(" | ");
  if (after.length === 0) return `${field}: ${old} -> removed`;
  if (before.length === 0) return `${field}: added ${fresh}`;
  return `${field}: ${old} -> ${fresh}`;
}

function decisionLine(
  { hook, text, policy, place, usedMs }: TraceEvent & { kind: "decision" },
): string {
  const who = policy === undefined ? "built-in" : place ?? policy;
  const time = usedMs === undefined ? "" : `, ${milliseconds(usedMs)}`;
  return `${hook}: ${text}  (${who}${time})`;
}

function by(place: string | undefined, hook: string | undefined): string {
  const parts = [place, hook].filter((part) => part !== undefined);
  return parts.length === 0 ? "" : `  (${parts.join(" ")})`;
}

function milliseconds(ms: number): string {
  return `${ms < 10 ? ms.toFixed(2) : Math.round(ms)} ms`;
}

/** A peer wrote some of it; it must not move the cursor. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, "\u00b7");
}
