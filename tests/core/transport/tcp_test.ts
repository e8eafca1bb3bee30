/** What TCP does with time and with peers that speak no SIP: real sockets, a virtual clock. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { TimerWheel } from "../../../core/base/timer_wheel.ts";
import { fromBytes, toBytes } from "../../../core/message/bytes.ts";
import type { Flow } from "../../../core/transport/flow.ts";
import { TcpTransport } from "../../../core/transport/tcp.ts";

const MESSAGE = "OPTIONS sip:b SIP/2.0\r\nContent-Length: 0\r\n\r\n";

/** A listener, and plain sockets against it. */
class Bench implements AsyncDisposable {
  readonly clock = new TimerWheel();
  readonly transport = new TcpTransport({ host: "127.0.0.1", port: 0 }, {
    clock: this.clock,
    connectTimeoutMs: 4_000,
    idleTimeoutMs: 60_000,
  });
  readonly closed: string[] = [];
  #came = Promise.withResolvers<Flow>();

  constructor() {
    this.transport.open({
      onBytes: (_bytes, flow): void => this.#came.resolve(flow),
      onFramingError(): void {},
      onClosed: (_flow, reason): void => void this.closed.push(reason),
      onFault(): void {},
    });
  }

  dial(): Promise<Deno.TcpConn> {
    const { host, port } = this.transport.local;
    return Deno.connect({ hostname: host, port });
  }

  /** The flow of the next message. */
  async message(): Promise<Flow> {
    const flow = await this.#came.promise;
    this.#came = Promise.withResolvers();
    return flow;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.transport.close();
    assertEquals(this.transport.connections, 0);
    assertEquals(this.clock.pending, 0);
  }
}

Deno.test("a connection that takes too long to be made is given up, and its sender told", async () => {
  await using bench = new Bench();
  const flow = bench.transport.flowTo({ ...bench.transport.local });
  const failed = Promise.withResolvers<string>();
  bench.transport.send(flow, toBytes(MESSAGE), failed.resolve);
  bench.clock.advance(3_999);
  assert(flow.open);
  bench.clock.advance(4_000);
  assertEquals(flow.open, false);
  assertStringIncludes(await failed.promise, "too long");
  assertStringIncludes(bench.closed[0]!, "too long");
});

Deno.test("an idle connection is closed; a message begins its time anew", async () => {
  await using bench = new Bench();
  using peer = await bench.dial();
  await peer.write(toBytes(MESSAGE));
  const flow = await bench.message();
  bench.clock.advance(50_000);
  await peer.write(toBytes(MESSAGE));
  await bench.message();
  bench.clock.advance(109_999);
  assert(flow.open);
  bench.clock.advance(110_000);
  assertEquals(flow.open, false);
  assertEquals(bench.closed, ["idle for too long"]);
  assertEquals(await peer.read(new Uint8Array(1)), null);
});

Deno.test("bytes that trickle in without making a message do not hold a connection open", async () => {
  await using bench = new Bench();
  using peer = await bench.dial();
  await peer.write(toBytes(MESSAGE + "OPTIONS sip:b"));
  const flow = await bench.message();
  bench.clock.advance(59_999);
  await peer.write(toBytes(" SIP/2.0\r\n"));
  bench.clock.advance(60_000);
  assertEquals(flow.open, false);
});

Deno.test("a peer that has sent its last byte still gets its response", async () => {
  await using bench = new Bench();
  using peer = await bench.dial();
  await peer.write(toBytes(MESSAGE));
  await peer.closeWrite();
  const flow = await bench.message();
  bench.transport.send(flow, toBytes(MESSAGE));
  const buffer = new Uint8Array(1_000);
  const size = await peer.read(buffer);
  assertEquals(fromBytes(buffer.subarray(0, size!)), MESSAGE);
});

Deno.test("a ping is answered with one CRLF (RFC 5626 §4.4.1)", async () => {
  await using bench = new Bench();
  using peer = await bench.dial();
  await peer.write(toBytes("\r\n\r\n"));
  const buffer = new Uint8Array(10);
  const size = await peer.read(buffer);
  // "the "pong" is a single CRLF".
  assertEquals(fromBytes(buffer.subarray(0, size!)), "\r\n");
});

Deno.test("what was sent before close still leaves", async () => {
  const bench = new Bench();
  using peer = await bench.dial();
  await peer.write(toBytes(MESSAGE));
  const flow = await bench.message();
  const large = MESSAGE.repeat(5_000);
  bench.transport.send(flow, toBytes(large));
  const closing = bench[Symbol.asyncDispose]();
  let received = 0;
  const buffer = new Uint8Array(65_536);
  for (
    let size = await peer.read(buffer);
    size !== null;
    size = await peer.read(buffer)
  ) received += size;
  assertEquals(received, large.length);
  await closing;
});
