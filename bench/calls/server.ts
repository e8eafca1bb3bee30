/** What is measured: Legwork as an operator runs it, and the floor beside it. */

import { type Legwork, legwork } from "../../tests/interop/support/legwork.ts";
import { installed, start } from "../../tests/interop/support/peer.ts";
import { bound, freePort } from "../../tests/interop/support/ports.ts";

/** A process under load. */
export type Server =
  & Pick<Legwork, "port" | "pid">
  & Partial<Pick<Legwork, "log">>
  & AsyncDisposable;

/** Routes, and reads two headers and sets one of every message that leaves. */
const ONE_HOOK = `import { route } from "legwork";

export function onInvite() {
  return route("pbx");
}
export const outbound = {
  "*": (message) => {
    const agent = message.headers.get("User-Agent") ?? "nobody";
    const contact = message.headers.get("Contact") ?? "nowhere";
    message.headers.set("User-Agent", agent + " " + contact.length);
  },
};
`;

const WITHIN_MS = 600_000;

/** How Legwork receives and sends. */
export type Udp = "plain" | "batched";

/** Opens a server for the callee's port. */
export interface Open {
  (calleePort: number): Promise<Server>;
}

/** The kinds of server, by the name that the table prints, the floor first. */
export function servers(udps: readonly Udp[]): [string, Open][] {
  return [
    ...(installed("cc")
      ? [["C forwarder", compiled] satisfies [string, Open]]
      : []),
    ["bare forwarder", echo],
    ...udps.flatMap((udp): [string, Open][] => [
      [`no script, ${udp}`, (callee) => measured(callee, { udp })],
      [
        `one hook, ${udp}`,
        (callee) => measured(callee, { udp, script: ONE_HOOK }),
      ],
    ]),
    ...(udps.includes("batched")
      ? [
        [
          "no script, 2 workers",
          (callee) => measured(callee, { udp: "batched", workers: 2 }),
        ] satisfies [string, Open],
      ]
      : []),
  ];
}

/** Runs a command on one core, where this machine has more than one to choose from. */
export function onCore(core: number): string[] {
  const choice = installed("taskset") && navigator.hardwareConcurrency > 1;
  return choice ? ["taskset", "-c", `${core}`] : [];
}

async function measured(
  callee: number,
  { udp, script, workers }: { udp: Udp; script?: string; workers?: number },
): Promise<Server> {
  return await legwork({
    servers: [`sip:127.0.0.1:${callee}`],
    udp,
    yaml: "log: {level: warn, format: text}\nlimits: {max_calls: 1000000}",
    under: onCore(0),
    withinMs: WITHIN_MS,
    ...(script === undefined ? {} : { script }),
    ...(workers === undefined ? {} : { workers }),
  });
}

async function echo(callee: number): Promise<Server> {
  const program = new URL("echo.ts", import.meta.url).pathname;
  return await forwarder(callee, [
    ...[Deno.execPath(), "run", "--allow-net", program],
  ]);
}

async function compiled(callee: number): Promise<Server> {
  const source = new URL("forward.c", import.meta.url).pathname;
  const program = await Deno.makeTempFile({ prefix: "forward-" });
  const compiler = start("cc", ["-O2", "-o", program, source], {
    withinMs: 30_000,
  });
  const { code, output } = await compiler.ended;
  if (code !== 0) throw new Error(output);
  const server = await forwarder(callee, [program]);
  return {
    ...server,
    async [Symbol.asyncDispose](): Promise<void> {
      await server[Symbol.asyncDispose]();
      await Deno.remove(program);
    },
  };
}

async function forwarder(
  callee: number,
  program: readonly string[],
): Promise<Server> {
  const port = freePort();
  const [command = "", ...args] = [
    ...onCore(0),
    ...program,
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
