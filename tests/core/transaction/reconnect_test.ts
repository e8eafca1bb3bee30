/** Client transactions whose connection breaks. */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { Bed, type FakeFlow, T1 } from "./bed.ts";

Deno.test("a request goes out again, once, on a new connection", () => {
  for (const method of ["OPTIONS", "INVITE"]) {
    const bed = new Bed({ transport: "TCP" });
    const transaction = bed.request(method);
    bed.run(1_000);
    close(bed, bed.flow);
    bed.run(1);
    const [first, second] = bed.transport.sent;
    // The very same bytes: a server that has had it already takes it for a retransmission.
    assertStrictEquals(second!.bytes, first!.bytes);
    assert(second!.flow !== bed.flow && transaction.flow === second!.flow);
    assertEquals(bed.counted("transaction_reconnections"), 1);
    bed.answer(transaction.request, 486);
    bed.run(64 * T1);
    assertEquals(bed.told, ["486", "terminated"]);
    bed.assertNothingLeft();
  }
});

Deno.test("a second connection that breaks is a failure", () => {
  const bed = new Bed({ transport: "TCP" });
  const transaction = bed.request("OPTIONS");
  close(bed, bed.flow);
  bed.run(1);
  const second = bed.transport.last.flow;
  close(bed, second);
  bed.run(10);
  assertEquals(bed.transport.sent.length, 2);
  // Nothing more is said of it than the server's silence; a write that fails says so at once.
  assertEquals(bed.told, []);
  transaction.onSendError();
  bed.run(1);
  // §17.1.4: "The client transaction SHOULD inform the TU that a transport failure has occurred".
  assertEquals(bed.told, ["transport", "terminated"]);
  bed.assertNothingLeft();
});

Deno.test("of one break the sender and the connection tell: one request goes out", () => {
  const bed = new Bed({ transport: "TCP" });
  const transaction = bed.request("OPTIONS");
  bed.flow.open = false;
  transaction.onSendError();
  close(bed, bed.flow);
  transaction.onSendError();
  bed.run(1);
  assertEquals(bed.transport.sent.length, 2);
  bed.answer(transaction.request, 200);
  assertEquals(bed.told, ["200", "terminated"]);
  bed.assertNothingLeft();
});

Deno.test("a connection that was never made is a failure, for the next target to mend", () => {
  const bed = new Bed({ transport: "TCP" });
  const transaction = bed.request("OPTIONS");
  Object.defineProperty(bed.flow, "connected", { value: false });
  bed.flow.open = false;
  transaction.onSendError();
  close(bed, bed.flow);
  bed.run(1);
  assertEquals(bed.transport.sent.length, 1);
  assertEquals(bed.told, ["transport", "terminated"]);
  bed.assertNothingLeft();
});

Deno.test("what has its final response, or goes by datagram, is left alone", () => {
  const bed = new Bed({ transport: "TCP" });
  const invite = bed.request("INVITE");
  bed.answer(invite.request, 200);
  close(bed, bed.flow);
  bed.run(100);
  assertEquals(bed.transport.sent.length, 1);
  bed.run(64 * T1);
  bed.assertNothingLeft();

  const datagrams = new Bed();
  const options = datagrams.request("OPTIONS");
  close(datagrams, datagrams.flow);
  datagrams.run(100);
  assertEquals(datagrams.transport.sent.length, 1);
  datagrams.answer(options.request, 200);
  datagrams.run(64 * T1);
  datagrams.assertNothingLeft();
});

Deno.test("closing the layer forgets what was to go out again", () => {
  const bed = new Bed({ transport: "TCP" });
  bed.request("OPTIONS");
  close(bed, bed.flow);
  bed.layer.close();
  bed.run(100);
  assertEquals(bed.transport.sent.length, 1);
  bed.assertNothingLeft();
});

function close(bed: Bed, flow: FakeFlow): void {
  flow.open = false;
  bed.transport.handler.onClosed?.(flow, "test");
}
