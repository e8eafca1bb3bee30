/** `legwork keepalives`: who keeps a way to us alive, one line for each address and kind. */

import type { KeepAliveState } from "../../core/call/keep_alives.ts";

/** Lines at most; the peers heard of last come first. */
const MAX_LISTED = 1_000;

/** The list, in columns. */
export function keepAliveLines(states: readonly KeepAliveState[]): string[] {
  const rows = states.slice(0, MAX_LISTED).map(rowOf);
  const widths = HEADINGS.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]!.length))
  );
  const lines = [HEADINGS, ...rows].map((row) =>
    row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ").trimEnd()
  );
  const more = states.length - rows.length;
  if (more > 0) lines.push(`... and ${more} more`);
  return rows.length === 0 ? ["no keep-alive came yet"] : lines;
}

const HEADINGS = ["address", "trunk", "kind", "count", "each", "last"];

function rowOf(state: KeepAliveState): string[] {
  const { intervalSeconds, secondsAgo } = state;
  return [
    state.address,
    state.trunk ?? "-",
    state.kind,
    String(state.count),
    intervalSeconds === undefined ? "-" : `${intervalSeconds.toFixed(1)} s`,
    `${secondsAgo.toFixed(1)} s ago`,
  ];
}
