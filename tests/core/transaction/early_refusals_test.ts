/** What is refused unread gets the answer that reading it would have brought. */

import { assert, assertEquals, assertExists } from "@std/assert";
import { fromBytes, toBytes } from "../../../core/message/bytes.ts";
import type { SipResponse } from "../../../core/message/message.ts";
import { parseMessage } from "../../../core/message/parse.ts";
import { validateRequest } from "../../../core/message/validate.ts";
import { withReceived } from "../../../core/transport/received.ts";
import { TORTURE_MESSAGES } from "../../torture/messages.ts";
import { Bed, peerRequest } from "./bed.ts";

/** Refuses while it is closed. */
class Gate {
  readonly retryAfterSeconds = 7;
  isRefusing = true;
  unread = 0;

  refusesAnother(): boolean {
    if (this.isRefusing) this.unread++;
    return this.isRefusing;
  }

  admits(): boolean {
    return !this.isRefusing;
  }
}

function takes(bed: Bed, text: string): boolean {
  return bed.transport.handler.onUnread?.(toBytes(text), bed.flow) ?? false;
}

/** The same request at a layer that reads it; undefined where it is malformed. */
function answerToRead(text: string): SipResponse | undefined {
  const parsed = parseMessage(toBytes(text));
  if (!parsed.ok || parsed.message.kind !== "request") return undefined;
  if (validateRequest(parsed.message) !== undefined) return undefined;
  const bed = new Bed({ gate: new Gate() });
  const request = withReceived(parsed.message, bed.flow.remote);
  bed.transport.handler.onMessage(request, bed.flow);
  const response = bed.transport.last.message;
  return response.kind === "response" ? response : undefined;
}

function invite(parts: Parameters<typeof peerRequest>[1] = {}): string {
  const contact = "Contact: <sip:bob@192.0.2.9>\r\n";
  return peerRequest("INVITE", parts).replace("Max", `${contact}Max`);
}

function lines(response: SipResponse): string[] {
  return response.headers.lines.map(({ key, value }) => `${key}: ${value}`)
    .sort();
}

const INVITE = invite();
const ALIKE = [
  ["as everybody writes it", INVITE],
  ["with rport", INVITE.replace(";branch", ";rport;branch")],
  [
    "from another address than it says",
    invite({ sentBy: "host.invalid" }),
  ],
  [
    "with a lie of where it comes from",
    INVITE.replace(";branch", ";received=1.2.3.4;branch"),
  ],
  [
    "by two proxies",
    INVITE.replace(
      "Max",
      "Via: SIP/2.0/TCP 10.0.0.1;branch=z9hG4bKq\r\nVia: SIP/2.0/UDP a, SIP/2.0/UDP b\r\nMax",
    ),
  ],
  [
    "in short forms",
    INVITE.replace("Via:", "v :").replace("From:", "f:")
      .replace("To:", "t:").replace("Call-ID:", "i:"),
  ],
  ["in small letters", INVITE.replace("Call-ID:", "call-id:")],
  ["with a body", `${INVITE}v=0\r\n`],
] as const;

for (const [how, text] of ALIKE) {
  Deno.test(`refused unread: an INVITE ${how} gets the same answer`, () => {
    const bed = new Bed({ gate: new Gate() });
    assert(takes(bed, text), "it was not taken");
    const { message } = bed.transport.last;
    assert(message.kind === "response");
    const read = answerToRead(text);
    assertExists(read);
    assertEquals([message.status, message.reason], [read.status, read.reason]);
    assertEquals(lines(message), lines(read));
    assertEquals(bed.layer.size, 0);
    // It comes again, and the ACK after it.
    assert(takes(bed, text));
    const tag = message.to?.tag ?? "";
    const ack = text.replaceAll("INVITE", "ACK")
      .replace(/(\r\n(?:To|t):[^\r]*)/, `$1;tag=${tag}`);
    assert(takes(bed, ack), "the ACK was not taken");
    assertEquals(bed.transport.sent.length, 2);
  });
}

const LEFT = [
  ["of a dialog", peerRequest("INVITE", { toTag: "ours" })],
  [
    "of a dialog, its tag in capitals",
    INVITE.replace("<sip:alice@192.0.2.1>", "<sip:alice@192.0.2.1>;TAG=ours"),
  ],
  ["that is another method", peerRequest("INVITES")],
  ["of an old peer", peerRequest("INVITE", { branch: undefined })],
  [
    "with its Vias in one line",
    INVITE.replace("peer1", "peer1, SIP/2.0/UDP b"),
  ],
  ["with a folded line", INVITE.replace("From: ", "From:\r\n ")],
  ["with a To twice", INVITE.replace("Max", "To: <sip:eve@x>\r\nMax")],
  ["with a line feed in a line", INVITE.replace("alice@", "al\nice@")],
  ["with a CR in a line", INVITE.replace("bob@", "bo\rb@")],
  ["without a Call-ID", INVITE.replace("Call-ID: call-2\r\n", "")],
  ["without an end", INVITE.slice(0, -2)],
  ["of another version", INVITE.replace(" SIP/2.0\r\n", " SIP/3.0\r\n")],
  ["with a malformed Via", INVITE.replace("UDP 192.0.2.9:5060", "UDP @")],
  [
    "with a head too long",
    INVITE.replace("Max", `X: ${"x".repeat(9000)}\r\nMax`),
  ],
] as const;

for (const [how, text] of LEFT) {
  Deno.test(`refused unread: not an INVITE ${how}`, () => {
    const bed = new Bed({ gate: new Gate() });
    assertEquals(takes(bed, text), false);
    assertEquals(bed.transport.sent, []);
  });
}

Deno.test("refused unread: nothing while calls are admitted, nor what is known already", () => {
  const gate = new Gate();
  const bed = new Bed({ gate });
  gate.isRefusing = false;
  assertEquals(takes(bed, INVITE), false);
  bed.receive(INVITE);
  bed.respond(180);
  gate.isRefusing = true;
  assertEquals(takes(bed, INVITE), false);
  bed.respond(200);
  assertEquals(takes(bed, INVITE), false);
  assertEquals(takes(bed, peerRequest("ACK", { toTag: "ours" })), false);
  assertEquals(gate.unread, 0);
  bed.layer.close();
});

Deno.test("refused unread: again after the load is gone, until it is forgotten", () => {
  const gate = new Gate();
  const bed = new Bed({ gate });
  assert(takes(bed, INVITE));
  gate.isRefusing = false;
  bed.run(1000);
  assert(takes(bed, INVITE));
  assertEquals(gate.unread, 1);
  assertEquals(bed.transport.sent.length, 2);
  bed.run(20_000);
  assertEquals(takes(bed, INVITE), false);
});

Deno.test("refused unread: of the torture messages none gets another answer", () => {
  let taken = 0;
  for (const { name, bytes } of TORTURE_MESSAGES) {
    const message = fromBytes(bytes);
    const bed = new Bed({ gate: new Gate() });
    if (!takes(bed, message)) continue;
    taken++;
    const answer = bed.transport.last.message;
    assert(answer.kind === "response");
    const read = answerToRead(message);
    // One that is malformed where nobody looked is refused for the load.
    assertEquals(answer.status, 503, name);
    if (read !== undefined) assertEquals(lines(answer), lines(read), name);
  }
  assert(taken > 0);
});
