/** What a run says: a table, and the lines of its charts. */

import type { Chart, Point } from "./chart.ts";
import {
  isSound,
  kbPerCall,
  toFloor,
  toSavedHeld,
  toSavedRate,
} from "./ratio.ts";
import type { HeldCell, Machine, RateCell, Results } from "./results.ts";

/** What cells are compared with. */
export interface Beside {
  readonly run: Pick<Results, "floor" | "rates" | "quick">;
  /** The saved run, where there is one. */
  readonly saved?: Results;
}

/** What a script with one hook on every message may cost of what a call costs without. */
const HOOK_AT_MOST = 1.35;

/** The first two lines of the table. */
export function head(floor: string, against?: string): string {
  const names = [
    ...["server", "load", "failed", "sent again", "setup ms, p50 / p99"],
    ...["CPU us a call", `to ${floor}`, "RSS kB a held call"],
    ...(against === undefined ? [] : [`to ${against}`]),
  ];
  return `${row(names)}\n${row(names.map(() => "---"))}`;
}

/** One rate as a row. */
export function rateRow(cell: RateCell, beside: Beside): string {
  const { setupMs, saved } = { ...cell, ...beside };
  return row([
    ...[cell.server, `${cell.perSecond}/s`],
    ...[`${cell.failed}`, `${cell.retransmitted}`],
    setupMs === null ? "-" : `${setupMs.p50} / ${setupMs.p99}`,
    ...[`${cell.cpuMicrosPerCall}`, ratio(toFloor(cell, beside.run)), ""],
    ...(saved === undefined
      ? []
      : [ratio(toSavedRate(cell, { run: beside.run, saved }))]),
  ]);
}

/** One number of held calls as a row. */
export function heldRow(cell: HeldCell, { run, saved }: Beside): string {
  return row([
    ...[cell.server, `${cell.calls} held`],
    ...[`${cell.failed}`, `${cell.retransmitted}`, "", "", ""],
    kbPerCall(cell).toFixed(1),
    ...(saved === undefined ? [] : [ratio(toSavedHeld(cell, { run, saved }))]),
  ]);
}

/** What the hook costs of a call without script, a line for each way of UDP that has both. */
export function hookLines(rates: readonly RateCell[]): string[] {
  return ["plain", "batched"].flatMap((udp) => {
    const parts = rates.filter(({ server }) => server === `one hook, ${udp}`)
      .flatMap((hook) => {
        const bare = rates.find(({ server, perSecond }) =>
          server === `no script, ${udp}` && perSecond === hook.perSecond
        );
        if (bare === undefined || bare.cpuMicrosPerCall === 0) return [];
        return !isSound(bare) || !isSound(hook) ? [] : [
          `${
            (hook.cpuMicrosPerCall / bare.cpuMicrosPerCall).toFixed(2)
          } at ${hook.perSecond}/s`,
        ];
      });
    return parts.length === 0 ? [] : [
      `one hook to no script, ${udp}: ${
        parts.join(", ")
      } (bar: ${HOOK_AT_MOST})`,
    ];
  });
}

/** CPU time of a call by rate; a line ends where its server does not get through any more. */
export function cpuChart(results: Results): Chart {
  return {
    title: "CPU time of a basic call, by rate",
    note: madeOn(results),
    x: "calls per second",
    y: "CPU us per call",
    lines: names(results.rates).map((name) => ({
      name,
      style: styleOf(name, results),
      points: results.rates
        .filter((cell) => cell.server === name && isSound(cell))
        .map((
          { perSecond, cpuMicrosPerCall },
        ) => [perSecond, cpuMicrosPerCall]),
    })),
  };
}

/** What resident memory has grown by since before the first call, by calls held. */
export function rssChart(results: Results): Chart {
  return {
    title: "Resident memory that held calls add",
    note: madeOn(results),
    x: "calls held",
    y: "MiB more than before",
    lines: names(results.held).map((name) => ({
      name,
      style: styleOf(name, results),
      points: [
        [0, 0],
        ...results.held.filter(({ server }) => server === name)
          .map(({ calls, beforeKb, heldKb }): Point => [
            calls,
            (heldKb - beforeKb) / 1024,
          ]),
      ],
    })),
  };
}

/** One line that says what the figures were made on. */
export function machineLine({ cores, cpu, kernel, deno }: Machine): string {
  return `${cores} x ${cpu}, Linux ${kernel}, Deno ${deno}`;
}

function madeOn({ machine, madeAt, quick }: Results): string {
  const how = quick ? ", --quick" : "";
  return `${machineLine(machine)}, ${madeAt.slice(0, 10)}${how}`;
}

/** The servers of a run in their order: the held ones lack the floor. */
function styleOf(name: string, { rates, held }: Results): number {
  return names([...rates, ...held]).indexOf(name);
}

function names(cells: readonly { server: string }[]): string[] {
  return [...new Set(cells.map(({ server }) => server))];
}

function ratio(value: number | undefined): string {
  return value?.toFixed(2) ?? "-";
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}
