/** Datagrams that go from the worker that received them to the one that owns them. */

import { assertEquals } from "@std/assert";
import {
  SECRET_BYTES,
  WorkerChannel,
} from "../../../core/transport/worker_channel.ts";
import { socketName } from "../../../core/transport/socket_name.ts";
import { UdpTransport } from "../../../core/transport/udp.ts";

const SECRET = new Uint8Array(SECRET_BYTES).fill(7);
const FROM = { host: "192.0.2.1", port: 5060 };

class Side {
  readonly faults: string[] = [];
  readonly taken: string[] = [];
  readonly channel: WorkerChannel;
  #next = Promise.withResolvers<void>();

  constructor(worker: number, secret = SECRET) {
    this.channel = new WorkerChannel({
      transport: new UdpTransport({ host: "127.0.0.1", port: 0 }),
      secret,
      worker,
      workers: 2,
      onFault: (counter) => {
        this.faults.push(counter);
        if (counter !== "worker_handed_over") this.#next.resolve();
      },
    });
    this.channel.add({
      takeOver: (bytes, name) =>
        this.taken.push(`${new TextDecoder().decode(bytes)} ${name.join(".")}`),
    });
  }

  async heard(): Promise<void> {
    await this.#next.promise;
    this.#next = Promise.withResolvers<void>();
  }
}

Deno.test("a datagram arrives whole, with where it came from", async () => {
  const [a, b] = [new Side(0), new Side(1)];
  await Promise.all([a.channel.open(), b.channel.open()]);
  const name = socketName(FROM);
  const bytes = new TextEncoder().encode("BYE sip:b@x SIP/2.0\r\n\r\n");
  a.channel.handOver(bytes, { owner: 1, listener: 0, name });
  assertEquals(a.faults, ["worker_away"]);
  a.channel.meet([undefined, b.channel.local]);
  a.channel.handOver(bytes, { owner: 1, listener: 0, name });
  await b.heard();
  assertEquals(b.taken, [`BYE sip:b@x SIP/2.0\r\n\r\n ${name.join(".")}`]);
  assertEquals(a.faults.at(-1), "worker_handed_over");
  await Promise.all([a.channel.close(), b.channel.close()]);
});

Deno.test("what lacks the secret, or names no listener, is dropped", async () => {
  const [a, b] = [new Side(0, new Uint8Array(SECRET_BYTES)), new Side(1)];
  const c = new Side(0);
  await Promise.all([a, b, c].map(({ channel }) => channel.open()));
  for (const side of [a, c]) side.channel.meet([undefined, b.channel.local]);
  const name = socketName(FROM);
  const bytes = new Uint8Array(5);
  a.channel.handOver(bytes, { owner: 1, listener: 0, name });
  await b.heard();
  c.channel.handOver(bytes, { owner: 1, listener: 9, name });
  await b.heard();
  assertEquals(b.taken, []);
  assertEquals(b.faults, Array(2).fill("worker_foreign_datagram"));
  await Promise.all([a, b, c].map(({ channel }) => channel.close()));
});
