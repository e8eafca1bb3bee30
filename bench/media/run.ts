/**
 * What it costs to relay a packet: CPU time of the whole relay process per packet, and how long packets take, beside a
 * bare forwarder in C (woken by each packet, or looking once a millisecond as we do) and rtpengine in userspace, under
 * the same traffic. The relay has one core, the phones another. Needs gcc, taskset and Linux; rtpengine where there is
 * one.
 *
 * Run: `deno run -A bench/media/run.ts [--calls 100] [--seconds 10] [--port 27000] [--only batched]`.
 */

import { parseArgs } from "node:util";
import { cpuMicros, rssKb } from "../calls/usage.ts";
import { rtpengineArgs, rtpengineCalls } from "./rtpengine.ts";

/** One relay: how it is started, and the ports that phones speak to once it is up. */
interface Relay {
  readonly name: string;
  readonly command: readonly string[];
  ready(said: ReadableStreamDefaultReader<Uint8Array>): Promise<number[]>;
}

const { values } = parseArgs({
  args: Deno.args,
  options: {
    calls: { type: "string", default: "100" },
    seconds: { type: "string", default: "10" },
    port: { type: "string", default: "27000" },
    only: { type: "string", default: "" },
  },
});
const { seconds, only } = values;
const [calls, port] = [Number(values.calls), Number(values.port)];
const here = new URL(".", import.meta.url).pathname;
const folder = await Deno.makeTempDir({ prefix: "media-bench-" });

for (const name of ["forward", "traffic"]) {
  await output("gcc", ["-O2", "-o", `${folder}/${name}`, `${here}${name}.c`]);
}
console.log(
  `${calls} calls of 20 ms G.711 both ways, ${seconds} s\n` +
    "relay               us/packet   ratio  core %  lost   p50 us   p99 us   RSS kB",
);
let bare = 0;
for (const relay of relays()) {
  if (!relay.name.includes(only)) continue;
  const process = new Deno.Command("taskset", {
    args: ["-c", "0", ...relay.command],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const said = process.stdout.getReader();
  try {
    const ports = await relay.ready(said);
    const rss = await rssKb(process.pid);
    const before = await cpuMicros(process.pid);
    const [sent = 0, received = 0, p50 = 0, p99 = 0] = (await output(
      "taskset",
      ["-c", "1", `${folder}/traffic`, `${calls}`, `${port}`, seconds],
      ports.join("\n"),
    )).trim().split(" ").map(Number);
    const used = await cpuMicros(process.pid) - before;
    const micros = used / received;
    bare ||= micros;
    console.log(
      [
        relay.name.padEnd(20),
        micros.toFixed(2).padStart(8),
        (micros / bare).toFixed(2).padStart(8),
        (used / Number(seconds) / 10_000).toFixed(0).padStart(8),
        `${sent - received}`.padStart(6),
        `${p50}`.padStart(9),
        `${p99}`.padStart(9),
        `${rss}`.padStart(9),
      ].join(""),
    );
  } finally {
    process.kill("SIGKILL");
    await process.status;
    await said.cancel();
  }
}
await Deno.remove(folder, { recursive: true });

function relays(): Relay[] {
  const own = async (
    said: ReadableStreamDefaultReader<Uint8Array>,
  ): Promise<number[]> => {
    await said.read();
    // Call i: what is for the second phone comes by PORT + 4i, what is for the first by PORT + 4i + 2.
    return Array.from(
      { length: 2 * calls },
      (_, at) => port + 4 * (at >> 1) + (at % 2 === 0 ? 2 : 0),
    );
  };
  const c = [`${folder}/forward`, `${port}`, `${calls}`, `${port}`];
  const legwork = [Deno.execPath(), "run", "-A", "--no-check"]
    .concat(`${here}relay.ts`, `${port}`, `${calls}`, `${port}`);
  const ngPort = port;
  const found: Relay[] = [
    { name: "C, woken by each", command: [...c, "0"], ready: own },
    { name: "C, a look a ms", command: [...c, "1000"], ready: own },
    { name: "Legwork, batched", command: [...legwork, "batched"], ready: own },
    { name: "Legwork, plain", command: [...legwork, "plain"], ready: own },
    {
      name: "rtpengine",
      command: [
        "rtpengine",
        ...rtpengineArgs({ ngPort, port: port + 2, calls }),
      ],
      ready: async () => {
        await new Promise((resolve) => setTimeout(resolve, 1_500));
        return await rtpengineCalls({ ngPort, phonePort: port, calls });
      },
    },
  ];
  const hasRtpengine = Deno.env.get("PATH")?.split(":").some((place) =>
    exists(`${place}/rtpengine`)
  );
  return found.filter(({ name }) => name !== "rtpengine" || hasRtpengine);
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

async function output(
  program: string,
  args: readonly string[],
  input = "",
): Promise<string> {
  const process = new Deno.Command(program, {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = process.stdin.getWriter();
  await writer.write(new TextEncoder().encode(`${input}\n`));
  await writer.close();
  const { success, stdout } = await process.output();
  if (!success) throw new Error(`${program} failed`);
  return new TextDecoder().decode(stdout);
}
