/** One server under one load after the other: SIPp on both sides of it, and what it counted of each. */

import { type Running, start } from "../../tests/interop/support/peer.ts";
import { bound, freePorts, pause } from "../../tests/interop/support/ports.ts";
import { onCore, type Open, type Server } from "./server.ts";
import { cpuMicros } from "./usage.ts";

/** How much load. */
export interface Offer {
  readonly calls: number;
  readonly perSecond: number;
  /** How long a call stays up; of the scenario `caller` only. Default: 100 ms, so that no ACK is overtaken by its BYE. */
  readonly holdMs?: number;
  /** The caller's scenario; `caller_shed` takes a 503 for an answer. Default: `caller_shed`. */
  readonly scenario?: "caller" | "caller_shed";
}

/** What came of it. */
export interface Outcome {
  readonly completed: number;
  readonly failed: number;
  /** Refused with 503: neither completed nor failed. */
  readonly refused: number;
  /** By both sides of SIPp. */
  readonly retransmitted: number;
  /** From the first INVITE to the end of the last call. */
  readonly seconds: number;
  readonly cpuMicrosPerCall: number;
  /** INVITE to 200 as the caller saw it, shortest first, in whole milliseconds; of the scenario `caller` only. */
  readonly setupsMs: readonly number[];
}

const SETTLE_MS = 1000;
const SHORTEST_CALL_MS = 100;
/** What is not received by then has failed. */
const PATIENCE_MS = 20_000;
const FOLDER = new URL(".", import.meta.url).pathname;

/** A server and its callee; disposing it ends both. */
export class Session implements AsyncDisposable {
  readonly #folder: string;
  readonly #callee: Running;
  readonly #server: Server;
  readonly #ports: readonly number[];
  #offers = 0;
  #calleeRetransmitted = 0;

  private constructor(
    parts: {
      folder: string;
      callee: Running;
      server: Server;
      ports: readonly number[];
    },
  ) {
    this.#folder = parts.folder;
    this.#callee = parts.callee;
    this.#server = parts.server;
    this.#ports = parts.ports;
  }

  /** Starts the callee, then the server that `open` opens for it; no call may stay up longer than `longestMs`. */
  static async open(
    open: Open,
    { longestMs = 0 }: { longestMs?: number } = {},
  ): Promise<Session> {
    const folder = await Deno.makeTempDir({ prefix: "bench-" });
    const [calleePort = 0, calleeControl = 0] = freePorts(4);
    const callee = sipp(`${folder}/callee`, [
      ...["-sf", `${FOLDER}callee.xml`],
      ...["-p", `${calleePort}`, "-cp", `${calleeControl}`],
      ...["-recv_timeout", `${longestMs + PATIENCE_MS}`],
    ]);
    await bound(calleePort, "udp");
    const server = await open(calleePort);
    await pause(500);
    const ports = freePorts(4);
    return new Session({ folder, callee, server, ports });
  }

  /** The server's process. */
  get pid(): number {
    return this.#server.pid;
  }

  /** What the server has logged, where it logs. */
  log(): string {
    return this.#server.log?.() ?? "";
  }

  /** Offers calls and waits for the last. */
  async offer(load: Offer): Promise<Outcome> {
    const { calls, perSecond, scenario = "caller_shed" } = load;
    const holdMs = Math.max(load.holdMs ?? 0, SHORTEST_CALL_MS);
    const [port = 0, control = 0] = this.#ports;
    const path = `${this.#folder}/caller${this.#offers++}`;
    const cpuBefore = await cpuMicros(this.#server.pid);
    const startedMs = performance.now();
    await using caller = sipp(path, [
      ...[`127.0.0.1:${this.#server.port}`, "-sf", `${FOLDER}${scenario}.xml`],
      ...["-p", `${port}`, "-cp", `${control}`, "-s", "bob"],
      ...["-r", `${perSecond}`, "-m", `${calls}`],
      ...["-l", `${calls}`, "-d", `${holdMs}`],
      ...["-recv_timeout", `${PATIENCE_MS}`],
      ...["-trace_rtt", "-rtt_freq", "10"],
    ]);
    await caller.ended;
    const seconds = (performance.now() - startedMs) / 1000;
    await pause(SETTLE_MS);
    const cpuAfter = await cpuMicros(this.#server.pid);
    const calling = await counted(`${path}.csv`);
    const called = await counted(`${this.#folder}/callee.csv`);
    const again = called.retransmitted - this.#calleeRetransmitted;
    this.#calleeRetransmitted = called.retransmitted;
    const completed = calling.completed - calling.refused;
    return {
      completed,
      failed: calling.failed,
      refused: calling.refused,
      retransmitted: calling.retransmitted + again,
      seconds,
      cpuMicrosPerCall: (cpuAfter - cpuBefore) / Math.max(1, completed),
      setupsMs: await setups(this.#folder),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#callee.signal("SIGUSR1");
    await this.#server[Symbol.asyncDispose]();
    await this.#callee[Symbol.asyncDispose]();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

function sipp(path: string, args: readonly string[]): Running {
  const [command = "", ...rest] = [
    ...onCore(1),
    ...["sipp", ...args, "-i", "127.0.0.1", "-bind_local"],
    ...["-ci", "127.0.0.1", "-t", "u1", "-nostdin", "-skip_rlimit"],
    ...["-buff_size", "4194304", "-deadcall_wait", "1000"],
    ...["-trace_stat", "-fd", "1", "-stf", `${path}.csv`],
    ...["-timeout", "900s", "-trace_err", "-error_file", `${path}.errors`],
  ];
  const cwd = path.slice(0, path.lastIndexOf("/"));
  return start(command, rest, { withinMs: 910_000, cwd });
}

/** SIPp names its file of response times by itself, beside the others; it is read once. */
async function setups(folder: string): Promise<number[]> {
  const times: number[] = [];
  for (const { name } of Deno.readDirSync(folder)) {
    if (!name.endsWith("_rtt.csv")) continue;
    const [, ...lines] = (await Deno.readTextFile(`${folder}/${name}`))
      .trimEnd().split("\n");
    times.push(...lines.map((line) => Number(line.split(";")[1])));
    await Deno.remove(`${folder}/${name}`);
  }
  return times.sort((a, b) => a - b);
}

/** The last line of SIPp's statistics; columns marked (C) are totals. */
async function counted(file: string): Promise<{
  completed: number;
  failed: number;
  refused: number;
  retransmitted: number;
}> {
  const lines = (await Deno.readTextFile(file)).trimEnd().split("\n");
  const names = lines[0]?.split(";") ?? [];
  const values = lines.at(-1)?.split(";") ?? [];
  const column = (name: string): number => {
    const at = names.indexOf(name);
    return at < 0 ? 0 : Number(values[at]);
  };
  return {
    completed: column("SuccessfulCall(C)"),
    failed: column("FailedCall(C)"),
    refused: column("GenericCounter1(C)"),
    retransmitted: column("Retransmissions(C)"),
  };
}
