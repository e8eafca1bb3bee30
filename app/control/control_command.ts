/** `legwork reload`, `calls`, `keepalives`, `trunks`, `registrations` and `explain`: asks the Legwork that runs. */

import type { Command } from "../args.ts";
import { standInEnvironment } from "../environment.ts";
import { loadYaml } from "../load_config.ts";
import type { Terminal } from "../terminal.ts";
import {
  type ControlReply,
  type ControlRequest,
  MAX_REPLY,
  readLine,
  readReply,
} from "./protocol.ts";
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
  const write = reply.ok ? terminal.out : terminal.err;
  for (const line of reply.lines) write.call(terminal, line);
  return reply.ok ? 0 : 1;
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
  const names = socketNames();
  const answering: string[] = [];
  for (const name of names) {
    if (await answers(`${CONTROL_FOLDER}/${name}`)) answering.push(name);
  }
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

function socketNames(): string[] {
  try {
    return [...Deno.readDirSync(CONTROL_FOLDER)]
      .map(({ name }) => name)
      .filter((name) => name.endsWith(".sock"))
      .sort().slice(0, MAX_SOCKETS);
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

async function ask(
  path: string,
  request: ControlRequest,
): Promise<ControlReply> {
  let connection: Deno.UnixConn;
  try {
    connection = await Deno.connect({ transport: "unix", path });
  } catch (error) {
    return { ok: false, lines: [`${path}: ${whyNot(error)}`] };
  }
  try {
    const writer = connection.writable.getWriter();
    const text = `${JSON.stringify(request)}\n`;
    await writer.write(new TextEncoder().encode(text));
    const line = await readLine(connection.readable, MAX_REPLY);
    return readReply(line ?? "") ??
      { ok: false, lines: [`${path}: it gave no answer`] };
  } finally {
    connection.close();
  }
}

function whyNot(error: unknown): string {
  if (
    error instanceof Deno.errors.NotFound ||
    error instanceof Deno.errors.ConnectionRefused
  ) return "no Legwork listens there";
  if (error instanceof Deno.errors.NotCapable) {
    return `reaching it is not permitted, add --allow-write for it`;
  }
  return error instanceof Error ? error.message : String(error);
}
