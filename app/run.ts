/** `legwork run`: carries calls until it is told to stop. */

import { LegworkError } from "../core/base/errors.ts";
import { ScriptFault } from "../scripts/fault.ts";
import type { Command } from "./args.ts";
import type { Config } from "./config/schema.ts";
import { answerControl } from "./control/answers.ts";
import { openControl } from "./control/control_server.ts";
import { controlPath } from "./control/socket_path.ts";
import { catchFaults } from "./faults.ts";
import { ladderPrinter } from "./ladder_live.ts";
import { loadConfig } from "./load_config.ts";
import { Log } from "./log.ts";
import { describeFault } from "./scripts.ts";
import { Server } from "./server.ts";
import { StopSignals } from "./signals.ts";
import type { Terminal } from "./terminal.ts";
import { supervise } from "./workers/supervisor.ts";
import { Worker } from "./workers/worker.ts";
import { configOf } from "./workers/worker_place.ts";

/** The arguments of `run`. */
export type RunCommand = Extract<Command, { name: "run" }>;

/** Resolves with the exit code: 0 when it was told to stop, 1 when it could not start. */
export async function run(
  command: RunCommand,
  terminal: Terminal,
): Promise<number> {
  const loaded = loadConfig(command.source);
  const { scripts, problems, notices } = loaded;
  if (loaded.config === undefined) {
    for (const problem of problems) terminal.err(problem);
    return 1;
  }
  const config = configOf(loaded.config, command.worker);
  const log = operatorLog(config, command, terminal);
  // The supervising process has said it for all.
  if (command.worker === undefined) {
    for (const notice of notices) log.warn(notice);
  }
  if (
    config.listen.every(({ transport }) => !/^(?:udp|tcp)$/.test(transport))
  ) {
    terminal.err(
      "listen has neither udp nor tcp, wanted at least one listener that this version can open",
    );
    return 1;
  }
  if (command.workers !== undefined) {
    const { workers: count } = command;
    const { problemAt } = loaded;
    return await supervise({ config, log, terminal, count, problemAt });
  }
  const worker = command.worker && Worker.at(command.worker);
  if (typeof worker === "string") {
    terminal.err(worker);
    return 1;
  }
  let server: Server | undefined;
  const ladder = command.ladder
    ? ladderPrinter(terminal, {
      trunkOf: ({ remote, listener }) =>
        server?.b2bua.trunkOf(remote, listener),
    })
    : undefined;
  try {
    server = await Server.start({
      config,
      scripts,
      log,
      ...(worker === undefined ? {} : { worker }),
      ...(ladder === undefined
        ? {}
        : { tap: ladder.tap, onTrace: ladder.note }),
    });
  } catch (error) {
    terminal.err(startProblem(error));
    return 1;
  }
  await serve(server, { command, terminal, log, config, worker });
  return 0;
}

/** Why a server does not start, where an operator can mend it; anything else is thrown on. */
function startProblem(error: unknown): string {
  if (error instanceof ScriptFault) return describeFault(error);
  if (error instanceof LegworkError) return error.message;
  throw error;
}

async function serve(
  server: Server,
  { command, terminal, log, config, worker }: {
    command: RunCommand;
    terminal: Terminal;
    log: Log;
    config: Config;
    worker: Worker | undefined;
  },
): Promise<void> {
  const onHangUp = (): void => void server.scripts.reload({ by: "SIGHUP" });
  const signals = new StopSignals({ onHangUp });
  const stopCatching = catchFaults(server.observer);
  server.scripts.watch();
  const { listeners } = server.b2bua;
  const port = Number(/:(\d+)$/.exec(listeners[0] ?? "")?.[1]);
  const control = await openControl(
    controlPath(config, port),
    (request) => answerControl(request, server),
    { log },
  );
  if (worker === undefined) {
    terminal.out(`legwork listening on ${listeners.join(" ")}`);
  } else {
    terminal.out(worker.announcement(listeners));
    void worker.listen(onHangUp);
  }

  // A terminal's Ctrl+C reaches a worker beside the word of its supervisor: both are one.
  const signal = await Promise.race([signals.first, worker?.drain ?? NEVER]);
  const { drainSeconds } = command;
  log.info("draining", { signal, calls: server.b2bua.calls, drainSeconds });
  const atOnce = worker?.end ?? signals.second;
  await Promise.race([server.drain(drainSeconds), atOnce]);
  await worker?.drained((line) => terminal.out(line));
  const { calls } = server.b2bua;
  if (calls > 0) log.warn("ended with calls up", { calls });
  server.observer.logCounters();
  control?.close();
  await server.close();
  await worker?.close();
  signals.dispose();
  stopCatching();
  log.info("stopped");
}

const NEVER = new Promise<never>(() => {});

/** The log that a configuration asks for; the command line has the last word. It goes to standard error. */
function operatorLog(
  config: Pick<Config, "log">,
  { logLevel, logFormat, worker }: RunCommand,
  terminal: Terminal,
): Log {
  const fields = worker === undefined ? {} : { worker: worker.number };
  return new Log({
    level: logLevel ?? config.log.level,
    format: logFormat ?? config.log.format,
    write: (line) => terminal.err(line),
    wallTime: () => Date.now(),
  }, fields);
}
