/** The reports of several workers as one list. */

import type { TrunkState } from "../../core/trunk/trunk_state.ts";
import { callLines } from "../control/call_lines.ts";
import { keepAliveLines } from "../control/keep_alive_lines.ts";
import { overloadLines } from "../control/overload_lines.ts";
import { MOST_LISTED, type Report } from "../control/report.ts";
import { rtpengineLine } from "../control/report_lines.ts";
import { conditionText } from "../control/trunk_lines.ts";

/** What a worker said of itself. */
export interface WorkerReport {
  readonly worker: number;
  readonly report: Report;
}

/** All of them are of one kind. */
export function mergedLines(reports: readonly WorkerReport[]): string[] {
  switch (reports[0]?.report.of) {
    case undefined:
      return [];
    case "calls":
      return calls(reports);
    case "keepalives":
      return keepAlives(reports);
    case "trunks":
      return trunks(reports);
  }
}

/** A call's identifier says whose it is; load is each worker's own. */
function calls(reports: readonly WorkerReport[]): string[] {
  const all = some("calls", reports);
  return [
    ...callLines(
      all.flatMap(({ report }) => report.calls),
      sum(all.map(({ report }) => report.count)),
    ),
    ...all.flatMap(({ worker, report }) =>
      overloadLines(report.overload).map((line) => `worker ${worker}: ${line}`)
    ),
  ];
}

/** A peer's requests are spread over the workers, and the pace of each is as that worker sees it. */
function keepAlives(reports: readonly WorkerReport[]): string[] {
  const all = some("keepalives", reports);
  const states = all.flatMap(({ worker, report }) =>
    report.states.map((state) => ({ ...state, worker }))
  ).sort((a, b) => a.secondsAgo - b.secondsAgo);
  return keepAliveLines(states, sum(all.map(({ report }) => report.count)));
}

/** One trunk as a worker has it. */
interface Seen {
  readonly worker: number;
  readonly trunk: TrunkState;
}

/** Each trunk with the calls of all; how its addresses stand is each worker's own finding. */
function trunks(reports: readonly WorkerReport[]): string[] {
  const all = some("trunks", reports);
  const byName = new Map<string, Seen[]>();
  for (const { worker, report } of all) {
    for (const trunk of report.trunks) {
      const seen = byName.get(trunk.name);
      if (seen === undefined) byName.set(trunk.name, [{ worker, trunk }]);
      else seen.push({ worker, trunk });
    }
  }
  const engines = all.flatMap(({ worker, report }) =>
    report.rtpengine.map((one) => `${rtpengineLine(one)}  (worker ${worker})`)
  );
  if (byName.size === 0) return ["there is no trunk", ...engines];
  const found = [...byName.values()];
  const lines = found.slice(0, MOST_LISTED).flatMap(trunkOfAll);
  const count = Math.max(...all.map(({ report }) => report.count));
  const more = count - MOST_LISTED;
  if (more > 0) lines.push(`... and ${more} more`);
  const down = found.filter((seen) => seen.some(isDown));
  const counted = count === 1 ? "1 trunk" : `${count} trunks`;
  const partly = down.filter((seen) => !seen.every(isDown)).length;
  return [
    ...lines,
    [
      counted,
      ...(down.length > partly ? [`${down.length - partly} down`] : []),
      ...(partly > 0 ? [`${partly} down at some workers`] : []),
    ].join(", "),
    ...engines,
  ];
}

function isDown({ trunk }: Seen): boolean {
  return trunk.condition === "down";
}

function trunkOfAll(seen: readonly Seen[]): string[] {
  const nowMs = Date.now();
  const [{ trunk: first }] = seen as [Seen, ...Seen[]];
  const conditions = new Set(seen.map(({ trunk }) => trunk.condition));
  const condition = conditions.size === 1
    ? first.condition
    : seen.map(({ worker, trunk }) => `${trunk.condition} at worker ${worker}`)
      .join(", ");
  const count = sum(seen.map(({ trunk }) => trunk.calls));
  const many = count === 1 ? "1 call" : `${count} calls`;
  const uris = new Set(
    seen.flatMap(({ trunk }) => trunk.servers.map(({ uri }) => uri)),
  );
  return [
    `${first.name}  ${condition}, ${many}`,
    ...[...uris].flatMap((uri) => [`  ${uri}`, ...addresses(seen, uri, nowMs)]),
  ];
}

/** Each address with one line of each worker. */
function addresses(
  seen: readonly Seen[],
  uri: string,
  nowMs: number,
): string[] {
  const byAddress = new Map<string, string[]>();
  for (const { worker, trunk } of seen) {
    for (const server of trunk.servers) {
      if (server.uri !== uri) continue;
      for (const state of server.addresses) {
        const lines = byAddress.get(state.address) ?? [];
        byAddress.set(state.address, lines);
        lines.push(
          `    ${state.address}  ${
            conditionText(state, nowMs)
          }  (worker ${worker})`,
        );
      }
    }
  }
  return [...byAddress.values()].flat();
}

type ReportOf<Kind extends Report["of"]> = Extract<Report, { of: Kind }>;

function some<Kind extends Report["of"]>(
  kind: Kind,
  reports: readonly WorkerReport[],
): { worker: number; report: ReportOf<Kind> }[] {
  return reports.flatMap(({ worker, report }) =>
    report.of === kind ? [{ worker, report: report as ReportOf<Kind> }] : []
  );
}

function sum(counts: readonly number[]): number {
  return counts.reduce((all, one) => all + one, 0);
}
