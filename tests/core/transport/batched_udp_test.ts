/** What only UDP in batches does; what all transports do alike is in tests/contract/transport_test.ts. */

import { assert, assertEquals } from "@std/assert";
import { DEFAULT_LIMITS } from "../../../core/base/limits.ts";
import { toBytes } from "../../../core/message/bytes.ts";
import { BatchedUdpTransport } from "../../../core/transport/batched_udp.ts";
import { Libc, openLibc } from "../../../core/transport/libc.ts";
import { Pace } from "../../../core/transport/pace.ts";
import type {
  Transport,
  TransportEvents,
} from "../../../core/transport/transport.ts";
import { UdpTransport } from "../../../core/transport/udp.ts";

const LOCAL = { host: "127.0.0.1", port: 0 };
const libc = openLibc();

/** Skipped, visibly, where the C library may not be called. */
function test(name: string, fn: (libc: Libc) => Promise<void>): void {
  const missing = libc instanceof Libc ? undefined : libc.missing;
  Deno.test({
    name: missing === undefined ? name : `${name} (${missing})`,
    ignore: missing !== undefined,
    fn: () => libc instanceof Libc ? fn(libc) : Promise.resolve(),
  });
}

function batched(libc: Libc): BatchedUdpTransport {
  const pace = new Pace({
    nowMs: () => performance.now(),
    sleep: (microseconds) => libc.calls.usleep(microseconds),
    soon: (callback) => setImmediate(callback),
  });
  return new BatchedUdpTransport(LOCAL, {
    libc,
    pace,
    limits: { ...DEFAULT_LIMITS, datagramPeers: 3 },
  });
}

/** Counts what comes, and tells when as much has come, or been dropped, as was to be. */
class Counter implements TransportEvents {
  arrived = 0;
  dropped = 0;
  readonly peers = new Set<number>();
  readonly #all = Promise.withResolvers<void>();

  constructor(readonly wanted = 1) {}

  get all(): Promise<void> {
    return this.#all.promise;
  }

  onBytes(_bytes: Uint8Array, flow: { remote: { port: number } }): void {
    this.arrived++;
    this.peers.add(flow.remote.port);
    this.#look();
  }

  onFault(counter: string, by = 1): void {
    assertEquals(counter, "transport_kernel_dropped");
    this.dropped += by;
    this.#look();
  }

  onFramingError(): void {}

  onClosed(): void {}

  #look(): void {
    if (this.arrived + this.dropped >= this.wanted) this.#all.resolve();
  }
}

test("datagrams that the kernel drops are counted, all of them", async (libc) => {
  const [a, b] = [batched(libc), batched(libc)];
  const counter = new Counter();
  a.open(new Counter());
  b.open(counter);
  const flow = a.flowTo(b.local);
  const bytes = toBytes("x".repeat(500));
  // More than any buffer holds, in one turn.
  let sent = 0;
  for (; sent < 50_000; sent++) a.send(flow, bytes);
  // The count comes with the next datagram that is not dropped.
  while (counter.arrived + counter.dropped < sent) {
    a.send(flow, bytes);
    sent++;
    for (let turn = 0; turn < 20; turn++) {
      await new Promise((done) => setImmediate(done));
    }
  }
  assert(counter.dropped > 0);
  assertEquals(counter.arrived + counter.dropped, sent);
  await a.close();
  await b.close();
});

test("a datagram that cannot be sent is told of in the words of plain UDP, the others leave", async (libc) => {
  const words: string[] = [];
  for (const transport of [new UdpTransport(LOCAL), batched(libc)]) {
    const counter = new Counter(2);
    const receiver = new UdpTransport(LOCAL);
    await receiver.open(counter);
    const faults: string[] = [];
    transport.open({
      onBytes(): void {},
      onFramingError(): void {},
      onClosed(): void {},
      onFault: (name) => void faults.push(name),
    });
    const good = transport.flowTo(receiver.local);
    const failed = Promise.withResolvers<string>();
    transport.send(good, toBytes("before"));
    transport.send(
      transport.flowTo({ host: "127.0.0.1", port: 0 }),
      toBytes("nobody may send there"),
      failed.resolve,
    );
    transport.send(good, toBytes("after"));
    words.push(await failed.promise);
    await counter.all;
    assertEquals(faults, ["transport_send_failed"]);
    await transport.close();
    await receiver.close();
  }
  assertEquals(words[0], words[1]);
});

test("peers more than are remembered still have a flow", async (libc) => {
  const server = batched(libc);
  const counter = new Counter(10);
  server.open(counter);
  const peers: Transport[] = [];
  for (let at = 0; at < 10; at++) {
    const peer = new UdpTransport(LOCAL);
    peer.open(new Counter());
    peer.send(peer.flowTo(server.local), toBytes("hello"));
    peers.push(peer);
  }
  await counter.all;
  assertEquals(counter.peers.size, 10);
  await Promise.all([server, ...peers].map((one) => one.close()));
});
