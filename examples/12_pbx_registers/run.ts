/**
 * Legwork between two SIPp: a PBX behind a NAT that registers, and a carrier that answers OPTIONS and calls it. A few
 * seconds, drawn as a ladder; ends with 0 when the call reached the PBX and the carrier was seen alive.
 *
 * Run: `deno run -A examples/12_pbx_registers/run.ts`. Needs SIPp (`apt-get install sip-tester`).
 */

const FOLDER = new URL(".", import.meta.url).pathname;
const ROOT = new URL("../..", import.meta.url).pathname;

// The carrier is there before Legwork asks.
const answering = sipp("options.xml", 5070, []);
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
const alive = await answering;

const registered = await sipp("registers.xml", 5080, ["127.0.0.1:5060"]);
await ask("registrations");
await ask("trunks");
const pbx = sipp("pbx.xml", 5080, []);
const carrier = sipp("carrier.xml", 5070, ["127.0.0.1:5060"]);
const [called, calling] = await Promise.all([pbx, carrier]);

legwork.kill("SIGTERM");
await legwork.status;
await printed;
const ok = alive && registered && called && calling;
console.log(
  ok
    ? "The carrier answered OPTIONS, the PBX registered, and a call reached it where its REGISTER came from."
    : `Something went otherwise: OPTIONS ${alive}, REGISTER ${registered}, call ${called} ${calling}.`,
);
Deno.exit(ok ? 0 : 1);

/** Plays one call of a scenario; true when it went as written. */
async function sipp(
  scenario: string,
  port: number,
  target: readonly string[],
): Promise<boolean> {
  const { success } = await new Deno.Command("sipp", {
    args: [
      ...target,
      ...["-sf", `${FOLDER}${scenario}`, "-i", "127.0.0.1", "-p", `${port}`],
      ...["-m", "1", "-nostdin", "-timeout", "20s", "-timeout_error"],
    ],
    stdout: "null",
    stderr: "null",
  }).output();
  return success;
}

/** What an operator would ask meanwhile. */
async function ask(what: string): Promise<void> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-P", "mod.ts", what, "--control", "5060"],
    cwd: ROOT,
  }).output();
  console.log(`\n$ legwork ${what}\n${new TextDecoder().decode(stdout)}`);
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
