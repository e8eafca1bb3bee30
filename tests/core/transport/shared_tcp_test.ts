/** Several workers on one TCP address, in one process: a peer has one connection, and its messages belong to all of them. */

import { assert, assertEquals } from "@std/assert";
import { DEFAULT_LIMITS, type Limits } from "../../../core/base/limits.ts";
import { TimerWheel } from "../../../core/base/timer_wheel.ts";
import { fromBytes, toBytes } from "../../../core/message/bytes.ts";
import type { Address } from "../../../core/transport/address.ts";
import type { Flow } from "../../../core/transport/flow.ts";
import { encodeFrame } from "../../../core/transport/link_frames.ts";
import { SharedTcpTransport } from "../../../core/transport/shared_tcp.ts";
import { TcpTransport } from "../../../core/transport/tcp.ts";
import { SECRET_BYTES } from "../../../core/transport/worker_channel.ts";
import { WorkerLinks } from "../../../core/transport/worker_links.ts";

const SECRET = new Uint8Array(SECRET_BYTES).fill(7);

Deno.test("each worker has its messages whole, in order, and answers over the connection they came by", async () => {
  await using workers = await Workers.open();
  await using peer = await Client.to(workers.local);
  const holder = await workers.holderOf(peer);
  const other = workers.other(holder);
  for (let i = 0; i < 20; i++) await peer.send(bye(other, `${i}`));
  const long = bye(other, "x".repeat(60_000));
  await peer.send(long);
  for (let i = 0; i < 20; i++) {
    assertEquals((await other.next()).text, bye(other, `${i}`));
  }
  const { text, flow } = await other.next();
  assertEquals(text, long);
  assertEquals([flow.remote, flow.local], [peer.local, workers.local]);
  assertEquals(flow.listener, holder.transport.listener);
  assertEquals([flow.transport, flow.reliable, flow.open], ["TCP", true, true]);
  assertEquals(flow.sentBy, "sbc.example.com:" + workers.local.port);
  // §18.2.2: "the response MUST be sent using the existing connection to the source of the original request".
  other.transport.send(flow, toBytes(long), failing);
  other.transport.send(flow, toBytes(ok(other)));
  assertEquals(
    await peer.read(long.length + ok(other).length),
    long + ok(other),
  );
  // The peer may not listen where it called from: requests go by its connection too.
  assert(other.transport.flowTo(peer.local) === flow);
  assertEquals(holder.count("worker_handed_over"), 21);
  assertEquals(other.count("worker_taken_over"), 21);
});

Deno.test("a connection that a worker opened brings what belongs to others, who open their own", async () => {
  await using workers = await Workers.open();
  await using server = await Server.open();
  const [first, second] = workers.all;
  first.transport.send(
    first.transport.flowTo(server.local),
    toBytes(ok(first)),
  );
  using conn = await server.accept();
  await conn.write(toBytes(bye(second, "over the first one's")));
  const { flow } = await second.next();
  assertEquals(flow.remote, server.local);
  assert(second.transport.flowTo(server.local) !== flow);
  using _own = await server.accept();
});

Deno.test("the ping of a connection is answered by who holds it", async () => {
  await using workers = await Workers.open();
  await using peer = await Client.to(workers.local);
  await peer.send("\r\n\r\n");
  assertEquals(await peer.read(2), "\r\n");
});

Deno.test("a connection that is gone is said to whoever knows it, and sending on it fails", async () => {
  await using workers = await Workers.open();
  const peer = await Client.to(workers.local);
  const holder = await workers.holderOf(peer);
  const other = workers.other(holder);
  await peer.send(bye(other, "last"));
  const { flow } = await other.next();
  peer.closeWrite();
  // It sends no more, and still reads.
  await other.until(() => flow.halfClosed === true);
  other.transport.send(flow, toBytes(ok(other)));
  assertEquals(await peer.read(ok(other).length), ok(other));
  await holder.transport.close();
  await other.until(() => other.closed.includes(flow));
  assertEquals([flow.open, flow.halfClosed], [false, false]);
  const failed = Promise.withResolvers<string>();
  other.transport.send(flow, toBytes(ok(other)), failed.resolve);
  assertEquals(await failed.promise, "the listener is closed");
  assertEquals(other.links.remote.size, 0);
  peer.close();
});

Deno.test("what the holder cannot write fails at the worker that sent it", async () => {
  await using workers = await Workers.open({ connectionQueueBytes: 1_000 });
  await using peer = await Client.to(workers.local);
  const holder = await workers.holderOf(peer);
  const other = workers.other(holder);
  await peer.send(bye(other, ""));
  const { flow } = await other.next();
  const failed = Promise.withResolvers<string>();
  other.transport.send(flow, toBytes("x".repeat(1_001)), failed.resolve);
  assertEquals(await failed.promise, "too many bytes wait");
  assertEquals(holder.count("transport_queue_full"), 1);
});

Deno.test("with the worker that holds a connection its flows end, and what waits for it fails", async () => {
  await using workers = await Workers.open();
  await using peer = await Client.to(workers.local);
  const holder = await workers.holderOf(peer);
  const other = workers.other(holder);
  await peer.send(bye(other, "last"));
  const { flow } = await other.next();
  const failed = Promise.withResolvers<string>();
  // The end is there before the message is.
  const gone = holder.links.close();
  other.transport.send(flow, toBytes(ok(other)), failed.resolve);
  await gone;
  const reason =
    `worker ${holder.links.worker}, which held the connection, is away`;
  assertEquals(await failed.promise, reason);
  assert(other.closed.includes(flow));
  assertEquals(flow.open, false);
  assert(other.transport.flowTo(peer.local) !== flow);
});

Deno.test("what belongs to a worker that has ended is answered by whoever has it", async () => {
  await using workers = await Workers.open();
  await using peer = await Client.to(workers.local);
  const holder = await workers.holderOf(peer);
  const other = workers.other(holder);
  holder.links.meet([]);
  await peer.send(bye(other, "too late"));
  assertEquals((await holder.next()).text, bye(other, "too late"));
  assertEquals(holder.count("worker_away"), 1);
  // It is started again, and hears of the connection anew.
  workers.meet();
  await peer.send(bye(other, "anew"));
  assertEquals((await other.next()).text, bye(other, "anew"));
});

Deno.test("a worker started again knows the flow anew", async () => {
  await using workers = await Workers.open();
  await using peer = await Client.to(workers.local);
  const holder = await workers.holderOf(peer);
  const other = workers.other(holder);
  await peer.send(bye(other, "one"));
  const { flow } = await other.next();
  holder.links.to(other.links.worker)?.end();
  await other.until(() => !flow.open);
  await peer.send(bye(other, "two"));
  const again = await other.next();
  assert(again.flow !== flow && again.flow.open);
  other.transport.send(again.flow, toBytes(ok(other)));
  assertEquals(await peer.read(ok(other).length), ok(other));
});

Deno.test("flows of one worker are bounded where they are known", async () => {
  await using workers = await Workers.open({ flows: 1 });
  await using peer = await Client.to(workers.local);
  const holder = await workers.holderOf(peer);
  const other = workers.other(holder);
  await peer.send(bye(other, "one"));
  await other.next();
  // The kernel chooses: as many as it takes to have a second one there.
  const more: Client[] = [];
  let second: Client | undefined;
  while (second === undefined) {
    const one = await Client.to(workers.local);
    more.push(one);
    if (await workers.holderOf(one) === holder) second = one;
  }
  await second.send(bye(other, "two"));
  await other.until(() => other.count("worker_flows_full") === 1);
  assertEquals(other.links.remote.size, 1);
  for (const one of more) one.close();
});

Deno.test("who does not know the secret is turned away, and who says nothing is not waited for", async () => {
  await using workers = await Workers.open();
  const [first] = workers.all;
  const { port } = first.links;
  const hello = { kind: "hello", id: 1 } as const;
  const wrong = [
    encodeFrame({ ...hello, bytes: new Uint8Array(SECRET_BYTES) }),
    encodeFrame({ ...hello, bytes: SECRET.subarray(1) }),
    encodeFrame({ ...hello, id: 2, bytes: SECRET }),
    encodeFrame({ kind: "message", id: 1, bytes: SECRET }),
    toBytes("GET / HTTP/1.1\r\n\r\n"),
  ];
  using silent = await Deno.connect({ hostname: "127.0.0.1", port });
  for (const bytes of wrong) {
    using stranger = await Deno.connect({ hostname: "127.0.0.1", port });
    await stranger.write(bytes);
    assertEquals(await ending(stranger), true);
  }
  assertEquals(first.links.size, 1);
  workers.clock.advance(2_000);
  assertEquals(await ending(silent), true);
  assertEquals(first.count("worker_foreign_link"), wrong.length + 1);
  assertEquals(first.links.size, 0);
});

function failing(reason: string): void {
  throw new Error(reason);
}

/** A request within a dialog of a worker. */
function bye({ links }: Worker, body: string): string {
  return [
    "BYE sip:b@example.com SIP/2.0",
    "To: <sip:b@example.com>;tag=w" + links.worker + "-abc",
    `Content-Length: ${body.length}`,
    "",
    body,
  ].join("\r\n");
}

/** A response to a worker's request. */
function ok({ links }: Worker): string {
  return [
    "SIP/2.0 200 OK",
    `Via: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bKw${links.worker}-abc`,
    "Content-Length: 0",
    "",
    "",
  ].join("\r\n");
}

/** True once the other end has closed. */
async function ending(conn: Deno.TcpConn): Promise<boolean> {
  return await conn.read(new Uint8Array(1)).then(
    (size) => size === null,
    () => true,
  );
}

/** One worker: keeps what its transport says. */
class Worker {
  readonly closed: Flow[] = [];
  readonly links: WorkerLinks;
  readonly transport: SharedTcpTransport;
  readonly #faults = new Map<string, number>();
  readonly #messages: { text: string; flow: Flow }[] = [];
  #changed = Promise.withResolvers<void>();

  constructor(
    worker: number,
    options: {
      local: Address;
      clock: TimerWheel;
      limits: Limits;
      flows: number;
    },
  ) {
    const { local, clock, limits, flows } = options;
    this.links = new WorkerLinks({
      clock,
      secret: SECRET,
      worker,
      workers: 2,
      flows,
      onFault: (counter, by) => this.onFault(counter, by),
    });
    this.transport = new SharedTcpTransport(
      new TcpTransport(local, { clock, limits, shared: true }),
      this.links,
    );
  }

  onBytes(bytes: Uint8Array, flow: Flow): void {
    this.#messages.push({ text: fromBytes(bytes), flow });
    this.#change();
  }

  onFramingError(): void {}

  onHalfClosed(): void {
    this.#change();
  }

  onClosed(flow: Flow): void {
    this.closed.push(flow);
    this.#change();
  }

  onFault(counter: string, by = 1): void {
    this.#faults.set(counter, this.count(counter) + by);
    this.#change();
  }

  count(counter: string): number {
    return this.#faults.get(counter) ?? 0;
  }

  async next(): Promise<{ text: string; flow: Flow }> {
    await this.until(() => this.#messages.length > 0);
    return this.#messages.shift()!;
  }

  /** Looks again whenever something has happened here. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await this.changed;
  }

  /** Resolves when something happens here. */
  get changed(): Promise<void> {
    return this.#changed.promise;
  }

  get waiting(): number {
    return this.#messages.length;
  }

  #change(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

/** Two workers on one address. */
class Workers implements AsyncDisposable {
  readonly clock = new TimerWheel();
  readonly all: readonly [Worker, Worker];

  private constructor(
    readonly local: Address,
    settings: { connectionQueueBytes?: number; flows?: number },
  ) {
    const { flows = 100, ...rest } = settings;
    const limits = { ...DEFAULT_LIMITS, ...rest };
    const options = { local, clock: this.clock, limits, flows };
    this.all = [new Worker(0, options), new Worker(1, options)];
  }

  static async open(
    settings: { connectionQueueBytes?: number; flows?: number } = {},
  ): Promise<Workers> {
    const free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = free.addr;
    free.close();
    const workers = new Workers({ host: "127.0.0.1", port }, settings);
    for (const worker of workers.all) {
      worker.links.open();
      await worker.transport.open(worker, "sbc.example.com");
    }
    workers.meet();
    return workers;
  }

  meet(): void {
    const ports = this.all.map(({ links }) => links.port);
    for (const { links } of this.all) links.meet(ports);
  }

  /** The worker to which the kernel gave a connection. */
  async holderOf(peer: Client): Promise<Worker> {
    await peer.send("ping of nobody SIP/2.0\r\nContent-Length: 0\r\n\r\n");
    let holder: Worker | undefined;
    while (holder === undefined) {
      holder = this.all.find(({ waiting }) => waiting > 0);
      if (holder === undefined) {
        await Promise.race(this.all.map(({ changed }) => changed));
      }
    }
    await holder.next();
    return holder;
  }

  other(worker: Worker): Worker {
    return this.all[worker === this.all[0] ? 1 : 0];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { transport } of this.all) await transport.close();
    for (const { links } of this.all) await links.close();
    for (const { links } of this.all) {
      assertEquals([links.size, links.held.size, links.remote.size], [0, 0, 0]);
    }
    assertEquals(this.clock.pending, 0);
  }
}

/** A peer with one connection. */
class Client implements AsyncDisposable {
  readonly local: Address;
  readonly #conn: Deno.TcpConn;

  private constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
    const { hostname, port } = conn.localAddr;
    this.local = { host: hostname, port };
  }

  static async to({ host, port }: Address): Promise<Client> {
    return new Client(await Deno.connect({ hostname: host, port }));
  }

  async send(text: string): Promise<void> {
    const bytes = toBytes(text);
    for (let at = 0; at < bytes.length;) {
      at += await this.#conn.write(bytes.subarray(at));
    }
  }

  async read(length: number): Promise<string> {
    let text = "";
    const buffer = new Uint8Array(65_536);
    while (text.length < length) {
      const size = await this.#conn.read(buffer);
      if (size === null) throw new Error(`closed after ${text}`);
      text += fromBytes(buffer.subarray(0, size));
    }
    return text;
  }

  closeWrite(): void {
    void this.#conn.closeWrite();
  }

  close(): void {
    this.#conn.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }
}

/** A peer that listens. */
class Server implements AsyncDisposable {
  readonly local: Address;
  readonly #listener: Deno.TcpListener;

  private constructor(listener: Deno.TcpListener) {
    this.#listener = listener;
    this.local = { host: "127.0.0.1", port: listener.addr.port };
  }

  static open(): Promise<Server> {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    return Promise.resolve(new Server(listener));
  }

  accept(): Promise<Deno.TcpConn> {
    return this.#listener.accept();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    return Promise.resolve();
  }
}
