/**
 * Legwork between two SIPp, with media by rtpengine: a carrier whose keys are RTP events, and a PBX whose keys are INFO.
 * A few seconds, drawn as a ladder; prints the keys that each side heard, and ends with 0 when they are those the other pressed.
 *
 * Run: `deno run -A examples/15_rtpengine/run.ts`. Needs SIPp and rtpengine (`apt-get install sip-tester
 * rtpengine-daemon`).
 */

import { Phone } from "./phone.ts";

const FOLDER = new URL(".", import.meta.url).pathname;
const ROOT = new URL("../..", import.meta.url).pathname;
const logs = await Deno.makeTempDir({ prefix: "legwork-15-" });

const rtpengine = new Deno.Command("rtpengine", {
  args: [
    ...["--foreground", "--log-stderr", "--log-level=4", "--table=-1"],
    ...["--interface=127.0.0.1", "--listen-ng=127.0.0.1:2223"],
    ...["--dtmf-log-dest=127.0.0.1:2224", `--pidfile=${logs}/pid`],
    ...["--port-min=30000", "--port-max=30099", "--num-threads=1"],
  ],
  cwd: logs,
  stdout: "null",
  stderr: "null",
}).spawn();

const legwork = new Deno.Command(Deno.execPath(), {
  args: [
    ...["run", "-P", "mod.ts", "run", `${FOLDER}legwork.yaml`],
    ...["--ladder", "--drain", "1"],
  ],
  cwd: ROOT,
  stdout: "piped",
}).spawn();
const listening = Promise.withResolvers<void>();
const printed = print(legwork.stdout);
await listening.promise;

const [phone, desk] = [new Phone(), new Phone()];
const pbx = sipp("pbx", 5080, ["-key", "rtp_port", `${desk.port}`]);
const carrier = sipp("carrier", 5070, [
  "127.0.0.1:5060",
  ...["-key", "rtp_port", `${phone.port}`],
]);
const to = await mediaPort("carrier");
const toPbx = await mediaPort("pbx");
// rtpengine hears keys in a stream that flows, and plays them into one.
let isOver = false;
const talking = (async () => {
  while (!isOver) await desk.talk(toPbx, 1);
})();
await phone.talk(to, 10);
for (const key of "123#") await phone.press(key, to);
const [called, calling] = await Promise.all([pbx, carrier]);
isOver = true;
await talking;
const byInfo = [...(await log("pbx")).matchAll(/Signal=(.)/g)]
  .map(([, key]) => key).join("");

legwork.kill("SIGTERM");
await legwork.status;
await printed;
rtpengine.kill("SIGTERM");
await rtpengine.status;
phone.close();
desk.close();
await Deno.remove(logs, { recursive: true });
console.log(
  `\nThe carrier pressed 123# (RTP), the PBX heard ${byInfo} (INFO).`,
);
console.log(
  `The PBX pressed 56* (INFO), the carrier heard ${phone.heard} (RTP).`,
);
const ok = called && calling && byInfo === "123#" && phone.heard === "56*";
if (!ok) console.log(`Something went otherwise: calls ${called} ${calling}.`);
Deno.exit(ok ? 0 : 1);

/** Where a side was told to send its audio. */
async function mediaPort(scenario: string): Promise<number> {
  return Number((await logged(scenario, /m=audio (\d+)/))?.[1]);
}

/** Plays one call of a scenario; true when it went as written. */
async function sipp(
  scenario: string,
  port: number,
  more: readonly string[],
): Promise<boolean> {
  const { success } = await new Deno.Command("sipp", {
    args: [
      ...more,
      ...["-sf", `${FOLDER}${scenario}.xml`, "-i", "127.0.0.1"],
      ...["-p", `${port}`, "-m", "1", "-nostdin"],
      ...["-trace_logs", "-log_file", `${logs}/${scenario}`],
      ...["-timeout", "20s", "-timeout_error"],
    ],
    stdout: "null",
    stderr: "null",
  }).output();
  return success;
}

/** What a SIPp has logged so far. */
async function log(scenario: string): Promise<string> {
  return await Deno.readTextFile(`${logs}/${scenario}`).catch(() => "");
}

/** Waits up to ten seconds for a line. */
async function logged(
  scenario: string,
  line: RegExp,
): Promise<RegExpExecArray | undefined> {
  for (let tries = 0; tries < 200; tries++) {
    const found = line.exec(await log(scenario));
    if (found !== null) return found;
    await new Promise((done) => setTimeout(done, 50));
  }
  return undefined;
}

/** Prints what Legwork says, and notices when it listens. */
async function print(stream: ReadableStream<Uint8Array>): Promise<void> {
  const decoder = new TextDecoder();
  for await (const bytes of stream) {
    const text = decoder.decode(bytes, { stream: true });
    if (text.includes("legwork listening")) listening.resolve();
    await Deno.stdout.write(bytes);
  }
  listening.reject(new Error("Legwork ended"));
}
