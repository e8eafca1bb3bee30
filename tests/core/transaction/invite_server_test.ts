import { assertEquals, assertStrictEquals } from "@std/assert";
import { Bed, peerRequest, T1, T2, T4 } from "./bed.ts";

Deno.test("INVITE server: 100 after 200 ms unless the user was quicker", () => {
  const bed = new Bed();
  bed.receive(peerRequest("INVITE"));
  assertEquals(bed.server.state, "proceeding");
  bed.run(199);
  assertEquals(bed.transport.take(), []);

  // §17.2.1: "The server transaction MUST generate a 100 (Trying) response unless it knows that the TU will generate a
  // provisional or final response within 200 ms".
  bed.run(1);
  assertEquals(bed.transport.take(), ["200 100 INVITE"]);
  // §8.2.6.2: a 100 needs no To tag.
  assertEquals(bed.transport.last.message.to?.tag, undefined);
  bed.layer.close();

  const quick = new Bed();
  quick.receive(peerRequest("INVITE"));
  quick.run(50);
  quick.respond(180);
  quick.run(10_000);
  assertEquals(quick.transport.take(), ["50 180 INVITE"]);
  quick.layer.close();
  quick.assertNothingLeft();
  bed.assertNothingLeft();
});

Deno.test('INVITE server: a retransmission in "Proceeding" gets the latest provisional response', () => {
  const bed = new Bed();
  bed.receive(peerRequest("INVITE"));
  // Before there is one, nothing.
  bed.receive(peerRequest("INVITE"));
  bed.respond(180);
  bed.respond(183);
  bed.run(500);
  bed.receive(peerRequest("INVITE"));

  // §17.2.1: "If a request retransmission is received while in the "Proceeding" state, the most recent provisional
  // response that was received from the TU MUST be passed to the transport layer for retransmission."
  assertEquals(bed.transport.take(), [
    "0 180 INVITE",
    "0 183 INVITE",
    "500 183 INVITE",
  ]);
  assertStrictEquals(
    bed.transport.sent[2]!.bytes,
    bed.transport.sent[1]!.bytes,
  );
  // The user sees one INVITE.
  assertEquals(bed.servers.length, 1);
  bed.layer.close();
  bed.assertNothingLeft();
});

Deno.test("INVITE server, UDP: 486 is repeated by timer G until the ACK, timer I absorbs more ACKs", () => {
  const bed = new Bed();
  bed.receive(peerRequest("INVITE"));
  bed.respond(486);
  assertEquals(bed.server.state, "completed");
  bed.run(12_000);

  // §17.2.1: "timer G is set to fire in MIN(2*T1, T2) seconds. From then on, when timer G fires, the response is passed to
  // the transport again for transmission, and timer G is reset with a value that doubles, unless that value exceeds T2".
  assertEquals(bed.transport.take(), [
    "0 486 INVITE",
    "500 486 INVITE",
    "1500 486 INVITE",
    "3500 486 INVITE",
    "7500 486 INVITE",
    "11500 486 INVITE",
  ]);
  assertEquals(T2, 4000);
  assertStrictEquals(
    bed.transport.sent[0]!.bytes,
    bed.transport.sent[5]!.bytes,
  );

  // "while in the "Completed" state, if a request retransmission is received, the server SHOULD pass the response to the
  // transport for retransmission."
  bed.receive(peerRequest("INVITE"));
  assertEquals(bed.transport.take(), ["12000 486 INVITE"]);

  // "If an ACK is received while the server transaction is in the "Completed" state, the server transaction MUST
  // transition to the "Confirmed" state." The user does not see it.
  bed.receive(peerRequest("ACK", { toTag: "ours" }));
  assertEquals(bed.server.state, "confirmed");
  bed.receive(peerRequest("ACK", { toTag: "ours" }));
  bed.receive(peerRequest("INVITE"));
  bed.run(T4 - 1);
  assertEquals(bed.layer.size, 1);
  bed.run(1);
  assertEquals(bed.acks, []);
  assertEquals(bed.transport.take(), []);
  assertEquals(bed.told, ["terminated"]);
  bed.assertNothingLeft();
});

Deno.test("INVITE server, UDP: a lost ACK ends with timer H and a word to the user", () => {
  const bed = new Bed();
  bed.receive(peerRequest("INVITE"));
  bed.respond(486);
  bed.run(64 * T1);

  // §17.2.1: "If timer H fires while in the "Completed" state, it implies that the ACK was never received. In this case,
  // the server transaction MUST transition to the "Terminated" state, and MUST indicate to the TU that a transaction
  // failure has occurred."
  assertEquals(bed.told, ["no ACK", "terminated"]);
  assertEquals(bed.counted("transaction_ack_timeouts"), 1);
  bed.assertNothingLeft();
});

Deno.test("INVITE server, TCP: no retransmission, timer H, no timer I", () => {
  const bed = new Bed({ transport: "TCP" });
  bed.receive(peerRequest("INVITE"));
  bed.respond(486);
  bed.run(20_000);
  // §17.2.1: timer G "is not set to fire for reliable transports".
  assertEquals(bed.transport.take(), ["0 486 INVITE"]);
  assertEquals(bed.server.state, "completed");
  bed.receive(peerRequest("ACK", { toTag: "ours" }));
  // "timer I is set to fire in T4 seconds for unreliable transports, and zero seconds for reliable transports."
  assertEquals(bed.told, ["terminated"]);
  bed.assertNothingLeft();

  const silent = new Bed({ transport: "TCP" });
  silent.receive(peerRequest("INVITE"));
  silent.respond(486);
  silent.run(64 * T1);
  // "timer H MUST be set to fire in 64*T1 seconds for all transports."
  assertEquals(silent.told, ["no ACK", "terminated"]);
  silent.assertNothingLeft();
});

for (const transport of ["UDP", "TCP"] as const) {
  Deno.test(`INVITE server, ${transport}: after a 2xx it absorbs INVITEs and passes ACKs until timer L (RFC 6026)`, () => {
    const bed = new Bed({ transport });
    bed.receive(peerRequest("INVITE"));
    const ok = bed.respond(200);
    assertEquals(bed.server.state, "accepted");

    // RFC 6026 §7.1: a retransmitted INVITE is absorbed; it is neither a new request nor answered from here.
    bed.run(400);
    bed.receive(peerRequest("INVITE"));
    assertEquals(bed.servers.length, 1);
    assertEquals(bed.transport.take(), ["0 200 INVITE"]);

    // RFC 6026 §7.1: the 2xx the TU passes again goes out again.
    bed.run(100);
    bed.server.respond(ok);
    assertEquals(bed.transport.take(), ["500 200 INVITE"]);

    // RFC 6026 §7.1: "Any ACKs received from the network while in the "Accepted" state MUST be passed directly to the TU
    // and not absorbed": one of this branch as well as the usual one of another.
    bed.receive(peerRequest("ACK", { toTag: "ours" }));
    bed.receive(peerRequest("ACK", { toTag: "ours", branch: "z9hG4bKack" }));
    assertEquals(bed.acks.length, 2);
    assertEquals(bed.server.state, "accepted");

    bed.run(64 * T1 - 501);
    assertEquals(bed.layer.size, 1);
    bed.run(1);
    assertEquals(bed.told, ["terminated"]);
    bed.assertNothingLeft();
  });
}

Deno.test("INVITE server: responses that come too late are ignored and counted", () => {
  const bed = new Bed();
  bed.receive(peerRequest("INVITE"));
  bed.respond(200);
  bed.respond(180);
  bed.respond(486);
  bed.run(64 * T1);
  bed.respond(200);
  bed.receive(peerRequest("INVITE", { branch: "z9hG4bKpeer2", cseq: "2" }));
  bed.respond(486);
  bed.respond(200);
  assertEquals(bed.transport.take(), ["0 200 INVITE", "32000 486 INVITE"]);
  assertEquals(bed.counted("transaction_late_responses"), 4);
  bed.layer.close();
  bed.assertNothingLeft();
});

Deno.test("INVITE server: a transport error is told, the transaction stays to absorb", () => {
  const bed = new Bed();
  bed.receive(peerRequest("INVITE"));
  bed.flow.fault = "unreachable";
  bed.respond(180);
  assertEquals(bed.told, []);
  bed.run(0);
  // RFC 6026 §8.8: "the server transaction SHOULD inform the TU that a failure has occurred, and MUST remain in the current
  // state."
  assertEquals(bed.told, ["transport error"]);
  assertEquals(bed.server.state, "proceeding");
  bed.layer.close();
  bed.assertNothingLeft();
});

Deno.test("INVITE server: with no way back the user is told", () => {
  const bed = new Bed({ transport: "TCP" });
  bed.receive(peerRequest("INVITE"));
  bed.flow.open = false;
  bed.respond(486);
  bed.run(64 * T1);
  assertEquals(bed.told, ["transport error", "no ACK", "terminated"]);
  bed.assertNothingLeft();
});
