import { assertEquals } from "@std/assert";
import { Bed, peerRequest, T1 } from "./bed.ts";

Deno.test("non-INVITE server, UDP: the final response is repeated for each retransmission until timer J", () => {
  const bed = new Bed();
  bed.receive(peerRequest("OPTIONS"));
  assertEquals(bed.server.state, "trying");

  // §17.2.2: "Once in the "Trying" state, any further request retransmissions are discarded."
  bed.receive(peerRequest("OPTIONS"));
  assertEquals(bed.transport.take(), []);
  assertEquals(bed.servers.length, 1);

  bed.run(100);
  bed.respond(200);
  assertEquals(bed.server.state, "completed");
  bed.run(400);
  bed.receive(peerRequest("OPTIONS"));
  // §17.2.2: "the server transaction MUST pass the final response to the transport layer for retransmission whenever a
  // retransmission of the request is received."
  assertEquals(bed.transport.take(), ["100 200 OPTIONS", "500 200 OPTIONS"]);
  assertEquals(bed.transport.sent[0]!.bytes, bed.transport.sent[1]!.bytes);

  // "Any other final responses passed by the TU to the server transaction MUST be discarded".
  bed.respond(486);
  assertEquals(bed.transport.take(), []);
  assertEquals(bed.counted("transaction_late_responses"), 1);

  bed.run(64 * T1 - 401);
  assertEquals(bed.layer.size, 1);
  bed.run(1);
  assertEquals(bed.told, ["terminated"]);
  bed.assertNothingLeft();
});

Deno.test("non-INVITE server, TCP: gone with its final response", () => {
  const bed = new Bed({ transport: "TCP" });
  bed.receive(peerRequest("OPTIONS"));
  bed.respond(200);
  // §17.2.2: timer J fires in "zero seconds for reliable transports."
  assertEquals(bed.transport.take(), ["0 200 OPTIONS"]);
  assertEquals(bed.told, ["terminated"]);
  bed.assertNothingLeft();
});

Deno.test("non-INVITE server, UDP: 100 only once timer E has reached T2 (RFC 4320)", () => {
  const bed = new Bed();
  bed.receive(peerRequest("OPTIONS"));
  bed.respond(100);
  bed.respond(183);
  // RFC 4320 §4.1: a 100 MUST NOT be sent "over any unreliable transport, such as UDP, before the amount of time it takes
  // a client transaction's Timer E to be reset to T2", and no other provisional at all.
  assertEquals(bed.transport.take(), []);
  assertEquals(bed.counted("transaction_provisionals_withheld"), 2);

  // RFC 4320 §4.1: an element "MUST respond to a non-INVITE request with a Status-Code of 100 if it has not otherwise
  // responded after" that time: 500 + 1000 + 2000 ms.
  bed.run(4000);
  assertEquals(bed.transport.take(), ["3500 100 OPTIONS"]);
  assertEquals(bed.server.state, "proceeding");
  // §17.2.2: "If a retransmission of the request is received while in the "Proceeding" state, the most recently sent
  // provisional response MUST be passed to the transport layer for retransmission."
  bed.receive(peerRequest("OPTIONS"));
  assertEquals(bed.transport.take(), ["4000 100 OPTIONS"]);
  bed.respond(200);
  bed.run(64 * T1);
  bed.assertNothingLeft();
});

Deno.test("non-INVITE server, TCP: 100 at any time, once by itself", () => {
  const bed = new Bed({ transport: "TCP" });
  bed.receive(peerRequest("OPTIONS"));
  // RFC 4320 §4.1: "An SIP element MAY respond to a non-INVITE request with a Status-Code of 100 over a reliable
  // transport at any time."
  bed.respond(100);
  bed.run(4000);
  assertEquals(bed.transport.take(), ["0 100 OPTIONS"]);
  bed.respond(200);
  bed.assertNothingLeft();
});

Deno.test("non-INVITE server: no 408, and nothing at all past 64*T1 (RFC 4320)", () => {
  const bed = new Bed();
  bed.receive(peerRequest("OPTIONS"));
  // RFC 4320 §4.2: "A transaction-stateful SIP element MUST NOT send a response with Status-Code of 408 to a non-INVITE
  // request."
  bed.respond(408);
  bed.receive(peerRequest("OPTIONS"));
  bed.run(64 * T1);
  assertEquals(bed.transport.take(), []);
  bed.assertNothingLeft();

  const slow = new Bed();
  slow.receive(peerRequest("OPTIONS"));
  slow.run(64 * T1);
  // RFC 4320 §4.2: "an element that can not respond before the transaction expires will not send a final response at all".
  slow.respond(200);
  assertEquals(slow.transport.take(), ["3500 100 OPTIONS"]);
  assertEquals(slow.told, ["terminated"]);
  assertEquals(slow.counted("transaction_unanswered_requests"), 1);
  assertEquals(slow.counted("transaction_late_responses"), 1);
  slow.assertNothingLeft();
});

Deno.test("non-INVITE server: a transport error is told", () => {
  const bed = new Bed();
  bed.receive(peerRequest("OPTIONS"));
  bed.flow.fault = "unreachable";
  bed.respond(200);
  bed.run(64 * T1);
  // RFC 6026 §8.8: "the server transaction SHOULD inform the TU that a failure has occurred".
  assertEquals(bed.told, ["transport error", "terminated"]);
  bed.assertNothingLeft();
});
