/** Ratios that hold on any machine: to the floor of the same run, and of those to a saved run. */

import type { HeldCell, RateCell, Results } from "./results.ts";

/** Of calls that fail, or are refused, the others bear the cost: above this share a figure is none. */
const FAILED_AT_MOST = 0.01;

/** Whether the server got through what it was offered. */
export function isSound(
  { completed, failed }: Pick<RateCell, "completed" | "failed">,
): boolean {
  return completed > 0 && failed <= FAILED_AT_MOST * (completed + failed);
}

/**
 * CPU time to that of the floor at the same rate; undefined where the floor was not measured, or too little to tell, or
 * where either did not get through.
 */
export function toFloor(
  cell: RateCell,
  run: Pick<Results, "floor" | "rates">,
): number | undefined {
  const floor = run.rates.find(({ server, perSecond }) =>
    server === run.floor && perSecond === cell.perSecond
  );
  if (floor === undefined || !isSound(floor) || !isSound(cell)) {
    return undefined;
  }
  return quotient(cell.cpuMicrosPerCall, floor.cpuMicrosPerCall);
}

/**
 * What the ratio to the floor has become since the saved run: above 1, dearer.
 * Undefined where that has no such cell, or another floor.
 */
export function toSavedRate(
  cell: RateCell,
  { run, saved }: { run: Pick<Results, "floor" | "rates">; saved: Results },
): number | undefined {
  if (run.floor !== saved.floor || cell.server === run.floor) return undefined;
  const before = saved.rates.find(({ server, perSecond }) =>
    server === cell.server && perSecond === cell.perSecond
  );
  if (before === undefined) return undefined;
  return quotient(toFloor(cell, run), toFloor(before, saved));
}

/** Memory of a held call to that of the saved run; no floor holds calls, and memory knows no faster machine. A quick run's is another figure than a full one's. */
export function toSavedHeld(
  cell: HeldCell,
  { run, saved }: { run: Pick<Results, "quick">; saved: Results },
): number | undefined {
  if (run.quick !== saved.quick) return undefined;
  const before = saved.held.find(({ server, calls }) =>
    server === cell.server && calls === cell.calls
  );
  return before && quotient(kbPerCall(cell), kbPerCall(before));
}

/** Resident memory that one held call added, in kB of 1024. */
export function kbPerCall({ beforeKb, heldKb, calls }: HeldCell): number {
  return (heldKb - beforeKb) / calls;
}

/** The p-th part of a list that is sorted already, by nearest rank. */
export function percentile(
  sorted: readonly number[],
  p: number,
): number | undefined {
  return sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)];
}

/** Nothing is told from what is zero or less: the kernel counts in ticks, and memory may shrink. */
function quotient(
  above: number | undefined,
  below: number | undefined,
): number | undefined {
  if (above === undefined || below === undefined) return undefined;
  return above > 0 && below > 0 ? above / below : undefined;
}
