import { assert, assertEquals } from "@std/assert";
import { writeRtpHeader } from "../../../core/media/rtp.ts";
import { crossed, facts, portOf, RELAY, RelayBed } from "./relay_bed.ts";
import { audio, parsed, sdp } from "./sdp_texts.ts";

const A = "192.0.2.1";
const B = "192.0.2.2";

/** A call between two phones that is answered. */
function answered(options: ConstructorParameters<typeof RelayBed>[0] = {}) {
  const bed = new RelayBed(options);
  const [a, b] = [bed.phone(A, 4000), bed.phone(B, 5000)];
  const anchor = bed.begin();
  const offer = crossed(anchor, audio({}), { from: "a", role: "offer" });
  const answer = crossed(anchor, audio({ host: B, port: 5000 }), {
    from: "b",
    role: "answer",
  });
  anchor.chosen(1);
  return {
    bed,
    a,
    b,
    anchor,
    /** Where B sends. */
    toB: portOf(offer),
    /** Where A sends. */
    toA: portOf(answer),
    offer,
    answer,
  };
}

Deno.test("packets of both sides pass, and nothing is left", () => {
  const { bed, a, b, anchor, toA, toB } = answered();
  assertEquals(toA % 2, 0);
  assertEquals(toB % 2, 0);
  assertEquals(bed.relay.ports, 4);
  a.speak(toA);
  b.speak(toB);
  bed.pass(10);
  assertEquals(a.heard.map(({ from }) => from), [{ host: RELAY, port: toA }]);
  assertEquals(b.heard.map(({ from }) => from), [{ host: RELAY, port: toB }]);
  // Byte for byte: nothing was put in or taken out.
  assertEquals(b.heard[0]!.bytes[3], 100);
  bed.end(anchor);
});

Deno.test("RFC 3550 §11: RTCP is relayed on the next higher port, RFC 5761: or on the same", () => {
  const { bed, anchor, toA, toB } = answered();
  const report = new Uint8Array(28);
  report[0] = 0x81;
  report[1] = 201;
  const aControl = bed.phone(A, 4001);
  const bControl = bed.phone(B, 5001);
  aControl.send(report, toA + 1);
  bed.pass(10);
  assertEquals(bControl.heard.length, 1);
  assertEquals(bControl.heard[0]!.from.port, toB + 1);
  const noReport = new Uint8Array(28).fill(0x80);
  aControl.send(noReport, toA + 1);
  bed.pass(10);
  assertEquals(bControl.heard.length, 1);
  bed.end(anchor);

  const muxed = new RelayBed();
  const [a, b] = [muxed.phone(A, 4000), muxed.phone(B, 5000)];
  const call = muxed.begin();
  crossed(call, audio({}, "rtcp-mux"), { from: "a", role: "offer" });
  const answer = crossed(
    call,
    audio({ host: B, port: 5000 }, "rtcp-mux"),
    { from: "b", role: "answer" },
  );
  a.speak(portOf(answer));
  a.send(report, portOf(answer));
  muxed.pass(10);
  assertEquals(b.heard.map(({ bytes }) => bytes[1]), [0, 201]);
  muxed.end(call);
});

Deno.test("a stranger neither gets in nor gets anything", () => {
  const { bed, a, b, anchor, toA, toB } = answered();
  const stranger = bed.phone("198.51.100.66", 6000);
  // Before the caller has sent anything, and after.
  for (let i = 0; i < 10; i++) stranger.speak(toA);
  bed.pass(10);
  assertEquals(b.heard.length, 0);
  b.speak(toB);
  bed.pass(10);
  assertEquals(stranger.heard.length, 0);
  assertEquals(a.heard.length, 1);
  a.speak(toA);
  bed.pass(10);
  for (let i = 0; i < 10; i++) stranger.speak(toA);
  bed.pass(10);
  b.speak(toB);
  bed.pass(10);
  assertEquals(b.heard.length, 1);
  assertEquals(stranger.heard.length, 0);
  assertEquals(anchor.port("a", 0)!.reception.refused, 20);
  bed.end(anchor);
});

Deno.test("a peer that sends from another port than it named is answered there", () => {
  const { bed, anchor, b, toA, toB } = answered();
  const moved = bed.phone(A, 4444);
  moved.speak(toA);
  bed.pass(10);
  b.speak(toB);
  bed.pass(10);
  assertEquals(b.heard.length, 1);
  assertEquals(moved.heard.length, 1);
  // Once is enough: a third port of the same host is a stranger's.
  const third = bed.phone(A, 4446);
  for (let i = 0; i < 10; i++) third.speak(toA);
  bed.pass(10);
  assertEquals(b.heard.length, 1);
  bed.end(anchor);
});

Deno.test("latch any: whoever sends three in a row first, and nobody after", () => {
  const { bed, anchor, b, toA, toB } = answered({ latch: "any" });
  const natted = bed.phone("198.51.100.1", 7000);
  const late = bed.phone("198.51.100.2", 7000);
  natted.speak(toA);
  natted.speak(toA);
  bed.pass(10);
  assertEquals(b.heard.length, 0);
  natted.speak(toA);
  bed.pass(10);
  assertEquals(b.heard.length, 1);
  for (let i = 0; i < 5; i++) late.speak(toA);
  b.speak(toB);
  bed.pass(10);
  assertEquals(b.heard.length, 1);
  assertEquals(natted.heard.length, 1);
  assertEquals(late.heard.length, 0);
  bed.end(anchor);
});

Deno.test("latch always: a peer that moves is followed; latch off: nobody but whom the description names", () => {
  const always = answered({ latch: "always" });
  always.a.speak(always.toA);
  const moved = always.bed.phone("198.51.100.1", 7000);
  for (let i = 0; i < 3; i++) moved.speak(always.toA);
  always.bed.pass(10);
  always.b.speak(always.toB);
  always.bed.pass(10);
  assertEquals(moved.heard.length, 1);
  always.bed.end(always.anchor);

  const off = answered({ latch: "off" });
  const other = off.bed.phone(A, 4002);
  for (let i = 0; i < 5; i++) other.speak(off.toA);
  off.a.speak(off.toA);
  off.bed.pass(10);
  assertEquals(off.b.heard.length, 1);
  off.bed.end(off.anchor);
});

Deno.test("a new description moves a side, the same one again does not", () => {
  const { bed, a, b, anchor, toA, toB } = answered();
  const moved = bed.phone(A, 4444);
  moved.speak(toA);
  bed.pass(10);
  // A refresh with the description of before: the latch stays.
  crossed(anchor, audio({}), { from: "a", role: "offer" });
  crossed(anchor, audio({ host: B, port: 5000 }), {
    from: "b",
    role: "answer",
  });
  b.speak(toB);
  bed.pass(10);
  assertEquals([moved.heard.length, a.heard.length], [1, 0]);
  // Another port: from now on it counts.
  const fresh = bed.phone(A, 4100);
  const again = crossed(anchor, audio({ port: 4100 }), {
    from: "a",
    role: "offer",
  });
  assertEquals(portOf(again), toB);
  b.speak(toB);
  bed.pass(10);
  assertEquals(moved.heard.length, 2, "an offer that is not answered");
  crossed(anchor, audio({ host: B, port: 5000 }), {
    from: "b",
    role: "answer",
  });
  b.speak(toB);
  bed.pass(10);
  assertEquals([moved.heard.length, fresh.heard.length], [2, 1]);
  bed.end(anchor);
});

// RFC 3261 §14.1: a re-INVITE that is refused leaves the session as it was.
Deno.test("an offer that is refused leaves all as it was, new ports given back", () => {
  const { bed, a, b, anchor, toA, toB } = answered();
  const more = audio({ port: 4100 }) +
    sdp("m=video 4200 RTP/AVP 31");
  const offer = crossed(anchor, more, { from: "a", role: "offer" });
  assertEquals(facts(offer).length, 2);
  assertEquals(bed.relay.ports, 6);
  anchor.refused(1);
  assertEquals(bed.relay.ports, 4);
  b.speak(toB);
  a.speak(toA);
  bed.pass(10);
  assertEquals([a.heard.length, b.heard.length], [1, 1]);
  bed.end(anchor);
});

Deno.test("hold by address: nothing is sent, and the way back is known", () => {
  const { bed, a, b, anchor, toA, toB } = answered();
  a.speak(toA);
  bed.pass(10);
  crossed(anchor, audio({ host: "0.0.0.0" }), { from: "a", role: "offer" });
  crossed(anchor, audio({ host: B, port: 5000 }), {
    from: "b",
    role: "answer",
  });
  b.speak(toB);
  bed.pass(10);
  assertEquals(a.heard.length, 0);
  crossed(anchor, audio({}), { from: "a", role: "offer" });
  crossed(anchor, audio({ host: B, port: 5000 }), {
    from: "b",
    role: "answer",
  });
  b.speak(toB);
  bed.pass(10);
  assertEquals(a.heard.length, 1);
  bed.end(anchor);
});

// RFC 3264 §6: a port of zero in the answer refuses the stream.
Deno.test("a stream that is refused gives its ports back, and may come again", () => {
  const bed = new RelayBed();
  const anchor = bed.begin();
  const two = audio({}) + sdp("m=video 4200 RTP/AVP 31");
  crossed(anchor, two, { from: "a", role: "offer" });
  const answer = audio({ host: B, port: 5000 }) + sdp("m=video 0 RTP/AVP 31");
  const refused = crossed(anchor, answer, { from: "b", role: "answer" });
  assertEquals(parsed(refused).media[1]!.port, 0);
  assertEquals(bed.relay.ports, 4);
  const accepted = audio({ host: B, port: 5000 }) +
    sdp("m=video 5200 RTP/AVP 31");
  crossed(anchor, two, { from: "a", role: "offer" });
  crossed(anchor, accepted, { from: "b", role: "answer" });
  assertEquals(bed.relay.ports, 8);
  bed.end(anchor);
});

Deno.test("a late offer: the callee offers, the caller's ACK answers", () => {
  const bed = new RelayBed();
  const [a, b] = [bed.phone(A, 4000), bed.phone(B, 5000)];
  const anchor = bed.begin();
  const offer = crossed(anchor, audio({ host: B, port: 5000 }), {
    from: "b",
    role: "offer",
  });
  anchor.chosen(1);
  const answer = crossed(anchor, audio({}), { from: "a", role: "answer" });
  a.speak(portOf(offer));
  b.speak(portOf(answer));
  bed.pass(10);
  assertEquals([a.heard.length, b.heard.length], [1, 1]);
  bed.end(anchor);
});

Deno.test("two targets with early media: the caller sees one session, and hears who spoke last", () => {
  const bed = new RelayBed();
  const a = bed.phone(A, 4000);
  const [b, c] = [bed.phone(B, 5000), bed.phone("192.0.2.3", 6000)];
  const anchor = bed.begin();
  const toB = portOf(
    crossed(anchor, audio({}), { from: "a", role: "offer", target: 1 }),
  );
  const toC = portOf(
    crossed(anchor, audio({}), { from: "a", role: "offer", target: 2 }),
  );
  assert(toB !== toC);
  const early = crossed(anchor, audio({ host: B, port: 5000 }), {
    from: "b",
    role: "answer",
    target: 1,
  });
  b.speak(toB);
  c.speak(toC);
  bed.pass(10);
  assertEquals(a.heard.length, 1);
  const other = crossed(
    anchor,
    audio({ host: "192.0.2.3", port: 6000, origin: "carol 5 5 IN IP4 x" }),
    { from: "b", role: "answer", target: 2, standing: early },
  );
  // RFC 3264 §8: the same description has the same version, whoever answered.
  assertEquals(other, early);
  b.speak(toB);
  c.speak(toC);
  bed.pass(10);
  assertEquals(a.heard.length, 2);
  anchor.chosen(2);
  assertEquals(bed.relay.ports, 4);
  a.speak(portOf(early));
  bed.pass(10);
  assertEquals([b.heard.length, c.heard.length], [0, 1]);
  bed.end(anchor);
});

Deno.test("T.38 in place of audio: the same ports, any datagram", () => {
  const { bed, a, b, anchor, toA, toB } = answered();
  const fax = (host: string, port: number) =>
    sdp(
      "v=0",
      `o=- 1 2 IN IP4 ${host}`,
      "s=-",
      `c=IN IP4 ${host}`,
      "t=0 0",
      `m=image ${port} udptl t38`,
    );
  const offer = crossed(anchor, fax(A, 4000), { from: "a", role: "offer" });
  assertEquals(portOf(offer), toB);
  crossed(anchor, fax(B, 5000), { from: "b", role: "answer" });
  a.send(new Uint8Array([0, 1, 2]), toA);
  b.send(new Uint8Array([9]), toB);
  bed.pass(10);
  assertEquals(b.heard.at(-1)?.bytes, new Uint8Array([0, 1, 2]));
  assertEquals(a.heard.at(-1)?.bytes, new Uint8Array([9]));
  bed.end(anchor);
});

Deno.test("silence of both sides ends the call, but not on hold", () => {
  const { bed, a, anchor, toA } = answered({ timeoutSeconds: 10 });
  bed.pass(9_000);
  a.speak(toA);
  bed.pass(9_000);
  assertEquals(bed.timeouts, 0);
  crossed(anchor, audio({}, "sendonly"), { from: "a", role: "offer" });
  crossed(anchor, audio({ host: B, port: 5000 }, "recvonly"), {
    from: "b",
    role: "answer",
  });
  bed.pass(60_000);
  assertEquals(bed.timeouts, 0);
  crossed(anchor, audio({}), { from: "a", role: "offer" });
  crossed(anchor, audio({ host: B, port: 5000 }), {
    from: "b",
    role: "answer",
  });
  bed.pass(25_000);
  assertEquals(bed.timeouts, 1);
  bed.end(anchor);
});

Deno.test("a hold that was answered in the other's place is one", () => {
  const { bed, a, b, anchor, toA, toB } = answered({ timeoutSeconds: 10 });
  const hold = audio({}, "sendonly");
  anchor.settled(hold, { from: "a", target: 1 });
  bed.pass(60_000);
  assertEquals(bed.timeouts, 0);
  // Its music passes, and with another address what it hears goes there.
  const moved = bed.phone(A, 4100);
  anchor.settled(audio({ port: 4100 }), { from: "a", target: 1 });
  moved.speak(toA);
  b.speak(toB);
  bed.pass(5);
  assertEquals([b.heard.length, moved.heard.length, a.heard.length], [1, 1, 0]);
  // With other streams than were agreed it says nothing of ours.
  anchor.settled(hold + "m=video 4200 RTP/AVP 96\r\n", {
    from: "a",
    target: 1,
  });
  bed.pass(30_000);
  assertEquals(bed.timeouts, 1);
  bed.end(anchor);
});

Deno.test("no port is left: the offer fails, and what was taken is given back", () => {
  const bed = new RelayBed({ ports: { from: 20000, to: 20001 } });
  const [first, second] = [bed.begin(), bed.begin()];
  crossed(first, audio({}), { from: "a", role: "offer" });
  let reason = "";
  second.cross(audio({}), {
    from: "a",
    role: "offer",
    target: 1,
    standing: undefined,
  }, (outcome) => reason = outcome.kind === "failed" ? outcome.reason : "");
  assertEquals(reason, "no media ports");
  assertEquals(bed.observer.counters.get("media_ports_exhausted"), 1);
  assertEquals(bed.relay.ports, 2);
  bed.end(first, second);
});

Deno.test("a port that somebody else has is stepped over", () => {
  const bed = new RelayBed();
  bed.phone(RELAY, 20003);
  const anchor = bed.begin();
  crossed(anchor, audio({}), { from: "a", role: "offer" });
  const next = crossed(anchor, audio({ host: B, port: 5000 }), {
    from: "b",
    role: "answer",
  });
  assertEquals(portOf(next), 20004);
  assertEquals(bed.observer.counters.get("media_ports_taken"), 1);
  bed.end(anchor);
});

Deno.test("loss and jitter are counted for each side (RFC 3550 §6.4.1)", () => {
  const { bed, a, anchor, toA } = answered();
  for (let i = 0; i < 50; i++) {
    if (i % 10 === 9) a.sequence++;
    else a.speak(toA);
    bed.pass(20);
  }
  const { reception } = anchor.port("a", 0)!;
  // The last one lost is not missed yet.
  assertEquals([reception.packets, reception.lost], [45, 4]);
  assertEquals(reception.bytes, 45 * 172);
  assertEquals(reception.jitterMs, 0);
  const summary = anchor.end();
  assertEquals(
    summary?.flows.map(({ from, packets, lost }) => [from, packets, lost]),
    [
      ["a", 45, 4],
    ],
  );
  bed.end();
});

Deno.test("events taken out and put in leave one stream: one SSRC, numbers without gaps", () => {
  const { bed, a, b, anchor, toA } = answered();
  const from = anchor.port("a", 0)!;
  const to = anchor.port("b", 0)!;
  from.tap = { onPacket: (view) => view.payloadType !== 101 };
  a.speak(toA);
  a.speak(toA, 101);
  a.speak(toA, 101);
  a.speak(toA);
  bed.pass(20);
  const own = new Uint8Array(16);
  for (let i = 0; i < 3; i++) {
    writeRtpHeader(own, {
      marker: i === 0,
      payloadType: 96,
      sequence: to.stream.nextSequence(),
      timestamp: to.stream.timestampAt(bed.clock.now()),
      ssrc: to.stream.ssrc,
    });
    to.sendPacket(own, own.length);
  }
  a.speak(toA);
  bed.pass(20);
  const numbers = b.heard.map(({ bytes }) => bytes[2]! << 8 | bytes[3]!);
  assertEquals(numbers, [100, 101, 102, 103, 104, 105]);
  assertEquals(
    new Set(b.heard.map(({ bytes }) => bytes.slice(8, 12).join())).size,
    1,
  );
  bed.end(anchor);
});

Deno.test("a stream of our own goes on when the peer's begins", () => {
  const { bed, a, b, anchor, toA } = answered();
  const to = anchor.port("b", 0)!;
  const own = new Uint8Array(16);
  writeRtpHeader(own, {
    marker: true,
    payloadType: 101,
    sequence: to.stream.nextSequence(),
    timestamp: to.stream.timestampAt(bed.clock.now()),
    ssrc: to.stream.ssrc,
  });
  to.sendPacket(own, own.length);
  a.speak(toA);
  a.speak(toA);
  bed.pass(20);
  const numbers = b.heard.map(({ bytes }) => bytes[2]! << 8 | bytes[3]!);
  assertEquals(numbers, [numbers[0]!, numbers[0]! + 1, numbers[0]! + 2]);
  assertEquals(
    new Set(b.heard.map(({ bytes }) => bytes.slice(8, 12).join())).size,
    1,
  );
  bed.end(anchor);
});

Deno.test("ports rest before they are used again", () => {
  const bed = new RelayBed({ ports: { from: 20000, to: 20003 } });
  const first = bed.begin();
  crossed(first, audio({}), { from: "a", role: "offer" });
  crossed(first, audio({ host: B }), { from: "b", role: "answer" });
  first.end();
  const second = bed.begin();
  let failed = false;
  second.cross(audio({}), {
    from: "a",
    role: "offer",
    target: 1,
    standing: undefined,
  }, (outcome) => failed = outcome.kind === "failed");
  assertEquals(failed, true);
  bed.pass(10_000);
  assertEquals(
    portOf(crossed(second, audio({}), { from: "a", role: "offer" })),
    20002,
  );
  bed.end(second);
});

Deno.test("events are added to an answer as they were offered, and hidden from who has no use for them", () => {
  const bed = new RelayBed();
  const anchor = bed.begin();
  const offer = crossed(
    anchor,
    audio({}).replaceAll("101", "97"),
    { from: "a", role: "offer", events: "hide" },
  );
  assertEquals(parsed(offer).media[0]!.formats, ["0", "8"]);
  const answer = crossed(
    anchor,
    sdp("v=0", `c=IN IP4 ${B}`, "m=audio 5000 RTP/AVP 8"),
    { from: "b", role: "answer", events: "add" },
  );
  const { formats } = parsed(answer).media[0]!;
  assertEquals(formats, ["8", "97"]);
  assert(answer.includes("a=rtpmap:97 telephone-event/8000"));
  assert(answer.includes("a=fmtp:97 0-15"));
  bed.end(anchor);
});
