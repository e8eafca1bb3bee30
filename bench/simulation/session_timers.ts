/**
 * Calls held over virtual hours with session timers on both legs, and datagrams lost at random: what is still up at
 * the end, what is left after it, and what a held call costs with timers and without.
 *
 * Run: `deno run -A --v8-flags=--expose-gc bench/simulation/session_timers.ts [--calls N] [--hours N] [--loss PERCENT]`.
 */

import process from "node:process";
import { parseArgs } from "node:util";
import { CountingObserver } from "../../core/base/observer.ts";
import { seededRandom } from "../../core/base/random.ts";
import { DEFAULT_LIMITS } from "../../core/base/limits.ts";
import { TimerWheel } from "../../core/base/timer_wheel.ts";
import { B2bua } from "../../core/call/b2bua.ts";
import {
  DEFAULT_SESSION_TIMER,
  type SessionTimerSettings,
} from "../../core/dialog/timer_negotiation.ts";
import { parseSipUri } from "../../core/message/uri.ts";
import { MemoryNetwork, MemoryTransport } from "../../core/transport/memory.ts";
import { SimplePeer } from "./simple_peer.ts";

const { values: options } = parseArgs({
  args: Deno.args,
  options: {
    calls: { type: "string", default: "100000" },
    hours: { type: "string", default: "24" },
    loss: { type: "string", default: "1" },
    expires: { type: "string", default: "1800" },
  },
});
const calls = Number(options.calls);
const hours = Number(options.hours);
const loss = Number(options.loss) / 100;
const expiresSeconds = Number(options.expires);

const LEGWORK = { host: "192.0.2.1", port: 5060 };
const CARRIER = { host: "192.0.2.11", port: 5060 };
const PBX = { host: "192.0.2.12", port: 5060 };
/** Spread over a quarter of an hour, so that the refreshes are too. */
const BETWEEN_CALLS_MS = Math.max(1, Math.floor(900_000 / calls));
/** 64*T1 and T4: the longest that a transaction lives on. */
const LINGER_MS = 40_000;

console.log(
  `${calls} calls, ${hours} h, session timers of ${expiresSeconds} s on both legs, ${options.loss} % loss`,
);
await simulate({ mode: "off" }, { hours: 0 });
const without = await simulate({ mode: "off" }, { hours: 0 });
const held = await simulate({ mode: "request", expiresSeconds }, { hours });
console.log(`bytes a held call without timers  ${without.bytesPerCall}`);
console.log(`bytes a held call with timers     ${held.bytesPerCall}`);
console.log(
  `CPU us a call set up without       ${without.microsPerCall.toFixed(1)}`,
);
console.log(
  `CPU us a call set up with          ${held.microsPerCall.toFixed(1)}`,
);
console.log(`calls up at the end               ${held.up}`);
console.log(`refreshes                         ${held.refreshes}`);
console.log(`datagrams lost                    ${held.lost}`);
console.log(`timers, transactions and dialogs, calls left  ${held.left}`);
console.log(`CPU seconds of the hours held     ${held.cpuSeconds.toFixed(1)}`);

interface Outcome {
  readonly bytesPerCall: number;
  /** CPU of its setting up, the peers' and the network's included. */
  readonly microsPerCall: number;
  readonly up: number;
  readonly refreshes: number;
  readonly lost: number;
  readonly left: string;
  readonly cpuSeconds: number;
}

async function simulate(
  timer: Partial<SessionTimerSettings>,
  run: { hours: number },
): Promise<Outcome> {
  const clock = new TimerWheel(0, { wallTimeMs: Date.UTC(2026, 8, 1) });
  const network = new MemoryNetwork({ clock, latencyMs: 5 });
  const observer = new CountingObserver();
  const random = seededRandom(7);
  const dice = seededRandom(11);
  let lost = 0;
  const sessionTimer = { ...DEFAULT_SESSION_TIMER, ...timer };
  const b2bua = new B2bua({
    clock,
    random,
    observer,
    transports: [new MemoryTransport(network, { name: "UDP", ...LEGWORK })],
    dns: {
      naptr: () => Promise.resolve([]),
      srv: () => Promise.resolve([]),
      a: () => Promise.resolve([]),
      aaaa: () => Promise.resolve([]),
    },
    limits: { ...DEFAULT_LIMITS, calls: calls + 1 },
    times: { maxCallSeconds: 7 * 86_400 },
    trunks: [
      { name: "carrier", servers: [uri(CARRIER)], sessionTimer },
      { name: "pbx", servers: [uri(PBX)], sessionTimer },
    ],
    routes: [{ from: ["carrier"], to: ["pbx"] }],
  });
  await b2bua.open();
  const timers = timer.mode !== "off";
  const carrier = new SimplePeer(network, { at: CARRIER, timers });
  const pbx = new SimplePeer(network, { at: PBX, timers });

  gc();
  const setupMs = cpuMs();
  const before = Deno.memoryUsage().heapUsed;
  for (let n = 0; n < calls; n++) {
    carrier.call(LEGWORK, n);
    await runUntil(clock, clock.now() + BETWEEN_CALLS_MS);
  }
  await runUntil(clock, clock.now() + LINGER_MS);
  const microsPerCall = (cpuMs() - setupMs) * 1000 / calls;
  gc();
  const bytes = Deno.memoryUsage().heapUsed - before;

  const startedMs = cpuMs();
  if (run.hours > 0) {
    network.fate = () => {
      if (dice.fraction() >= loss) return "deliver";
      lost++;
      return "lose";
    };
    await runUntil(clock, clock.now() + run.hours * 3_600_000);
    network.fate = () => "deliver";
  }
  const cpuSeconds = (cpuMs() - startedMs) / 1000;
  const up = b2bua.calls;
  b2bua.hangUpAll("simulation over");
  await runUntil(clock, clock.now() + LINGER_MS);
  const { calls: left, dialogs, transactions } = b2bua.census;
  const timersLeft = clock.pending;
  await b2bua.close();
  await carrier.close();
  await pbx.close();
  return {
    bytesPerCall: Math.round(bytes / calls),
    microsPerCall,
    up,
    refreshes: observer.counters.get("session_refreshes") ?? 0,
    lost,
    left: [timersLeft, transactions + dialogs, left].join(", "),
    cpuSeconds,
  };
}

/** Moves time, thing by thing, and lets promises settle after each. */
async function runUntil(clock: TimerWheel, untilMs: number): Promise<void> {
  for (;;) {
    const dueMs = clock.nextDueMs();
    if (dueMs === undefined || dueMs > untilMs) break;
    clock.advance(dueMs);
    await Promise.resolve();
    await new Promise((resolve) => setImmediate(resolve));
  }
  clock.advance(untilMs);
}

function uri(at: { host: string; port: number }): NonNullable<
  ReturnType<typeof parseSipUri>
> {
  return parseSipUri(`sip:${at.host}:${at.port}`)!;
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function gc(): void {
  const collect: unknown = Reflect.get(globalThis, "gc");
  if (typeof collect === "function") collect();
}
