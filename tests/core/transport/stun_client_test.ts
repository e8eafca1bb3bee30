import { assert, assertEquals } from "@std/assert";
import { DEFAULT_LIMITS } from "../../../core/base/limits.ts";
import { seededRandom } from "../../../core/base/random.ts";
import { TimerWheel } from "../../../core/base/timer_wheel.ts";
import type { Address } from "../../../core/transport/address.ts";
import type { Flow } from "../../../core/transport/flow.ts";
import {
  decodeStun,
  encodeStun,
  type StunAttribute,
  type StunKind,
} from "../../../core/transport/stun.ts";
import {
  mappedAddress,
  xorMappedAddress,
} from "../../../core/transport/stun_address.ts";
import {
  StunClient,
  type StunTransaction,
} from "../../../core/transport/stun_client.ts";

const SEEN = { host: "203.0.113.7", port: 40_000 };

class Bench implements Disposable {
  readonly clock = new TimerWheel();
  /** When each request left. */
  readonly sentMs: number[] = [];
  readonly ids: Uint8Array[] = [];
  readonly heard: (Address | string)[] = [];
  failSending = false;
  readonly client: StunClient;

  constructor(limit = DEFAULT_LIMITS.stunTransactions) {
    this.client = new StunClient({
      clock: this.clock,
      random: seededRandom(3489),
      limits: { ...DEFAULT_LIMITS, stunTransactions: limit },
      send: (bytes, _flow, onError): void => {
        this.sentMs.push(this.clock.now());
        this.ids.push(decodeStun(bytes)!.id);
        if (this.failSending) queueMicrotask(onError);
      },
    });
  }

  request(reliable = false): StunTransaction | undefined {
    return this.client.request(flowOf(reliable), {
      onMappedAddress: (address): void => void this.heard.push(address),
      onStunFailure: (failure): void => void this.heard.push(failure),
    });
  }

  respond(
    kind: StunKind,
    attributes: (id: Uint8Array) => StunAttribute[],
  ): boolean {
    const id = this.ids.at(-1)!;
    const bytes = encodeStun({ kind, id, attributes: attributes(id) });
    return this.client.receive(decodeStun(bytes)!);
  }

  [Symbol.dispose](): void {
    assertEquals(this.client.size, 0);
    assertEquals(this.clock.pending, 0);
  }
}

Deno.test("a request without an answer is sent seven times and given up after 39.5 s", () => {
  using bench = new Bench();
  bench.request();
  bench.clock.advance(100_000);
  // RFC 5389 §7.2.1: "requests would be sent at times 0 ms, 500 ms, 1500 ms, 3500 ms, 7500 ms, 15500 ms, and 31500 ms."
  assertEquals(bench.sentMs, [0, 500, 1_500, 3_500, 7_500, 15_500, 31_500]);
  assertEquals(bench.heard, ["timeout"]);
  // §6: "Resends of the same request reuse the same transaction ID".
  assertEquals(new Set(bench.ids.map(String)).size, 1);
});

Deno.test("it is given up after 39.5 s, not before", () => {
  using bench = new Bench();
  bench.request();
  bench.clock.advance(39_499);
  assertEquals(bench.heard, []);
  bench.clock.advance(39_500);
  assertEquals(bench.heard, ["timeout"]);
});

Deno.test("over a stream it is sent once", () => {
  using bench = new Bench();
  bench.request(true);
  bench.clock.advance(39_499);
  // §7.2.2: "there are no retransmissions at the STUN protocol level".
  assertEquals([bench.sentMs.length, bench.heard.length], [1, 0]);
  bench.clock.advance(39_500);
  assertEquals(bench.heard, ["timeout"]);
});

Deno.test("the address of the first response counts, whichever request it answers", () => {
  using bench = new Bench();
  bench.request();
  bench.clock.advance(2_000);
  assert(bench.respond("success", (id) => [xorMappedAddress(SEEN, id)]));
  assertEquals(bench.heard, [SEEN]);
  assertEquals(
    bench.respond("success", (id) => [xorMappedAddress(SEEN, id)]),
    false,
  );
  bench.clock.advance(100_000);
  assertEquals(bench.sentMs.length, 3);
});

Deno.test("a server of RFC 3489 says MAPPED-ADDRESS, and where else it might be asked", () => {
  using bench = new Bench();
  bench.request();
  // §12.1: "Of the Reserved attributes in Section 18.2, 0x0002, 0x0004, 0x0005, and 0x000B may appear in Binding responses
  // from a server compliant to RFC 3489."
  const { value } = mappedAddress(SEEN);
  bench.respond("success", () => [
    mappedAddress(SEEN),
    { type: 0x0004, value },
    { type: 0x0005, value },
  ]);
  assertEquals(bench.heard, [SEEN]);
});

Deno.test("responses that are of no use fail at once", () => {
  for (
    const [kind, attributes] of [
      ["error", [{ type: 0x0009, value: Uint8Array.of(0, 0, 4, 20) }]],
      ["success", []],
      ["success", [{ type: 0x0020, value: new Uint8Array(3) }]],
      ["success", [mappedAddress(SEEN), {
        type: 0x7fff,
        value: new Uint8Array(0),
      }]],
    ] as [StunKind, StunAttribute[]][]
  ) {
    using bench = new Bench();
    bench.request();
    bench.respond(kind, () => attributes);
    assertEquals(bench.heard, ["refused"]);
  }
});

Deno.test("a response to nobody's request, or with a wrong FINGERPRINT, is no answer", () => {
  using bench = new Bench();
  const transaction = bench.request();
  const foreign = encodeStun({
    kind: "success",
    id: new Uint8Array(16).fill(1),
  });
  foreign.set([0x21, 0x12, 0xa4, 0x42], 4);
  assertEquals(bench.client.receive(decodeStun(foreign)!), false);
  const id = bench.ids[0]!;
  const spoiled = encodeStun({
    kind: "success",
    id,
    attributes: [xorMappedAddress(SEEN, id)],
    fingerprint: true,
  });
  spoiled[24]! ^= 4;
  assertEquals(bench.client.receive(decodeStun(spoiled)!), false);
  assertEquals(bench.heard, []);
  transaction!.cancel();
  transaction!.cancel();
});

Deno.test("what cannot be sent fails once, and later", async () => {
  using bench = new Bench();
  bench.failSending = true;
  bench.request();
  assertEquals(bench.heard, []);
  await Promise.resolve();
  assertEquals(bench.heard, ["transport"]);
});

Deno.test("so many at once and no more; closing ends them silently", () => {
  using bench = new Bench(2);
  assert(bench.request() !== undefined && bench.request() !== undefined);
  assertEquals(bench.request(), undefined);
  assertEquals(new Set(bench.ids.map(String)).size, 2);
  bench.client.close();
  assertEquals(bench.heard, []);
});

function flowOf(reliable: boolean): Flow {
  const address = { host: "127.0.0.1", port: 5060 };
  return {
    transport: reliable ? "TCP" : "UDP",
    reliable,
    local: address,
    remote: address,
    listener: "",
    sentBy: "",
    open: true,
  };
}
