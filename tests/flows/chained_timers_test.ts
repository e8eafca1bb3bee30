/** Two Legworks in a row, each with session timers on both legs (RFC 4028): nobody refreshes for somebody else. */

import { assert, assertEquals } from "@std/assert";
import { SimplePeer } from "../../bench/simulation/simple_peer.ts";
import { CountingObserver } from "../../core/base/observer.ts";
import { seededRandom } from "../../core/base/random.ts";
import { TimerWheel } from "../../core/base/timer_wheel.ts";
import { B2bua } from "../../core/call/b2bua.ts";
import type { CallSummary } from "../../core/call/policy.ts";
import { DEFAULT_SESSION_TIMER } from "../../core/dialog/timer_negotiation.ts";
import { parseSipUri } from "../../core/message/uri.ts";
import type { Address } from "../../core/transport/address.ts";
import { MemoryNetwork, MemoryTransport } from "../../core/transport/memory.ts";

const CALLER = { host: "192.0.2.11", port: 5060 };
const FIRST = { host: "192.0.2.1", port: 5060 };
const SECOND = { host: "192.0.2.2", port: 5060 };
const CALLEE = { host: "192.0.2.12", port: 5060 };
const INTERVAL = 600;

/** Caller, two Legworks and callee on one network. */
class Chain implements AsyncDisposable {
  readonly clock = new TimerWheel(0, { wallTimeMs: Date.UTC(2026, 8, 1) });
  readonly network = new MemoryNetwork({ clock: this.clock, latencyMs: 5 });
  readonly summaries: CallSummary[] = [];
  readonly first = this.#legwork(FIRST, { from: CALLER, to: SECOND });
  readonly second = this.#legwork(SECOND, { from: FIRST, to: CALLEE });
  readonly caller = new SimplePeer(this.network, { at: CALLER, timers: true });
  readonly callee = new SimplePeer(this.network, { at: CALLEE, timers: true });

  /** A chain with a call up. */
  static async withCall(): Promise<Chain> {
    const chain = new Chain();
    await chain.first.open();
    await chain.second.open();
    chain.caller.call(FIRST, 1);
    await chain.pass(60_000);
    assertEquals([chain.first.calls, chain.second.calls], [1, 1]);
    return chain;
  }

  /** Lets time pass, thing by thing. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.clock.now() + ms;
    for (;;) {
      const dueMs = this.clock.nextDueMs();
      if (dueMs === undefined || dueMs > untilMs) break;
      this.clock.advance(dueMs);
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.clock.advance(untilMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { first, second } = this;
    const nothing = { calls: 0, dialogs: 0, transactions: 0, ports: 0 };
    assertEquals([first.census, second.census], [nothing, nothing]);
    assertEquals(this.clock.pending, 0);
    for (const one of [first, second, this.caller, this.callee]) {
      await one.close();
    }
  }

  #legwork(at: Address, peers: { from: Address; to: Address }): B2bua {
    const trunk = (name: string, { host, port }: Address) => ({
      name,
      servers: [parseSipUri(`sip:${host}:${port}`)!],
      sessionTimer: {
        ...DEFAULT_SESSION_TIMER,
        mode: "request" as const,
        expiresSeconds: INTERVAL,
      },
    });
    return new B2bua({
      clock: this.clock,
      random: seededRandom(at === FIRST ? 1 : 2),
      observer: new CountingObserver(),
      transports: [
        new MemoryTransport(this.network, { name: "UDP", ...at }),
      ],
      dns: {
        naptr: () => Promise.resolve([]),
        srv: () => Promise.resolve([]),
        a: () => Promise.resolve([]),
        aaaa: () => Promise.resolve([]),
      },
      trunks: [trunk("from", peers.from), trunk("to", peers.to)],
      routes: [{ from: ["from"], to: ["to"] }],
      onCallEnd: (summary) => this.summaries.push(summary),
    });
  }
}

Deno.test("two in a row keep a call up, and one side refreshes between them", async () => {
  await using chain = await Chain.withCall();
  await chain.pass(3 * 3_600_000);
  assertEquals([chain.first.calls, chain.second.calls], [1, 1]);
  chain.first.hangUpAll("enough");
  await chain.pass(60_000);
  const [first, second] = chain.summaries;
  const between = [first?.timers?.[1], second?.timers?.[0]];
  // RFC 4028 §9, table 2: the UAC asks for timers and leaves the refresher open, so the UAS takes the role.
  assertEquals(between.map((timer) => timer?.refresher), ["them", "us"]);
  assertEquals(between[0]?.theirs, between[1]?.ours);
  assert((between[1]?.ours ?? 0) >= 35, "a refresh every five minutes");
});

Deno.test("a running call shows both its timers with the time left", async () => {
  await using chain = await Chain.withCall();
  const [state] = chain.second.callStates;
  // A minute has passed since the call was answered.
  assertEquals(
    state?.timers.map(({ leg, refresher, refreshInSeconds, endsInSeconds }) => [
      leg,
      refresher,
      Math.round(refreshInSeconds ?? 0),
      Math.round(endsInSeconds),
    ]),
    [["a", "us", 240, 508], ["b", "us", 240, 508]],
  );
  chain.first.hangUpAll("enough");
  await chain.pass(60_000);
});

Deno.test("when the line between them is cut, both ends are hung up on", async () => {
  await using chain = await Chain.withCall();
  chain.network.fate = ({ from, to }) => {
    const hosts = [from.host, to.host];
    const between = hosts.includes(FIRST.host) && hosts.includes(SECOND.host);
    return between ? "lose" : "deliver";
  };
  // RFC 4028 §10: "slightly before the session expiration".
  await chain.pass(INTERVAL * 1000);
  assertEquals([chain.first.calls, chain.second.calls], [0, 0]);
  const ends = chain.summaries.map(({ endedBy, cause }) => [endedBy, cause]);
  assertEquals(ends.sort(), [["a", "session timer"], ["b", "session timer"]]);
  await chain.pass(60_000);
});
