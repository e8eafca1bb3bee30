import { assert, assertEquals } from "@std/assert";
import { DEFAULT_LIMITS } from "../../../core/base/limits.ts";
import { CountingObserver } from "../../../core/base/observer.ts";
import { seededRandom } from "../../../core/base/random.ts";
import { TimerWheel } from "../../../core/base/timer_wheel.ts";
import { toBytes } from "../../../core/message/bytes.ts";
import type { SipMessage } from "../../../core/message/message.ts";
import type { ParseProblem } from "../../../core/message/parse.ts";
import { parseVia } from "../../../core/message/via.ts";
import type { Flow } from "../../../core/transport/flow.ts";
import {
  MemoryNetwork,
  MemoryTransport,
} from "../../../core/transport/memory.ts";
import { TransportLayer } from "../../../core/transport/transport_layer.ts";

const US = { host: "192.0.2.1", port: 5060 };
const PEER = { host: "192.0.2.2", port: 5060 };

interface Came {
  readonly message: SipMessage;
  readonly flow: Flow;
}

/** The layer under test with UDP and TCP listeners, and one raw peer of each kind. */
class Bench {
  readonly clock = new TimerWheel();
  readonly network = new MemoryNetwork({ clock: this.clock });
  readonly observer = new CountingObserver();
  readonly taps: string[] = [];
  readonly came: Came[] = [];
  readonly malformed: { problem: ParseProblem; flow: Flow }[] = [];
  readonly closed: string[] = [];
  readonly peerGot: string[] = [];
  pongPairs = 0;
  readonly layer: TransportLayer;
  readonly udp: MemoryTransport;
  readonly tcp: MemoryTransport;
  handle: ((came: Came) => void) | undefined;

  constructor(options: { advertise?: string } = {}) {
    this.layer = new TransportLayer({
      transports: [
        new MemoryTransport(this.network, { name: "UDP", ...US }),
        new MemoryTransport(this.network, { name: "TCP", ...US }),
        new MemoryTransport(this.network, {
          name: "UDP",
          host: "::1",
          port: 5060,
        }),
      ],
      clock: this.clock,
      random: seededRandom(1),
      limits: DEFAULT_LIMITS,
      observer: this.observer,
      tap: (direction, message, flow) =>
        void this.taps.push(
          `${direction} ${message.kind} ${flow.transport} ${flow.remote.host}`,
        ),
      ...options,
    });
    this.layer.handler = {
      onMessage: (message, flow): void => {
        this.came.push({ message, flow });
        this.handle?.({ message, flow });
      },
      onMalformed: (problem, flow): void =>
        void this.malformed.push({ problem, flow }),
      onClosed: (flow): void => void this.closed.push(flow.transport),
    };
    this.udp = new MemoryTransport(this.network, { name: "UDP", ...PEER });
    this.tcp = new MemoryTransport(this.network, { name: "TCP", ...PEER });
  }

  static async open(options: { advertise?: string } = {}): Promise<Bench> {
    const bench = new Bench(options);
    await bench.layer.open();
    for (const transport of [bench.udp, bench.tcp]) {
      transport.open({
        onBytes: (bytes, flow): void =>
          void bench.peerGot.push(`${flow.transport} ${bytes.length}`),
        onPing: (): boolean => {
          bench.pongPairs++;
          return true;
        },
        onFramingError(): void {},
        onClosed(): void {},
        onFault(): void {},
      });
    }
    return bench;
  }

  run(): void {
    this.clock.advance(this.clock.now() + 50);
  }

  /** The peer sends text by a transport. */
  receive(text: string, by = this.udp): Flow {
    const flow = by.flowTo(US);
    by.send(flow, toBytes(text));
    this.run();
    return flow;
  }

  count(counter: string): number {
    return this.observer.counters.get(`transport_${counter}`) ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.layer.close();
    await this.udp.close();
    await this.tcp.close();
    this.run();
    assertEquals(this.network.inFlight, 0);
    assertEquals(this.clock.pending, 0);
  }
}

function options(
  parts: { via?: string; method?: string; cseq?: string; extra?: string } = {},
): string {
  const method = parts.method ?? "OPTIONS";
  return [
    `${method} sip:b@example.com SIP/2.0`,
    `Via: ${parts.via ?? "SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bK1;rport"}`,
    "From: <sip:a@example.com>;tag=1",
    "To: <sip:b@example.com>",
    "Call-ID: 1",
    `CSeq: ${parts.cseq ?? `1 ${method}`}`,
    `${parts.extra ?? "Max-Forwards: 70"}`,
    "Content-Length: 0",
    "",
    "",
  ].join("\r\n");
}

function response(via: string, more = ""): string {
  return options({ via }).replace(/^.*\r\n/, "SIP/2.0 200 OK\r\n")
    .replace("CSeq: 1 OPTIONS", `CSeq: 1 OPTIONS${more}`);
}

Deno.test("a request is handed up with received and rport", async () => {
  await using bench = await Bench.open();
  bench.receive(options());
  const { message, flow } = bench.came[0]!;
  assertEquals(
    String(message.via),
    "SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bK1;rport=5060;received=192.0.2.2",
  );
  assertEquals(flow.remote, PEER);
  assertEquals(bench.taps, ["in request UDP 192.0.2.2"]);
});

const STUN_BINDING = "\x00\x01\x00\x00\x21\x12\xa4\x42twelve bytes";

Deno.test("keep-alives of each kind, STUN and garbage are counted and go no further", async () => {
  await using bench = await Bench.open();
  for (
    const text of ["", "\r\n\r\n", "\0\0", "jaK\0", "keep-alive", "0000"]
  ) {
    bench.receive(text);
  }
  bench.receive(STUN_BINDING);
  bench.receive("A".repeat(65_000));
  bench.receive("\x01\x02\x03\x04");
  for (
    const kind of ["empty", "crlf", "nul", "jak", "word", "other", "stun"]
  ) assertEquals(bench.count(`keep_alive_${kind}`), 1, kind);
  assertEquals(bench.count("garbage"), 2);
  assertEquals(bench.came.length + bench.malformed.length, 0);
  // STUN alone is answered: 20 bytes of header, two addresses.
  assertEquals(bench.peerGot, ["UDP 44"]);
  bench.receive(options());
  assertEquals(bench.came.length, 1);
});

Deno.test("keep-alives are handed up; on a stream a pong goes unless they are dealt with", async () => {
  await using bench = await Bench.open();
  const heard: string[] = [];
  let isDealtWith = false;
  bench.layer.handler.onKeepAlive = (kind, bytes, flow) => {
    heard.push(`${kind} ${bytes.length} ${flow.transport}`);
    return isDealtWith;
  };
  bench.receive("jaK\0");
  bench.receive(STUN_BINDING);
  assertEquals(heard, ["jak 4 UDP", "stun 20 UDP"]);
  bench.receive("\r\n\r\n", bench.tcp);
  bench.receive("\r\n\r\n", bench.tcp);
  assertEquals(heard.slice(2), ["crlf 0 TCP", "crlf 0 TCP"]);
  // RFC 5626 §4.4.1: "the "pong" is a single CRLF"; two of them look like a ping.
  assertEquals(bench.pongPairs, 1);
  assertEquals(bench.peerGot, ["UDP 44"]);
  isDealtWith = true;
  bench.receive(STUN_BINDING);
  assertEquals(bench.peerGot, ["UDP 44"]);
  bench.receive("\r\n\r\n", bench.tcp);
  bench.receive("\r\n\r\n", bench.tcp);
  assertEquals([heard.length, bench.pongPairs], [7, 1]);
  assertEquals(bench.count("keep_alive_crlf"), 4);
});

Deno.test("a handler of keep-alives that fails takes nothing down", async () => {
  await using bench = await Bench.open();
  bench.layer.handler.onKeepAlive = () => {
    throw new Error("oops");
  };
  bench.receive("\r\n");
  assertEquals(bench.count("handler_failed"), 1);
  bench.receive(options());
  assertEquals(bench.came.length, 1);
});

Deno.test("a malformed request is handed up to be answered, with a Via that leads back", async () => {
  await using bench = await Bench.open();
  bench.receive(options({ cseq: "1 INVITE" }));
  bench.receive(options().replace("SIP/2.0\r\n", "SIP/7.0\r\n"));
  bench.receive(options({ extra: "Content-Length: 900" }));
  const statuses = bench.malformed.map(({ problem }) => problem.status);
  assertEquals(statuses, [400, 505, 400]);
  for (const { problem, flow } of bench.malformed) {
    const { via } = problem.message!;
    assertEquals(via!.param("received"), "192.0.2.2");
    assert(bench.layer.responseFlow(via!, flow) === flow);
  }
  assertEquals(bench.count("malformed_request"), 3);
});

Deno.test("what cannot be answered is dropped: ACK, no Via, responses", async () => {
  await using bench = await Bench.open();
  bench.receive(options({ method: "ACK", cseq: "1 BYE" }));
  bench.receive(options().replace(/Via:.*\r\n/, ""));
  bench.receive(response("SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1", " X"));
  assertEquals(bench.malformed.length + bench.came.length, 0);
  assertEquals(bench.count("malformed_request"), 2);
  assertEquals(bench.count("malformed_response"), 1);
});

Deno.test("a response is taken only under a sent-by of ours (RFC 3261 §18.1.2)", async () => {
  await using bench = await Bench.open();
  const ours = "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1";
  bench.receive(response(ours));
  bench.receive(response("SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1"));
  assertEquals(bench.came.length, 2);
  // "If the value of the "sent-by" parameter in that header field value does not correspond to a value that the client
  // transport is configured to insert into requests, the response MUST be silently discarded."
  bench.receive(response("SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bK1"));
  bench.receive(response("SIP/2.0/UDP 203.0.113.1:5060;branch=z9hG4bK1"));
  assertEquals(bench.came.length, 2);
  assertEquals(bench.count("foreign_response"), 2);
});

Deno.test("the advertised host is our sent-by", async () => {
  await using bench = await Bench.open({ advertise: "sbc.example.com" });
  const flow = bench.layer.flowTo({ ...PEER, transport: "UDP" })!;
  assertEquals(flow.sentBy, "sbc.example.com:5060");
  bench.receive(response("SIP/2.0/UDP SBC.example.com;branch=z9hG4bK1"));
  assertEquals(bench.came.length, 1);
  bench.receive(response("SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1"));
  assertEquals(bench.came.length, 1);
});

Deno.test("a request over TCP is answered on its connection, and on a new one once that is gone", async () => {
  await using bench = await Bench.open();
  const via = "SIP/2.0/TCP 192.0.2.2:5060;branch=z9hG4bK1";
  bench.receive(options({ via }), bench.tcp);
  const { message, flow } = bench.came[0]!;
  // §18.2.2: "the response MUST be sent using the existing connection to the source of the original request".
  assert(bench.layer.responseFlow(message.via!, flow) === flow);
  await bench.tcp.close();
  bench.run();
  assertEquals(flow.open, false);
  assertEquals(bench.closed, ["TCP"]);
  // "the server SHOULD open a connection to the IP address in the "received" parameter, if present, using the port in
  // the "sent-by" value".
  const again = bench.layer.responseFlow(message.via!, flow)!;
  assert(again !== flow);
  assertEquals(again.remote, PEER);
  assertEquals(again.transport, "TCP");
  bench.run();
});

Deno.test("a response over UDP leaves from the listener its request came to", async () => {
  await using bench = await Bench.open();
  bench.receive(options());
  const { flow } = bench.came[0]!;
  const via = parseVia("SIP/2.0/UDP 192.0.2.2:5066;received=192.0.2.2")!;
  const other = bench.layer.responseFlow(via, flow)!;
  assertEquals(other.remote, { host: "192.0.2.2", port: 5066 });
  // RFC 3581 §4: "The response MUST be sent from the same address and port that the corresponding request was received on".
  assertEquals(other.listener, flow.listener);
});

Deno.test("flows are chosen by transport, family, listener and what is open already", async () => {
  await using bench = await Bench.open();
  const { layer } = bench;
  assertEquals(layer.listeners, [
    "udp:192.0.2.1:5060",
    "tcp:192.0.2.1:5060",
    "udp:[::1]:5060",
  ]);
  assertEquals(layer.supports("TCP"), true);
  assertEquals(layer.supports("TLS"), false);
  const six = layer.flowTo({
    host: "2001:db8::1",
    port: 5060,
    transport: "UDP",
  });
  assertEquals(six!.listener, "udp:[::1]:5060");
  assertEquals(
    layer.flowTo({ host: "2001:db8::1", port: 5060, transport: "TCP" }),
    undefined,
  );
  assertEquals(layer.flowTo({ ...PEER, transport: "TLS" }), undefined);
  // A peer behind a connection is reached on it, whatever port it listens on.
  bench.receive(
    options({ via: "SIP/2.0/TCP 192.0.2.2;branch=z9hG4bK1" }),
    bench.tcp,
  );
  const { flow } = bench.came[0]!;
  const target = { ...PEER, transport: "TCP" as const };
  assert(layer.flowTo(target, flow) === flow);
  assert(layer.flowTo(target) !== flow);
  assert(layer.flowTo({ ...target, host: "192.0.2.3" }, flow) !== flow);
  assertEquals(
    layer.flowTo({ ...PEER, transport: "UDP" }, flow)!.transport,
    "UDP",
  );
  bench.run();
});

Deno.test("a stream that cannot be framed: 400 leaves before the connection is closed", async () => {
  await using bench = await Bench.open();
  const text = options({ via: "SIP/2.0/TCP 192.0.2.2;branch=z9hG4bK1" })
    .replace("Content-Length: 0\r\n", "");
  bench.layer.handler = {
    onMessage(): void {},
    onMalformed(problem, flow): void {
      assertEquals(problem.status, 400);
      assertEquals(problem.reason, "Missing Content-Length");
      const answer = toBytes("SIP/2.0 400 Bad\r\nContent-Length: 0\r\n\r\n");
      bench.layer.send(
        answer,
        bench.layer.responseFlow(problem.message!.via!, flow)!,
      );
    },
  };
  const flow = bench.receive(text, bench.tcp);
  assertEquals(bench.peerGot, ["TCP 38"]);
  assertEquals(flow.open, false);
  assertEquals(bench.count("framing_error"), 1);
});

Deno.test("a fault in handling one message does not stop the next", async () => {
  await using bench = await Bench.open();
  bench.handle = (): void => {
    throw new TypeError("a fault of ours");
  };
  bench.receive(options());
  bench.handle = undefined;
  bench.receive(options());
  assertEquals(bench.came.length, 2);
  assertEquals(bench.count("handler_failed"), 1);
});

Deno.test("open leaves nothing open when one listener fails", async () => {
  const bench = new Bench();
  const blocker = new MemoryTransport(bench.network, { name: "TCP", ...US });
  const events = {
    onBytes(): void {},
    onFramingError(): void {},
    onClosed(): void {},
    onFault(): void {},
  };
  blocker.open(events);
  let message = "";
  await bench.layer.open().catch((error: Error) => message = error.message);
  assertEquals(
    message,
    "Cannot listen on tcp:192.0.2.1:5060: the port is in use",
  );
  assertEquals(bench.layer.listeners, []);
  await blocker.close();
  await bench.layer.open();
  assertEquals(bench.layer.listeners.length, 3);
  await bench.layer.close();
});

Deno.test("the memory network's fates: lose, double, late", async () => {
  await using bench = await Bench.open();
  const { network } = bench;
  const fates = ["lose", "double", "late", "deliver"] as const;
  network.fate = ({ index }) => fates[index]!;
  for (let i = 0; i < 4; i++) {
    bench.udp.send(
      bench.udp.flowTo(US),
      toBytes(options({ extra: `Subject: ${i}` })),
    );
  }
  bench.clock.advance(bench.clock.now() + 1_000);
  const order = bench.came.map(({ message }) => message.headers.get("Subject"));
  assertEquals(order, ["1", "1", "3", "2"]);
});
