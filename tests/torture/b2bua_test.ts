/** Every torture message through a whole B2BUA: the answer the RFC asks for, and nothing left behind. */

import { assertEquals } from "@std/assert";
import { CountingObserver } from "../../core/base/observer.ts";
import { seededRandom } from "../../core/base/random.ts";
import { TimerWheel } from "../../core/base/timer_wheel.ts";
import { B2bua } from "../../core/call/b2bua.ts";
import { fixedPolicy } from "../../core/call/policy.ts";
import { redirect } from "../../core/call/decisions.ts";
import { parseMessage } from "../../core/message/parse.ts";
import type { Dns } from "../../core/transport/dns.ts";
import { MemoryNetwork, MemoryTransport } from "../../core/transport/memory.ts";
import { TORTURE_MESSAGES, type TortureMessage } from "./messages.ts";

const LEGWORK = { host: "192.0.2.1", port: 5060 };
const SENDER = { host: "192.0.2.9", port: 5060 };
const NO_DNS: Dns = {
  naptr: () => Promise.resolve([]),
  srv: () => Promise.resolve([]),
  a: () => Promise.resolve([]),
  aaaa: () => Promise.resolve([]),
};

/** What the B2BUA said to one message: the final statuses, in order, each once. */
async function statusesFor(bytes: Uint8Array): Promise<number[]> {
  const clock = new TimerWheel();
  const statuses = new Set<number>();
  const network = new MemoryNetwork({
    clock,
    fate: ({ from, bytes }) => {
      const parsed = parseMessage(bytes);
      if (
        from.host === LEGWORK.host && parsed.ok &&
        parsed.message.kind === "response" && parsed.message.status >= 200
      ) statuses.add(parsed.message.status);
      return "deliver";
    },
  });
  const sender = new MemoryTransport(network, { name: "UDP", ...SENDER });
  const b2bua = new B2bua({
    clock,
    random: seededRandom(1),
    transports: [new MemoryTransport(network, { name: "UDP", ...LEGWORK })],
    dns: NO_DNS,
    observer: new CountingObserver(),
    unknownPeers: "accept",
    // Every call is redirected: an answer that needs nobody else.
    policy: fixedPolicy({
      onInvite: () => redirect("sip:elsewhere@192.0.2.77"),
    }),
  });
  await b2bua.open();
  await sender.open({
    onBytes: () => {},
    onFramingError: () => {},
    onClosed: () => {},
    onFault: () => {},
  });
  network.sendDatagram(SENDER, LEGWORK, bytes);
  clock.advance(100);
  const early = [...statuses];
  // Whatever waits (retransmissions, timer H) is over after 64*T1 and a little.
  clock.advance(100_000);
  const left = { ...b2bua.census, timers: clock.pending };
  assertEquals(left, {
    calls: 0,
    dialogs: 0,
    transactions: 0,
    ports: 0,
    timers: 0,
  });
  await b2bua.close();
  await sender.close();
  return early;
}

/** A call that reached the policy is answered 302: what stands for 200 and the like in this world. */
function expected(row: TortureMessage, statuses: number[]): number[] {
  const { uas } = row.expect;
  const wanted = uas === undefined ? [] : typeof uas === "number" ? [uas] : uas;
  if (wanted.includes(200) && statuses[0] === 302) return [302];
  return wanted.filter((status) => statuses.includes(status)).slice(0, 1);
}

/** Whom would one answer? Not a response, and nobody where the top Via can not be read. */
function answerable(row: TortureMessage): boolean {
  const parsed = parseMessage(row.bytes);
  const message = parsed.ok ? parsed.message : parsed.problem.message;
  return message?.kind === "request" && message.via !== undefined;
}

for (const row of TORTURE_MESSAGES) {
  Deno.test(`a B2BUA given ${row.name} (${row.section})`, async () => {
    const statuses = await statusesFor(row.bytes);
    if (row.expect.uas !== undefined) {
      const wanted = expected(row, statuses);
      assertEquals(
        wanted.length,
        1,
        `wanted ${row.expect.uas}, got ${statuses}`,
      );
      assertEquals(statuses, wanted);
      return;
    }
    switch (row.expect.message) {
      case "dropped":
        assertEquals(statuses, []);
        return;
      case 400:
      case 505:
        assertEquals(statuses, answerable(row) ? [row.expect.message] : []);
        return;
      case "accepted":
        // At most one answer, and never a server failure.
        assertEquals(statuses.length <= 1, true, String(statuses));
        assertEquals(
          statuses.some((status) => status >= 500),
          false,
          String(statuses),
        );
        return;
    }
  });
}
