/** SIPp on either side of a call, each playing a scenario of ../sipp/. */

import { type Running, start } from "./peer.ts";
import { bound, freePorts } from "./ports.ts";

const SCENARIOS = new URL("../sipp/", import.meta.url).pathname;

/** How one SIPp is run. */
export interface SippOptions {
  /** Name of a scenario file, without its ending. */
  readonly scenario: string;
  /** Calls to make or to take. Default: 3. */
  readonly calls?: number;
  /** Calls begun a second. Default: 10. */
  readonly rate?: number;
  /** How long a scenario's `<pause />` is, in milliseconds. Default: 100. */
  readonly holdMs?: number;
  /** Default: udp. */
  readonly transport?: "udp" | "tcp";
  /** Its calls go on over a new connection when theirs breaks. */
  readonly reconnects?: boolean;
  /** Values of `[name]` in the scenario. */
  readonly keys?: Readonly<Record<string, string>>;
  /** Files in its folder, which a scenario may stream. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
  /** It sends all RTP back. */
  readonly echo?: boolean;
  /** Where to take calls; a free port by default. */
  readonly port?: number;
}

/** A SIPp that takes calls; it has to be told to finish. */
export interface Callee extends AsyncDisposable {
  readonly port: number;
  /** Waits for all its calls; throws, with what SIPp logged, unless all went well. */
  finished(): Promise<void>;
}

/** Starts the called side and waits until it listens. */
export async function callee(options: SippOptions): Promise<Callee> {
  const [first = 0] = freePorts(4);
  const port = options.port ?? first;
  const run = await sipp(options, { port, control: first + 1 }, []);
  await bound(port, options.transport ?? "udp");
  return {
    port,
    finished: () => succeeded(run, `callee ${options.scenario}`),
    [Symbol.asyncDispose]: () => run.end(),
  };
}

/** Calls through `server`; throws, with what SIPp logged, unless all calls went well. */
export async function call(
  server: number,
  options: SippOptions,
): Promise<void> {
  const [port = 0, control = 0] = freePorts(4);
  const run = await sipp(options, { port, control }, [`127.0.0.1:${server}`]);
  try {
    await succeeded(run, `caller ${options.scenario}`);
  } finally {
    await run.end();
  }
}

interface Run {
  readonly process: Running;
  readonly folder: string;
  end(): Promise<void>;
}

async function sipp(
  options: SippOptions,
  ports: { port: number; control: number },
  target: readonly string[],
): Promise<Run> {
  const folder = await Deno.makeTempDir({ prefix: "sipp-" });
  const keys = Object.entries(options.keys ?? {})
    .flatMap(([name, value]) => ["-key", name, value]);
  for (const [name, bytes] of Object.entries(options.files ?? {})) {
    await Deno.writeFile(`${folder}/${name}`, bytes);
  }
  const process = start("sipp", [
    ...target,
    ...(options.echo === true ? ["-rtp_echo"] : []),
    ...["-sf", `${SCENARIOS}${options.scenario}.xml`],
    ...["-i", "127.0.0.1", "-p", `${ports.port}`, "-bind_local"],
    ...["-ci", "127.0.0.1", "-cp", `${ports.control}`],
    ...["-mp", `${ports.port + 2}`],
    ...["-t", options.transport === "tcp" ? "t1" : "u1"],
    ...(options.reconnects === true
      ? ["-max_reconnect", "3", "-reconnect_close", "false"]
      : []),
    ...["-m", `${options.calls ?? 3}`, "-r", `${options.rate ?? 10}`],
    ...["-d", `${options.holdMs ?? 100}`, "-s", "bob"],
    ...["-nostdin", "-skip_rlimit", "-timeout", "25s", "-timeout_error"],
    ...["-recv_timeout", "12000"],
    ...["-trace_err", "-error_file", `${folder}/errors`],
    ...["-trace_msg", "-message_file", `${folder}/messages`],
    ...keys,
  ], { withinMs: 30_000, cwd: folder });
  return {
    process,
    folder,
    async end(): Promise<void> {
      await process[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true }).catch(() => {});
    },
  };
}

async function succeeded(run: Run, who: string): Promise<void> {
  const { code } = await run.process.ended;
  if (code === 0) return;
  const logs = await Promise.all(
    ["errors", "messages"].map((name) =>
      Deno.readTextFile(`${run.folder}/${name}`).catch(() => "")
    ),
  );
  const text = logs.map((log) => log.slice(0, 6000)).join("\n");
  throw new Error(`${who}: SIPp ended with ${code}\n${text}`);
}
