/** SIPp on both sides of a server: the load, and what it counted. */

import { type Running, start } from "../../tests/interop/support/peer.ts";
import { bound, freePorts, pause } from "../../tests/interop/support/ports.ts";
import { onCore, type Server } from "./server.ts";
import { cpuMicros, rssKb } from "./usage.ts";

/** How much load. */
export interface Load {
  readonly calls: number;
  readonly perSecond: number;
  /** How long each call stays up, 100 ms at least. */
  readonly holdMs: number;
  /** Calls put through before anything is read, so that code is compiled and buffers have grown. Default: 0. */
  readonly warmUp?: number;
  /** How long after the last call memory is read once more. Default: 2 s. */
  readonly settleMs?: number;
}

/** What came of it. */
export interface Figures {
  readonly completed: number;
  readonly failed: number;
  /** By both sides of SIPp. */
  readonly retransmitted: number;
  readonly cpuMicrosPerCall: number;
  /** Resident memory before the first call, with all held, and after the last. */
  readonly rssKb: readonly [before: number, held: number, after: number];
}

const SETTLE_MS = 2000;
/** So that an ACK is never overtaken by its BYE. */
const SHORTEST_CALL_MS = 100;
/** RFC 3261: a transaction waits 32 s after its final response; within as long again memory is given back. */
export const ALL_OVER_MS = 75_000;
const WARM_UP_PER_SECOND = 400;
const FOLDER = new URL(".", import.meta.url).pathname;

/** Puts `load` through a server that `open` starts for the callee's port. */
export async function measure(
  load: Load,
  open: (calleePort: number) => Promise<Server>,
): Promise<Figures> {
  const folder = await Deno.makeTempDir({ prefix: "bench-" });
  const [calleePort = 0, calleeControl = 0] = freePorts(4);
  const [callerPort = 0, callerControl = 0] = freePorts(4);
  try {
    await using callee = sipp("callee", folder, [
      ...["-p", `${calleePort}`, "-cp", `${calleeControl}`],
    ]);
    await bound(calleePort, "udp");
    await using server = await open(calleePort);
    await pause(500);
    const call = ({ calls, perSecond, holdMs }: Load): Running =>
      sipp("caller", folder, [
        `127.0.0.1:${server.port}`,
        ...["-p", `${callerPort}`, "-cp", `${callerControl}`],
        ...["-r", `${perSecond}`, "-m", `${calls}`],
        ...["-l", `${calls}`, "-s", "bob"],
        ...["-d", `${Math.max(holdMs, SHORTEST_CALL_MS)}`],
      ]);
    if (load.warmUp !== undefined) {
      const perSecond = WARM_UP_PER_SECOND;
      await using warming = call({ calls: load.warmUp, perSecond, holdMs: 0 });
      await warming.ended;
      await pause(ALL_OVER_MS);
    }
    const rssBefore = await rssKb(server.pid);
    const cpuBefore = await cpuMicros(server.pid);

    await using caller = call(load);
    const rampMs = load.calls / load.perSecond * 1000;
    await pause(rampMs + Math.min(load.holdMs, 1500));
    const rssHeld = await rssKb(server.pid);
    await caller.ended;
    await pause(load.settleMs ?? SETTLE_MS);
    const cpuAfter = await cpuMicros(server.pid);
    const rssAfter = await rssKb(server.pid);
    callee.signal("SIGUSR1");
    await callee.ended;

    const called = await counted(`${folder}/callee.csv`);
    const calling = await counted(`${folder}/caller.csv`);
    return {
      completed: calling.completed,
      failed: calling.failed,
      retransmitted: calling.retransmitted + called.retransmitted,
      cpuMicrosPerCall: (cpuAfter - cpuBefore) / Math.max(1, calling.completed),
      rssKb: [rssBefore, rssHeld, rssAfter],
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function sipp(
  side: "caller" | "callee",
  folder: string,
  args: readonly string[],
): Running {
  const [command = "", ...rest] = [
    ...onCore(1),
    ...["sipp", ...args, "-sf", `${FOLDER}${side}.xml`],
    ...["-i", "127.0.0.1", "-bind_local", "-ci", "127.0.0.1", "-t", "u1"],
    ...["-nostdin", "-skip_rlimit", "-buff_size", "2097152"],
    ...["-trace_stat", "-fd", "1", "-stf", `${folder}/${side}.csv`],
    ...["-timeout", "300s", "-trace_err"],
    ...["-error_file", `${folder}/${side}.errors`],
  ];
  return start(command, rest, { withinMs: 320_000, cwd: folder });
}

/** The last line of SIPp's statistics; columns marked (C) are totals. */
async function counted(
  file: string,
): Promise<{ completed: number; failed: number; retransmitted: number }> {
  const lines = (await Deno.readTextFile(file)).trimEnd().split("\n");
  const names = lines[0]?.split(";") ?? [];
  const values = lines.at(-1)?.split(";") ?? [];
  const column = (name: string): number => Number(values[names.indexOf(name)]);
  return {
    completed: column("SuccessfulCall(C)"),
    failed: column("FailedCall(C)"),
    retransmitted: column("Retransmissions(C)"),
  };
}
