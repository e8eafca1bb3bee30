import { match } from "node:assert";
import { legwork } from "./support/legwork.ts";
import { peerTest } from "./support/peer.ts";
import { Datagrams } from "./support/datagram.ts";
import { call, callee } from "./support/sipp.ts";

const text = new TextEncoder();

const INVITE = [
  "INVITE sip:bob@127.0.0.1 SIP/2.0",
  "Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKbad",
  "From: <sip:alice@127.0.0.1>;tag=bad",
  "To: <sip:bob@127.0.0.1>",
  "Call-ID: bad",
  "CSeq: 1 INVITE",
].join("\r\n");

const GARBAGE: Readonly<Record<string, Uint8Array<ArrayBuffer>>> = {
  "nothing": new Uint8Array(0),
  "every byte": Uint8Array.from({ length: 1024 }, (_, i) => i % 256),
  "one byte": Uint8Array.of(0xff),
  "64 KiB of A": new Uint8Array(65_000).fill(0x41),
  "headers without end": text.encode(`${INVITE}\r\n${"X: y\r\n".repeat(9000)}`),
  "a start line without end": text.encode(`INVITE ${"s".repeat(60_000)}`),
  "a negative Content-Length": withLength("-1"),
  "a huge Content-Length": withLength("99999999999999999999"),
  "a Content-Length past the end": withLength("5000"),
  "a Content-Length that is no number": withLength("ten"),
  "NULs": new Uint8Array(2000),
  "NULs in a header": text.encode(`${INVITE}\r\nSubject: a\0b\0\r\n\r\n`),
  "a response to nothing": text.encode("SIP/2.0 200 OK\r\n\r\n"),
  "only a start line": text.encode("INVITE sip:bob@127.0.0.1 SIP/2.0\r\n\r\n"),
};

Deno.test("bad input on UDP harms nothing", async () => {
  await using server = await legwork({ servers: ["sip:127.0.0.1:9"] });
  for (const bytes of Object.values(GARBAGE)) {
    using socket = new Datagrams();
    await socket.send(bytes, server.port);
    await assertAnswers(server.port);
    server.assertUp();
  }
});

Deno.test("bad input on TCP harms nothing", async () => {
  await using server = await legwork({ servers: ["sip:127.0.0.1:9"] });
  for (const bytes of Object.values(GARBAGE)) {
    const connection = await connect(server.port);
    await connection.write(bytes).catch(() => 0);
    await assertAnswers(server.port);
    server.assertUp();
    connection.close();
  }
});

peerTest("the call after bad input goes through", ["sipp"], async () => {
  await using called = await callee({ scenario: "callee_basic" });
  await using server = await legwork({
    servers: [`sip:127.0.0.1:${called.port}`],
  });
  using socket = new Datagrams();
  for (const bytes of Object.values(GARBAGE)) {
    await socket.send(bytes, server.port);
    using connection = await connect(server.port);
    await connection.write(bytes).catch(() => 0);
  }
  await call(server.port, { scenario: "caller_basic" });
  await called.finished();
});

function withLength(value: string): Uint8Array<ArrayBuffer> {
  return text.encode(`${INVITE}\r\nContent-Length: ${value}\r\n\r\nbody`);
}

/** An OPTIONS from a fresh socket gets its 200 within two seconds. */
async function assertAnswers(port: number): Promise<void> {
  using socket = new Datagrams();
  const own = socket.port;
  await socket.send(
    text.encode([
      "OPTIONS sip:legwork@127.0.0.1 SIP/2.0",
      `Via: SIP/2.0/UDP 127.0.0.1:${own};branch=z9hG4bK${own}x${Math.random()}`,
      "Max-Forwards: 70",
      `From: <sip:probe@127.0.0.1:${own}>;tag=${own}`,
      "To: <sip:legwork@127.0.0.1>",
      `Call-ID: probe-${own}-${Math.random()}`,
      "CSeq: 1 OPTIONS",
      "Content-Length: 0",
      "\r\n",
    ].join("\r\n")),
    port,
  );
  const answer = await socket.receive(2000);
  match(answer ?? "no answer", /^SIP\/2\.0 200 /);
}

function connect(port: number): Promise<Deno.TcpConn> {
  return Deno.connect({ hostname: "127.0.0.1", port });
}
