/** A report of one process as lines for a terminal. */

import type { NgServerState } from "../../core/media/ng_servers.ts";
import { callLines } from "./call_lines.ts";
import { keepAliveLines } from "./keep_alive_lines.ts";
import { overloadLines } from "./overload_lines.ts";
import type { Report } from "./report.ts";
import { trunkLines } from "./trunk_lines.ts";

/** See the module's text. */
export function reportLines(report: Report): string[] {
  switch (report.of) {
    case "calls": {
      const { calls, count, overload } = report;
      return [...callLines(calls, count), ...overloadLines(overload)];
    }
    case "keepalives":
      return keepAliveLines(report.states, report.count);
    case "trunks": {
      const { trunks, count, registrations } = report;
      const lines = trunkLines(trunks, {
        count,
        nowMs: Date.now(),
        registrationsOf: (trunk) => registrations[trunk] ?? [],
      });
      return [...lines, ...report.rtpengine.map(rtpengineLine)];
    }
  }
}

/** `rtpengine 127.0.0.1:2223  up, 3 calls`. */
export function rtpengineLine({ name, up, calls }: NgServerState): string {
  const many = calls === 1 ? "1 call" : `${calls} calls`;
  return `rtpengine ${name}  ${up ? "up" : "down"}, ${many}`;
}
