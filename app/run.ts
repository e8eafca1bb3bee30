/** `legwork run`: carries calls until it is told to stop. */

import { LegworkError } from "../core/base/errors.ts";
import { ScriptFault } from "../scripts/fault.ts";
import type { Command } from "./args.ts";
import type { Config } from "./config/schema.ts";
import { answerControl } from "./control/answers.ts";
import { ControlServer } from "./control/control_server.ts";
import { controlPath } from "./control/socket_path.ts";
import { catchFaults } from "./faults.ts";
import { ladderPrinter } from "./ladder_live.ts";
import { loadConfig } from "./load_config.ts";
import { Log } from "./log.ts";
import { describeFault } from "./scripts.ts";
import { Server } from "./server.ts";
import { StopSignals } from "./signals.ts";
import type { Terminal } from "./terminal.ts";

/** The arguments of `run`. */
export type RunCommand = Extract<Command, { name: "run" }>;

/** Resolves with the exit code: 0 when it was told to stop, 1 when it could not start. */
export async function run(
  command: RunCommand,
  terminal: Terminal,
): Promise<number> {
  const { config, scripts, problems, notices } = loadConfig(command.source);
  if (config === undefined) {
    for (const problem of problems) terminal.err(problem);
    return 1;
  }
  const log = operatorLog(config, command, terminal);
  for (const notice of notices) log.warn(notice);
  if (
    config.listen.every(({ transport }) => !/^(?:udp|tcp)$/.test(transport))
  ) {
    terminal.err(
      "listen has neither udp nor tcp, wanted at least one listener that this version can open",
    );
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
      ...(ladder === undefined
        ? {}
        : { tap: ladder.tap, onTrace: ladder.note }),
    });
  } catch (error) {
    terminal.err(startProblem(error));
    return 1;
  }
  await serve(server, { command, terminal, log, config });
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
  { command, terminal, log, config }: {
    command: RunCommand;
    terminal: Terminal;
    log: Log;
    config: Config;
  },
): Promise<void> {
  const signals = new StopSignals({
    onHangUp: () => void server.scripts.reload({ by: "SIGHUP" }),
  });
  const stopCatching = catchFaults(server.observer);
  server.scripts.watch();
  const control = await openControl(server, { config, log });
  terminal.out(`legwork listening on ${server.b2bua.listeners.join(" ")}`);

  const signal = await signals.first;
  const { drainSeconds } = command;
  log.info("draining", { signal, calls: server.b2bua.calls, drainSeconds });
  await Promise.race([server.drain(drainSeconds), signals.second]);
  const { calls } = server.b2bua;
  if (calls > 0) log.warn("ended with calls up", { calls });
  server.observer.logCounters();
  control?.close();
  await server.close();
  signals.dispose();
  stopCatching();
  log.info("stopped");
}

/** The control socket; Legwork runs without one where it cannot be had. */
async function openControl(
  server: Server,
  { config, log }: { config: Config; log: Log },
): Promise<ControlServer | undefined> {
  const port = /:(\d+)$/.exec(server.b2bua.listeners[0] ?? "")?.[1];
  const path = controlPath(config, Number(port));
  if (path === undefined || Deno.build.os === "windows") return undefined;
  try {
    return await ControlServer.open(
      path,
      (request) => answerControl(request, server),
    );
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    log.warn("no control socket, SIGHUP still reloads", { path, why });
    return undefined;
  }
}

/** The log that a configuration asks for; the command line has the last word. It goes to standard error. */
function operatorLog(
  config: Pick<Config, "log">,
  { logLevel, logFormat }: Pick<RunCommand, "logLevel" | "logFormat">,
  terminal: Terminal,
): Log {
  return new Log({
    level: logLevel ?? config.log.level,
    format: logFormat ?? config.log.format,
    write: (line) => terminal.err(line),
    wallTime: () => Date.now(),
  });
}
