import { assertEquals, assertStrictEquals } from "@std/assert";
import { Bed, peerRequest } from "./bed.ts";

/** Admits while it is open. */
class Gate {
  readonly retryAfterSeconds: number;
  open = false;
  asked = 0;

  constructor(retryAfterSeconds = 7) {
    this.retryAfterSeconds = retryAfterSeconds;
  }

  get isRefusing(): boolean {
    return !this.open;
  }

  refusesAnother(): boolean {
    return !this.open;
  }

  admits(): boolean {
    this.asked++;
    return this.open;
  }
}

function ackOf(bed: Bed): string {
  const toTag = bed.transport.last.message.to?.tag ?? "";
  return peerRequest("ACK", { toTag });
}

Deno.test("refused: 503 with Retry-After, no transaction, and the ACK goes no further", () => {
  const gate = new Gate();
  const bed = new Bed({ gate });
  bed.receive(peerRequest("INVITE"));
  assertEquals(bed.transport.take(), ["0 503 INVITE"]);
  const { headers } = bed.transport.last.message;
  // RFC 3261 §21.5.4: "The server MAY indicate when the client should retry the request in a Retry-After header field."
  assertEquals(headers.get("Retry-After"), "7");
  assertEquals(bed.layer.size, 0);
  assertEquals(bed.servers, []);

  bed.receive(ackOf(bed));
  assertEquals(bed.acks, []);
  bed.assertNothingLeft();
});

Deno.test("refused: the same INVITE is refused again with the same tag, though others are admitted by then", () => {
  const gate = new Gate();
  const bed = new Bed({ gate });
  bed.receive(peerRequest("INVITE"));
  const first = bed.transport.last.message;
  gate.open = true;
  bed.run(500);
  bed.receive(peerRequest("INVITE"));
  // RFC 3261 §8.2.7: "To header tags MUST be generated for responses in a stateless manner - in a manner that will
  // generate the same tag for the same request consistently."
  assertEquals(bed.transport.last.message.to?.tag, first.to?.tag);
  assertEquals(bed.transport.take(), ["0 503 INVITE", "500 503 INVITE"]);
  assertEquals(gate.asked, 1);
  assertEquals(bed.servers, []);

  // Long after, it is forgotten.
  bed.run(20_000);
  bed.receive(peerRequest("INVITE"));
  assertEquals(bed.servers.length, 1);
  bed.layer.close();
  bed.assertNothingLeft();
});

Deno.test("refused: an INVITE that was admitted is not asked for again", () => {
  const gate = new Gate();
  gate.open = true;
  const bed = new Bed({ gate });
  bed.receive(peerRequest("INVITE"));
  bed.respond(180);
  gate.open = false;
  bed.receive(peerRequest("INVITE"));
  assertEquals(bed.transport.take(), ["0 180 INVITE", "0 180 INVITE"]);
  assertEquals(gate.asked, 1);
  bed.layer.close();
  bed.assertNothingLeft();
});

Deno.test("refused: requests within dialogs, other methods and foreign ACKs pass", () => {
  const gate = new Gate();
  const bed = new Bed({ gate });
  // One is refused, so that there is something to mistake others for.
  bed.receive(peerRequest("INVITE"));
  bed.receive(
    peerRequest("INVITE", { branch: "z9hG4bKwithin", toTag: "ours" }),
  );
  bed.receive(peerRequest("OPTIONS", { branch: "z9hG4bKoptions" }));
  assertEquals(bed.servers.map(({ request }) => request.method), [
    "INVITE",
    "OPTIONS",
  ]);
  bed.receive(peerRequest("ACK", { branch: "z9hG4bKack", toTag: "ours" }));
  assertEquals(bed.acks.length, 1);
  assertEquals(gate.asked, 1);
  bed.layer.close();
  bed.assertNothingLeft();
});

Deno.test("refused: retry_after 0 says nothing of when", () => {
  const bed = new Bed({ gate: new Gate(0) });
  bed.receive(peerRequest("INVITE"));
  const { headers } = bed.transport.last.message;
  assertStrictEquals(headers.get("Retry-After"), undefined);
  bed.assertNothingLeft();
});
