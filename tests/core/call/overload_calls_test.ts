/** A whole B2BUA that refuses new calls: those that run do not notice. */

import { assertEquals } from "@std/assert";
import { CountingObserver } from "../../../core/base/observer.ts";
import { seededRandom } from "../../../core/base/random.ts";
import { TimerWheel } from "../../../core/base/timer_wheel.ts";
import { B2bua } from "../../../core/call/b2bua.ts";
import { answer } from "../../../core/call/decisions.ts";
import { fixedPolicy } from "../../../core/call/policy.ts";
import { toBytes } from "../../../core/message/bytes.ts";
import type { SipResponse } from "../../../core/message/message.ts";
import { parseMessage } from "../../../core/message/parse.ts";
import {
  MemoryNetwork,
  MemoryTransport,
} from "../../../core/transport/memory.ts";

const CALLER = { host: "192.0.2.9", port: 5060 };
const LEGWORK = { host: "192.0.2.1", port: 5060 };
const SDP = [
  "v=0",
  "o=bob 1 1 IN IP4 192.0.2.5",
  "s=-",
  "c=IN IP4 192.0.2.5",
  "t=0 0",
  "m=audio 6000 RTP/AVP 0",
  "",
].join("\r\n");
const NO_DNS = {
  naptr: () => Promise.resolve([]),
  srv: () => Promise.resolve([]),
  a: () => Promise.resolve([]),
  aaaa: () => Promise.resolve([]),
};

function request(
  method: string,
  { call, cseq, toTag }: { call: string; cseq: number; toTag?: string },
): Uint8Array {
  // The ACK of a 503 has the branch of its INVITE.
  const branch = `z9hG4bK${call}${cseq}${call === "one" ? method : ""}`;
  const tag = toTag === undefined ? "" : `;tag=${toTag}`;
  return toBytes(
    [
      `${method} sip:bob@192.0.2.1 SIP/2.0`,
      `Via: SIP/2.0/UDP 192.0.2.9:5060;branch=${branch}`,
      "Max-Forwards: 70",
      "From: <sip:alice@192.0.2.9>;tag=a",
      `To: <sip:bob@192.0.2.1>${tag}`,
      `Call-ID: ${call}`,
      `CSeq: ${cseq} ${method}`,
      "Contact: <sip:alice@192.0.2.9:5060>",
      "Content-Length: 0",
      "",
      "",
    ].join("\r\n"),
  );
}

Deno.test("overload: new calls get 503 while a running call's INFO and BYE pass", async () => {
  const clock = new TimerWheel();
  const network = new MemoryNetwork({ clock });
  const got: SipResponse[] = [];
  const caller = new MemoryTransport(network, { name: "UDP", ...CALLER });
  await caller.open({
    onBytes: (bytes) => {
      const parsed = parseMessage(bytes);
      if (parsed.ok && parsed.message.kind === "response") {
        got.push(parsed.message);
      }
    },
    onFramingError: () => {},
    onClosed: () => {},
    onFault: () => {},
  });
  const gate = {
    open: true,
    retryAfterSeconds: 5,
    get isRefusing(): boolean {
      return !this.open;
    },
    refusesAnother(): boolean {
      return !this.open;
    },
    admits(): boolean {
      return this.open;
    },
  };
  const observer = new CountingObserver();
  const b2bua = new B2bua({
    clock,
    random: seededRandom(1),
    transports: [new MemoryTransport(network, { name: "UDP", ...LEGWORK })],
    dns: NO_DNS,
    observer,
    unknownPeers: "accept",
    policy: fixedPolicy({ onInvite: () => answer(200, { body: SDP }) }),
    gate,
  });
  await b2bua.open();
  const send = async (bytes: Uint8Array): Promise<SipResponse | undefined> => {
    caller.send(caller.flowTo(LEGWORK), bytes);
    for (let turn = 0; turn < 20; turn++) {
      clock.advance(clock.now() + 10);
      await Promise.resolve();
    }
    return got.at(-1);
  };

  const running = await send(request("INVITE", { call: "one", cseq: 1 }));
  assertEquals(running?.status, 200);
  const toTag = running?.to?.tag ?? "";
  await send(request("ACK", { call: "one", cseq: 1, toTag }));
  assertEquals(b2bua.calls, 1);

  gate.open = false;
  const refused = await send(request("INVITE", { call: "two", cseq: 1 }));
  assertEquals(refused?.status, 503);
  assertEquals(refused?.headers.get("Retry-After"), "5");
  assertEquals(b2bua.calls, 1);
  await send(
    request("ACK", { call: "two", cseq: 1, toTag: refused?.to?.tag ?? "" }),
  );
  assertEquals(observer.counters.get("dialog_stray_acks"), undefined);

  const info = await send(request("INFO", { call: "one", cseq: 2, toTag }));
  assertEquals(info?.cseq?.method, "INFO");
  assertEquals(info?.status, 200);
  const bye = await send(request("BYE", { call: "one", cseq: 3, toTag }));
  assertEquals([bye?.cseq?.method, bye?.status], ["BYE", 200]);
  assertEquals(b2bua.calls, 0);

  clock.advance(clock.now() + 40_000);
  assertEquals(Object.values(b2bua.census), [0, 0, 0, 0]);
  await b2bua.close();
  await caller.close();
  assertEquals(clock.pending, 0);
});
