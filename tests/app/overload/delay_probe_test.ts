import { assertEquals } from "@std/assert";
import {
  DelayProbe,
  type ProbeTime,
} from "../../../app/overload/delay_probe.ts";
import { overloadLines } from "../../../app/control/overload_lines.ts";
import type { Address } from "../../../core/transport/address.ts";
import type { Flow } from "../../../core/transport/flow.ts";
import type {
  Transport,
  TransportEvents,
} from "../../../core/transport/transport.ts";

class FakeTime implements ProbeTime {
  now = 0;
  turn: (() => void) | undefined;

  nowMs(): number {
    return this.now;
  }

  every(_ms: number, callback: () => void): () => void {
    this.turn = callback;
    return () => this.turn = undefined;
  }

  /** A turn, at its time. */
  pass(ms = 25): void {
    this.now += ms;
    this.turn?.();
  }
}

/** Keeps what is sent to itself until it is told to hand it up. */
class Queueing implements Transport {
  readonly name = "UDP";
  readonly listener = "udp:0.0.0.0:5060";
  readonly local = { host: "0.0.0.0", port: 5060 };
  readonly queue: { bytes: Uint8Array; flow: Flow }[] = [];
  #events: TransportEvents | undefined;

  open(events: TransportEvents): void {
    this.#events = events;
  }

  flowTo(remote: Address): Flow {
    return {
      transport: "UDP",
      reliable: false,
      open: true,
      connected: true,
      remote,
      local: this.local,
      listener: this.listener,
      sentBy: "",
    };
  }

  send(flow: Flow, bytes: Uint8Array): void {
    this.queue.push({ bytes, flow });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  handUp(): void {
    for (const { bytes, flow } of this.queue.splice(0)) {
      this.#events?.onBytes(bytes, flow);
    }
  }
}

const TOKEN = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]);

async function bed() {
  const time = new FakeTime();
  const probe = new DelayProbe(time, TOKEN);
  const inner = new Queueing();
  const transport = probe.wrap(inner);
  const above: Uint8Array[] = [];
  await transport.open({
    onBytes: (bytes) => above.push(bytes),
    onFramingError: () => {},
    onClosed: () => {},
    onFault: () => {},
  });
  const delays: number[] = [];
  return { time, probe, inner, transport, above, delays };
}

Deno.test("delay probe: what a datagram to ourselves waits is the delay, and nobody above sees it", async () => {
  const { time, probe, inner, transport, above, delays } = await bed();
  probe.start((delayMs) => delays.push(delayMs));
  time.pass();
  // A socket on all addresses is reached on the loopback's.
  assertEquals(inner.queue[0]?.flow.remote, { host: "127.0.0.1", port: 5060 });
  time.now += 3;
  inner.handUp();
  assertEquals(above, []);
  time.pass(22);
  assertEquals(delays, [3]);
  probe.stop();
  assertEquals(time.turn, undefined);
  await transport.close();
});

Deno.test("delay probe: one that does not come back waits as long as it has so far", async () => {
  const { time, probe, inner, transport, delays } = await bed();
  probe.start((delayMs) => delays.push(delayMs));
  time.pass();
  time.pass();
  assertEquals(delays, [25]);
  time.pass(40);
  assertEquals(delays, [25, 65]);
  inner.handUp();
  time.pass();
  // The shortest of those that came: sent in the last turn, received at once.
  assertEquals(delays, [25, 65, 0]);
  // What the kernel drops is told from what waits once a later one is back.
  inner.queue.shift();
  time.pass();
  assertEquals(delays.at(-1), 25);
  inner.handUp();
  time.pass();
  assertEquals(delays.at(-1), 0);
  inner.queue.splice(0);
  time.pass();
  assertEquals(delays.at(-1), 25);
  // Nothing comes back for a second: the oldest are given up.
  for (let turn = 0; turn < 60; turn++) {
    time.pass();
    inner.queue.splice(0);
  }
  assertEquals(delays.at(-1), 975);
  probe.stop();
  await transport.close();
});

Deno.test("delay probe: a listener that nothing comes to does not hide another's queue", async () => {
  const { time, probe, inner, transport, delays } = await bed();
  const quiet = new Queueing();
  const other = probe.wrap(quiet);
  await other.open({
    onBytes: () => {},
    onFramingError: () => {},
    onClosed: () => {},
    onFault: () => {},
  });
  probe.start((delayMs) => delays.push(delayMs));
  for (let turn = 0; turn < 4; turn++) {
    time.pass();
    quiet.handUp();
  }
  assertEquals(delays, [25, 50, 75]);
  inner.handUp();
  time.pass();
  assertEquals(delays.at(-1), 0);
  probe.stop();
  await transport.close();
  await other.close();
});

Deno.test("delay probe: what strangers send goes up, whatever it looks like", async () => {
  const { time, probe, inner, transport, above, delays } = await bed();
  probe.start((delayMs) => delays.push(delayMs));
  time.pass();
  const [{ bytes, flow }] = inner.queue.splice(0) as [typeof inner.queue[0]];
  const forged = bytes.slice();
  forged[12]! ^= 1;
  inner.queue.push({ bytes: forged, flow }, { bytes: new Uint8Array(0), flow });
  inner.handUp();
  assertEquals(above.length, 2);
  // Sent again, ours is known and says nothing new.
  inner.queue.push({ bytes, flow });
  inner.handUp();
  time.now += 10;
  inner.queue.push({ bytes, flow });
  inner.handUp();
  time.pass(15);
  assertEquals(delays, [0]);
  probe.stop();
  await transport.close();
});

Deno.test("delay probe: without a datagram listener, how late the timers are", () => {
  const time = new FakeTime();
  const probe = new DelayProbe(time, TOKEN);
  const delays: number[] = [];
  probe.start((delayMs) => delays.push(delayMs));
  time.pass(25);
  time.pass(60);
  assertEquals(delays, [0, 35]);
  probe.stop();
});

Deno.test("legwork calls: a line of load where there is something to say", () => {
  const usual = { shedding: false, perSecond: undefined, delayMs: 0.2 };
  assertEquals(overloadLines(undefined), []);
  assertEquals(overloadLines({ ...usual, refused: 0 }), []);
  assertEquals(overloadLines({ ...usual, refused: 3 }), [
    "no overload now, 3 calls refused",
  ]);
  assertEquals(
    overloadLines({
      shedding: true,
      perSecond: 2340.4,
      delayMs: 6.04,
      refused: 1200,
    }),
    [
      "overload: 2340 new calls a second are admitted, messages wait 6.0 ms, 1200 calls refused",
    ],
  );
});
