/** What every transport does, whatever carries it: the same tests over UDP, TCP and the memory network. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { DEFAULT_LIMITS, type Limits } from "../../core/base/limits.ts";
import { TimerWheel } from "../../core/base/timer_wheel.ts";
import { fromBytes, toBytes } from "../../core/message/bytes.ts";
import type { Address } from "../../core/transport/address.ts";
import type { Flow } from "../../core/transport/flow.ts";
import { ListenError } from "../../core/transport/listen_error.ts";
import { MemoryNetwork, MemoryTransport } from "../../core/transport/memory.ts";
import { TcpTransport } from "../../core/transport/tcp.ts";
import type {
  FramingProblem,
  Transport,
} from "../../core/transport/transport.ts";
import { BatchedUdpTransport } from "../../core/transport/batched_udp.ts";
import { Libc, type LibcMissing, openLibc } from "../../core/transport/libc.ts";
import { Pace, type Paced } from "../../core/transport/pace.ts";
import { SharedTcpTransport } from "../../core/transport/shared_tcp.ts";
import { SharedUdpTransport } from "../../core/transport/shared_udp.ts";
import { UdpTransport } from "../../core/transport/udp.ts";
import {
  SECRET_BYTES,
  WorkerChannel,
} from "../../core/transport/worker_channel.ts";
import { WorkerLinks } from "../../core/transport/worker_links.ts";

/** A place where transports of one kind live. */
interface World {
  transport(local: Address): Transport;
  /** Lets virtual time pass; real networks need no help. */
  run(): void;
  /** Fails when anything is left. */
  end(): void;
}

interface Kind {
  readonly name: string;
  /** Why it cannot be had here. */
  readonly missing?: string;
  readonly reliable: boolean;
  /** Its address is for others to have, too. */
  readonly shares?: boolean;
  world(limits: Limits): World;
}

const KINDS: readonly Kind[] = [
  { name: "UDP", reliable: false, world: udpWorld },
  ...batchedKinds(),
  sharedKind(),
  { name: "TCP", reliable: true, world: tcpWorld },
  {
    name: "TCP of a worker",
    reliable: true,
    shares: true,
    world: sharedTcpWorld,
  },
  { name: "UDP in memory", reliable: false, world: memoryWorld("UDP") },
  { name: "TCP in memory", reliable: true, world: memoryWorld("TCP") },
];
const HOSTS = ["127.0.0.1", "::1"] as const;

for (const kind of KINDS) {
  for (const host of HOSTS) {
    test(
      kind,
      `a message arrives whole, once, from the sender's flow (${host})`,
      async () => {
        await using pair = await openPair(kind, { host });
        const { a, b } = pair;
        const message = sip("hello\xff\x00");
        a.transport.send(
          a.transport.flowTo(b.transport.local),
          toBytes(message),
        );
        const { text, flow } = await b.next();
        assertEquals(text, message);
        assertEquals(flow.remote.host, host);
        assertEquals(flow.listener, b.transport.listener);
        assertEquals(flow.reliable, kind.reliable);
        assertEquals(flow.transport, b.transport.name);
        assert(flow.open);
        b.expectNothing();
      },
    );
  }

  test(
    kind,
    "the answer goes back on the flow the message came on",
    async () => {
      await using pair = await openPair(kind);
      const { a, b } = pair;
      const there = a.transport.flowTo(b.transport.local);
      a.transport.send(there, toBytes(sip("question")));
      const { flow } = await b.next();
      b.transport.send(flow, toBytes(sip("answer")));
      const answer = await a.next();
      assertEquals(answer.text, sip("answer"));
      assertEquals(answer.flow.remote, b.transport.local);
      assert(answer.flow === there);
    },
  );

  test(
    kind,
    "a listener knows its real port and says it in sentBy",
    async () => {
      await using pair = await openPair(kind);
      const { transport } = pair.a;
      assert(transport.local.port > 0);
      const { host, port } = transport.local;
      assertEquals(
        transport.listener,
        `${transport.name.toLowerCase()}:${host}:${port}`,
      );
      const flow = transport.flowTo(pair.b.transport.local);
      assertEquals(flow.sentBy, `${host}:${port}`);
    },
  );

  test(kind, "sentBy says the advertised host", async () => {
    await using pair = await openPair(kind, { advertise: "sbc.example.com" });
    const { transport } = pair.a;
    const flow = transport.flowTo(pair.b.transport.local);
    assertEquals(flow.sentBy, `sbc.example.com:${transport.local.port}`);
  });

  test(kind, "messages of one flow keep their order", async () => {
    await using pair = await openPair(kind);
    const { a, b } = pair;
    const flow = a.transport.flowTo(b.transport.local);
    for (let i = 0; i < 50; i++) {
      a.transport.send(flow, toBytes(sip(`number ${i}`)));
    }
    for (let i = 0; i < 50; i++) {
      assertEquals((await b.next()).text, sip(`number ${i}`));
    }
    b.expectNothing();
  });

  test(kind, "one flow to one peer", async () => {
    await using pair = await openPair(kind);
    const { a, b } = pair;
    const flow = a.transport.flowTo(b.transport.local);
    assert(a.transport.flowTo({ ...b.transport.local }) === flow);
    a.transport.send(flow, toBytes(sip("one")));
    const { flow: back } = await b.next();
    // A connection serves both directions, whoever opened it.
    assert(b.transport.flowTo(back.remote) === back);
  });

  test(kind, "a port in use is an error that names the listener", async () => {
    await using pair = await openPair(kind);
    const { local, listener } = pair.a.transport;
    const second = pair.world.transport(local);
    if (kind.shares === true) {
      await second.open(new Peer(second, pair.world));
      assertEquals(second.local, local);
      await second.close();
      return;
    }
    const error = await assertRejects(
      async () => await second.open(new Peer(second, pair.world)),
      ListenError,
      `Cannot listen on ${listener}: the port is in use`,
    );
    assertEquals(error.code, "LISTEN");
  });

  test(
    kind,
    "sending after close is said to the sender, later, and never thrown",
    async () => {
      await using pair = await openPair(kind);
      const { a, b } = pair;
      const flow = a.transport.flowTo(b.transport.local);
      a.transport.send(flow, toBytes(sip("before")));
      await b.next();
      await a.transport.close();
      assertEquals(flow.open, false);
      const failed = Promise.withResolvers<string>();
      let within = true;
      a.transport.send(flow, toBytes(sip("after")), (reason) => {
        assertEquals(within, false);
        failed.resolve(reason);
      });
      within = false;
      pair.world.run();
      assert((await failed.promise).length > 0);
    },
  );

  test(kind, "a port can be opened again once it is closed", async () => {
    await using pair = await openPair(kind);
    const { local } = pair.b.transport;
    await pair.b.transport.close();
    const again = pair.world.transport(local);
    const peer = new Peer(again, pair.world);
    await again.open(peer);
    pair.world.run();
    pair.a.transport.send(
      pair.a.transport.flowTo(local),
      toBytes(sip("again")),
    );
    assertEquals((await peer.next()).text, sip("again"));
    await again.close();
  });
}

for (const kind of KINDS.filter((one) => !one.reliable)) {
  test(
    kind,
    "an empty datagram arrives, and one too large is refused or arrives",
    async () => {
      await using pair = await openPair(kind);
      const { a, b } = pair;
      const flow = a.transport.flowTo(b.transport.local);
      a.transport.send(flow, new Uint8Array(0));
      assertEquals((await b.next()).text, "");
      a.transport.send(flow, toBytes("x".repeat(65_507)));
      assertEquals((await b.next()).text.length, 65_507);
    },
  );
}

for (const kind of KINDS.filter((one) => one.reliable)) {
  test(
    kind,
    "messages are cut by Content-Length wherever segments end",
    async () => {
      await using pair = await openPair(kind);
      const { a, b } = pair;
      const flow = a.transport.flowTo(b.transport.local);
      const bytes = toBytes(sip("one") + "\r\n" + sip("two") + sip(""));
      for (let at = 0; at < bytes.length; at += 7) {
        a.transport.send(flow, bytes.slice(at, at + 7));
      }
      assertEquals((await b.next()).text, sip("one"));
      assertEquals((await b.next()).text, sip("two"));
      assertEquals((await b.next()).text, sip(""));
      b.expectNothing();
    },
  );

  test(
    kind,
    "nobody listens: the sender is told and the flow is closed",
    async () => {
      await using pair = await openPair(kind);
      const { a, b } = pair;
      const nobody = b.transport.local;
      await b.transport.close();
      const failed = Promise.withResolvers<string>();
      const flow = a.transport.flowTo(nobody);
      a.transport.send(flow, toBytes(sip("lost")), failed.resolve);
      pair.world.run();
      assert(/refused/i.test(await failed.promise));
      assertEquals((await a.closed()).flow, flow);
      assertEquals(flow.open, false);
      assert(a.transport.flowTo(nobody) !== flow);
      pair.world.run();
      await a.closed();
    },
  );

  test(
    kind,
    "a stream that cannot be framed is reported with its head, answered and closed",
    async () => {
      await using pair = await openPair(kind);
      const { a, b } = pair;
      b.answerProblems = sip("400");
      const flow = a.transport.flowTo(b.transport.local);
      a.transport.send(
        flow,
        toBytes("OPTIONS sip:b SIP/2.0\r\nl: -1\r\n\r\nrest"),
      );
      const { problem } = await b.problem();
      assertEquals(problem.status, 400);
      assertEquals(
        fromBytes(problem.head!),
        "OPTIONS sip:b SIP/2.0\r\nl: -1\r\n\r\n",
      );
      assertEquals((await a.next()).text, sip("400"));
      await a.transport.close();
      await b.closed();
    },
  );

  test(kind, "a connection closed by its peer is said once", async () => {
    await using pair = await openPair(kind);
    const { a, b } = pair;
    const flow = a.transport.flowTo(b.transport.local);
    a.transport.send(flow, toBytes(sip("hello")));
    const { flow: back } = await b.next();
    await a.transport.close();
    pair.world.run();
    assertEquals((await a.closed()).flow, flow);
    await b.transport.close();
    assertEquals((await b.closed()).flow, back);
    assertEquals(back.open, false);
    b.expectNothing();
  });

  test(kind, "what waits for a connection is bounded", async () => {
    const limits = { ...DEFAULT_LIMITS, connectionQueueBytes: 1_000 };
    await using pair = await openPair(kind, { limits });
    const { a, b } = pair;
    const flow = a.transport.flowTo(b.transport.local);
    const failed = Promise.withResolvers<string>();
    a.transport.send(flow, toBytes(sip("x".repeat(600))));
    a.transport.send(flow, toBytes(sip("y".repeat(600))), failed.resolve);
    pair.world.run();
    assertEquals(await failed.promise, "too many bytes wait");
    assertEquals((await b.next()).text, sip("x".repeat(600)));
    assertEquals(a.faults, ["transport_queue_full"]);
  });

  test(kind, "connections are bounded", async () => {
    const limits = { ...DEFAULT_LIMITS, connections: 1 };
    await using pair = await openPair(kind, { limits });
    const { a, b } = pair;
    const flow = a.transport.flowTo(b.transport.local);
    a.transport.send(flow, toBytes(sip("first")));
    await b.next();
    const second = a.transport.flowTo({ ...b.transport.local, port: 9 });
    assertEquals(second.open, false);
    const failed = Promise.withResolvers<string>();
    a.transport.send(second, toBytes(sip("second")), failed.resolve);
    pair.world.run();
    assert((await failed.promise).length > 0);
    assert(a.faults.includes("transport_connections_full"));
  });

  test(kind, "a double CRLF is answered with one", async () => {
    await using pair = await openPair(kind);
    const { a, b } = pair;
    const flow = a.transport.flowTo(b.transport.local);
    a.transport.send(flow, toBytes("\r\n\r\n"));
    a.transport.send(flow, toBytes(sip("after the ping")));
    const { flow: back } = await b.next();
    // The pong goes first; being a lone CRLF before a message, it is not seen as one.
    b.transport.send(back, toBytes(sip("after the pong")));
    assertEquals((await a.next()).text, sip("after the pong"));
    a.expectNothing();
  });

  Deno.test(`${kind.name}: the CRLF that answers a ping of ours is a pong, however often`, async () => {
    await using pair = await openPair(kind);
    const { a, b } = pair;
    const flow = a.transport.flowTo(b.transport.local);
    for (let i = 0; i < 3; i++) {
      flow.ping!();
      pair.world.run();
      assertEquals(await a.ponged(), flow);
    }
    assertEquals(b.pings, 3);
    assertEquals(a.pings, 0);
  });

  Deno.test(`${kind.name}: a connection finished from here is closed on both sides`, async () => {
    await using pair = await openPair(kind);
    const { a, b } = pair;
    const flow = a.transport.flowTo(b.transport.local);
    a.transport.send(flow, toBytes(sip("last")));
    await b.next();
    flow.finish!("no pong came");
    pair.world.run();
    assertEquals(await a.closed(), { flow, reason: "no pong came" });
    assertEquals(flow.open, false);
    await b.transport.close();
    await b.closed();
  });
}

/** Visibly skipped where that kind cannot be had. */
function test(kind: Kind, name: string, fn: () => Promise<void>): void {
  const { missing } = kind;
  const why = missing === undefined ? "" : ` (${missing})`;
  Deno.test({
    name: `${kind.name}: ${name}${why}`,
    ignore: missing !== undefined,
    fn,
  });
}

function sip(body: string): string {
  return `MESSAGE sip:b@example.com SIP/2.0\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

/** One end in a test: keeps what its transport says. */
class Peer {
  readonly faults: string[] = [];
  pings = 0;
  answerProblems: string | undefined;
  readonly #messages = new Mailbox<{ text: string; flow: Flow }>();
  readonly #problems = new Mailbox<{ problem: FramingProblem; flow: Flow }>();
  readonly #closed = new Mailbox<{ flow: Flow; reason: string }>();
  readonly #ponged = new Mailbox<Flow>();

  constructor(readonly transport: Transport, readonly world: World) {}

  onBytes(bytes: Uint8Array, flow: Flow): void {
    this.#messages.put({ text: fromBytes(bytes), flow });
  }

  onFramingError(problem: FramingProblem, flow: Flow): void {
    this.#problems.put({ problem, flow });
    if (this.answerProblems === undefined) return;
    this.transport.send(flow, toBytes(this.answerProblems));
  }

  onPing(_flow: Flow): boolean {
    this.pings++;
    return false;
  }

  onPong(flow: Flow): void {
    this.#ponged.put(flow);
  }

  onClosed(flow: Flow, reason: string): void {
    this.#closed.put({ flow, reason });
  }

  onFault(counter: string): void {
    this.faults.push(counter);
  }

  next(): Promise<{ text: string; flow: Flow }> {
    this.world.run();
    return this.#messages.take();
  }

  problem(): Promise<{ problem: FramingProblem; flow: Flow }> {
    this.world.run();
    return this.#problems.take();
  }

  ponged(): Promise<Flow> {
    this.world.run();
    return this.#ponged.take();
  }

  closed(): Promise<{ flow: Flow; reason: string }> {
    this.world.run();
    return this.#closed.take();
  }

  expectNothing(): void {
    this.world.run();
    assertEquals(this.#messages.size, 0);
  }
}

/** What has come and was not taken, or who waits for it. */
class Mailbox<T> {
  readonly #items: T[] = [];
  #waiting: ((item: T) => void) | undefined;

  get size(): number {
    return this.#items.length;
  }

  put(item: T): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) this.#items.push(item);
    else waiting(item);
  }

  take(): Promise<T> {
    const item = this.#items.shift();
    if (item !== undefined) return Promise.resolve(item);
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }
}

interface Pair extends AsyncDisposable {
  readonly a: Peer;
  readonly b: Peer;
  readonly world: World;
}

async function openPair(
  kind: Kind,
  options: { host?: string; advertise?: string; limits?: Limits } = {},
): Promise<Pair> {
  const world = kind.world(options.limits ?? DEFAULT_LIMITS);
  const local = { host: options.host ?? "127.0.0.1", port: 0 };
  const a = new Peer(world.transport(local), world);
  const b = new Peer(world.transport(local), world);
  await a.transport.open(a, options.advertise);
  await b.transport.open(b);
  return {
    a,
    b,
    world,
    async [Symbol.asyncDispose](): Promise<void> {
      await a.transport.close();
      await b.transport.close();
      world.run();
      world.end();
    },
  };
}

function udpWorld(limits: Limits): World {
  return {
    transport: (local) => new UdpTransport(local, limits),
    run(): void {},
    end(): void {},
  };
}

/** UDP in batches as it waits by itself, and as it is looked at under load. */
function batchedKinds(): Kind[] {
  const libc = openLibc();
  const paces: [string, number][] = [["at rest", 0], ["under load", 1_000]];
  return paces.map(([when, load]) => ({
    name: `UDP in batches ${when}`,
    reliable: false,
    world: batchedWorld(libc, load),
    ...(libc instanceof Libc ? {} : libc),
  }));
}

/** One worker of one; what more of them do is in tests/core/transport/worker_channel_test.ts and tests/interop/workers_test.ts. */
function sharedKind(): Kind {
  const libc = openLibc();
  return {
    name: "UDP of a worker",
    reliable: false,
    shares: true,
    world: sharedWorld(libc),
    ...(libc instanceof Libc ? {} : libc),
  };
}

function sharedWorld(
  libc: Libc | LibcMissing,
): (limits: Limits) => World {
  return (limits) => {
    if (!(libc instanceof Libc)) throw new Error(libc.missing);
    const pace = new LoadedPace(libc, 0);
    return {
      transport: ({ host, port }) => {
        const socket = new BatchedUdpTransport(
          { host, port: port === 0 ? freePort(host) : port },
          { libc, pace, limits, shared: true },
        );
        const channel = new WorkerChannel({
          transport: new UdpTransport({ host: "127.0.0.1", port: 0 }),
          secret: new Uint8Array(SECRET_BYTES),
          worker: 0,
          workers: 1,
          onFault(): void {},
        });
        return new SharedUdpTransport(socket, channel);
      },
      run(): void {},
      end: () => assertEquals(pace.busy, false),
    };
  };
}

/** One worker of one; what more of them do is in tests/core/transport/shared_tcp_test.ts. */
function sharedTcpWorld(limits: Limits): World {
  const clock = new TimerWheel();
  return {
    transport: ({ host, port }) =>
      new SharedTcpTransport(
        new TcpTransport(
          { host, port: port === 0 ? freePort(host) : port },
          { clock, limits, shared: true },
        ),
        new WorkerLinks({
          clock,
          secret: new Uint8Array(SECRET_BYTES),
          worker: 0,
          workers: 1,
          onFault(): void {},
        }),
      ),
    run(): void {},
    end: () => assertEquals(clock.pending, 0),
  };
}

/** A port to be shared is named. */
function freePort(hostname: string): number {
  const socket = Deno.listenDatagram({ transport: "udp", hostname, port: 0 });
  const { addr } = socket;
  socket.close();
  return addr.transport === "udp" ? addr.port : 0;
}

/** A pace that makes more of each datagram. */
class LoadedPace extends Pace {
  readonly #load: number;

  constructor(libc: Libc, load: number) {
    super({
      nowMs: () => performance.now(),
      sleep: (microseconds) => libc.calls.usleep(microseconds),
      soon: (callback) => setImmediate(callback),
    });
    this.#load = load;
  }

  override woken(socket: Paced, count: number): boolean {
    return super.woken(socket, count + this.#load);
  }
}

function batchedWorld(
  libc: Libc | LibcMissing,
  load: number,
): (limits: Limits) => World {
  return (limits) => {
    if (!(libc instanceof Libc)) throw new Error(libc.missing);
    const pace = new LoadedPace(libc, load);
    return {
      transport: (local) =>
        new BatchedUdpTransport(local, { libc, pace, limits }),
      run(): void {},
      end: () => assertEquals(pace.busy, false),
    };
  };
}

function tcpWorld(limits: Limits): World {
  const clock = new TimerWheel();
  return {
    transport: (local) => new TcpTransport(local, { clock, limits }),
    run(): void {},
    end: () => assertEquals(clock.pending, 0),
  };
}

function memoryWorld(name: "UDP" | "TCP"): (limits: Limits) => World {
  return (limits) => {
    const clock = new TimerWheel();
    const network = new MemoryNetwork({ clock, limits });
    return {
      transport: (local) => new MemoryTransport(network, { name, ...local }),
      run: () => clock.advance(clock.now() + 100),
      end(): void {
        assertEquals(network.inFlight, 0);
        assertEquals(clock.pending, 0);
      },
    };
  };
}
