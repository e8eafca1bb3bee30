/** Keep-alives over virtual hours on a bad network: what is lost ends no call, who dies does. */

import { assert, assertEquals } from "@std/assert";
import { SimplePeer } from "../../bench/simulation/simple_peer.ts";
import { CountingObserver } from "../../core/base/observer.ts";
import { seededRandom } from "../../core/base/random.ts";
import { TimerWheel } from "../../core/base/timer_wheel.ts";
import { B2bua } from "../../core/call/b2bua.ts";
import type { CallSummary } from "../../core/call/policy.ts";
import { parseSipUri } from "../../core/message/uri.ts";
import type { Address } from "../../core/transport/address.ts";
import { MemoryNetwork, MemoryTransport } from "../../core/transport/memory.ts";

const US = { host: "192.0.2.1", port: 5060 };
const CARRIER = { host: "192.0.2.11", port: 5060 };
const PBX = { host: "192.0.2.12", port: 5060 };
const CALLS = 10;
const HOUR_MS = 3_600_000;
const INTERVAL = 60;

function trunk(name: string, { host, port }: Address) {
  return {
    name,
    servers: [parseSipUri(`sip:${host}:${port}`)!],
    sessionKeepAlive: {
      method: "INFO" as const,
      intervalSeconds: INTERVAL,
      misses: 2,
    },
  };
}

Deno.test("a day of keep-alives with every third datagram lost ends no call; a dead peer ends them all", async () => {
  const clock = new TimerWheel(0, { wallTimeMs: Date.UTC(2026, 8, 1) });
  const network = new MemoryNetwork({ clock, latencyMs: 5 });
  const observer = new CountingObserver();
  const ended: CallSummary[] = [];
  const none = (): Promise<[]> => Promise.resolve([]);
  const b2bua = new B2bua({
    clock,
    random: seededRandom(1),
    transports: [new MemoryTransport(network, { name: "UDP", ...US })],
    dns: { naptr: none, srv: none, a: none, aaaa: none },
    observer,
    trunks: [trunk("carrier", CARRIER), trunk("pbx", PBX)],
    routes: [{ from: ["carrier"], to: ["pbx"] }],
    times: { maxCallSeconds: 200_000 },
    onCallEnd: (summary) => void ended.push(summary),
  });
  await b2bua.open();
  const carrier = new SimplePeer(network, { at: CARRIER, timers: false });
  const pbx = new SimplePeer(network, { at: PBX, timers: false });
  for (let number = 1; number <= CALLS; number++) carrier.call(US, number);
  clock.advance(clock.now() + 1000);
  assertEquals(b2bua.calls, CALLS);

  const chance = seededRandom(7);
  network.fate = () => chance.fraction() < 1 / 3 ? "lose" : "deliver";
  clock.advance(clock.now() + 24 * HOUR_MS);
  assertEquals(b2bua.calls, CALLS);
  const missed = observer.counters.get("session_keep_alives_missed") ?? 0;
  assert(missed > 0, "the network was not bad enough to prove anything");

  network.fate = ({ from, to }) =>
    from.host === PBX.host || to.host === PBX.host ? "lose" : "deliver";
  // The interval, a silence, the wait after it, another silence, and BYE that nobody answers.
  clock.advance(clock.now() + (INTERVAL + 32 + 30 + 32 + 32) * 1000);
  assertEquals(
    ended.map(({ cause, endedBy }) => `${endedBy} ${cause}`),
    Array(CALLS).fill("b keep-alive"),
  );
  clock.advance(clock.now() + 60_000);
  assertEquals(b2bua.census, {
    calls: 0,
    dialogs: 0,
    transactions: 0,
    ports: 0,
  });
  assertEquals(clock.pending, 0);
  for (const one of [b2bua, carrier, pbx]) await one.close();
});
