/** `legwork keepalives`: who keeps a way to us alive, one line for each address and kind. */

import type { KeepAliveState } from "../../core/call/keep_alives.ts";
import { MOST_LISTED } from "./report.ts";

/** What is listed: of a worker where there are several. */
export type ListedKeepAlive = KeepAliveState & { readonly worker?: number };

/** The list, in columns, of the states given of `count` in all; the peers heard of last come first. */
export function keepAliveLines(
  states: readonly ListedKeepAlive[],
  count: number,
): string[] {
  const listed = states.slice(0, MOST_LISTED);
  const hasWorkers = listed.some(({ worker }) => worker !== undefined);
  const headings = [...HEADINGS, ...(hasWorkers ? ["worker"] : [])];
  const rows = listed.map((state) => [
    ...rowOf(state),
    ...(hasWorkers ? [String(state.worker)] : []),
  ]);
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]!.length))
  );
  const lines = [headings, ...rows].map((row) =>
    row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ").trimEnd()
  );
  const more = count - rows.length;
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
