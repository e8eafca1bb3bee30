/** `legwork reload`, `calls`, `keepalives`, `trunks`, `registrations` and `explain`: asks the Legwork that runs. */

import type { Command } from "../args.ts";
import { standInEnvironment } from "../environment.ts";
import { loadYaml } from "../load_config.ts";
import type { Terminal } from "../terminal.ts";
import { ask } from "./ask.ts";
import type { ControlRequest } from "./protocol.ts";
import { CONTROL_FOLDER, controlPath } from "./socket_path.ts";

/** The arguments of these commands. */
export type ControlCommand = Extract<
  Command,
  {
    name:
      | "reload"
      | "calls"
      | "keepalives"
      | "trunks"
      | "registrations"
      | "explain"
      | "dtmf";
  }
>;

/** Resolves with the exit code: 1 when nobody answers, or the answer is no. */
export async function control(
  command: ControlCommand,
  terminal: Terminal,
): Promise<number> {
  const { path, problem } = await findSocket(command);
  if (path === undefined) {
    terminal.err(problem);
    return 1;
  }
  const reply = await ask(path, requestOf(command));
  if (typeof reply === "string") {
    terminal.err(reply);
    return 1;
  }
  const { ok, lines, missing = [] } = reply;
  const write = ok ? terminal.out : terminal.err;
  for (const line of lines) write.call(terminal, line);
  for (const line of missing) terminal.err(line);
  return ok && missing.length === 0 ? 0 : 1;
}

function requestOf(command: ControlCommand): ControlRequest {
  switch (command.name) {
    case "reload": {
      const { to } = command;
      return { command: "reload", ...(to === undefined ? {} : { to }) };
    }
    case "calls":
    case "keepalives":
    case "trunks":
      return { command: command.name };
    case "registrations": {
      const { remove, contact } = command;
      return {
        command: "registrations",
        ...(remove === undefined ? {} : { remove }),
        ...(contact === undefined ? {} : { contact }),
      };
    }
    case "explain":
      return { command: "explain", call: command.call };
    case "dtmf": {
      const { call, leg, keys } = command;
      return { command: "dtmf", call, leg, keys };
    }
  }
}

type Found =
  | { readonly path: string; readonly problem?: undefined }
  | { readonly path?: undefined; readonly problem: string };

/** The socket that the command line names, that of the configuration it names, or the only one there is. */
async function findSocket({ socket, config }: ControlCommand): Promise<Found> {
  if (socket !== undefined) {
    return {
      path: /^\d+(?:-w\d+)?$/.test(socket)
        ? `${CONTROL_FOLDER}/${socket}.sock`
        : socket,
    };
  }
  if (config !== undefined) {
    const loaded = loadYaml(config, { environment: standInEnvironment });
    if (loaded.config === undefined) {
      return { problem: loaded.problems.join("\n") };
    }
    const path = controlPath(loaded.config, loaded.config.listen[0]!.port);
    return path === undefined
      ? { problem: `${config} says control: off, nothing can be asked` }
      : { path };
  }
  const answering = await answeringSockets();
  const [only] = answering;
  if (only === undefined) {
    return { problem: `no Legwork runs: nothing answers in ${CONTROL_FOLDER}` };
  }
  if (answering.length === 1) return { path: `${CONTROL_FOLDER}/${only}` };
  const ports = answering.map((name) => name.replace(/\.sock$/, ""));
  return {
    problem: `${answering.length} Legworks run (${
      ports.join(", ")
    }), wanted --control PORT`,
  };
}

/** Those of workers only where their supervisor, who speaks for all of them, is gone. */
async function answeringSockets(): Promise<string[]> {
  const answering: string[] = [];
  let tried = 0;
  for (const name of socketNames()) {
    const isSpokenFor = answering.includes(
      name.replace(/-w\d+\.sock$/, ".sock"),
    );
    if (isSpokenFor || tried++ >= MAX_SOCKETS) continue;
    if (await answers(`${CONTROL_FOLDER}/${name}`)) answering.push(name);
  }
  return answering;
}

/** In an order that has a supervisor before its workers. */
function socketNames(): string[] {
  try {
    return [...Deno.readDirSync(CONTROL_FOLDER)]
      .map(({ name }) => name)
      .filter((name) => name.endsWith(".sock"))
      .sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  } catch {
    return [];
  }
}

const MAX_SOCKETS = 100;

async function answers(path: string): Promise<boolean> {
  try {
    const connection = await Deno.connect({ transport: "unix", path });
    connection.close();
    return true;
  } catch {
    return false;
  }
}
