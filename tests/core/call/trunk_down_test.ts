/** Whole B2BUAs on one virtual clock: one drains, and the other keeps calls away from it. */

import { assertEquals } from "@std/assert";
import { CountingObserver } from "../../../core/base/observer.ts";
import { seededRandom } from "../../../core/base/random.ts";
import { TimerWheel } from "../../../core/base/timer_wheel.ts";
import { B2bua } from "../../../core/call/b2bua.ts";
import type { B2buaOptions } from "../../../core/call/b2bua_options.ts";
import type { CallTrace } from "../../../core/call/call_trace.ts";
import { reject } from "../../../core/call/decisions.ts";
import { fixedPolicy } from "../../../core/call/policy.ts";
import { fromBytes, toBytes } from "../../../core/message/bytes.ts";
import { parseSipUri } from "../../../core/message/uri.ts";
import {
  MemoryNetwork,
  MemoryTransport,
} from "../../../core/transport/memory.ts";

const CALLER = { host: "192.0.2.9", port: 5060 };
const NO_DNS = {
  naptr: () => Promise.resolve([]),
  srv: () => Promise.resolve([]),
  a: () => Promise.resolve([]),
  aaaa: () => Promise.resolve([]),
};

function b2buaAt(
  host: string,
  network: MemoryNetwork,
  options: Partial<B2buaOptions>,
): B2bua {
  return new B2bua({
    clock: network.clock,
    random: seededRandom(Number(host.split(".")[3])),
    transports: [
      new MemoryTransport(network, { name: "UDP", host, port: 5060 }),
    ],
    dns: NO_DNS,
    observer: new CountingObserver(),
    unknownPeers: "accept",
    ...options,
  });
}

/** Remembers the decisions told of calls. */
class Decisions implements CallTrace {
  readonly full = true;
  readonly told: string[] = [];
  message(): void {}
  edited(): void {}
  fault(): void {}
  decided({ hook, decision }: { hook: string; decision: object }): void {
    this.told.push(`${hook} ${JSON.stringify(decision)}`);
  }
}

Deno.test("who drains says so to OPTIONS, and gets no more calls from who watches it", async () => {
  const clock = new TimerWheel();
  const network = new MemoryNetwork({ clock });
  const answers: string[] = [];
  const caller = new MemoryTransport(network, { name: "UDP", ...CALLER });
  await caller.open({
    onBytes: (bytes) => {
      const line = fromBytes(bytes).split("\r\n")[0] ?? "";
      if (!line.includes(" 100 ") && answers.at(-1) !== line) {
        answers.push(line);
      }
    },
    onFramingError: () => {},
    onClosed: () => {},
    onFault: () => {},
  });
  const draining = b2buaAt("192.0.2.2", network, {
    policy: fixedPolicy({ onInvite: () => reject(486) }),
  });
  const trace = new Decisions();
  const watching = b2buaAt("192.0.2.1", network, {
    trunks: [{
      name: "next",
      servers: [parseSipUri("sip:192.0.2.2")!],
      keepalive: { kind: "options", intervalSeconds: 10 },
    }],
    routes: [{ from: undefined, to: ["next"] }],
    trace,
  });
  await draining.open();
  await watching.open();
  const call = (branch: string) =>
    network.sendDatagram(
      CALLER,
      { host: "192.0.2.1", port: 5060 },
      toBytes(
        [
          "INVITE sip:bob@192.0.2.1 SIP/2.0",
          `Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK${branch};rport`,
          "Max-Forwards: 70",
          `From: <sip:alice@192.0.2.9>;tag=${branch}`,
          "To: <sip:bob@192.0.2.1>",
          `Call-ID: ${branch}`,
          "CSeq: 1 INVITE",
          "Contact: <sip:alice@192.0.2.9>",
          "Content-Length: 0",
          "",
          "",
        ].join("\r\n"),
      ),
    );
  const run = (ms: number) => clock.advance(clock.now() + ms);

  run(100);
  const [up] = watching.trunkStates;
  assertEquals([up?.condition, up?.calls], ["up", 0]);
  assertEquals(up?.servers[0]?.addresses[0]?.lastStatus, 200);
  call("one");
  run(1_000);
  assertEquals(answers, ["SIP/2.0 486 Busy Here"]);
  assertEquals(trace.told.some((text) => text.startsWith("health")), false);

  draining.drain();
  run(12_000);
  const [down] = watching.trunkStates;
  assertEquals(down?.condition, "down");
  assertEquals(down?.servers[0]?.addresses[0]?.lastStatus, 503);
  call("two");
  run(1_000);
  assertEquals(answers.slice(1), ["SIP/2.0 503 Service Unavailable"]);
  assertEquals(trace.told.filter((text) => text.startsWith("health")), [
    'health {"action":"skip","server":"sip:bob@192.0.2.2","reason":"down"}',
  ]);

  watching.retire();
  run(60_000);
  assertEquals(watching.census, {
    calls: 0,
    dialogs: 0,
    transactions: 0,
    ports: 0,
  });
  await watching.close();
  await draining.close();
  await caller.close();
  assertEquals(clock.pending, 0);
});
