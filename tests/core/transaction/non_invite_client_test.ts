import { assertEquals, assertStrictEquals } from "@std/assert";
import { Bed, ownRequest, T1, T2, T4 } from "./bed.ts";

Deno.test("non-INVITE client, UDP: timer E doubles up to T2, timer F ends it", () => {
  const bed = new Bed();
  const options = bed.request("OPTIONS");
  assertEquals(options.state, "trying");
  bed.run(64 * T1);

  // §17.1.2.2: "For the default values of T1 and T2, this results in intervals of 500 ms, 1 s, 2 s, 4 s, 4 s, 4 s, etc."
  assertEquals(bed.transport.take(), [
    "0 OPTIONS",
    "500 OPTIONS",
    "1500 OPTIONS",
    "3500 OPTIONS",
    "7500 OPTIONS",
    "11500 OPTIONS",
    "15500 OPTIONS",
    "19500 OPTIONS",
    "23500 OPTIONS",
    "27500 OPTIONS",
    "31500 OPTIONS",
  ]);
  for (const { bytes } of bed.transport.sent) {
    assertStrictEquals(bytes, bed.transport.sent[0]!.bytes);
  }
  // §17.1.2.2: "If Timer F fires while the client transaction is still in the "Trying" state, the client transaction
  // SHOULD inform the TU about the timeout, and then it SHOULD enter the "Terminated" state."
  assertEquals(bed.told, ["timeout", "terminated"]);
  bed.assertNothingLeft();
});

Deno.test('non-INVITE client, UDP: in "Proceeding" timer E is T2, and timer F runs on', () => {
  const bed = new Bed();
  const options = bed.request("OPTIONS");
  bed.run(100);
  bed.answer(options.request, 100);
  assertEquals(options.state, "proceeding");
  assertEquals(bed.told, ["100"]);
  bed.run(500 + 2 * T2);

  // §17.1.2.2: "If Timer E fires while in the "Proceeding" state, the request MUST be passed to the transport layer for
  // retransmission, and Timer E MUST be reset with a value of T2 seconds."
  assertEquals(bed.transport.take(), [
    "0 OPTIONS",
    "500 OPTIONS",
    "4500 OPTIONS",
    "8500 OPTIONS",
  ]);
  // "If timer F fires while in the "Proceeding" state, the TU MUST be informed of a timeout, and the client transaction
  // MUST transition to the terminated state."
  bed.run(64 * T1 - bed.wheel.now());
  assertEquals(bed.told, ["100", "timeout", "terminated"]);
  bed.assertNothingLeft();
});

Deno.test("non-INVITE client, UDP: a final response goes up once, timer K absorbs the rest", () => {
  const bed = new Bed();
  const options = bed.request("OPTIONS");
  bed.answer(options.request, 200);
  bed.answer(options.request, 200);
  assertEquals(options.state, "completed");

  // §17.1.2.2: "Once the client transaction enters the "Completed" state, it MUST set Timer K to fire in T4 seconds for
  // unreliable transports".
  bed.run(T4 - 1);
  assertEquals(bed.layer.size, 1);
  bed.answer(options.request, 200);
  bed.run(1);
  assertEquals(bed.told, ["200", "terminated"]);
  assertEquals(bed.transport.take(), ["0 OPTIONS"]);
  bed.assertNothingLeft();
});

Deno.test("non-INVITE client, TCP: no retransmission, no wait", () => {
  const bed = new Bed({ transport: "TCP" });
  const options = bed.request("OPTIONS");
  bed.run(20_000);
  bed.answer(options.request, 100);
  bed.answer(options.request, 404);

  // §17.1.2.2: "and zero seconds for reliable transports."
  assertEquals(bed.transport.take(), ["0 OPTIONS"]);
  assertEquals(bed.told, ["100", "404", "terminated"]);
  bed.assertNothingLeft();
});

Deno.test("non-INVITE client: a transport error is told", () => {
  const bed = new Bed();
  bed.request("OPTIONS");
  bed.flow.fault = "unreachable";
  bed.run(T1);
  // §17.1.4: "The client transaction SHOULD inform the TU that a transport failure has occurred".
  assertEquals(bed.told, ["transport", "terminated"]);
  bed.assertNothingLeft();
});

Deno.test("non-INVITE client: an error after the final response is nobody's concern", () => {
  const bed = new Bed();
  const options = bed.request("OPTIONS");
  bed.flow.fault = "late";
  bed.run(T1 - 1);
  bed.answer(options.request, 200);
  options.transportError();
  bed.run(T4);
  assertEquals(bed.told, ["200", "terminated"]);
  bed.assertNothingLeft();
});

Deno.test("non-INVITE client: what is sent once is never sent again and waited for as long as is said", () => {
  const bed = new Bed();
  const { target, flow } = bed;
  bed.layer.request(
    ownRequest("OPTIONS"),
    { target, flow, onceMs: 5_000 },
    bed,
  );
  bed.run(4_999);
  assertEquals(bed.told, []);
  bed.run(1);
  // Departs from RFC 3261 §17.1.2.2: no Timer E, and a Timer F of its own.
  assertEquals(bed.transport.take(), ["0 OPTIONS"]);
  assertEquals(bed.told, ["timeout", "terminated"]);
  bed.assertNothingLeft();
});

Deno.test("non-INVITE client: what is sent once is over with its answer", () => {
  const bed = new Bed();
  const { target, flow } = bed;
  const options = bed.layer.request(
    ownRequest("OPTIONS"),
    { target, flow, onceMs: 5_000 },
    bed,
  );
  bed.answer(options!.request, 100);
  bed.answer(options!.request, 404);
  assertEquals(bed.told, ["100", "404", "terminated"]);
  bed.assertNothingLeft();
});
