/**
 * Legwork between two SIPp: a carrier that calls and is refreshed by UPDATE, a PBX that is refreshed by re-INVITE.
 * Half a minute, drawn as a ladder; ends with 0 when both had three refreshes.
 *
 * Run: `deno run -A examples/11_session_timers/run.ts`. Needs SIPp (`apt-get install sip-tester`).
 */

const FOLDER = new URL(".", import.meta.url).pathname;
const ROOT = new URL("../..", import.meta.url).pathname;

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

const pbx = sipp("pbx.xml", 5080, []);
const carrier = sipp("carrier.xml", 5070, ["127.0.0.1:5060"]);
const [called, calling] = await Promise.all([pbx, carrier]);

legwork.kill("SIGTERM");
await legwork.status;
await printed;
const ok = called && calling;
console.log(
  ok
    ? "The carrier had three UPDATEs, the PBX three re-INVITEs."
    : "SIPp saw something else than three refreshes on each side.",
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
      ...["-m", "1", "-nostdin", "-timeout", "55s", "-timeout_error"],
    ],
    stdout: "null",
    stderr: "null",
  }).output();
  return success;
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
