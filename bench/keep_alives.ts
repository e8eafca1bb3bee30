/**
 * Keep-alive datagrams through a real socket: the CPU time of one, beside a receiver that only takes it off the socket.
 * Each receiver is a process of its own, pinged by this one. Needs Linux.
 *
 * Run: `deno run -A bench/keep_alives.ts`.
 */

import { CountingObserver } from "../core/base/observer.ts";
import { seededRandom } from "../core/base/random.ts";
import { B2bua } from "../core/call/b2bua.ts";
import { DEFAULT_LIMITS } from "../core/base/limits.ts";
import { fixedPolicy } from "../core/call/policy.ts";
import { UdpTransport } from "../core/transport/udp.ts";
import { SystemClock } from "../app/system_clock.ts";
import { ScriptHost } from "../scripts/revisions.ts";
import { memoryFiles, testWorld } from "../tests/scripts/world.ts";
import { cpuMicros } from "./calls/usage.ts";

const LOCAL = { host: "127.0.0.1", port: 0 };
const DATAGRAMS = 100_000;
const PEERS = 50;
/** In bursts, so that the receiver may keep up. */
const BURST = 100;
const PAUSE_MS = 5;

const SCRIPT = `
import { ignore } from "legwork";
export function onKeepAlive(ping) { return ping.kind === "crlf" ? ignore() : undefined; }
`;

/** What a receiver does with a datagram; each gives its port once it listens. */
const RECEIVERS: Readonly<Record<string, () => Promise<number>>> = {
  "bare receive": async () => {
    const transport = new UdpTransport(LOCAL, DEFAULT_LIMITS);
    const observer = new CountingObserver();
    await transport.open({
      onBytes: () => observer.count("received"),
      onFramingError(): void {},
      onClosed(): void {},
      onFault(): void {},
    });
    return transport.local.port;
  },
  "no hook": () => b2bua(undefined),
  "a script's onKeepAlive": () => b2bua(SCRIPT),
};

const [mode] = Deno.args;
if (mode === undefined) await measureAll();
else {
  const port = await RECEIVERS[mode]!();
  console.log(port);
}

async function b2bua(script: string | undefined): Promise<number> {
  const none = (): Promise<[]> => Promise.resolve([]);
  const observer = new CountingObserver();
  const clock = new SystemClock({ onFault: console.error });
  const files = memoryFiles({ "ping.ts": script ?? "" });
  const policy = script === undefined
    ? {}
    : (await ScriptHost.load(await testWorld(), files, "ping.ts")).acquire();
  const transport = new UdpTransport(LOCAL, DEFAULT_LIMITS);
  const server = new B2bua({
    clock,
    random: seededRandom(1),
    transports: [transport],
    dns: { naptr: none, srv: none, a: none, aaaa: none },
    observer,
    policy: fixedPolicy(policy),
  });
  await server.open();
  return transport.local.port;
}

async function measureAll(): Promise<void> {
  console.log(`${DATAGRAMS} datagrams of CRLF CRLF from ${PEERS} peers\n`);
  console.log("| receiver | CPU us a datagram | beyond the bare receive |");
  console.log("| --- | --- | --- |");
  let bare: number | undefined;
  for (const name of Object.keys(RECEIVERS)) {
    const us = await measure(name);
    bare ??= us;
    console.log(`| ${name} | ${us.toFixed(1)} | ${(us - bare).toFixed(1)} |`);
  }
}

async function measure(name: string): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "bench/keep_alives.ts", name],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const output = child.stdout.getReader();
  const { value } = await output.read();
  const port = Number(new TextDecoder().decode(value).trim());
  const to = { transport: "udp", hostname: "127.0.0.1", port } as const;
  const sockets = Array.from(
    { length: PEERS },
    () =>
      Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 }),
  );
  const bytes = new Uint8Array([13, 10, 13, 10]);
  const ping = async (times: number): Promise<void> => {
    for (let sent = 0; sent < times; sent++) {
      await sockets[sent % PEERS]!.send(bytes, to);
      if (sent % BURST === BURST - 1) {
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
  };
  await ping(DATAGRAMS / 5);
  const before = await cpuMicros(child.pid);
  await ping(DATAGRAMS);
  const used = await cpuMicros(child.pid) - before;
  for (const socket of sockets) socket.close();
  await output.cancel();
  child.kill("SIGTERM");
  await child.status;
  return used / DATAGRAMS;
}
