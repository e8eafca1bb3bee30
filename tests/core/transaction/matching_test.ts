import { assertEquals, assertNotEquals } from "@std/assert";
import { responseTo } from "../../../core/message/build.ts";
import { Bed, FakeFlow, ownRequest, peerRequest, T1, T4 } from "./bed.ts";

/** Lines of a request of an RFC 2543 peer: the branch, if any, says nothing. */
const OLD = { branch: undefined } as const;

Deno.test("a request is told apart by branch, sent-by and method", () => {
  const bed = new Bed();
  bed.receive(peerRequest("OPTIONS", { branch: "z9hG4bK1", callId: "1" }));
  bed.receive(peerRequest("OPTIONS", { branch: "z9hG4bK2", callId: "2" }));
  // §17.2.3: "The sent-by value is used as part of the matching process because there could be accidental or malicious
  // duplication of branch parameters from different clients."
  bed.receive(peerRequest("OPTIONS", {
    branch: "z9hG4bK1",
    callId: "3",
    sentBy: "192.0.2.8:5060",
  }));
  bed.receive(peerRequest("MESSAGE", { branch: "z9hG4bK1", callId: "4" }));
  assertEquals(bed.servers.length, 4);
  assertEquals(bed.layer.size, 4);

  // §19.1.4 and §25: host names have no case.
  bed.receive(peerRequest("OPTIONS", { callId: "5", sentBy: "Pbx.example" }));
  bed.receive(peerRequest("OPTIONS", { callId: "5", sentBy: "pbx.EXAMPLE" }));
  assertEquals(bed.servers.length, 5);
  bed.run(64 * T1);
  bed.assertNothingLeft();
});

Deno.test("RFC 2543 peer: a retransmission without branch is one", () => {
  const bed = new Bed();
  bed.receive(peerRequest("INVITE", OLD));
  bed.respond(180);
  bed.receive(peerRequest("INVITE", OLD));
  // §17.2.3: "The INVITE request matches a transaction if the Request-URI, To tag, From tag, Call-ID, CSeq, and top Via
  // header field match those of the INVITE request which created the transaction."
  assertEquals(bed.servers.length, 1);
  assertEquals(bed.transport.take(), ["0 180 INVITE", "0 180 INVITE"]);

  // Another CSeq is another request.
  bed.receive(peerRequest("INVITE", { ...OLD, cseq: "2" }));
  assertEquals(bed.servers.length, 2);
  bed.layer.close();
  bed.assertNothingLeft();
});

Deno.test("RFC 2543 peer: ACK matched by the To tag of the response", () => {
  const bed = new Bed();
  bed.receive(peerRequest("INVITE", OLD));
  bed.respond(486);
  // §17.2.3: an ACK matches when "the To tag of the ACK matches the To tag of the response sent by the server transaction".
  bed.receive(peerRequest("ACK", { ...OLD, toTag: "another" }));
  assertEquals(bed.server.state, "completed");
  assertEquals(bed.acks.length, 1);
  bed.receive(peerRequest("ACK", { ...OLD, toTag: "ours" }));
  assertEquals(bed.server.state, "confirmed");
  assertEquals(bed.acks.length, 1);
  // "absorb any additional ACK messages that arrive": the tag is still known.
  bed.receive(peerRequest("ACK", { ...OLD, toTag: "ours" }));
  assertEquals(bed.acks.length, 1);
  bed.run(T4);
  bed.assertNothingLeft();
});

Deno.test("RFC 2543 peer: ACK of a 2xx is the user's, CANCEL finds its INVITE", () => {
  const bed = new Bed();
  bed.receive(peerRequest("INVITE", OLD));
  bed.receive(peerRequest("CANCEL", OLD));
  assertEquals(bed.told, ["CANCEL"]);
  assertEquals(bed.transport.take(), ["0 200 CANCEL"]);
  bed.respond(200);
  bed.receive(peerRequest("ACK", { ...OLD, toTag: "ours" }));
  assertEquals(bed.acks.length, 1);
  bed.run(64 * T1);
  bed.assertNothingLeft();
});

Deno.test("a peer whose branch is nothing but the cookie is matched as RFC 2543 has it", () => {
  const bed = new Bed();
  bed.receive(peerRequest("OPTIONS", { branch: "z9hG4bK", callId: "1" }));
  bed.receive(peerRequest("OPTIONS", { branch: "z9hG4bK", callId: "2" }));
  assertEquals(bed.servers.length, 2);
  bed.run(64 * T1);
  bed.assertNothingLeft();
});

Deno.test("a request that came two ways gets 482 the second time", () => {
  const bed = new Bed();
  bed.receive(peerRequest("INVITE", { branch: "z9hG4bKone" }));
  bed.receive(peerRequest("INVITE", { branch: "z9hG4bKtwo" }));
  // §8.2.2.2: "If the From tag, Call-ID, and CSeq exactly match those associated with an ongoing transaction, but the
  // request does not match that transaction (based on the matching rules in Section 17.2.3), the UAS core SHOULD generate
  // a 482 (Loop Detected) response and pass it to the server transaction."
  assertEquals(bed.servers.length, 1);
  assertEquals(bed.transport.take(), ["0 482 INVITE"]);
  assertEquals(bed.counted("transaction_merged_requests"), 1);

  // Its ACK is the transaction's, and the first one goes on.
  const toTag = bed.transport.last.message.to?.tag ?? "";
  bed.receive(peerRequest("ACK", { branch: "z9hG4bKtwo", toTag }));
  assertEquals(bed.acks, []);
  bed.run(T4);
  bed.respond(486);
  bed.receive(peerRequest("ACK", { branch: "z9hG4bKone", toTag: "ours" }));
  bed.run(T4);
  bed.assertNothingLeft();
});

Deno.test("a request in a dialog is no merged one, nor is one whose first way has ended", () => {
  const bed = new Bed();
  // §8.2.2.2: "If the request has no tag in the To header field, the UAS core MUST check".
  bed.receive(peerRequest("INFO", { branch: "z9hG4bK1", toTag: "ours" }));
  bed.receive(peerRequest("INFO", { branch: "z9hG4bK2", toTag: "ours" }));
  assertEquals(bed.servers.length, 2);
  bed.receive(peerRequest("OPTIONS", { branch: "z9hG4bK3" }));
  bed.run(64 * T1);
  bed.assertNothingLeft();
  bed.receive(peerRequest("OPTIONS", { branch: "z9hG4bK4" }));
  assertEquals(bed.servers.length, 4);
  bed.run(64 * T1);
  bed.assertNothingLeft();
});

Deno.test("a request that came two ways gets 482, though the first has its final response", () => {
  const bed = new Bed();
  bed.receive(peerRequest("INVITE", { branch: "z9hG4bKone" }));
  bed.respond(200);
  bed.receive(peerRequest("OPTIONS", { branch: "z9hG4bKthree" }));
  bed.respond(200);
  bed.transport.take();
  bed.receive(peerRequest("INVITE", { branch: "z9hG4bKtwo" }));
  bed.receive(peerRequest("OPTIONS", { branch: "z9hG4bKfour" }));
  assertEquals(bed.servers.length, 2);
  assertEquals(bed.transport.take(), ["0 482 INVITE", "0 482 OPTIONS"]);
  bed.run(64 * T1);
  bed.receive(peerRequest("INVITE", { branch: "z9hG4bKfive" }));
  assertEquals(bed.servers.length, 3);
  bed.layer.close();
  bed.assertNothingLeft();
});

Deno.test("a CANCEL of what has its final response has that one's To tag and no effect", () => {
  const bed = new Bed();
  bed.receive(peerRequest("INVITE"));
  bed.respond(200, "given");
  bed.receive(peerRequest("OPTIONS", { branch: "z9hG4bK2", cseq: "2" }));
  bed.respond(404, "other");
  bed.receive(peerRequest("CANCEL"));
  // §9.2: "the To tag of the response to the CANCEL and the To tag in the response to the original request SHOULD be the same."
  assertEquals(bed.transport.last.message.to?.tag, "given");
  bed.receive(peerRequest("CANCEL", { branch: "z9hG4bK2", cseq: "2" }));
  assertEquals(bed.transport.last.message.to?.tag, "other");
  bed.receive(peerRequest("CANCEL"));
  assertEquals(bed.transport.take(), [
    "0 200 INVITE",
    "0 404 OPTIONS",
    "0 200 CANCEL",
    "0 200 CANCEL",
    "0 200 CANCEL",
  ]);
  assertEquals(bed.told, []);
  bed.run(64 * T1);
  bed.assertNothingLeft();
});

Deno.test("what has its final response counts, and is not told of to a user that has gone", () => {
  const bed = new Bed({ limits: { endedTransactions: 2 } });
  bed.receive(peerRequest("INVITE", { branch: "z9hG4bK1" }));
  bed.respond(200);
  bed.server.user = undefined;
  bed.receive(peerRequest("OPTIONS", { branch: "z9hG4bK2" }));
  bed.respond(200);
  bed.receive(peerRequest("OPTIONS", { branch: "z9hG4bK3", callId: "3" }));
  assertEquals(bed.transport.take().at(-1), "0 503 OPTIONS");
  bed.run(64 * T1);
  // That of the OPTIONS.
  assertEquals(bed.told, ["terminated"]);
  bed.assertNothingLeft();
});

Deno.test("an ACK without transaction is the user's", () => {
  const bed = new Bed();
  bed.receive(peerRequest("ACK", { toTag: "ours" }));
  // §17: "If the response was a 2xx, the ACK is not considered part of the transaction."
  assertEquals(bed.acks.length, 1);
  assertEquals(bed.transport.take(), []);
  bed.assertNothingLeft();
});

Deno.test("an ACK to an INVITE without final response is dropped", () => {
  const bed = new Bed();
  bed.receive(peerRequest("INVITE"));
  bed.receive(peerRequest("ACK"));
  assertEquals(bed.acks, []);
  assertEquals(bed.server.state, "proceeding");
  bed.layer.close();
  bed.assertNothingLeft();
});

Deno.test("responses: of ours and strays, forged and misrouted ones", () => {
  const bed = new Bed();
  const options = bed.request("OPTIONS");
  const via = String(options.request.via);
  const stray = (vias: string[], status = 200): void =>
    bed.receive(
      responseTo(ownRequest("OPTIONS", vias.map((v) => `Via: ${v}`)), status),
    );

  // §17.1.3: a response matches by the whole branch, not by the slot that we put into it.
  stray([via.replace(/\.\w+;rport/, ".guess;rport")]);
  stray([via.replace(/branch=[^;]+/, "branch=z9hG4bK")]);
  stray([via.replace(/branch=[^;]+/, "branch=z9hG4bK!.x")]);
  stray([via.replace(/branch=[^;]+/, "branch=z9hG4bKzzzzzz.x")]);
  assertEquals(bed.told, Array(4).fill("stray 200"));
  assertEquals(bed.counted("transaction_stray_responses"), 4);

  // §18.1.2: "If the value of the "sent-by" parameter [...] does not correspond to a value that the client transport is
  // configured to insert into requests, the response MUST be silently discarded."
  bed.told.length = 0;
  stray(["SIP/2.0/UDP 203.0.113.5:5060;branch=z9hG4bKx"]);
  // §8.1.3.3: "If more than one Via header field value is present in a response, the UAC SHOULD discard the message."
  stray([via, "SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKy"]);
  stray([`${via}, SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKy`]);
  assertEquals(bed.told, []);
  assertEquals(bed.counted("transaction_responses_misrouted"), 3);

  assertEquals(options.state, "trying");
  bed.answer(options.request, 200);
  bed.run(T4);
  bed.assertNothingLeft();
});

Deno.test("branches are never used twice, though slots are", () => {
  const bed = new Bed({ transport: "TCP" });
  const seen = new Set<string>();
  for (let i = 0; i < 100; i++) {
    const options = bed.request("OPTIONS");
    seen.add(options.branch);
    bed.answer(options.request, 200);
  }
  // §8.1.1.7: "The branch parameter value MUST be unique across space and time for all requests sent by the UA."
  assertEquals(seen.size, 100);
  // All of them sat in the first slot.
  for (const branch of seen) assertEquals(branch.startsWith("z9hG4bK0."), true);
  bed.assertNothingLeft();
});

Deno.test("a full table: 503 with Retry-After out of hand, none of ours either", () => {
  const bed = new Bed({ limits: { transactions: 2 } });
  bed.receive(peerRequest("INVITE", { branch: "z9hG4bK1" }));
  bed.request("OPTIONS");
  bed.transport.take();
  bed.receive(peerRequest("INVITE", { branch: "z9hG4bK2", cseq: "2" }));
  bed.receive(peerRequest("INVITE", { branch: "z9hG4bK2", cseq: "2" }));

  // §21.5.4: "The server MAY indicate when the client should retry the request in a Retry-After header field."
  assertEquals(bed.transport.take(), ["0 503 INVITE", "0 503 INVITE"]);
  assertEquals(bed.transport.last.message.headers.get("Retry-After"), "10");
  // §8.2.7: the same tag for the same request.
  const [first, second] = bed.transport.sent.slice(-2);
  assertEquals(first!.bytes, second!.bytes);
  assertEquals(bed.servers.length, 1);
  assertEquals(bed.layer.size, 2);

  const to = { target: bed.target, flow: bed.flow };
  assertEquals(bed.layer.request(ownRequest("OPTIONS"), to, bed), undefined);
  assertEquals(bed.counted("transactions_refused"), 3);

  // What is in the table goes on: its retransmissions, its CANCEL.
  bed.receive(peerRequest("CANCEL", { branch: "z9hG4bK1" }));
  assertEquals(bed.told, ["CANCEL"]);
  bed.layer.close();
  bed.assertNothingLeft();
});

for (const limits of [{ transactions: 10 }, { endedTransactions: 10 }]) {
  Deno.test(`the last tenth of ${Object.keys(limits)[0]} is for requests within dialogs`, () => {
    const bed = new Bed({ limits });
    const receive = (method: string, number: number, toTag?: string): void => {
      const callId = `${number}`;
      const branch = `z9hG4bK${method}${number}`;
      const before = bed.servers.length;
      bed.receive(peerRequest(method, {
        branch,
        callId,
        ...(toTag === undefined ? {} : { toTag }),
      }));
      if ("endedTransactions" in limits && bed.servers.length > before) {
        bed.respond(200);
      }
    };
    for (let number = 0; number < 12; number++) receive("OPTIONS", number);
    assertEquals([bed.layer.size, bed.servers.length], [9, 9]);
    receive("BYE", 0, "ours");
    receive("BYE", 1, "ours");
    assertEquals([bed.layer.size, bed.servers.length], [10, 10]);
    assertEquals(bed.transport.take().at(-1), "0 503 BYE");
    assertEquals(bed.counted("transactions_refused"), 4);
    bed.layer.close();
    bed.assertNothingLeft();
  });
}

Deno.test("a malformed request is answered without a transaction", () => {
  const bed = new Bed();
  bed.receive(
    peerRequest("OPTIONS").replace("\r\n\r\n", "\r\nContent-Length: x\r\n\r\n"),
  );
  assertEquals(bed.transport.take(), ["0 400 OPTIONS"]);
  assertNotEquals(bed.transport.last.message.to?.tag, undefined);

  // §17.1.1.3: nothing answers an ACK; nothing answers a response.
  bed.receive(
    peerRequest("ACK").replace("\r\n\r\n", "\r\nContent-Length: x\r\n\r\n"),
  );
  bed.receive("SIP/2.0 200 OK\r\nContent-Length: x\r\n\r\n");
  assertEquals(bed.transport.take(), []);
  bed.assertNothingLeft();
});

Deno.test("a closed layer is silent and empty", () => {
  const bed = new Bed();
  const invite = bed.request("INVITE");
  bed.answer(invite.request, 180);
  invite.cancel();
  bed.receive(peerRequest("INVITE"));
  bed.receive(peerRequest("CANCEL"));
  bed.told.length = 0;
  bed.transport.take();
  bed.layer.close();
  bed.assertNothingLeft();

  bed.receive(peerRequest("OPTIONS"), new FakeFlow("UDP"));
  bed.answer(invite.request, 487);
  bed.respond(487);
  invite.cancel();
  invite.transportError();
  bed.run(64 * T1);
  assertEquals(bed.told, []);
  assertEquals(bed.transport.take(), []);
  bed.assertNothingLeft();
});

for (
  const [method, final] of [["INVITE", 200], ["INVITE", 486], [
    "OPTIONS",
    200,
  ]] as const
) {
  Deno.test(`a ${final} to ${method} that is back before send() returns leaves nothing running`, () => {
    const bed = new Bed();
    bed.transport.onSent = (message) => {
      if (message.kind === "request" && message.method === method) {
        bed.answer(message, final);
      }
    };
    bed.request(method);
    bed.run(64 * T1);
    // One request, no retransmission: timers set before it left were stopped by the response.
    assertEquals(
      bed.transport.take().filter((sent) => sent === `0 ${method}`).length,
      1,
    );
    assertEquals(bed.told, [String(final), "terminated"]);
    bed.assertNothingLeft();
  });
}

Deno.test("an ACK that is back before our 486 is sent off stops its repetition", () => {
  const bed = new Bed();
  bed.receive(peerRequest("INVITE"));
  bed.transport.onSent = () => {
    bed.receive(peerRequest("ACK", { toTag: "ours" }));
  };
  bed.respond(486);
  bed.run(T4);
  assertEquals(bed.transport.take(), ["0 486 INVITE"]);
  bed.assertNothingLeft();
});
