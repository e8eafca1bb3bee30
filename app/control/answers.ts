/** What a running Legwork answers over its control socket. */

import type { Server } from "../server.ts";
import { explained } from "../trace/explain.ts";
import type { ControlReply, ControlRequest } from "./protocol.ts";
import { reportOf } from "./report.ts";
import { reportLines } from "./report_lines.ts";
import { registrations } from "./registration_lines.ts";

/** Carries a request out. */
export async function answerControl(
  request: ControlRequest,
  server: Server,
): Promise<ControlReply> {
  switch (request.command) {
    case "reload": {
      const { ok, lines } = await server.scripts.reload({
        by: "command",
        to: request.to,
      });
      return lines.length === 0
        ? { ok: false, lines: ["there is no script to load"] }
        : { ok, lines };
    }
    case "calls":
    case "keepalives":
    case "trunks": {
      const report = reportOf(request.command, server);
      return request.raw === true
        ? { ok: true, lines: [], report }
        : { ok: true, lines: reportLines(report) };
    }
    case "registrations":
      return await registrations(request, server.b2bua.registrar);
    case "explain":
      return explain(request.call, server);
    case "dtmf":
      return sendKeys(request, server);
  }
}

function explain(call: string, { traces, b2bua }: Server): ControlReply {
  const story = traces?.find(call);
  if (story !== undefined) return { ok: true, lines: explained(story) };
  const running = b2bua.callStates.some(({ id }) => id.startsWith(call));
  const why = traces === undefined
    ? "nothing is kept: trace is off"
    : running && !traces.full
    ? "no fault so far, and trace: faults keeps nothing else"
    : `no call of that name is kept${
      traces.full ? "" : "; trace: faults keeps those with a fault"
    }`;
  return { ok: false, lines: [`${call}: ${why}`] };
}

function sendKeys(
  { call, leg, keys }: Extract<ControlRequest, { command: "dtmf" }>,
  { b2bua }: Server,
): ControlReply {
  try {
    const found = b2bua.sendKeys(call, leg, keys);
    return found
      ? { ok: true, lines: [`${keys.length} keys for leg ${leg}`] }
      : { ok: false, lines: [`${call}: no running call of that name`] };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { ok: false, lines: [why] };
  }
}
