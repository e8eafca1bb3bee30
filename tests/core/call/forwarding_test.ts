import { setImmediate } from "node:timers";
import { assertEquals } from "@std/assert";
import { CountingObserver } from "../../../core/base/observer.ts";
import { seededRandom } from "../../../core/base/random.ts";
import { TimerWheel } from "../../../core/base/timer_wheel.ts";
import { B2bua } from "../../../core/call/b2bua.ts";
import { route } from "../../../core/call/decisions.ts";
import { fixedPolicy } from "../../../core/call/policy.ts";
import { responseTo } from "../../../core/message/build.ts";
import { fromBytes, toBytes } from "../../../core/message/bytes.ts";
import { parseMessage } from "../../../core/message/parse.ts";
import { serialize } from "../../../core/message/serialize.ts";
import { parseSipUri } from "../../../core/message/uri.ts";
import {
  MemoryNetwork,
  MemoryTransport,
} from "../../../core/transport/memory.ts";

const LEGWORK = { host: "192.0.2.1", port: 5060 };
const SENDER = { host: "192.0.2.9", port: 5060 };

/** What a request outside any call met on its way to a name with two SRV records, and its final answer. */
async function run(
  method: string,
  first: "silent" | 503,
): Promise<{ tried: string[]; status: string | undefined }> {
  const clock = new TimerWheel();
  const network = new MemoryNetwork({ clock });
  const tried: string[] = [];
  const servers = ["192.0.2.21", "192.0.2.22"].map((host, index) => {
    const local = { host, port: 5060 };
    const server = new MemoryTransport(network, { name: "UDP", ...local });
    server.open({
      onBytes: (bytes) => {
        const parsed = parseMessage(bytes);
        if (!parsed.ok || parsed.message.kind !== "request") return;
        if (tried.at(-1) !== host) tried.push(host);
        if (index === 0 && first === "silent") return;
        const response = responseTo(
          parsed.message,
          index === 0 ? first as 503 : 200,
          {
            toTag: "server",
          },
        );
        network.sendDatagram(local, LEGWORK, serialize(response));
      },
      onFramingError: () => {},
      onClosed: () => {},
      onFault: () => {},
    });
    return server;
  });
  let status: string | undefined;
  const sender = new MemoryTransport(network, { name: "UDP", ...SENDER });
  sender.open({
    onBytes: (bytes) => {
      const line = fromBytes(bytes).split("\r\n")[0];
      if (!line?.startsWith("SIP/2.0 100")) status = line;
    },
    onFramingError: () => {},
    onClosed: () => {},
    onFault: () => {},
  });
  const b2bua = new B2bua({
    clock,
    random: seededRandom(1),
    transports: [new MemoryTransport(network, { name: "UDP", ...LEGWORK })],
    dns: {
      naptr: () => Promise.resolve([]),
      srv: (name) =>
        Promise.resolve(
          name !== "_sip._udp.carrier.example" ? [] : [
            { priority: 1, weight: 1, port: 5060, target: "one.example" },
            { priority: 2, weight: 1, port: 5060, target: "two.example" },
          ],
        ),
      a: (name) =>
        Promise.resolve([name === "one.example" ? "192.0.2.21" : "192.0.2.22"]),
      aaaa: () => Promise.resolve([]),
    },
    observer: new CountingObserver(),
    unknownPeers: "accept",
    trunks: [{
      name: "carrier",
      servers: [parseSipUri("sip:carrier.example")!],
    }],
    policy: fixedPolicy({ onRequest: () => route("carrier") }),
  });
  await b2bua.open();
  const request = [
    `${method} sip:carrier.example SIP/2.0`,
    "Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKa;rport",
    "Max-Forwards: 70",
    "From: <sip:me@192.0.2.9>;tag=a",
    "To: <sip:me@carrier.example>",
    "Call-ID: outside",
    `CSeq: 1 ${method}`,
    "Content-Length: 0",
    "",
    "",
  ].join("\r\n");
  network.sendDatagram(SENDER, LEGWORK, toBytes(request));
  for (let ms = 0; ms <= 120_000; ms += 100) {
    clock.advance(ms);
    await new Promise((resolve) => setImmediate(resolve));
    if (status !== undefined) break;
  }
  clock.advance(clock.now() + 120_000);
  assertEquals(b2bua.census, {
    calls: 0,
    dialogs: 0,
    transactions: 0,
    ports: 0,
  });
  await b2bua.close();
  for (const server of [...servers, sender]) await server.close();
  assertEquals(clock.pending, 0);
  return { tried, status };
}

// RFC 3263 §4.3: "If a failure occurs, the client SHOULD create a new request, which is identical to the previous, but has
// a different value of the Via branch ID than the previous". It says so of every request, not of INVITE alone.
for (const method of ["OPTIONS", "REGISTER", "MESSAGE"]) {
  for (const first of ["silent", 503] as const) {
    Deno.test(`forwarding: ${method} follows SRV when the first server is ${first}`, async () => {
      assertEquals(await run(method, first), {
        tried: ["192.0.2.21", "192.0.2.22"],
        // RFC 4320 §4.2: after a silence of 64*T1 the sender's own transaction is over, and is sent nothing more.
        status: first === "silent" ? undefined : "SIP/2.0 200 OK",
      });
    });
  }
}
