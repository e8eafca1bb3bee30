import { keepSample, KINDS } from "../../../core/base/samples.ts";
import { setImmediate } from "node:timers";
import v8 from "node:v8";
import vm from "node:vm";
import { assert, assertEquals } from "@std/assert";
import { seededRandom } from "../../../core/base/random.ts";
import {
  Authenticator,
  AuthRound,
} from "../../../core/dialog/authenticator.ts";
import { Headers } from "../../../core/message/headers.ts";
import { type SipRequest, SipResponse } from "../../../core/message/message.ts";
import type { Target } from "../../../core/transport/address.ts";
import { T1 } from "../transaction/bed.ts";
import { type Caller, ForkBed } from "./uac_invite_bed.ts";

/** Timer M: as long the peer may send a 2xx again. */
const M = 64 * T1;

/** How a call stands when something late comes: whether it is up, and when. */
const MOMENTS = [
  { name: "while the call is up", over: false, atMs: 500 },
  { name: "after 31 s of the call", over: false, atMs: 31_000 },
  { name: "after BYE", over: true, atMs: 500 },
  { name: "31 s after the first, the call over", over: true, atMs: 31_000 },
] as const;

for (const { name, over, atMs } of MOMENTS) {
  /** Called and answered by `desk`; what was sent so far is looked at. */
  const prepared = (bed: ForkBed): Caller => {
    const caller = bed.upCall();
    if (over) caller.hangUp();
    bed.run(atMs);
    bed.takeSent();
    caller.told.length = 0;
    return caller;
  };

  Deno.test(`2xx again ${name}: the same ACK, and nobody is told`, () => {
    const bed = new ForkBed();
    const caller = prepared(bed);
    const { bytes } = bed.lastSent("ACK", "desk");
    caller.answer("desk");
    caller.answer("desk");
    // §13.2.2.4: "The ACK MUST be passed to the client transport every time a retransmission of the 2xx final response
    // that triggered the ACK arrives."
    assertEquals(bed.takeSent(), ["ACK desk filtered", "ACK desk filtered"]);
    assertEquals(bed.transport.last.bytes, bytes);
    assertEquals(bed.transport.last.flow, bed.flow);
    assertEquals(caller.told, []);
    // Anything else that a fork still sends is of no more use.
    caller.answer("desk", 180);
    caller.answer("cell", 486);
    assertEquals(bed.takeSent(), []);
    if (!over) caller.hangUp();
    bed.run(M);
    bed.assertNothingLeft();
  });

  Deno.test(`2xx of another fork ${name}: acknowledged and ended, its doubles too`, () => {
    const bed = new ForkBed();
    const caller = prepared(bed);
    const filtered = over ? "" : " filtered";
    caller.answer("cell");
    // §13.2.2.4: "The UAC core MUST generate an ACK request for each 2xx received", and "If, after acknowledging any 2xx
    // response to an INVITE, the UAC does not want to continue with that dialog, then the UAC MUST terminate the dialog by
    // sending a BYE request".
    assertEquals(bed.takeSent(), [
      `ACK cell${filtered}`,
      `BYE cell${filtered}`,
    ]);
    const ack = bed.lastSent("ACK", "cell");
    const { message: bye } = bed.lastSent("BYE", "cell");
    assertEquals(ack.message.cseq?.number, 1);
    assertEquals(bye.cseq?.number, 2);
    assertEquals(
      [bye.callId, bye.from?.tag, bye.uri],
      [caller.sent.callId, "a", "sip:bob@192.0.2.9"],
    );
    caller.answer("cell");
    assertEquals(bed.takeSent(), [`ACK cell${filtered}`]);
    assertEquals(bed.transport.last.bytes, ack.bytes);
    caller.answer("desk");
    assertEquals(bed.takeSent(), ["ACK desk filtered"]);
    bed.answerByes();
    // Its session is over, its 2xx may still come.
    caller.answer("cell");
    caller.answer("car");
    assertEquals(bed.takeSent(), [
      `ACK cell${filtered}`,
      `ACK car${filtered}`,
      `BYE car${filtered}`,
    ]);
    bed.answerByes();
    assertEquals(caller.told, []);
    if (!over) caller.hangUp();
    bed.run(M);
    bed.assertNothingLeft();
  });
}

Deno.test("2xx past timer M: a stray, whatever became of the call", () => {
  for (const over of [true, false]) {
    const bed = new ForkBed();
    const caller = bed.upCall();
    if (over) caller.hangUp();
    bed.run(M - 1);
    assertEquals(bed.layer.size, 1);
    bed.run(1);
    bed.takeSent();
    bed.told.length = 0;
    caller.answer("desk");
    caller.answer("cell");
    assertEquals(bed.takeSent(), []);
    assertEquals(bed.told, ["stray 200", "stray 200"]);
    assertEquals(bed.counted("transaction_stray_responses"), 2);
    // Who has released it is told of its end no more.
    assertEquals(caller.told, [
      "200 desk",
      ...(over ? ["closed"] : [`spent ${M}`]),
    ]);
    if (!over) caller.hangUp();
    bed.run(M);
    bed.assertNothingLeft();
  }
});

Deno.test("a fork taken while the call was up is known after it, and seen by nobody", () => {
  const bed = new ForkBed();
  const caller = bed.upCall();
  caller.answer("cell");
  bed.answerByes();
  caller.hangUp();
  bed.takeSent();
  caller.answer("cell");
  caller.answer("car");
  assertEquals(bed.takeSent(), ["ACK cell filtered", "ACK car", "BYE car"]);
  bed.answerByes();
  bed.run(M);
  bed.assertNothingLeft();
});

for (const over of [false, true]) {
  Deno.test(`forks past dialogsPerInvite are ignored and counted, the call ${over ? "over" : "up"}`, () => {
    const bed = new ForkBed({ limits: { dialogsPerInvite: 2 } });
    const caller = bed.upCall();
    if (over) caller.hangUp();
    bed.takeSent();
    for (const tag of ["one", "two", "three", "three"]) caller.answer(tag);
    assertEquals(
      bed.takeSent().map((text) => text.replace(" filtered", "")),
      ["ACK one", "BYE one", "ACK two", "BYE two"],
    );
    assertEquals(bed.counted("dialog_forks_ignored"), 2);
    bed.answerByes();
    if (!over) caller.hangUp();
    bed.run(M);
    bed.assertNothingLeft();
  });

  Deno.test(`the ACK goes again by a new connection where its own has closed, the call ${over ? "over" : "up"}`, () => {
    const bed = new ForkBed({ transport: "TCP" });
    const caller = bed.upCall();
    const { bytes } = bed.lastSent("ACK", "desk");
    if (over) caller.hangUp();
    bed.flow.open = false;
    bed.layer.onClosed(bed.flow, "reset");
    bed.takeSent();
    caller.answer("desk");
    assertEquals(bed.takeSent(), ["ACK desk filtered"]);
    const { flow } = bed.transport.last;
    assertEquals(bed.transport.last.bytes, bytes);
    assertEquals([flow === bed.flow, flow.open], [false, true]);
    assertEquals([flow.transport, flow.remote.host], ["TCP", "192.0.2.9"]);
    // A fork's are sent on it as well.
    caller.answer("cell");
    assertEquals(bed.transport.last.flow, flow);
    bed.answerByes();
    if (!over) caller.hangUp();
    bed.run(M);
    bed.assertNothingLeft();
  });

  Deno.test(`an ACK that cannot be sent again is counted and thrown at nobody, the call ${over ? "over" : "up"}`, () => {
    const bed = new ForkBed();
    const caller = bed.upCall();
    if (over) caller.hangUp();
    bed.flow.fault = "unreachable";
    caller.answer("desk");
    bed.run(0);
    assertEquals(bed.counted("transaction_acks_unsendable"), 1);
    bed.flow.fault = undefined;
    bed.takeSent();
    caller.answer("desk");
    bed.run(0);
    assertEquals(bed.takeSent(), ["ACK desk filtered"]);
    assertEquals(bed.counted("transaction_acks_unsendable"), 1);
    if (!over) caller.hangUp();
    bed.run(M);
    bed.assertNothingLeft();
  });

  Deno.test(`closed, the call ${over ? "over" : "up"}: nothing left, nothing answered, nobody told`, () => {
    const bed = new ForkBed();
    const caller = bed.upCall();
    if (over) caller.hangUp();
    caller.told.length = 0;
    bed.layer.close();
    bed.takeSent();
    caller.answer("desk");
    caller.answer("cell");
    caller.invite.release();
    bed.run(M);
    assertEquals([bed.takeSent(), caller.told], [[], []]);
    caller.session?.close();
    bed.assertNothingLeft();
  });
}

Deno.test("what has ended is counted as one until timer M", () => {
  const bed = new ForkBed({ limits: { endedTransactions: 2 } });
  const calls = [bed.upCall({ cseq: 1 }), bed.upCall({ cseq: 2 })];
  assertEquals(bed.layer.size, 2);
  // The table is full: even the BYE has no room.
  for (const caller of calls) caller.session?.bye();
  bed.run(0);
  assertEquals(bed.counted("transactions_refused"), 2);
  bed.run(M);
  bed.assertNothingLeft();
});

Deno.test("a late offer: nothing is repeated before its ACK, which is repeated from then on", () => {
  const bed = new ForkBed();
  const caller = bed.call({ cseq: 7 });
  caller.answer("desk", 180);
  caller.answer("desk");
  bed.takeSent();
  bed.run(2000);
  caller.answer("desk");
  assertEquals(bed.takeSent(), []);
  caller.answer("cell");
  assertEquals(bed.takeSent(), ["ACK cell filtered", "BYE cell filtered"]);
  assertEquals(bed.lastSent("ACK", "cell").message.cseq?.number, 7);
  // Others end meanwhile.
  bed.upCall().hangUp();
  bed.takeSent();
  caller.invite.ack({ headers: new Headers().append("X-Late", "yes") });
  caller.invite.ack();
  assertEquals(bed.takeSent(), ["ACK desk filtered"]);
  const { bytes, message } = bed.lastSent("ACK", "desk");
  assertEquals(message.headers.get("X-Late"), "yes");
  caller.answer("desk");
  assertEquals(bed.takeSent(), ["ACK desk filtered"]);
  assertEquals(bed.transport.last.bytes, bytes);
  caller.answer("cell");
  assertEquals(bed.takeSent(), ["ACK cell filtered"]);
  bed.answerByes();
  caller.told.length = 0;
  // RFC 6026 §8.4: timer M counts from the 2xx, not from its ACK.
  bed.run(M - 2000);
  assertEquals(caller.told, [`spent ${M}`]);
  caller.hangUp();
  bed.run(M);
  bed.assertNothingLeft();
});

Deno.test("an ACK that waits for its address: repeated once it is known, even when the call is over", async () => {
  for (const over of [false, true]) {
    const bed = new ForkBed();
    bed.found = Promise.resolve([bed.target]);
    const caller = bed.upCall();
    bed.takeSent();
    caller.answer("desk");
    assertEquals(bed.takeSent(), []);
    if (over) caller.session?.close();
    await bed.found;
    await Promise.resolve();
    assertEquals(bed.takeSent(), ["ACK desk filtered"]);
    const { bytes } = bed.transport.last;
    bed.found = undefined;
    caller.answer("desk");
    assertEquals(bed.takeSent(), ["ACK desk filtered"]);
    assertEquals(bed.transport.last.bytes, bytes);
    caller.answer("cell");
    const filtered = over ? "" : " filtered";
    assertEquals(bed.takeSent(), [
      `ACK cell${filtered}`,
      `BYE cell${filtered}`,
    ]);
    bed.answerByes();
    caller.session?.close();
    bed.run(M);
    bed.assertNothingLeft();
  }
});

Deno.test("an ACK that may still go another way does, and is repeated there", () => {
  const bed = new ForkBed();
  const other: Target = { ...bed.target, host: "192.0.2.12" };
  bed.found = [bed.target, other];
  const caller = bed.call();
  caller.answer("desk");
  bed.flow.fault = "unreachable";
  caller.invite.ack();
  bed.run(0);
  const { bytes, flow } = bed.transport.last;
  assertEquals(flow.remote.host, "192.0.2.12");
  bed.takeSent();
  for (const over of [false, true]) {
    caller.answer("desk");
    assertEquals(bed.takeSent(), ["ACK desk filtered"]);
    assertEquals(bed.transport.last.bytes, bytes);
    assertEquals(bed.transport.last.flow, flow);
    if (!over) caller.session?.close();
  }
  bed.run(M);
  assertEquals(bed.counted("transaction_acks_unsendable"), 0);
  bed.assertNothingLeft();
});

Deno.test("a cancelled INVITE: each 2xx that crosses is acknowledged and ended", () => {
  const bed = new ForkBed();
  const caller = bed.call();
  caller.answer("desk", 180);
  caller.invite.cancel();
  bed.takeSent();
  caller.answer("desk");
  caller.answer("cell");
  caller.answer("desk");
  assertEquals(bed.takeSent(), [
    "ACK desk filtered",
    "BYE desk filtered",
    "ACK cell filtered",
    "BYE cell filtered",
    "ACK desk filtered",
  ]);
  assertEquals(caller.told, ["180"]);
  bed.answerByes();
  bed.run(M);
  bed.assertNothingLeft();
});

Deno.test("a callee without a To tag: its 2xx has none again, a fork's has one", () => {
  const bed = new ForkBed();
  const caller = bed.call();
  const bare = new SipResponse(
    200,
    "OK",
    new Headers(
      caller.sent.headers.lines.filter(({ key }) =>
        ["via", "from", "to", "call-id", "cseq"].includes(key)
      ),
    ),
  );
  bed.receive(bare);
  caller.invite.ack();
  bed.takeSent();
  bed.receive(bare);
  assertEquals(bed.takeSent(), ["ACK - filtered"]);
  caller.answer("cell");
  assertEquals(bed.takeSent(), ["ACK cell filtered", "BYE cell filtered"]);
  bed.answerByes();
  caller.session?.close();
  bed.run(M);
  bed.assertNothingLeft();
});

for (const over of [false, true]) {
  Deno.test(`with credentials a fork's ACK has those of the INVITE, its BYE the next, the call ${over ? "over" : "up"}`, () => {
    const bed = new ForkBed();
    const authenticator = new Authenticator(
      { username: "u", password: "p" },
      seededRandom(3),
    );
    const challenge = 'Digest realm="r", nonce="n", qop="auth"';
    const headers = new Headers().append("Proxy-Authenticate", challenge);
    authenticator.learn(
      new SipResponse(407, "Proxy Authentication Required", headers),
      new AuthRound(),
    );
    const caller = bed.upCall({ authenticator });
    if (over) caller.hangUp();
    caller.answer("cell");
    const credentials = (method: string): string[] =>
      bed.lastSent(method, "cell").message.headers
        .getAll("Proxy-Authorization");
    // §13.2.2.4: "The ACK MUST contain the same credentials as the INVITE."
    assertEquals(
      credentials("ACK"),
      caller.sent.headers.getAll("Proxy-Authorization"),
    );
    assertEquals(
      /nc=(\d+)/.exec(credentials("BYE")[0]!)?.[1],
      over ? "00000003" : "00000002",
    );
    bed.answerByes();
    if (!over) caller.hangUp();
    bed.run(M);
    bed.assertNothingLeft();
  });
}

Deno.test("an account that nobody has asked for: a late fork that asks is answered", () => {
  const bed = new ForkBed();
  const account = { username: "u", password: "p" };
  const authenticator = new Authenticator(account, seededRandom(3));
  const caller = bed.upCall({ authenticator });
  caller.hangUp();
  caller.answer("cell");
  const { message: bye } = bed.lastSent("BYE", "cell");
  assertEquals(bye.headers.has("Authorization"), false);
  const challenge = 'Digest realm="r", nonce="n", qop="auth"';
  const headers = new Headers().append("WWW-Authenticate", challenge);
  bed.answer(bye, 401, { headers });
  const { message: signed } = bed.lastSent("BYE", "cell");
  assertEquals(signed.headers.getAll("Authorization").length, 1);
  bed.answerByes();
  bed.run(M);
  bed.assertNothingLeft();
});

Deno.test("a late fork of a device that registered is reached as the device is", () => {
  for (const over of [false, true]) {
    const bed = new ForkBed();
    const nat: Target = { ...bed.target, host: "192.0.2.77" };
    const caller = bed.upCall({ way: { now: () => ({ targets: [nat] }) } });
    if (over) caller.hangUp();
    caller.answer("cell");
    for (const method of ["ACK", "BYE"]) {
      const { flow } = bed.lastSent(method, "cell");
      assertEquals(flow.remote.host, "192.0.2.77");
    }
    bed.answerByes();
    if (!over) caller.hangUp();
    bed.run(M);
    bed.assertNothingLeft();
  }
});

Deno.test("credentials asked for by BYE are a late fork's, too", () => {
  const bed = new ForkBed();
  const account = { username: "u", password: "p" };
  const authenticator = new Authenticator(account, seededRandom(3));
  const caller = bed.upCall({ authenticator });
  caller.session?.bye();
  const challenge = 'Digest realm="r", nonce="n", qop="auth"';
  const headers = new Headers().append("WWW-Authenticate", challenge);
  bed.answer(bed.lastSent("BYE", "desk").message, 401, { headers });
  bed.answerByes();
  caller.answer("cell");
  const { message: bye } = bed.lastSent("BYE", "cell");
  const [credentials] = bye.headers.getAll("Authorization");
  assertEquals(/nc=(\d+)/.exec(credentials!)?.[1], "00000002");
  const { message: ack } = bed.lastSent("ACK", "cell");
  assertEquals(ack.headers.has("Authorization"), false);
  bed.answerByes();
  bed.run(M);
  bed.assertNothingLeft();
});

Deno.test("of a call that is over no object is kept, and a late fork is answered all the same", async () => {
  const bed = new ForkBed();
  const kept: WeakRef<WeakKey>[] = [];
  /** In a function of its own, with which its variables end. */
  function called(): SipRequest {
    const caller = bed.upCall();
    kept.push(new WeakRef(caller), new WeakRef(caller.invite));
    kept.push(new WeakRef(caller.session!));
    caller.hangUp();
    return caller.sent;
  }
  const sent = called();
  const { bytes } = bed.lastSent("ACK", "desk");
  for (const kind of Object.values(KINDS)) keepSample(kind, {});
  await collect();
  assertEquals(kept.map((ref) => ref.deref()), kept.map(() => undefined));
  assertEquals(bed.layer.size, 2);
  bed.takeSent();
  bed.answer(sent, 200, { toTag: "desk" });
  assertEquals(bed.transport.last.bytes, bytes);
  bed.answer(sent, 200, { toTag: "cell" });
  assertEquals(bed.takeSent(), ["ACK desk filtered", "ACK cell", "BYE cell"]);
  bed.answerByes();
  bed.run(M);
  bed.assertNothingLeft();
});

/** Has the engine collect all that it can, which it does not within a job that has made a WeakRef. */
async function collect(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  v8.setFlagsFromString("--expose-gc");
  const gc: unknown = vm.runInNewContext("globalThis.gc");
  assert(typeof gc === "function");
  gc();
}
