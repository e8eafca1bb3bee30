/** Two layers on the real transport layer and a network that loses, doubles and delays. */

import { assertEquals, assertExists } from "@std/assert";
import { DEFAULT_LIMITS } from "../../../core/base/limits.ts";
import { CountingObserver } from "../../../core/base/observer.ts";
import { seededRandom } from "../../../core/base/random.ts";
import { TimerWheel } from "../../../core/base/timer_wheel.ts";
import { responseTo } from "../../../core/message/build.ts";
import type { SipResponse } from "../../../core/message/message.ts";
import { RequestSender } from "../../../core/transaction/request_sender.ts";
import type { ServerTransaction } from "../../../core/transaction/server_transaction.ts";
import { DEFAULT_TIMERS } from "../../../core/transaction/timers.ts";
import {
  TransactionLayer,
  type TransactionUser,
} from "../../../core/transaction/transaction_layer.ts";
import {
  type Fate,
  MemoryNetwork,
  MemoryTransport,
} from "../../../core/transport/memory.ts";
import { TransportLayer } from "../../../core/transport/transport_layer.ts";
import { ownRequest } from "./bed.ts";

/** One end: both transports, the layer, a sender; requests are answered as told. */
class End implements TransactionUser {
  readonly transport: TransportLayer;
  readonly layer: TransactionLayer;
  readonly sender: RequestSender;
  readonly told: string[] = [];
  requests = 0;

  constructor(
    network: MemoryNetwork,
    wheel: TimerWheel,
    at: { host: string; answer: number },
  ) {
    this.answer = at.answer;
    const common = {
      clock: wheel,
      random: seededRandom(7),
      limits: DEFAULT_LIMITS,
      observer: new CountingObserver(),
    };
    this.transport = new TransportLayer({
      ...common,
      transports: (["UDP", "TCP"] as const).map((name) =>
        new MemoryTransport(network, { name, host: at.host, port: 5060 })
      ),
    });
    this.layer = new TransactionLayer({
      ...common,
      transport: this.transport,
      timers: DEFAULT_TIMERS,
      user: this,
    });
    this.sender = new RequestSender({
      ...common,
      transactions: this.layer,
      transport: this.transport,
      resolver: { resolve: () => [] },
    });
  }

  readonly answer: number;

  onRequest(transaction: ServerTransaction): void {
    this.requests++;
    const { request, toTag } = transaction;
    if (request.method === "INVITE") {
      transaction.respond(responseTo(request, 180, { toTag }));
      if (this.answer === 487) return;
    }
    transaction.respond(responseTo(request, this.answer, { toTag }));
  }

  onCancel(transaction: ServerTransaction): void {
    const { request, toTag } = transaction;
    transaction.respond(responseTo(request, 487, { toTag }));
  }

  onAck(): void {
    this.told.push("ACK");
  }

  onStrayResponse(response: SipResponse): void {
    this.told.push(`stray ${response.status}`);
  }
}

/** Sends one request, cancels it where 487 is wanted, and says what came of it. */
async function run(
  scene: { method: string; answer: number; transport: "UDP" | "TCP" },
  fate: (index: number) => Fate,
): Promise<number> {
  const wheel = new TimerWheel();
  let datagrams = 0;
  const network = new MemoryNetwork({
    clock: wheel,
    fate: ({ index }) => {
      datagrams++;
      return fate(index);
    },
  });
  const caller = new End(network, wheel, { host: "192.0.2.1", answer: 200 });
  const callee = new End(network, wheel, {
    host: "192.0.2.9",
    answer: scene.answer,
  });
  await caller.transport.open();
  await callee.transport.open();

  const finals: string[] = [];
  const sending = caller.sender.send(
    ownRequest(scene.method, ["Contact: <sip:a@192.0.2.1>"]),
    {
      targets: [{ transport: scene.transport, host: "192.0.2.9", port: 5060 }],
    },
    {
      onResponse: ({ status }) => {
        if (status >= 200) finals.push(String(status));
      },
      onFailure: (failure) => finals.push(failure),
    },
  );
  wheel.advance(300);
  if (scene.answer === 487) sending.cancel();
  wheel.advance(120_000);

  assertEquals(finals, [String(scene.answer)]);
  assertEquals(callee.requests, 1);
  assertEquals([...caller.told, ...callee.told], []);
  assertEquals(caller.layer.size + callee.layer.size, 0);
  await caller.transport.close();
  await callee.transport.close();
  // The news of a closed connection still travels.
  wheel.advance(121_000);
  assertEquals(wheel.pending, 0);
  assertExists(sending.transaction);
  return datagrams;
}

for (
  const [method, answer] of [["OPTIONS", 200], ["INVITE", 486], [
    "INVITE",
    487,
  ]] as const
) {
  for (const fate of ["lose", "double", "late"] as const) {
    Deno.test(`${method} with ${answer} over UDP, each message ${fate} once: the same end`, async () => {
      const scene = { method, answer, transport: "UDP" } as const;
      const count = await run(scene, () => "deliver");
      for (let at = 0; at < count; at++) {
        await run(scene, (index) => index === at ? fate : "deliver");
      }
    });
  }

  Deno.test(`${method} with ${answer} over TCP`, async () => {
    await run({ method, answer, transport: "TCP" }, () => "deliver");
  });
}
