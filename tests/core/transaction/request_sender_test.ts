import { assertEquals, assertExists } from "@std/assert";
import { responseTo } from "../../../core/message/build.ts";
import type { SipRequest, SipResponse } from "../../../core/message/message.ts";
import { parseSipUri, type SipUri } from "../../../core/message/uri.ts";
import type {
  ForkedInvite,
  ForkUser,
  LastingAck,
} from "../../../core/transaction/acknowledged_invites.ts";
import {
  RequestSender,
  type SendingFailure,
  type SendingUser,
  type SendRoute,
} from "../../../core/transaction/request_sender.ts";
import type { Target } from "../../../core/transport/address.ts";
import { Bed, ownRequest, T1, T4 } from "./bed.ts";

const ONE: Target = { transport: "UDP", host: "192.0.2.11", port: 5060 };
const TWO: Target = { transport: "UDP", host: "192.0.2.12", port: 5060 };
const THREE: Target = { transport: "TCP", host: "192.0.2.13", port: 5060 };

/** A sender on a bed; what its user is told is kept. */
class SenderBed extends Bed implements SendingUser {
  found: readonly Target[] | Promise<readonly Target[]> = [ONE, TWO];
  readonly sender = new RequestSender({
    transactions: this.layer,
    transport: this.transport,
    clock: this.wheel,
    observer: this.observer,
    resolver: { resolve: () => this.found },
  });

  override onResponse(response: SipResponse): void {
    this.told.push(String(response.status));
  }

  override onFailure(failure: SendingFailure): void {
    this.told.push(failure);
  }

  onOver(): void {
    this.told.push("over");
  }

  send(method: string, route: SendRoute = { uri: uri("sip:bob@example.com") }) {
    return this.sender.send(ownRequest(method), route, this);
  }

  /** Who the messages since the last look went to: `0 INVITE 11`. */
  takeWays(): string[] {
    const from = this.transport.sent.length - this.transport.take().length;
    return this.transport.sent.slice(from).map(({ atMs, message, flow }) =>
      `${atMs} ${message.cseq?.method} ${flow.transport} ${
        flow.remote.host.slice(-2)
      }`
    );
  }

  /** The peer answers what was sent last. */
  answerLast(status: number): void {
    this.answer(lastRequest(this), status);
  }
}

function uri(text: string): SipUri {
  const parsed = parseSipUri(text);
  assertExists(parsed);
  return parsed;
}

function lastRequest(bed: Bed): SipRequest {
  const { message } = bed.transport.last;
  if (message.kind !== "request") throw new TypeError("a request");
  return message;
}

/** A body that makes the request larger than 1300 bytes. */
function large(): SipRequest {
  return ownRequest("INVITE", [`X-Large: ${"x".repeat(1200)}`]);
}

Deno.test("sender: 503 moves to the next target with a new branch, unreported", () => {
  const bed = new SenderBed();
  bed.send("INVITE");
  const first = lastRequest(bed);
  bed.answerLast(503);

  // RFC 3263 §4.3: "If a failure occurs, the client SHOULD create a new request, which is identical to the previous, but
  // has a different value of the Via branch ID than the previous (and therefore constitutes a new SIP transaction). That
  // request is sent to the next element in the list".
  assertEquals(bed.takeWays(), [
    "0 INVITE UDP 11",
    "0 ACK UDP 11",
    "0 INVITE UDP 12",
  ]);
  const second = lastRequest(bed);
  assertEquals(first.via?.branch === second.via?.branch, false);
  assertEquals(first.callId, second.callId);
  assertEquals(bed.told, []);

  bed.answerLast(200);
  assertEquals(bed.told, ["200"]);
  assertEquals(bed.counted("transaction_failovers"), 1);
  bed.run(64 * T1);
  bed.assertNothingLeft();
});

Deno.test("sender: silence and transport errors move on, the last failure is told", () => {
  const bed = new SenderBed();
  bed.found = [ONE, THREE, TWO];
  bed.transport.unreachable.add("TCP 192.0.2.13");
  bed.send("OPTIONS");
  bed.run(64 * T1);
  // RFC 3263 §4.3: "failure occurs if the transaction layer reports a 503 error response or a transport failure of some
  // sort (generally, due to fatal ICMP errors in UDP or connection failures in TCP). Failure also occurs if the
  // transaction layer times out without ever having received any response, provisional or final".
  assertEquals(bed.takeWays().slice(-2), [
    "32000 OPTIONS TCP 13",
    "32000 OPTIONS UDP 12",
  ]);
  assertEquals(bed.told, []);
  bed.run(64 * T1);
  assertEquals(bed.told, ["timeout"]);
  bed.assertNothingLeft();
});

Deno.test("sender: the last target's 503 is told", () => {
  const bed = new SenderBed();
  bed.found = [ONE];
  bed.send("OPTIONS");
  bed.answerLast(503);
  assertEquals(bed.told, ["503"]);
  bed.run(T4);
  bed.assertNothingLeft();
});

Deno.test("sender: other refusals are answers, and who has spoken is not given up for silence", () => {
  const bed = new SenderBed();
  bed.send("OPTIONS");
  bed.answerLast(500);
  assertEquals(bed.told, ["500"]);
  bed.run(T4);
  bed.send("OPTIONS");
  bed.answerLast(100);
  bed.run(64 * T1);
  // RFC 3263 §4.3: "without ever having received any response, provisional or final".
  assertEquals(bed.told, ["500", "100", "timeout"]);
  bed.assertNothingLeft();
});

Deno.test("sender: nothing to send to, no listener for it: told once send() has returned", () => {
  const bed = new SenderBed();
  bed.found = [];
  bed.send("OPTIONS");
  bed.found = [{ transport: "TLS", host: "192.0.2.11", port: 5061 }];
  bed.send("OPTIONS");
  bed.send("OPTIONS", {});
  assertEquals(bed.told, []);
  bed.run(0);
  assertEquals(bed.told, ["unresolved", "transport", "unresolved"]);
  bed.assertNothingLeft();
});

Deno.test("sender: a name that takes time, a name that fails", async () => {
  const bed = new SenderBed();
  bed.found = Promise.resolve([TWO]);
  bed.send("OPTIONS");
  assertEquals(bed.takeWays(), []);
  await bed.found;
  await Promise.resolve();
  assertEquals(bed.takeWays(), ["0 OPTIONS UDP 12"]);
  bed.answerLast(200);
  bed.run(T4);

  bed.found = Promise.reject(new Error("no such server"));
  bed.send("OPTIONS");
  await bed.found.catch(() => {});
  await Promise.resolve();
  bed.run(0);
  assertEquals(bed.told, ["200", "unresolved"]);
  bed.assertNothingLeft();
});

Deno.test("sender: cancelled before its address is known, nothing is sent", async () => {
  const bed = new SenderBed();
  bed.found = Promise.resolve([ONE]);
  const sending = bed.send("INVITE");
  sending.cancel();
  await bed.found;
  await Promise.resolve();
  bed.run(0);
  assertEquals(bed.takeWays(), []);
  assertEquals(bed.told, ["unresolved"]);
  assertEquals(sending.transaction, undefined);
  bed.assertNothingLeft();
});

Deno.test("sender: an INVITE is over when no fork can answer it any more, not before", () => {
  const bed = new SenderBed();
  bed.send("INVITE");
  bed.answerLast(200);
  assertEquals(bed.told, ["200"]);
  // RFC 6026 §8.4: "If Timer M fires while the client transaction is in the "Accepted" state, the client transaction MUST
  // move to the "Terminated" state."
  bed.wheel.advance(64 * T1 - 1);
  assertEquals(bed.told, ["200"]);
  bed.wheel.advance(64 * T1);
  assertEquals(bed.told, ["200", "over"]);
  bed.send("OPTIONS");
  bed.answerLast(200);
  bed.wheel.advance(64 * T1 + T4 + 1);
  assertEquals(bed.told, ["200", "over", "200"]);
});

Deno.test("sender: a cancelled INVITE is not tried elsewhere", () => {
  const bed = new SenderBed();
  const sending = bed.send("INVITE");
  bed.answerLast(100);
  const invite = lastRequest(bed);
  sending.cancel();
  assertEquals(bed.takeWays(), ["0 INVITE UDP 11", "0 CANCEL UDP 11"]);
  bed.answerLast(200);
  bed.answer(invite, 503);
  assertEquals(bed.takeWays(), ["0 ACK UDP 11"]);
  assertEquals(bed.told, ["100", "503"]);
  bed.run(32_000);

  bed.send("INVITE").cancel();
  bed.run(64 * T1);
  assertEquals(bed.told, ["100", "503", "timeout"]);
  bed.assertNothingLeft();
});

Deno.test("sender: prepare finishes a copy for each flow", () => {
  const bed = new SenderBed();
  bed.found = [ONE, THREE];
  const request = ownRequest("INVITE");
  const lines = request.headers.lines.length;
  bed.sender.send(request, {
    uri: uri("sip:bob@example.com"),
    prepare: (draft, flow) => {
      draft.headers.set("Contact", `<sip:us;transport=${flow.transport}>`);
      return draft;
    },
  }, bed);
  assertEquals(
    lastRequest(bed).headers.get("Contact"),
    "<sip:us;transport=UDP>",
  );
  bed.answerLast(503);
  assertEquals(
    lastRequest(bed).headers.get("Contact"),
    "<sip:us;transport=TCP>",
  );
  // §18.1.1: the Via names the transport.
  assertEquals(lastRequest(bed).via?.transport, "TCP");
  assertEquals(request.headers.lines.length, lines);
  bed.answerLast(486);
  bed.run(32_000);
  bed.assertNothingLeft();
});

Deno.test("over 1300 bytes a request goes by TCP", () => {
  const bed = new SenderBed();
  bed.sender.send(large(), { uri: uri("sip:bob@example.com") }, bed);
  // §18.1.1: "if it is larger than 1300 bytes and the path MTU is unknown, the request MUST be sent using an RFC 2914
  // congestion controlled transport protocol, such as TCP. If this causes a change in the transport protocol from the one
  // indicated in the top Via, the value in the top Via MUST be changed."
  assertEquals(bed.takeWays(), ["0 INVITE TCP 11"]);
  assertEquals(lastRequest(bed).via?.transport, "TCP");
  bed.answerLast(486);
  bed.assertNothingLeft();
});

Deno.test("over 1300 bytes, TCP refused: back to UDP, then to the next target", () => {
  const bed = new SenderBed();
  bed.transport.unreachable.add("TCP 192.0.2.11");
  bed.sender.send(large(), { uri: uri("sip:bob@example.com") }, bed);
  bed.run(64 * T1 - 1);
  // §18.1.1: "if the attempt to establish the connection generates either an ICMP Protocol Not Supported, or results in a
  // TCP reset, the element SHOULD retry the request, using UDP."
  assertEquals(bed.takeWays().slice(0, 3), [
    "0 INVITE TCP 11",
    "0 INVITE UDP 11",
    "500 INVITE UDP 11",
  ]);
  assertEquals(bed.counted("transaction_tcp_fallbacks"), 1);
  bed.run(1);
  assertEquals(bed.takeWays(), ["32000 INVITE TCP 12"]);
  bed.answerLast(486);
  assertEquals(bed.told, ["486"]);
  bed.assertNothingLeft();
});

Deno.test("over 1300 bytes UDP stays where it was asked for, or where there is no TCP", () => {
  const bed = new SenderBed();
  // RFC 3263 §4.1: "If the URI specifies a transport protocol in the transport parameter, that transport protocol SHOULD
  // be used."
  const asked = uri("sip:bob@example.com;transport=UDP");
  bed.sender.send(large(), { uri: asked }, bed);
  bed.transport.names.pop();
  bed.sender.send(large(), { targets: [TWO] }, bed);
  assertEquals(bed.takeWays(), ["0 INVITE UDP 11", "0 INVITE UDP 12"]);
  bed.layer.close();
  bed.assertNothingLeft();
});

Deno.test("the ACK of a 2xx: a branch of its own, the same bytes again, no transaction", () => {
  const bed = new SenderBed();
  const ack = bed.sender.sendAck(ownRequest("ACK"), {
    uri: uri("sip:bob@example.com"),
  });
  ack.resend();
  // §13.2.2.4: "The ACK MUST be passed to the client transport every time a retransmission of the 2xx final response that
  // triggered the ACK arrives"; §8.1.1.7 wants its branch to be new, being a request of its own.
  assertEquals(bed.takeWays(), ["0 ACK UDP 11", "0 ACK UDP 11"]);
  assertEquals(bed.transport.sent[0]!.bytes, bed.transport.sent[1]!.bytes);
  assertEquals(lastRequest(bed).via?.branch?.startsWith("z9hG4bK"), true);
  assertEquals(bed.layer.size, 0);
  bed.assertNothingLeft();
});

Deno.test("the ACK of a 2xx tries the next target, and waits for a slow name", async () => {
  const bed = new SenderBed();
  bed.found = [THREE, TWO];
  bed.transport.unreachable.add("TCP 192.0.2.13");
  bed.sender.sendAck(ownRequest("ACK"), { uri: uri("sip:bob@example.com") });
  bed.run(0);
  assertEquals(bed.takeWays(), ["0 ACK TCP 13", "0 ACK UDP 12"]);

  bed.found = Promise.resolve([ONE]);
  const slow = bed.sender.sendAck(ownRequest("ACK"), {
    uri: uri("sip:bob@example.com"),
  });
  slow.resend();
  await bed.found;
  await Promise.resolve();
  assertEquals(bed.takeWays(), ["0 ACK UDP 11"]);

  bed.found = [];
  bed.sender.sendAck(ownRequest("ACK"), { uri: uri("sip:bob@example.com") });
  assertEquals(bed.counted("transaction_acks_unsendable"), 1);
  bed.assertNothingLeft();
});

/** Takes note of late forks; the next ones are for `heir`. */
class Forks implements ForkUser {
  readonly told: string[] = [];
  heir: ForkUser = this;

  onFork(response: SipResponse, { request }: ForkedInvite): ForkUser {
    this.told.push(`${response.to?.tag} ${request.headers.lines.length} lines`);
    return this.heir;
  }

  onOver(): void {
    this.told.push("over");
  }
}

Deno.test("a 2xx with its ACK for good: a record repeats the ACK, and forks are for whom it was told", () => {
  const bed = new SenderBed();
  bed.found = [ONE];
  const sending = bed.send("INVITE");
  const invite = lastRequest(bed);
  bed.answer(invite, 200, { toTag: "desk" });
  const [forks, heir, third] = [new Forks(), new Forks(), new Forks()];
  let number = -1;
  bed.sender.sendAck(
    ownRequest("ACK"),
    { uri: uri("sip:bob@example.com") },
    (ack) => {
      number = bed.sender.acknowledged(sending, { tag: "desk", ack, forks });
    },
  );
  assertEquals(number >= 0, true);
  assertEquals(bed.layer.size, 1);
  const { bytes } = bed.transport.last;
  bed.takeWays();
  // §13.2.2.4: "The ACK MUST be passed to the client transport every time a retransmission of the 2xx final response that
  // triggered the ACK arrives."
  bed.answer(invite, 200, { toTag: "desk" });
  assertEquals(bed.takeWays(), ["0 ACK UDP 11"]);
  assertEquals(bed.transport.last.bytes, bytes);
  bed.answer(invite, 200, { toTag: "DESK" });
  forks.heir = heir;
  bed.answer(invite, 202, { toTag: "cell" });
  bed.answer(invite, 200, { toTag: "cell" });
  bed.answer(invite, 180, { toTag: "cell" });
  bed.answer(invite, 500, { toTag: "cell" });
  assertEquals(forks.told, ["DESK 5 lines", "cell 5 lines"]);
  assertEquals(heir.told, ["cell 5 lines"]);
  bed.sender.handOver(number, third);
  bed.answer(invite, 200, { toTag: "car" });
  bed.answer(invite, 200, { toTag: "desk" });
  assertEquals(bed.takeWays(), ["0 ACK UDP 11"]);
  assertEquals(heir.told, ["cell 5 lines"]);
  // RFC 6026 §8.4: timer M. Who was given the INVITE first hears no more of it.
  bed.run(64 * T1 - 1);
  assertEquals(third.told, ["car 5 lines"]);
  bed.run(1);
  assertEquals(third.told, ["car 5 lines", "over"]);
  assertEquals([forks.told.length, heir.told.length], [2, 1]);
  assertEquals(bed.told, ["200"]);
  bed.assertNothingLeft();
  // An ACK as late as that is nobody's to repeat.
  bed.sender.sendAck(
    ownRequest("ACK"),
    { uri: uri("sip:bob@example.com") },
    (ack) => {
      number = bed.sender.acknowledged(sending, { tag: "desk", ack, forks });
    },
  );
  assertEquals(number, -1);
  bed.assertNothingLeft();
});

Deno.test("an ACK is for good when no other way is left to try", () => {
  const bed = new SenderBed();
  bed.found = [THREE, TWO];
  bed.transport.unreachable.add("TCP 192.0.2.13");
  const last: string[] = [];
  const note = ({ to }: LastingAck): void => {
    last.push(to.target.host);
  };
  const route = { uri: uri("sip:bob@example.com") };
  bed.sender.sendAck(ownRequest("ACK"), route, note);
  assertEquals(last, []);
  bed.run(0);
  assertEquals(last, [TWO.host]);
  // Over 1300 bytes UDP is left where TCP fails.
  bed.found = [ONE];
  bed.transport.unreachable.add("TCP 192.0.2.11");
  const large = ownRequest("ACK", [`X-Large: ${"x".repeat(1200)}`]);
  bed.sender.sendAck(large, route, note);
  assertEquals(last, [TWO.host]);
  bed.run(0);
  assertEquals(bed.transport.last.flow.transport, "UDP");
  assertEquals(last, [TWO.host, ONE.host]);
  // One that cannot leave at all never is.
  bed.found = [];
  bed.sender.sendAck(ownRequest("ACK"), route, note);
  bed.run(0);
  assertEquals(last, [TWO.host, ONE.host]);
  bed.assertNothingLeft();
});

Deno.test("sender: a full table is a transport failure", () => {
  const bed = new SenderBed({ limits: { transactions: 0 } });
  bed.send("OPTIONS");
  bed.run(0);
  // §8.1.3.1: "If a fatal transport error is reported by the transport layer [...], the condition MUST be treated as a 503".
  assertEquals(bed.told, ["transport"]);
  bed.assertNothingLeft();
});

Deno.test("sender: a late 2xx of an abandoned target is a stray", () => {
  const bed = new SenderBed();
  bed.send("INVITE");
  const first = lastRequest(bed);
  bed.run(64 * T1);
  bed.answerLast(486);
  bed.receive(responseTo(first, 200, { toTag: "late" }));
  assertEquals(bed.told, ["486", "stray 200"]);
  bed.run(32_000);
  bed.assertNothingLeft();
});
