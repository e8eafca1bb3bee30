/**
 * 100,000 registrations in a file, refreshed once each within a virtual minute, the process killed with SIGKILL in the
 * middle, several times: is there, after each death, whatever it had answered with 200? And what CPU does a refresh cost?
 *
 * Run: `deno run -A bench/simulation/registrations.ts [--registrations 100000] [--kills 5]`. Exits with 1 when a single
 * one is lost.
 */

import { parseArgs } from "@std/cli/parse-args";
import { SqliteLocationStore } from "../../app/sqlite_location_store.ts";
import { CountingObserver } from "../../core/base/observer.ts";
import { seededRandom } from "../../core/base/random.ts";
import { TimerWheel } from "../../core/base/timer_wheel.ts";
import { toBytes } from "../../core/message/bytes.ts";
import { parseMessage } from "../../core/message/parse.ts";
import type { SipRequest } from "../../core/message/message.ts";
import type { Flow } from "../../core/transport/flow.ts";
import { Registrar } from "../../core/trunk/registrar.ts";
import { DEFAULT_REGISTRAR } from "../../core/trunk/registrar_settings.ts";
import { cpuMicros } from "../calls/usage.ts";

const NOW_MS = Date.UTC(2026, 8, 1, 12);
/** Refreshes come evenly over this time. */
const SPREAD_MS = 60_000;
/** How far the virtual clock goes at once: as long as changes wait for each other. */
const STEP_MS = 5;

const args = parseArgs(Deno.args, {
  string: ["registrations", "kills", "file", "cseq"],
});
const count = Number(args.registrations ?? 100_000);
if (args.file === undefined) Deno.exit(await parent());
else await child(args.file, Number(args.cseq));

/** Starts children on one file, kills all but the last, and looks what is in the file after each death. */
async function parent(): Promise<number> {
  const folder = await Deno.makeTempDir({ prefix: "registrations-" });
  const file = `${folder}/registrations.sqlite`;
  const random = seededRandom(7);
  const kills = Number(args.kills ?? 5);
  /** The CSeq that was answered with 200, by user. */
  const answered = new Uint32Array(count);
  let lost = 0;
  for (let round = 1; round <= kills + 2; round++) {
    // The first one fills the file, the last one is left to finish.
    const killed = round > 1 && round < kills + 2;
    const after = killed ? Math.floor(random.fraction() * count) : Infinity;
    const { acks, said } = await run(file, { round, after, answered });
    const missing = whatIsMissing(file, answered);
    lost += missing;
    console.log(
      `${
        killed ? "killed -9" : "finished"
      } after ${acks} answers: ${missing} lost${said}`,
    );
  }
  await Deno.remove(folder, { recursive: true });
  console.log(lost === 0 ? "none lost" : `${lost} LOST`);
  return lost === 0 ? 0 : 1;
}

async function run(
  file: string,
  { round, after, answered }: {
    round: number;
    after: number;
    answered: Uint32Array;
  },
): Promise<{ acks: number; said: string }> {
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--no-check", import.meta.filename!],
      ...["--registrations", String(count), "--file", file],
      ...["--cseq", String(round)],
    ],
    stdout: "piped",
  }).spawn();
  let acks = 0;
  let rest = "";
  let said = "";
  const decoder = new TextDecoder();
  for await (const bytes of process.stdout) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line.startsWith("#")) {
        said += `; ${line.slice(1)}`;
        continue;
      }
      answered[Number(line)] = round;
      acks++;
    }
    if (acks > after) {
      try {
        process.kill("SIGKILL");
      } catch {
        // It was faster.
      }
      after = Infinity;
    }
  }
  await process.status;
  return { acks, said };
}

function whatIsMissing(file: string, answered: Uint32Array): number {
  const clock = new TimerWheel(0, { wallTimeMs: NOW_MS });
  const store = new SqliteLocationStore(file, { clock });
  const found = new Uint32Array(count);
  for (const { aor, bindings } of store.load(NOW_MS)) {
    const user = Number(/^sip:u(\d+)@/.exec(aor)?.[1]);
    found[user] = Math.max(...bindings.map(({ cseq }) => cseq));
  }
  store.close();
  return answered.filter((cseq, user) => found[user]! < cseq).length;
}

/** A registrar with the file; says each user whose REGISTER it has answered with 200. */
async function child(file: string, cseq: number): Promise<void> {
  const clock = new TimerWheel(0, { wallTimeMs: NOW_MS });
  const registrar = new Registrar({
    clock,
    random: seededRandom(1),
    observer: new CountingObserver(),
    store: new SqliteLocationStore(file, { clock }),
    settings: {
      ...DEFAULT_REGISTRAR,
      domains: ["example.com"],
      maxPerSource: count,
      maxBindings: count,
    },
  });
  await registrar.open();
  const encoder = new TextEncoder();
  let said = "";
  const before = await cpuMicros(Deno.pid);
  for (let atMs = 0, next = 0; next < count || said !== ""; atMs += STEP_MS) {
    const due = Math.min(
      count,
      Math.ceil(count * (atMs + STEP_MS) / SPREAD_MS),
    );
    for (; next < due; next++) {
      const user = next;
      registrar.register({
        request: request(user, cseq),
        flow: flowOf(user),
        grant: {},
      }, ({ status }) => {
        if (status === 200) said += `${user}\n`;
      });
    }
    clock.advance(atMs + STEP_MS);
    for (let i = 0; i < 8; i++) await Promise.resolve();
    // Written whole before anything else happens: what was said was said.
    Deno.stdout.writeSync(encoder.encode(said));
    said = "";
  }
  const each = ((await cpuMicros(Deno.pid) - before) / count).toFixed(1);
  const text = `#${each} us of CPU each, ${registrar.table.size} registered\n`;
  Deno.stdout.writeSync(encoder.encode(text));
  registrar.close();
}

function request(user: number, cseq: number): SipRequest {
  const parsed = parseMessage(toBytes([
    "REGISTER sip:example.com SIP/2.0",
    `Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK${user}.${cseq};rport`,
    "Max-Forwards: 70",
    `From: <sip:u${user}@example.com>;tag=${user}`,
    `To: <sip:u${user}@example.com>`,
    `Call-ID: ${user}@10.0.0.1`,
    `CSeq: ${cseq} REGISTER`,
    `Contact: <sip:u${user}@10.0.0.1:5060>;expires=3600`,
    "User-Agent: simulated",
    "Content-Length: 0",
    "",
    "",
  ].join("\r\n")));
  if (!parsed.ok || parsed.message.kind !== "request") {
    throw new Error("the request is malformed");
  }
  return parsed.message;
}

function flowOf(user: number): Flow {
  return {
    transport: "UDP",
    reliable: false,
    local: { host: "192.0.2.1", port: 5060 },
    remote: {
      host: `10.${user >> 14 & 255}.${user >> 6 & 255}.1`,
      port: 1024 + (user & 63),
    },
    listener: "udp:192.0.2.1:5060",
    sentBy: "192.0.2.1:5060",
    open: true,
  };
}
