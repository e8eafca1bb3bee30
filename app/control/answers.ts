/** What a running Legwork answers over its control socket. */

import type { CallState } from "../../core/call/call_record.ts";
import type { NgServerState } from "../../core/media/ng_servers.ts";
import type { Server } from "../server.ts";
import { explained } from "../trace/explain.ts";
import { keepAliveLines } from "./keep_alive_lines.ts";
import { overloadLines } from "./overload_lines.ts";
import type { ControlReply, ControlRequest } from "./protocol.ts";
import { trunkLines } from "./trunk_lines.ts";
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
      return {
        ok: true,
        lines: [
          ...callLines(server.b2bua.callStates),
          ...overloadLines(server.overload?.state),
        ],
      };
    case "keepalives":
      return { ok: true, lines: keepAliveLines(server.b2bua.keepAlives) };
    case "trunks": {
      const { b2bua } = server;
      const lines = trunkLines(b2bua.trunkStates, {
        nowMs: Date.now(),
        registrationsOf: (trunk) => b2bua.registrationsOf(trunk),
      });
      return {
        ok: true,
        lines: [...lines, ...rtpengineLines(server.rtpengine?.states ?? [])],
      };
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

/** Each rtpengine server, as `rtpengine 127.0.0.1:2223  up, 3 calls`. */
function rtpengineLines(states: readonly NgServerState[]): string[] {
  return states.map(({ name, up, calls }) =>
    `rtpengine ${name}  ${up ? "up" : "down"}, ${calls} ${
      calls === 1 ? "call" : "calls"
    }`
  );
}

/** Calls listed at most; who runs more needs metrics. */
const MAX_LISTED = 1_000;

function callLines(calls: readonly CallState[]): string[] {
  const lines = calls.slice(0, MAX_LISTED).map(callLine);
  const more = calls.length - lines.length;
  if (more > 0) lines.push(`... and ${more} more`);
  return [...lines, calls.length === 1 ? "1 call" : `${calls.length} calls`];
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
