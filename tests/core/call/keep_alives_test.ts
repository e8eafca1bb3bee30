import { assertEquals } from "@std/assert";
import { CountingObserver } from "../../../core/base/observer.ts";
import { seededRandom } from "../../../core/base/random.ts";
import { TimerWheel } from "../../../core/base/timer_wheel.ts";
import { B2bua } from "../../../core/call/b2bua.ts";
import { answer, ignore, relay } from "../../../core/call/decisions.ts";
import type { KeepAliveView } from "../../../core/call/event_views.ts";
import type { Policy } from "../../../core/call/policy.ts";
import { toBytes } from "../../../core/message/bytes.ts";
import { parseSipUri } from "../../../core/message/uri.ts";
import {
  MemoryNetwork,
  MemoryTransport,
} from "../../../core/transport/memory.ts";

const US = { host: "192.0.2.1", port: 5060 };
const PBX = { host: "192.0.2.2", port: 5060 };

/** A B2BUA and a peer that pings it with what is no SIP. */
class Bed {
  readonly clock = new TimerWheel();
  readonly network = new MemoryNetwork({ clock: this.clock });
  readonly observer = new CountingObserver();
  readonly udp = new MemoryTransport(this.network, { name: "UDP", ...PBX });
  readonly tcp = new MemoryTransport(this.network, { name: "TCP", ...PBX });
  readonly b2bua: B2bua;
  /** Two pongs look like a ping. */
  pongPairs = 0;

  constructor(policy: Policy) {
    this.b2bua = new B2bua({
      clock: this.clock,
      random: seededRandom(1),
      transports: [
        new MemoryTransport(this.network, { name: "UDP", ...US }),
        new MemoryTransport(this.network, { name: "TCP", ...US }),
      ],
      dns: {
        naptr: () => Promise.resolve([]),
        srv: () => Promise.resolve([]),
        a: () => Promise.resolve([]),
        aaaa: () => Promise.resolve([]),
      },
      observer: this.observer,
      trunks: [{ name: "pbx", servers: [parseSipUri("sip:192.0.2.2:5060")!] }],
      policy: { acquire: () => policy, release: () => {} },
    });
  }

  static async open(policy: Policy): Promise<Bed> {
    const bed = new Bed(policy);
    await bed.b2bua.open();
    for (const transport of [bed.udp, bed.tcp]) {
      transport.open({
        onBytes(): void {},
        onPing: () => {
          bed.pongPairs++;
          return true;
        },
        onFramingError(): void {},
        onClosed(): void {},
        onFault(): void {},
      });
    }
    return bed;
  }

  ping(text: string, by = this.udp): void {
    by.send(by.flowTo(US), toBytes(text));
    this.clock.advance(this.clock.now() + 50);
  }

  get seen(): string[] {
    return this.b2bua.keepAlives.map(({ trunk, kind, count }) =>
      `${trunk} ${kind} ${count}`
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.b2bua.close();
    await this.udp.close();
    await this.tcp.close();
    this.clock.advance(this.clock.now() + 100);
    assertEquals(this.b2bua.census, {
      calls: 0,
      dialogs: 0,
      transactions: 0,
      ports: 0,
    });
    assertEquals([this.network.inFlight, this.clock.pending], [0, 0]);
  }
}

Deno.test("what is no SIP is noted for its peer and its trunk", async () => {
  await using bed = await Bed.open({});
  for (const text of ["\0\0\0\0", "\0\0\0\0", "jaK", "keep-alive\r\n", ""]) {
    bed.ping(text);
  }
  assertEquals(bed.seen, [
    "pbx nul 2",
    "pbx jak 1",
    "pbx keep-alive 1",
    "pbx empty 1",
  ]);
  const { secondsAgo, intervalSeconds } = bed.b2bua.keepAlives[0]!;
  assertEquals([secondsAgo, intervalSeconds], [0.199, 0.05]);
  assertEquals(bed.observer.counters.get("transport_keep_alive_nul"), 2);
});

Deno.test("onKeepAlive sees what is no SIP: kind, trunk, address, pace and size", async () => {
  const views: KeepAliveView[] = [];
  await using bed = await Bed.open({
    onKeepAlive: (ping) => void views.push(ping),
  });
  bed.ping("\0\0\0\0");
  bed.clock.advance(bed.clock.now() + 29_950);
  bed.ping("\0\0\0\0");
  const [first, second] = views;
  assertEquals([first?.kind, first?.bytes, first?.count], ["nul", 4, 1]);
  assertEquals([first?.intervalSeconds, second?.intervalSeconds], [
    undefined,
    30,
  ]);
  assertEquals([second?.count, second?.address], [2, "udp:192.0.2.2:5060"]);
  assertEquals(
    [second?.leg.trunk, second?.leg.call, second?.message],
    ["pbx", undefined, undefined],
  );
});

Deno.test("a stream's ping is ponged, unless onKeepAlive ignores it", async () => {
  let isIgnored = false;
  await using bed = await Bed.open({
    onKeepAlive: () => isIgnored ? ignore() : answer(),
  });
  bed.ping("\r\n\r\n", bed.tcp);
  bed.ping("\r\n\r\n", bed.tcp);
  assertEquals(bed.pongPairs, 1);
  isIgnored = true;
  bed.ping("\r\n\r\n", bed.tcp);
  bed.ping("\r\n\r\n", bed.tcp);
  assertEquals(bed.pongPairs, 1);
});

Deno.test("what is no SIP cannot be relayed: reported, and the default done", async () => {
  await using bed = await Bed.open({ onKeepAlive: () => relay() });
  bed.ping("\r\n\r\n", bed.tcp);
  bed.ping("\r\n\r\n", bed.tcp);
  assertEquals(bed.pongPairs, 1);
  assertEquals(bed.observer.counters.get("policy_faults"), 2);
});
