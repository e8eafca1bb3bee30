/**
 * What Legwork's own code spends on basic calls, without a kernel: datagrams are put in and taken out by hand, on the
 * virtual clock, 500 calls a second of it, so that ended transactions wait as long as they do in life. The time of the
 * two simulated peers is in it, too: some ten microseconds a call.
 *
 * With `--pause` the process sleeps so many milliseconds after each call, and the time is that from a call's first
 * datagram to its last, of the median call of a round: what it costs with caches gone cold.
 *
 * With `--open` so many calls are up at any time, and with `--v8-flags=--trace-gc-nvp` besides, "promoted" of each young
 * collection ("gc":"s") says how much of them, and of those that ended, it took for long-lived.
 *
 * With `--script` every call has that script's hooks: `header_hook.ts` beside this has the usual one, which reads two
 * headers of every message that leaves and sets one; with `--patient` a hook may take ten seconds. `--warm` calls go
 * before the first round, without a pause.
 *
 * With `--heap`, and `--v8-flags=--expose-gc`, it says after the rounds what a call that has ended keeps for the 32 s in which
 * doubles of its messages may come: what is alive after so many calls as end in 30 s, less what is alive 40 s later.
 *
 * Run: `deno run -A bench/simulation/calls.ts [--calls 30000] [--rounds 5] [--warm 10000] [--pause 2] [--open 5] [--heap]
 * [--script bench/simulation/header_hook.ts]`.
 */

import process from "node:process";
import { parseArgs } from "node:util";
import v8 from "node:v8";
import { CountingObserver } from "../../core/base/observer.ts";
import { TimerWheel } from "../../core/base/timer_wheel.ts";
import { B2bua } from "../../core/call/b2bua.ts";
import { fromBytes, toBytes } from "../../core/message/bytes.ts";
import { parseSipUri } from "../../core/message/uri.ts";
import type { Address } from "../../core/transport/address.ts";
import type {
  Transport,
  TransportEvents,
} from "../../core/transport/transport.ts";
import { UdpFlow } from "../../core/transport/udp_flow.ts";
import { Scripts } from "../../app/scripts.ts";
import { SystemRandom } from "../../app/system_random.ts";
import { DEFAULT_SCRIPT_LIMITS } from "../../scripts/limits.ts";

const { values: options } = parseArgs({
  args: Deno.args,
  options: {
    calls: { type: "string", default: "30000" },
    rounds: { type: "string", default: "5" },
    pause: { type: "string", default: "0" },
    warm: { type: "string", default: "10000" },
    script: { type: "string" },
    open: { type: "string", default: "0" },
    heap: { type: "boolean", default: false },
    patient: { type: "boolean", default: false },
  },
});
const PAUSE_MS = Number(options.pause);
const NEVER = new Int32Array(new SharedArrayBuffer(4));
const CALLS_PER_MS = 0.5;
/** Of a process that is traced, and a hundred times as slow. */
const PATIENT_MS = 10_000;
const CALLER = { host: "127.0.0.1", port: 5080 };
const CALLEE = { host: "127.0.0.1", port: 5090 };
const LOCAL = { host: "127.0.0.1", port: 5060 };
const SDP = [
  "v=0",
  "o=alice 1000 1 IN IP4 127.0.0.1",
  "s=-",
  "c=IN IP4 127.0.0.1",
  "t=0 0",
  "m=audio 6000 RTP/AVP 0 101",
  "a=rtpmap:0 PCMU/8000",
  "a=rtpmap:101 telephone-event/8000",
  "a=fmtp:101 0-15",
  "a=sendrecv",
  "",
].join("\r\n");

/** A listener whose network is this program. */
class ByHand implements Transport {
  readonly name = "UDP" as const;
  readonly listener = "udp:127.0.0.1:5060";
  readonly local = LOCAL;
  readonly sentBy = "127.0.0.1:5060";
  readonly isOpen = true;
  /** What has been sent, by the port it went to. */
  readonly sent: { port: number; text: string }[] = [];
  readonly #flows = new Map<number, UdpFlow<undefined>>();
  #events: TransportEvents | undefined;

  open(events: TransportEvents): void {
    this.#events = events;
  }

  flowTo(remote: Address): UdpFlow<undefined> {
    let flow = this.#flows.get(remote.port);
    if (flow === undefined) {
      flow = new UdpFlow(this, undefined, remote);
      this.#flows.set(remote.port, flow);
    }
    return flow;
  }

  send(flow: UdpFlow<undefined>, bytes: Uint8Array): void {
    this.sent.push({ port: flow.remote.port, text: fromBytes(bytes) });
  }

  receive(from: Address, text: string): void {
    this.#events?.onBytes(toBytes(text), this.flowTo(from));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const clock = new TimerWheel();
const random = new SystemRandom();
const observer = new CountingObserver();
const scripts = options.script === undefined
  ? undefined
  : await Scripts.load([options.script], {
    clock,
    random,
    observer,
    limits: options.patient
      ? { ...DEFAULT_SCRIPT_LIMITS, hookMs: PATIENT_MS, asyncMs: PATIENT_MS }
      : DEFAULT_SCRIPT_LIMITS,
  }).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    return Deno.exit(1);
  });
const network = new ByHand();
const b2bua = new B2bua({
  clock,
  random,
  transports: [network],
  dns: { lookup: () => Promise.reject(new Error("no names here")) } as never,
  observer,
  ...(scripts === undefined ? {} : { policy: scripts.policy }),
  unknownPeers: "accept",
  trunks: [{
    name: "pbx",
    servers: [parseSipUri(`sip:${CALLEE.host}:${CALLEE.port}`)!],
    match: [],
  }],
  routes: [{ from: undefined, to: ["pbx"] }],
});
await b2bua.open();

/** A call that is up: how its BYE is written. */
interface Up {
  readonly number: number;
  readonly id: string;
  readonly uri: string;
  readonly toTag: string;
}

let number = 0;
const open: Up[] = [];
let virtualMs = 0;
const rounds: number[] = [];
await medianMs(Number(options.warm), 0);
for (let round = 0; round < Number(options.rounds); round++) {
  const before = cpuMicros();
  const calls = Number(options.calls);
  const callMs = await medianMs(calls, PAUSE_MS);
  rounds.push(PAUSE_MS > 0 ? callMs * 1000 : (cpuMicros() - before) / calls);
  console.log(`${rounds.at(-1)!.toFixed(1)} us a call`);
}
rounds.sort((a, b) => a - b);
const faults = observer.counters.get("script_faults") ?? 0;
if (faults > 0) throw new Error(`${faults} hooks failed`);
console.log(`median ${rounds[rounds.length >> 1]!.toFixed(1)} us a call`);
if (options.heap) await sayEnded();
Deno.exit(0);

/** Makes calls one after the other; what the median one took from its first datagram to its last. */
async function medianMs(calls: number, pauseMs: number): Promise<number> {
  const times: number[] = [];
  for (let call = 0; call < calls; call++) {
    const startedMs = performance.now();
    open.push(await setUp());
    if (open.length > Number(options.open)) await hangUp(open.shift()!);
    times.push(performance.now() - startedMs);
    if (pauseMs > 0) Atomics.wait(NEVER, 0, 0, pauseMs);
    virtualMs += 1 / CALLS_PER_MS;
    clock.advance(virtualMs);
  }
  times.sort((a, b) => a - b);
  return times[calls >> 1] ?? 0;
}

async function sayEnded(): Promise<void> {
  const calls = 30_000 * CALLS_PER_MS;
  await medianMs(calls, 0);
  const full = alive();
  virtualMs += 40_000;
  clock.advance(virtualMs);
  const empty = alive();
  const heap = (full.heap - empty.heap) / calls;
  const outside = (full.outside - empty.outside) / calls;
  console.log(
    `ended calls: ${(heap / 1000).toFixed(2)} kB of heap each, ${
      (outside / 1000).toFixed(2)
    } kB outside`,
  );
}

/** Bytes alive, on the heap and in buffers outside. */
function alive(): { heap: number; outside: number } {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) throw new Error("--heap wants --v8-flags=--expose-gc");
  gc();
  gc();
  const { used_heap_size: heap, external_memory: outside } = v8
    .getHeapStatistics();
  return { heap, outside };
}

async function setUp(): Promise<Up> {
  const id = `${++number}-1234@127.0.0.1`;
  const invite = request("INVITE", {
    number,
    id,
    uri: "sip:bob@127.0.0.1:5060",
    toTag: "",
    cseq: 1,
  });
  network.receive(CALLER, invite);
  const out = await taken("INVITE ");
  const head = out.slice(0, out.indexOf("\r\n\r\n"));
  const kept = head.split("\r\n")
    .filter((line) => /^(?:Via|From|Call-ID|CSeq):/i.test(line)).join("\r\n");
  const to = `${/^To: .*$/mi.exec(head)![0]};tag=b${number}`;
  const contact = "Contact: <sip:bob@127.0.0.1:5090;transport=UDP>";
  network.receive(
    CALLEE,
    `SIP/2.0 180 Ringing\r\n${kept}\r\n${to}\r\n${contact}\r\nContent-Length: 0\r\n\r\n`,
  );
  network.receive(
    CALLEE,
    `SIP/2.0 200 OK\r\n${kept}\r\n${to}\r\n${contact}\r\nAllow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO\r\nContent-Type: application/sdp\r\nContent-Length: ${SDP.length}\r\n\r\n${SDP}`,
  );
  const answer = await taken("SIP/2.0 200");
  const toTag = /^To: .*(;tag=\S+)\r$/mi.exec(answer)![1]!;
  const uri = /^Contact: <(.*)>\r$/mi.exec(answer)![1]!;
  network.receive(CALLER, request("ACK", { number, id, uri, toTag, cseq: 1 }));
  await taken("ACK ");
  network.sent.length = 0;
  return { number, id, uri, toTag };
}

async function hangUp(up: Up): Promise<void> {
  network.receive(CALLER, request("BYE", { ...up, cseq: 2 }));
  const bye = await taken("BYE ");
  const back = bye.split("\r\n")
    .filter((line) => /^(?:Via|From|To|Call-ID|CSeq):/i.test(line))
    .join("\r\n");
  network.receive(
    CALLEE,
    `SIP/2.0 200 OK\r\n${back}\r\nContent-Length: 0\r\n\r\n`,
  );
  network.sent.length = 0;
}

function request(
  method: string,
  { number, id, uri, toTag, cseq }: Up & { cseq: number },
): string {
  const offer = method === "INVITE"
    ? `Contact: <sip:alice@127.0.0.1:5080;transport=UDP>\r\nAllow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO\r\nContent-Type: application/sdp\r\nContent-Length: ${SDP.length}\r\n\r\n${SDP}`
    : "Content-Length: 0\r\n\r\n";
  return `${method} ${uri} SIP/2.0\r\n` +
    `Via: SIP/2.0/UDP 127.0.0.1:5080;branch=z9hG4bK-${number}-${method}\r\n` +
    `Max-Forwards: 70\r\n` +
    `From: "Alice" <sip:alice@127.0.0.1:5080>;tag=a1x${number}\r\n` +
    `To: <sip:bob@127.0.0.1:5060>${toTag}\r\n` +
    `Call-ID: ${id}\r\nCSeq: ${cseq} ${method}\r\n${offer}`;
}

/** The message that begins so, once it has been sent. */
async function taken(start: string): Promise<string> {
  for (let turns = 0; turns < 100; turns++) {
    const found = network.sent.find(({ text }) => text.startsWith(start));
    if (found !== undefined) return found.text;
    await Promise.resolve();
  }
  throw new Error(`no ${start}: ${JSON.stringify(network.sent)}`);
}

/** User and system time of all threads. */
function cpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
