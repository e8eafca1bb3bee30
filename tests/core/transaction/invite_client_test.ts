import { assertEquals, assertStrictEquals } from "@std/assert";
import { responseTo } from "../../../core/message/build.ts";
import { HeaderLine, Headers } from "../../../core/message/headers.ts";
import { SipRequest } from "../../../core/message/message.ts";
import type { ClientTransaction } from "../../../core/transaction/client_transaction.ts";
import { Bed, ownRequest, T1 } from "./bed.ts";

Deno.test("INVITE client, UDP: timer A doubles, timer B ends it", () => {
  const bed = new Bed();
  const invite = bed.request("INVITE");
  assertEquals(invite.state, "calling");

  // §17.1.1.2: "This process MUST continue so that the request is retransmitted with intervals that double after each
  // transmission."
  bed.run(64 * T1 - 1);
  assertEquals(bed.transport.take(), [
    "0 INVITE",
    "500 INVITE",
    "1500 INVITE",
    "3500 INVITE",
    "7500 INVITE",
    "15500 INVITE",
    "31500 INVITE",
  ]);
  // The same bytes each time.
  for (const { bytes } of bed.transport.sent) {
    assertStrictEquals(bytes, bed.transport.sent[0]!.bytes);
  }
  assertEquals(bed.told, []);

  // §17.1.1.2: "If the client transaction is still in the "Calling" state when timer B fires, the client transaction
  // SHOULD inform the TU that a timeout has occurred. The client transaction MUST NOT generate an ACK."
  bed.run(1);
  assertEquals(bed.told, ["timeout", "terminated"]);
  assertEquals(invite.state, "terminated");
  assertEquals(bed.transport.take(), []);
  bed.assertNothingLeft();
});

Deno.test("INVITE client: Via is ours, with a branch of our own and rport", () => {
  const bed = new Bed();
  const invite = bed.request("INVITE");
  const [via, ...rest] = invite.request.headers.getAll("Via");

  // §8.1.1.7: "The branch ID inserted by an element compliant with this specification MUST always begin with the
  // characters "z9hG4bK"."
  assertEquals(
    /^SIP\/2\.0\/UDP 192\.0\.2\.1:5060;branch=z9hG4bK\w+\.\w+;rport$/.test(
      via!,
    ),
    true,
  );
  assertEquals(rest, []);
  bed.layer.close();
  bed.assertNothingLeft();
});

Deno.test("INVITE client, TCP: no retransmission", () => {
  const bed = new Bed({ transport: "TCP" });
  bed.request("INVITE");

  // §17.1.1.2: "If a reliable transport is being used, the client transaction SHOULD NOT start timer A".
  bed.run(64 * T1);
  assertEquals(bed.transport.take(), ["0 INVITE"]);
  // "For any transport, the client transaction MUST start timer B with a value of 64*T1 seconds".
  assertEquals(bed.told, ["timeout", "terminated"]);
  bed.assertNothingLeft();
});

Deno.test("INVITE client: a provisional response stops timers A and B", () => {
  const bed = new Bed();
  const invite = bed.request("INVITE");
  bed.run(600);
  bed.answer(invite.request, 100);
  bed.answer(invite.request, 180);

  // §17.1.1.2: "In the "Proceeding" state, the client transaction SHOULD NOT retransmit the request any longer.
  // Furthermore, the provisional response MUST be passed to the TU."
  assertEquals(invite.state, "proceeding");
  assertEquals(bed.told, ["100", "180"]);
  bed.run(10 * 64 * T1);
  assertEquals(bed.transport.take(), ["0 INVITE", "500 INVITE"]);
  assertEquals(bed.layer.size, 1);

  bed.answer(invite.request, 200);
  bed.run(64 * T1);
  bed.assertNothingLeft();
});

for (const early of [true, false]) {
  Deno.test(`INVITE client, UDP: 486 ${early ? "after 180" : "at once"} is ACKed, timer D absorbs`, () => {
    const bed = new Bed();
    const invite = bed.request("INVITE");
    if (early) bed.answer(invite.request, 180);
    bed.told.length = 0;
    bed.answer(invite.request, 486);

    // §17.1.1.2: "reception of a response with status code from 300-699 MUST cause the client transaction to transition
    // to "Completed". The client transaction MUST pass the received response up to the TU, and the client transaction
    // MUST generate an ACK request".
    assertEquals(invite.state, "completed");
    assertEquals(bed.told, ["486", "terminated"]);
    assertEquals(bed.transport.take(), ["0 INVITE", "0 ACK"]);

    // §17.1.1.3: "The ACK MUST contain a single Via header field, and this MUST be equal to the top Via header field of
    // the original request"; "The To header field in the ACK MUST equal the To header field in the response".
    const ack = bed.transport.last.message as SipRequest;
    assertEquals(ack.headers.getAll("Via"), [String(invite.request.via)]);
    assertEquals(ack.to?.tag, "peer");
    assertEquals(ack.cseq, { number: 1, method: "ACK" });

    // §17.1.1.2: "Any retransmissions of the final response that are received while in the "Completed" state MUST cause
    // the ACK to be re-passed to the transport layer for retransmission, but the newly received response MUST NOT be
    // passed up to the TU."
    bed.run(500);
    bed.answer(invite.request, 486);
    assertEquals(bed.transport.take(), ["500 ACK"]);
    assertEquals(bed.transport.last.bytes, bed.transport.sent[1]!.bytes);

    // "a value of at least 32 seconds for unreliable transports".
    bed.run(31_499);
    assertEquals(bed.layer.size, 1);
    bed.run(1);
    assertEquals(bed.told, ["486", "terminated"]);
    bed.assertNothingLeft();
    bed.answer(invite.request, 486);
    assertEquals(bed.told.at(-1), "stray 486");
  });
}

Deno.test("INVITE client, TCP: 486 is ACKed and the transaction is gone", () => {
  const bed = new Bed({ transport: "TCP" });
  const invite = bed.request("INVITE");
  bed.answer(invite.request, 486);

  // §17.1.1.2: timer D has "a value of zero seconds for reliable transports".
  assertEquals(bed.transport.take(), ["0 INVITE", "0 ACK"]);
  assertEquals(bed.told, ["486", "terminated"]);
  bed.assertNothingLeft();
});

for (const transport of ["UDP", "TCP"] as const) {
  Deno.test(`INVITE client, ${transport}: in "Accepted" every 2xx goes up until timer M (RFC 6026)`, () => {
    const bed = new Bed({ transport });
    const invite = bed.request("INVITE");
    bed.answer(invite.request, 180);
    bed.answer(invite.request, 200, { toTag: "first" });
    assertEquals(invite.state, "accepted");

    // RFC 6026 §8.4: "The 2xx response MUST be passed up to the TU. The client transaction MUST NOT generate an ACK to the
    // 2xx response -- its handling is delegated to the TU."
    bed.run(500);
    bed.answer(invite.request, 200, { toTag: "first" });
    bed.answer(invite.request, 200, { toTag: "second" });
    bed.answer(invite.request, 180, { toTag: "third" });
    bed.answer(invite.request, 486, { toTag: "third" });
    assertEquals(bed.told, ["180", "200", "200", "200"]);
    assertEquals(bed.transport.take(), ["0 INVITE"]);

    // Timer M is 64*T1 on every transport.
    bed.run(64 * T1 - 501);
    assertEquals(bed.layer.size, 1);
    bed.run(1);
    bed.assertNothingLeft();

    // §18.1.2: a response without transaction is a "stray".
    bed.answer(invite.request, 200, { toTag: "late" });
    assertEquals(bed.told.at(-1), "stray 200");
  });
}

Deno.test("INVITE client: after a 2xx it keeps what another dialog of a fork is made from, and no more", () => {
  const bed = new Bed();
  bed.transport.send = () => {};
  // Longer than is parsed where no limits are given.
  const long = "x".repeat(20_000);
  const draft = ownRequest("INVITE", ["Subject: none"]);
  draft.headers.set("From", `<sip:alice@192.0.2.1>;tag=a;x=${long}`);
  const to = { target: bed.target, flow: bed.flow };
  const invite = bed.layer.request(draft, to, {
    onResponse: (_response, { request }) =>
      bed.told.push(`${request.headers.lines.length} lines`),
    onFailure: () => {},
  })!;
  const { uri, via, callId, cseq } = invite.request;
  const from = invite.request.headers.get("From");
  const answer = (toTag: string): void => {
    const response = responseTo(invite.request, 200, { toTag });
    response.headers.set("From", "<sip:alice@192.0.2.1>;tag=a");
    bed.receive(response);
  };
  answer("first");
  const left = invite.request;
  assertEquals(left.headers.lines.map(({ key }) => key), [
    "via",
    "from",
    "to",
    "call-id",
    "cseq",
  ]);
  assertEquals([left.method, left.uri, left.callId], ["INVITE", uri, callId]);
  assertEquals([String(left.via), left.cseq], [String(via), cseq]);
  assertEquals(left.headers.get("From"), from);
  answer("second");
  // The first of them comes with the whole request.
  assertEquals(bed.told, ["7 lines", "5 lines"]);
  bed.run(64 * T1);
  bed.assertNothingLeft();
});

Deno.test("INVITE client: a second fork of a request that does not parse again is told as the first", () => {
  const bed = new Bed();
  bed.transport.send = () => {};
  const { headers } = ownRequest("INVITE");
  headers.add(new HeaderLine("via", "Via: SIP/2.0/UDP 192.0.2.7\0"));
  const uri = "sip:bob@<192.0.2.9>";
  const draft = new SipRequest("INVITE", uri, headers);
  const to = { target: bed.target, flow: bed.flow };
  const user = {
    onResponse: (_: unknown, { request }: ClientTransaction): void => {
      bed.told.push(`${request.uri} ${request.headers.getAll("Via").length}`);
    },
    onFailure: (): void => {},
  };
  const invite = bed.layer.request(draft, to, user)!;
  const { via, from, callId, cseq } = invite.request;
  const top = new SipRequest(
    "INVITE",
    uri,
    new Headers([
      HeaderLine.of("Via", `${via}`),
      HeaderLine.of("From", `${from}`),
      HeaderLine.of("To", "<sip:bob@192.0.2.9>"),
      HeaderLine.of("Call-ID", callId),
      HeaderLine.of("CSeq", `${cseq?.number} INVITE`),
    ]),
  );
  for (const toTag of ["first", "second"]) {
    bed.receive(responseTo(top, 200, { toTag }));
  }
  assertEquals(bed.told, [`${uri} 2`, `${uri} 2`]);
  bed.run(64 * T1);
  bed.assertNothingLeft();
});

Deno.test("INVITE client: a transport error ends it, told after request() has returned", () => {
  const bed = new Bed();
  bed.flow.fault = "unreachable";
  const invite = bed.request("INVITE");
  assertEquals(bed.told, []);
  bed.run(0);

  // §17.1.4: "The client transaction SHOULD inform the TU that a transport failure has occurred, and the client
  // transaction SHOULD transition directly to the "Terminated" state."
  assertEquals(bed.told, ["transport", "terminated"]);
  assertEquals(invite.state, "terminated");
  bed.assertNothingLeft();
});

Deno.test("INVITE client: an ACK that cannot be sent ends it, the final response stands", () => {
  const bed = new Bed();
  const invite = bed.request("INVITE");
  bed.flow.fault = "unreachable";
  bed.answer(invite.request, 603);
  bed.run(0);
  assertEquals(bed.told, ["603", "terminated"]);
  bed.assertNothingLeft();
});

Deno.test("INVITE client: the ACK finds its way when the connection has closed", () => {
  const bed = new Bed({ transport: "TCP" });
  const invite = bed.request("INVITE");
  bed.answer(invite.request, 100);
  bed.flow.open = false;
  bed.answer(invite.request, 486);

  // §17.1.1.3: "The ACK MUST be sent to the same address, port, and transport to which the original request was sent."
  const { flow, message } = bed.transport.last;
  assertEquals(message.cseq?.method, "ACK");
  assertEquals(flow.open, true);
  assertEquals([flow.transport, flow.remote.host], ["TCP", "192.0.2.9"]);
  bed.assertNothingLeft();
});
