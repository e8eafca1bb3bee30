/**
 * Legwork registered at two SIPp that play a carrier's servers. A call goes to the first; that one is killed, and the next
 * call goes to the second at once; it comes back, is registered at again, and takes the last call. Ends with 0 when each
 * call went where it should.
 *
 * Run: `deno run -A examples/13_dual_registration/run.ts`. Needs SIPp (`apt-get install sip-tester`).
 */

const FOLDER = new URL(".", import.meta.url).pathname;
const ROOT = new URL("../..", import.meta.url).pathname;
const FIRST = 5070;
const SECOND = 5072;
const LOGS = await Deno.makeTempDir();

let said = "";
let first = server(FIRST);
const second = server(SECOND);
await pause(500);
const legwork = new Deno.Command(Deno.execPath(), {
  args: [
    ...["run", "-P", "mod.ts", "run", `${FOLDER}legwork.yaml`],
    ...["--ladder", "--drain", "1"],
  ],
  cwd: ROOT,
  env: { CARRIER_PASSWORD: "secret" },
  stdout: "piped",
  stderr: "piped",
}).spawn();
const printed = Promise.all([print(legwork.stdout), print(legwork.stderr)]);

let ok = await seen(`registered .*:${FIRST}`) &&
  await seen(`registered .*:${SECOND}`);
say("Registered at both. A call:");
ok = await call() && ok;
const toFirst = calls(FIRST);
await pause(300);

say("The first server dies. Another call:");
first.kill("SIGKILL");
ok = await seen("registration lost") && await call() && ok;
const toSecond = calls(SECOND);

say("The first server is back:");
const before = said.length;
first = server(FIRST);
ok = await seen(`registered .*:${FIRST}`, before) && await call() && ok;
const again = calls(FIRST) - toFirst;

legwork.kill("SIGTERM");
await legwork.status;
await printed;
for (const one of [first, second]) one.kill("SIGKILL");
await Deno.remove(LOGS, { recursive: true });
ok = ok && toFirst === 1 && toSecond === 1 && again === 1;
console.log(
  ok
    ? "Three calls: one to the first server, one to the second while the first was dead, one to the first again."
    : `The calls went elsewhere: ${toFirst}, ${toSecond}, ${again}.`,
);
Deno.exit(ok ? 0 : 1);

/** One server of the carrier. */
function server(port: number): Deno.ChildProcess {
  return new Deno.Command("sipp", {
    args: [
      ...["-sf", `${FOLDER}carrier.xml`, "-i", "127.0.0.1", "-p", `${port}`],
      ...["-t", "t1", "-mp", `${port * 3}`, "-deadcall_wait", "0"],
      ...[
        "-trace_logs",
        "-log_file",
        `${LOGS}/${port}`,
        "-log_overwrite",
        "false",
      ],
      ...["-nostdin", "-timeout", "120s"],
    ],
    stdout: "null",
    stderr: "null",
  }).spawn();
}

/** A call of the PBX; true when it went well. */
async function call(): Promise<boolean> {
  const { success } = await new Deno.Command("sipp", {
    args: [
      ...["-sn", "uac", "-i", "127.0.0.1", "-p", "5080", "127.0.0.1:5060"],
      ...["-s", "4930", "-m", "1", "-d", "500", "-nostdin"],
      ...["-timeout", "20s", "-timeout_error"],
    ],
    stdout: "null",
    stderr: "null",
  }).output();
  return success;
}

/** The calls that a server has taken, as it logs them. */
function calls(port: number): number {
  try {
    return Deno.readTextFileSync(`${LOGS}/${port}`).split("taken").length - 1;
  } catch {
    return 0;
  }
}

/** Waits until Legwork has said something. */
async function seen(pattern: string, from = 0): Promise<boolean> {
  for (let tries = 0; tries < 400; tries++) {
    if (new RegExp(pattern).test(said.slice(from))) return true;
    await pause(50);
  }
  return false;
}

async function print(stream: ReadableStream<Uint8Array>): Promise<void> {
  const decoder = new TextDecoder();
  for await (const bytes of stream) {
    said += decoder.decode(bytes, { stream: true });
    await Deno.stdout.write(bytes);
  }
}

function say(text: string): void {
  console.log(`\n--- ${text}`);
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
