/**
 * What it costs to relay a packet: CPU time of the whole relay process per packet, and how long packets take, beside a
 * bare forwarder in C under the same traffic: woken by each packet, or looking once a millisecond as we do. Needs gcc and Linux.
 *
 * Run: `deno run -A bench/media/run.ts [--calls 100] [--seconds 10] [--port 27000]`.
 */

import { parseArgs } from "node:util";
import { cpuMicros, rssKb } from "../calls/usage.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    calls: { type: "string", default: "100" },
    seconds: { type: "string", default: "10" },
    port: { type: "string", default: "27000" },
  },
});
const { calls, seconds } = values;
const port = Number(values.port);
const here = new URL(".", import.meta.url).pathname;
const folder = await Deno.makeTempDir({ prefix: "media-bench-" });

for (const name of ["forward", "traffic"]) {
  await output("gcc", ["-O2", "-o", `${folder}/${name}`, `${here}${name}.c`]);
}
const deno = ["run", "-A", "--no-check", `${here}relay.ts`];
const relays: readonly [string, string, readonly string[]][] = [
  ["C, woken by each", `${folder}/forward`, []],
  ["C, a look a ms", `${folder}/forward`, []],
  ["Legwork, batched", Deno.execPath(), deno],
  ["Legwork, plain", Deno.execPath(), deno],
];
console.log(
  `${calls} calls of 20 ms G.711 both ways, ${seconds} s\n` +
    "relay               us/packet   ratio  lost   p50 us   p99 us     RSS kB",
);
let bare = 0;
for (const [name, program, args] of relays) {
  const kind = name.endsWith("plain") ? ["plain"] : ["batched"];
  const rest = name.endsWith("ms") ? "1000" : "0";
  const extra = args.length === 0 ? [rest] : kind;
  const relay = new Deno.Command(program, {
    args: [...args, `${port}`, calls, `${phonePort()}`, ...extra],
    stdout: "piped",
  }).spawn();
  const ready = relay.stdout.getReader();
  await ready.read();
  const rss = await rssKb(relay.pid);
  const before = await cpuMicros(relay.pid);
  const [sent = 0, received = 0, p50 = 0, p99 = 0] = (await output(
    `${folder}/traffic`,
    [`${port}`, calls, `${phonePort()}`, seconds],
  )).trim().split(" ").map(Number);
  const micros = (await cpuMicros(relay.pid) - before) / received;
  relay.kill("SIGKILL");
  await relay.status;
  await ready.cancel();
  bare ||= micros;
  console.log(
    [
      name.padEnd(20),
      micros.toFixed(2).padStart(8),
      (micros / bare).toFixed(2).padStart(8),
      `${sent - received}`.padStart(6),
      `${p50}`.padStart(9),
      `${p99}`.padStart(9),
      `${rss}`.padStart(11),
    ].join(""),
  );
}
await Deno.remove(folder, { recursive: true });

/** Phones have an address of their own, 127.0.0.2. */
function phonePort(): number {
  return port;
}

async function output(
  program: string,
  args: readonly string[],
): Promise<string> {
  const { success, stdout } = await new Deno.Command(program, {
    args: [...args],
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`${program} failed`);
  return new TextDecoder().decode(stdout);
}
