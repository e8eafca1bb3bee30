import { assertEquals } from "@std/assert";
import { responseTo } from "../../../core/message/build.ts";
import type { SipRequest } from "../../../core/message/message.ts";
import { Bed, ownRequest, peerRequest, T1, T4 } from "./bed.ts";

/** What the layer sent last, as a request. */
function sentRequest(bed: Bed): SipRequest {
  const { message } = bed.transport.last;
  if (message.kind !== "request") throw new TypeError("a request");
  return message;
}

Deno.test("our CANCEL waits for a provisional response", () => {
  const bed = new Bed();
  const invite = bed.request("INVITE");
  invite.cancel('SIP;cause=200;text="Call completed elsewhere"');

  // §9.1: "If no provisional response has been received, the CANCEL request MUST NOT be sent; rather, the client MUST
  // wait for the arrival of a provisional response before sending the request."
  bed.run(100);
  assertEquals(bed.transport.take(), ["0 INVITE"]);
  bed.answer(invite.request, 100);
  assertEquals(bed.transport.take(), ["100 CANCEL"]);

  // §9.1: "The Request-URI, Call-ID, To, the numeric part of CSeq, and From header fields in the CANCEL request MUST be
  // identical to those in the request being cancelled", with "a single Via header field value matching the top Via value".
  const cancel = sentRequest(bed);
  assertEquals(cancel.uri, invite.request.uri);
  assertEquals(cancel.headers.getAll("Via"), [String(invite.request.via)]);
  assertEquals(cancel.cseq, { number: 1, method: "CANCEL" });
  assertEquals(
    cancel.headers.get("Reason"),
    'SIP;cause=200;text="Call completed elsewhere"',
  );

  // Further provisional responses and calls of cancel send no second one.
  bed.answer(invite.request, 180);
  invite.cancel();
  assertEquals(bed.transport.take(), []);

  bed.answer(cancel, 200);
  bed.answer(invite.request, 487);
  assertEquals(bed.transport.take(), ["100 ACK"]);
  // The user is told of the INVITE's responses, not of the CANCEL's.
  assertEquals(bed.told, ["100", "180", "487", "terminated"]);
  bed.run(32_000);
  bed.assertNothingLeft();
});

Deno.test("our CANCEL is repeated by its own transaction", () => {
  const bed = new Bed();
  const invite = bed.request("INVITE");
  bed.answer(invite.request, 180);
  invite.cancel();
  bed.run(4000);
  // §9.1 and §17.1.2.2: CANCEL is a non-INVITE request with a client transaction of its own.
  assertEquals(bed.transport.take(), [
    "0 INVITE",
    "0 CANCEL",
    "500 CANCEL",
    "1500 CANCEL",
    "3500 CANCEL",
  ]);
  bed.layer.close();
  bed.assertNothingLeft();
});

Deno.test("a callee that never answers a cancelled INVITE is given up after 64*T1", () => {
  const bed = new Bed();
  const invite = bed.request("INVITE");
  bed.answer(invite.request, 180);
  bed.run(1000);
  invite.cancel();
  bed.answer(sentRequest(bed), 200);
  bed.run(64 * T1 - 1);
  assertEquals(bed.told, ["180"]);

  // §9.1: "If there is no final response for the original request in 64*T1 seconds [...], the client SHOULD then consider
  // the original transaction cancelled and SHOULD destroy the client transaction handling the original request."
  bed.run(1);
  assertEquals(bed.told, ["180", "timeout", "terminated"]);
  bed.assertNothingLeft();
});

Deno.test("a cancelled INVITE that nobody hears ends with timer B, without CANCEL", () => {
  const bed = new Bed({ transport: "TCP" });
  bed.request("INVITE").cancel();
  bed.run(64 * T1);
  assertEquals(bed.transport.take(), ["0 INVITE"]);
  assertEquals(bed.told, ["timeout", "terminated"]);
  bed.assertNothingLeft();
});

Deno.test("a 200 that crosses our CANCEL is the user's, and the CANCEL ends by itself", () => {
  const bed = new Bed();
  const invite = bed.request("INVITE");
  bed.answer(invite.request, 180);
  invite.cancel();
  const cancel = sentRequest(bed);
  bed.answer(invite.request, 200);
  bed.answer(cancel, 200);

  // §9.1: a CANCEL has no effect on a request that has its final response: the 2xx makes a dialog for the user to end.
  assertEquals(bed.told, ["180", "200"]);
  assertEquals(invite.state, "accepted");
  bed.run(64 * T1);
  assertEquals(bed.told, ["180", "200", "terminated"]);
  bed.assertNothingLeft();
});

Deno.test("nothing is cancelled that has a final response or is no INVITE", () => {
  const bed = new Bed();
  const invite = bed.request("INVITE");
  invite.cancel();
  bed.answer(invite.request, 486);
  invite.cancel();
  const options = bed.request("OPTIONS");
  bed.answer(options.request, 100);
  options.cancel();
  bed.answer(options.request, 200);
  // §9.1: "If the original request has generated a final response, the CANCEL SHOULD NOT be sent"; "A CANCEL request
  // SHOULD NOT be sent to cancel a request other than INVITE."
  assertEquals(bed.transport.take(), ["0 INVITE", "0 ACK", "0 OPTIONS"]);
  bed.run(32_000);
  bed.assertNothingLeft();
});

Deno.test("the 200 to our CANCEL is not taken for the INVITE's", () => {
  const bed = new Bed();
  const invite = bed.request("INVITE");
  bed.answer(invite.request, 180);
  invite.cancel();
  bed.answer(sentRequest(bed), 200);
  // §17.1.3: "The method is needed since a CANCEL request constitutes a different transaction, but shares the same value
  // of the branch parameter."
  assertEquals(invite.state, "proceeding");
  // A response of the branch with a method that has no transaction is a stray.
  bed.receive(responseTo(
    ownRequest("OPTIONS", [`Via: ${invite.request.via}`]),
    200,
  ));
  assertEquals(bed.told, ["180", "stray 200"]);
  bed.answer(invite.request, 487);
  bed.run(32_000);
  bed.assertNothingLeft();
});

Deno.test("a peer's CANCEL gets its 200 and the user answers 487", () => {
  const bed = new Bed();
  bed.receive(peerRequest("INVITE"));
  bed.respond(180);
  bed.receive(peerRequest("CANCEL"));
  assertEquals(bed.told, ["CANCEL"]);
  // §9.2: "the To tag of the response to the CANCEL and the To tag in the response to the original request SHOULD be the
  // same."
  assertEquals(bed.transport.last.message.to?.tag, "ours");

  // §9.2: "If the original request was an INVITE, the UAS SHOULD immediately respond to the INVITE with a 487".
  bed.respond(487);
  // The CANCEL again: its transaction repeats the 200, the user hears nothing.
  bed.receive(peerRequest("CANCEL"));
  assertEquals(bed.transport.take(), [
    "0 180 INVITE",
    "0 200 CANCEL",
    "0 487 INVITE",
    "0 200 CANCEL",
  ]);
  assertEquals(bed.told, ["CANCEL"]);
  bed.receive(peerRequest("ACK", { toTag: "ours" }));
  bed.run(64 * T1);
  bed.assertNothingLeft();
});

Deno.test("a CANCEL before any response: both responses can bear one tag", () => {
  const bed = new Bed();
  bed.receive(peerRequest("INVITE"));
  bed.receive(peerRequest("CANCEL"));
  const { toTag } = bed.server;
  assertEquals(bed.transport.last.message.to?.tag, toTag);
  bed.respond(487, toTag);
  assertEquals(bed.transport.last.message.to?.tag, toTag);
  bed.layer.close();
  bed.assertNothingLeft();
});

Deno.test("a peer's CANCEL that crosses our 200 has no effect", () => {
  const bed = new Bed();
  bed.receive(peerRequest("INVITE"));
  bed.respond(200);
  bed.receive(peerRequest("CANCEL"));
  // §9.2: "as long as the CANCEL matched an existing transaction, the UAS answers the CANCEL request itself with a 200".
  assertEquals(bed.transport.take(), ["0 200 INVITE", "0 200 CANCEL"]);
  assertEquals(bed.transport.last.message.to?.tag, "ours");
  assertEquals(bed.told, []);
  bed.run(64 * T1);
  bed.assertNothingLeft();
});

Deno.test("a CANCEL of a request other than INVITE is answered and has no effect", () => {
  const bed = new Bed();
  bed.receive(peerRequest("OPTIONS"));
  bed.receive(peerRequest("CANCEL"));
  bed.respond(200);
  // §9.2: "A CANCEL request has no impact on the processing of transactions with any other method".
  assertEquals(bed.transport.take(), ["0 200 CANCEL", "0 200 OPTIONS"]);
  assertEquals(bed.told, []);
  bed.run(64 * T1);
  bed.assertNothingLeft();
});

Deno.test("a CANCEL of nothing gets 481, each time with the same tag", () => {
  const bed = new Bed();
  bed.receive(peerRequest("CANCEL"));
  bed.receive(peerRequest("CANCEL"));
  // §9.2: "If the UAS did not find a matching transaction for the CANCEL [...], it SHOULD respond to the CANCEL with a 481".
  assertEquals(bed.transport.take(), ["0 481 CANCEL", "0 481 CANCEL"]);
  assertEquals(bed.transport.sent[0]!.bytes, bed.transport.sent[1]!.bytes);
  assertEquals(bed.told, []);
  bed.assertNothingLeft();
});

Deno.test("the CANCEL's transaction outlives its INVITE's", () => {
  const bed = new Bed();
  bed.receive(peerRequest("INVITE"));
  bed.receive(peerRequest("CANCEL"));
  bed.respond(487);
  bed.receive(peerRequest("ACK", { toTag: "ours" }));
  bed.run(T4);
  assertEquals(bed.layer.size, 1);
  bed.receive(peerRequest("CANCEL"));
  assertEquals(bed.transport.take().at(-1), `${T4} 200 CANCEL`);
  bed.run(64 * T1);
  bed.assertNothingLeft();
});
