/** What is measured: Legwork as an operator runs it, and the floor beside it. */

import { type Legwork, legwork } from "../../tests/interop/support/legwork.ts";
import { installed, start } from "../../tests/interop/support/peer.ts";
import { bound, freePort } from "../../tests/interop/support/ports.ts";

/** A process under load. */
export type Server = Pick<Legwork, "port" | "pid"> & AsyncDisposable;

/** Routes, and rewrites one header of every message that leaves. */
const REWRITE = `import { route } from "legwork";

export function onInvite() {
  return route("pbx");
}
export const outbound = {
  "*": (message) => message.headers.set("User-Agent", "Rewritten by a script"),
};
`;

const WITHIN_MS = 600_000;

/** The kinds of server, by the name that the table prints. */
export const SERVERS: Readonly<
  Record<string, (calleePort: number) => Promise<Server>>
> = {
  "bare forwarder": echo,
  "no script": (callee) => measured(callee),
  "one header rewritten": (callee) => measured(callee, REWRITE),
};

/** Runs a command on one core, where this machine has more than one to choose from. */
export function onCore(core: number): string[] {
  const choice = installed("taskset") && navigator.hardwareConcurrency > 1;
  return choice ? ["taskset", "-c", `${core}`] : [];
}

async function measured(callee: number, script?: string): Promise<Server> {
  return await legwork({
    servers: [`sip:127.0.0.1:${callee}`],
    yaml: "log: {level: warn, format: text}",
    under: onCore(0),
    withinMs: WITHIN_MS,
    ...(script === undefined ? {} : { script }),
  });
}

async function echo(callee: number): Promise<Server> {
  const port = freePort();
  const program = new URL("echo.ts", import.meta.url).pathname;
  const [command = "", ...args] = [
    ...onCore(0),
    ...[Deno.execPath(), "run", "--allow-net", program],
    ...[`${port}`, `${callee}`],
  ];
  const process = start(command, args, { withinMs: WITHIN_MS });
  await bound(port, "udp");
  return {
    port,
    pid: process.pid,
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  };
}
