import { assert, assertEquals } from "@std/assert";
import { DtmfTranslator } from "../../../core/media/dtmf_translator.ts";
import { PCMU } from "../../../core/media/g711.ts";
import type { HeardKind, SendKind } from "../../../core/media/key.ts";
import { PortKeys } from "../../../core/media/port_keys.ts";
import { RtpView, timestampDelta } from "../../../core/media/rtp.ts";
import { TelephoneEventReceiver } from "../../../core/media/telephone_event_receiver.ts";
import { InbandReceiver } from "../../../core/media/inband_receiver.ts";
import { eventPacket, KeyLog } from "./key_log.ts";
import { type Arrived, crossed, portOf, RelayBed } from "./relay_bed.ts";
import { audio } from "./sdp_texts.ts";
import { join, packets, silence, sine, tone } from "./tones.ts";

const A = "192.0.2.1";
const B = "192.0.2.2";
const EVENTS_OF_A = { payloadType: 97, clockRate: 16_000 };
const EVENTS_OF_B = { payloadType: 101, clockRate: 8000 };

/** A relayed call whose keys are heard on A and sent to B. */
function call(from: HeardKind, to: SendKind) {
  const bed = new RelayBed();
  const [a, b] = [bed.phone(A, 4000), bed.phone(B, 5000)];
  const anchor = bed.begin();
  const offer = crossed(anchor, audio({}), { from: "a", role: "offer" });
  const answer = crossed(anchor, audio({ host: B, port: 5000 }), {
    from: "b",
    role: "answer",
  });
  anchor.chosen(1);
  const { clock, observer } = bed;
  const told = new KeyLog();
  const translator = new DtmfTranslator({
    clock,
    observer,
    receive: [from],
    onPress: ({ key, durationMs }) => told.lines.push(`${key} ${durationMs}`),
  });
  const portOfA = anchor.port("a", 0)!;
  const portOfB = anchor.port("b", 0)!;
  const nobody = new KeyLog();
  const keysOfA = new PortKeys({
    clock,
    observer,
    port: portOfA,
    listener: translator,
  });
  const keysOfB = new PortKeys({
    clock,
    observer,
    port: portOfB,
    listener: nobody,
  });
  portOfA.tap = keysOfA;
  portOfB.tap = keysOfB;
  keysOfA.join(keysOfB);
  keysOfA.hear({
    formats: [EVENTS_OF_A],
    laws: from === "inband" ? [PCMU] : [],
    passesEvents: false,
  });
  const sinks = keysOfB.sinks({ events: EVENTS_OF_B, law: PCMU });
  translator.attach(sinks.filter(({ kind }) => kind === to));
  return {
    bed,
    a,
    b,
    told,
    translator,
    keysOfA,
    toA: portOf(answer),
    toB: portOf(offer),
    end(): void {
      translator.close();
      keysOfA.close();
      keysOfB.close();
      bed.end(anchor);
    },
  };
}

/** What B hears, as a phone would. */
function heardBy(arrived: readonly Arrived[]): readonly string[] {
  const bed = new RelayBed();
  const { clock, observer } = bed;
  const log = new KeyLog();
  const events = new TelephoneEventReceiver({
    clock,
    observer,
    listener: log,
    formats: [EVENTS_OF_B],
  });
  const tones = new InbandReceiver({ clock, listener: log, laws: [PCMU] });
  const view = new RtpView();
  for (const { bytes } of arrived) {
    view.wrap(bytes);
    if (!events.receive(view)) tones.receive(view);
  }
  events.close();
  tones.close();
  return log.presses.map(({ key, kind }) => `${key} ${kind}`);
}

/** A speaks for a while, presses a key as events within it, and speaks on. */
function pressEvents(world: ReturnType<typeof call>, key: number): void {
  const { a, bed, toA } = world;
  for (let time = 0; time < 5; time++) {
    a.speak(toA);
    bed.pass(20);
  }
  const timestamp = a.sequence * 160;
  for (let index = 0; index < 8; index++) {
    a.send(
      eventPacket({
        event: key,
        duration: 320 * Math.min(index + 1, 6),
        end: index >= 5,
        marker: index === 0,
        payloadType: 97,
        sequence: a.sequence++,
        timestamp,
        ssrc: a.ssrc,
      }),
      toA,
    );
    bed.pass(20);
  }
  for (let time = 0; time < 10; time++) {
    a.speak(toA);
    bed.pass(20);
  }
}

/** The stream that a phone hears: one source, no number missing, and audio whose time goes on. */
function assertWhole(arrived: readonly Arrived[]): void {
  const view = new RtpView();
  assert(view.wrap(arrived[0]!.bytes));
  const { ssrc } = view;
  let { sequence, timestamp } = view;
  for (const { bytes } of arrived.slice(1)) {
    assert(view.wrap(bytes));
    assertEquals(view.ssrc, ssrc);
    assertEquals(view.sequence, (sequence + 1) & 0xffff);
    sequence = view.sequence;
    if (view.payloadType !== PCMU.payloadType) continue;
    const after = timestampDelta(view.timestamp, timestamp);
    assert(after >= 0 && after <= 2400, `${after} samples later`);
    timestamp = view.timestamp;
  }
}

Deno.test("events of 16 kHz become events of 8 kHz within the relayed stream", () => {
  const world = call("rfc4733", "rfc4733");
  pressEvents(world, 5);
  pressEvents(world, 11);
  assertEquals(world.told.lines, ["5 120", "# 120"]);
  assertEquals(heardBy(world.b.heard), ["5 rfc4733", "# rfc4733"]);
  assertWhole(world.b.heard);
  const types = world.b.heard.map(({ bytes }) => bytes[1]! & 0x7f);
  assertEquals(new Set(types), new Set([0, 101]), "none as it came");
  world.end();
});

Deno.test("events become tones within the relayed stream", () => {
  const world = call("rfc4733", "inband");
  pressEvents(world, 3);
  assertEquals(heardBy(world.b.heard), ["3 inband"]);
  assertWhole(world.b.heard);
  world.end();
});

Deno.test("tones become events, and are heard as such only", () => {
  const world = call("inband", "rfc4733");
  const { a, b, bed, toA } = world;
  const speech = sine(300, { ms: 100, dBm0: -20 });
  const all = join(speech, silence(60), tone("7"), silence(100), speech);
  for (const bytes of packets(all, { law: PCMU })) {
    a.send(bytes, toA);
    bed.pass(20);
  }
  bed.pass(200);
  assertEquals(heardBy(b.heard), ["7 rfc4733"]);
  assertWhole(b.heard);
  world.end();
});

Deno.test("tones that leave in another way are silent in the relayed stream", () => {
  const world = call("inband", "info");
  const { a, b, bed, told, toA } = world;
  const all = join(silence(60), tone("7"), silence(100));
  for (const bytes of packets(all, { law: PCMU })) {
    a.send(bytes, toA);
    bed.pass(20);
  }
  assertEquals(told.lines.map((line) => line[0]), ["7"]);
  assertEquals(heardBy(b.heard), []);
  assertEquals(b.heard.length, 13, "every packet is passed on");
  assertWhole(b.heard);
  world.end();
});

Deno.test("what is said while a key is sent is not heard", () => {
  const world = call("rfc4733", "rfc4733");
  const { a, b, bed, toA, translator } = world;
  for (let time = 0; time < 30; time++) {
    if (time === 10) translator.inject({ key: "4", durationMs: 200 });
    a.speak(toA);
    bed.pass(20);
  }
  const types = b.heard.map(({ bytes }) => bytes[1]! & 0x7f);
  const end = b.heard.findIndex(({ bytes }) =>
    (bytes[1]! & 0x7f) === 101 && (bytes[13]! & 0x80) !== 0
  );
  const during = types.slice(types.indexOf(101), end);
  assertEquals(during, Array(during.length).fill(101));
  assertEquals(during.length, 9);
  assertEquals(types.slice(end + 1).includes(0), true);
  assertWhole(b.heard);
  world.end();
});

Deno.test("a side that is silent: the key makes a stream of its own", () => {
  const world = call("rfc4733", "rfc4733");
  // B has been heard, so the relay knows where it is.
  world.b.speak(world.toB);
  world.translator.inject({ key: "9", durationMs: 100 });
  world.bed.pass(500);
  assertEquals(heardBy(world.b.heard), ["9 rfc4733"]);
  assertWhole(world.b.heard);
  world.end();
});

Deno.test("events that the other side takes as they are pass, and are told of", () => {
  const world = call("rfc4733", "rfc4733");
  world.translator.detach();
  world.keysOfA.hear({ formats: [EVENTS_OF_A], laws: [], passesEvents: true });
  pressEvents(world, 5);
  assertEquals(world.told.lines, ["5 120"]);
  const types = world.b.heard.map(({ bytes }) => bytes[1]! & 0x7f);
  assertEquals(types.filter((type) => type === 97).length, 8);
  assertWhole(world.b.heard);
  world.end();
});

Deno.test("the call ends while a key is down and one is sent", () => {
  const world = call("rfc4733", "rfc4733");
  world.a.send(
    eventPacket({ duration: 320, payloadType: 97, marker: true }),
    world.toA,
  );
  world.bed.pass(30);
  world.keysOfA.close();
  assertEquals(world.told.lines, ["5 20"]);
  world.end();
});

Deno.test("a session that changes in the middle of a key: it is one key", () => {
  const world = call("rfc4733", "rfc4733");
  const { a, bed, toA } = world;
  const send = (duration: number, end = false, payloadType = 97): void => {
    const sequence = a.sequence++;
    a.send(eventPacket({ duration, end, sequence, payloadType }), toA);
    bed.pass(20);
  };
  send(320);
  send(640);
  const other = { payloadType: 98, clockRate: 16_000 };
  world.keysOfA.hear({ formats: [other], laws: [], passesEvents: false });
  send(960, false, 98);
  send(1280, true, 98);
  assertEquals(world.told.lines, ["5 80"]);
  world.end();
});
