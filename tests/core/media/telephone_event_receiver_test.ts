import { assertEquals } from "@std/assert";
import { CountingObserver } from "../../../core/base/observer.ts";
import { seededRandom } from "../../../core/base/random.ts";
import { TimerWheel } from "../../../core/base/timer_wheel.ts";
import type { EventFormat } from "../../../core/media/telephone_event.ts";
import { RtpView } from "../../../core/media/rtp.ts";
import { TelephoneEventReceiver } from "../../../core/media/telephone_event_receiver.ts";
import { type EventPacket, eventPacket, KeyLog } from "./key_log.ts";

interface Bed {
  readonly clock: TimerWheel;
  readonly log: KeyLog;
  readonly observer: CountingObserver;
  readonly receiver: TelephoneEventReceiver;
  /** Hears packets, `stepMs` between them. */
  hear(packets: readonly EventPacket[], stepMs?: number): void;
}

function bed(
  formats: readonly EventFormat[] = [{ payloadType: 101, clockRate: 8000 }],
): Bed {
  const clock = new TimerWheel();
  const log = new KeyLog();
  const observer = new CountingObserver();
  const receiver = new TelephoneEventReceiver({
    clock,
    listener: log,
    observer,
    formats,
  });
  const view = new RtpView();
  const hear: Bed["hear"] = (packets, stepMs = 20) => {
    for (const packet of packets) {
      view.wrap(eventPacket(packet));
      receiver.receive(view);
      clock.advance(clock.now() + stepMs);
    }
  };
  return { clock, log, observer, receiver, hear };
}

/** Ends a test: nothing is down, nothing waits. */
function done({ clock, log, receiver }: Bed): void {
  receiver.close();
  assertEquals(clock.pending, 0);
  const downs = log.lines.filter((line) => line.endsWith("down")).length;
  assertEquals(downs * 2, log.lines.length, "each key is down and up once");
}

/** A key of 100 ms as RFC 4733 sends it, in steps of 20 ms. */
function key(change: Partial<EventPacket> = {}): EventPacket[] {
  const sequence = change.sequence ?? 1;
  return [160, 320, 480, 640, 800, 800, 800].map((duration, index) => ({
    duration,
    end: index >= 4,
    ...change,
    marker: index === 0 && change.marker !== false,
    sequence: sequence + index,
  }));
}

Deno.test("a key goes down with its first packet and up with its first end", () => {
  const world = bed();
  const packets = key();
  world.hear(packets.slice(0, 1));
  assertEquals(world.log.lines, ["5 down"]);
  world.hear(packets.slice(1, 5));
  assertEquals(world.log.lines, ["5 down", "5 up 100"]);
  // §2.5.2.2: "A receiver SHOULD NOT restart a tone once playout has stopped."
  world.hear(packets.slice(5));
  assertEquals(world.log.lines.length, 2);
  done(world);
});

Deno.test("events 0 to 16 are keys, others are not", () => {
  const world = bed();
  for (let event = 0; event <= 17; event++) {
    world.hear([{ event, duration: 800, end: true, timestamp: 1600 * event }]);
  }
  assertEquals(
    world.log.presses.map(({ key }) => key),
    [..."0123456789*#ABCD", "flash"],
  );
  assertEquals(world.observer.counters.get("media_event_unknown"), 1);
  done(world);
});

Deno.test("what is lost does not matter, as long as one packet comes", () => {
  const all = key();
  for (let kept = 1; kept < 1 << all.length; kept++) {
    const world = bed();
    const packets = all.filter((_, index) => (kept & 1 << index) !== 0);
    world.hear(packets);
    world.clock.advance(world.clock.now() + 1000);
    const durationMs = Math.max(...packets.map((packet) => packet.duration)) /
      8;
    assertEquals(world.log.lines, ["5 down", `5 up ${durationMs}`]);
    done(world);
  }
});

Deno.test("packets doubled and out of order", () => {
  const random = seededRandom(4733);
  for (let round = 0; round < 200; round++) {
    const world = bed();
    const packets = [...key(), ...key()]
      .map((packet) => ({ packet, order: random.fraction() }))
      .sort((a, b) => a.order - b.order)
      .map(({ packet }) => packet);
    world.hear(packets, 1);
    world.clock.advance(1000);
    assertEquals(world.log.lines[0], "5 down");
    assertEquals(world.log.lines.length, 2, world.log.lines.join());
    done(world);
  }
});

Deno.test("linphone: the end three times with the same sequence number", () => {
  const world = bed();
  world.hear(
    key().map((packet) => ({
      ...packet,
      sequence: Math.min(packet.sequence ?? 0, 5),
    })),
  );
  assertEquals(world.log.take(), ["5 down", "5 up 100"]);
  done(world);
});

Deno.test("linphone: telephone-event/16000 on a call of 8000", () => {
  const world = bed([
    { payloadType: 101, clockRate: 8000 },
    { payloadType: 97, clockRate: 16000 },
    { payloadType: 99, clockRate: 48000 },
  ]);
  world.hear([{ duration: 1600, end: true, payloadType: 97 }]);
  world.hear([{ duration: 4800, end: true, payloadType: 99, timestamp: 2 }]);
  assertEquals(world.log.take(), ["5 down", "5 up 100", "5 down", "5 up 100"]);
  done(world);
});

Deno.test("audio is not an event, nor is a payload type that is no longer ours", () => {
  const world = bed();
  const view = new RtpView();
  view.wrap(eventPacket({ duration: 160, payloadType: 0 }));
  assertEquals(world.receiver.receive(view), false);
  world.receiver.setFormats([{ payloadType: 96, clockRate: 8000 }]);
  view.wrap(eventPacket({ duration: 160 }));
  assertEquals(world.receiver.receive(view), false);
  done(world);
});

Deno.test("the same key twice, with and without a marker", () => {
  for (const marker of [true, false]) {
    const world = bed();
    world.hear(key({ marker }));
    world.hear(key({ marker, timestamp: 2200, sequence: 8 }));
    assertEquals(world.log.take(), [
      "5 down",
      "5 up 100",
      "5 down",
      "5 up 100",
    ]);
    done(world);
  }
});

Deno.test("a sender that sends one packet a key, no marker, nothing in between", () => {
  const world = bed();
  for (let index = 0; index < 3; index++) {
    world.hear([{
      duration: 800,
      end: true,
      timestamp: 1000 + 1200 * index,
      sequence: index,
    }]);
  }
  assertEquals(world.log.presses.length, 3);
  done(world);
});

Deno.test("all ends lost: the next key ends it", () => {
  const world = bed();
  world.hear(key().slice(0, 4));
  world.hear(key({ event: 6, timestamp: 2200, sequence: 8 }).slice(0, 1));
  // §2.5.2.2: until "it receives the next tone, distinguished by a different timestamp value"
  assertEquals(world.log.lines, ["5 down", "5 up 80", "6 down"]);
  done(world);
});

Deno.test("all ends lost: time ends it, and what comes then is ignored", () => {
  const world = bed();
  world.hear(key().slice(0, 4));
  world.clock.advance(60 + 149);
  assertEquals(world.log.lines, ["5 down"]);
  world.clock.advance(60 + 150);
  assertEquals(world.log.lines, ["5 down", "5 up 80"]);
  // §2.5.2.2: "In that case, further reports for the event MUST be ignored"
  world.hear(key().slice(4));
  assertEquals(world.log.lines.length, 2);
  done(world);
});

Deno.test("a sender with steps of 100 ms is given three of them", () => {
  const world = bed();
  const packets = [800, 1600, 2400].map((duration, index) => ({
    duration,
    sequence: index,
  }));
  world.hear(packets, 100);
  world.clock.advance(200 + 299);
  assertEquals(world.log.lines, ["5 down"]);
  world.clock.advance(200 + 300);
  assertEquals(world.log.lines, ["5 down", "5 up 300"]);
  done(world);
});

Deno.test("§2.3.5: a duration of zero says nothing, but its end bit does", () => {
  const world = bed();
  world.hear([{ duration: 0, marker: true }]);
  assertEquals(world.log.lines, []);
  world.hear([{ duration: 320 }, { duration: 0, end: true }]);
  assertEquals(world.log.lines, ["5 down", "5 up 40"]);
  done(world);
});

Deno.test("§2.5.2.3: segments are one key", () => {
  const world = bed();
  const start = 0xffff_0000;
  const report = (segment: number, duration: number, end = false) => ({
    timestamp: (start + segment * 0xffff) >>> 0,
    duration,
    end,
  });
  world.hear([
    { ...report(0, 160), marker: true },
    report(0, 0xffff),
    report(1, 160),
    // The end of the segment again, late.
    report(0, 0xffff),
    report(1, 0xffff),
    report(1, 0xffff),
    report(2, 800, true),
    report(2, 800, true),
    report(1, 0xffff),
  ]);
  const durationMs = Math.round((2 * 0xffff + 800) / 8);
  assertEquals(world.log.take(), ["5 down", `5 up ${durationMs}`]);
  done(world);
});

Deno.test("§2.5.2.3: the packets that end a segment are lost", () => {
  const world = bed();
  world.hear([
    { timestamp: 0, duration: 60_000, marker: true },
    { timestamp: 0xffff, duration: 160 },
    { timestamp: 0xffff, duration: 320, end: true },
  ]);
  const durationMs = Math.round((0xffff + 320) / 8);
  assertEquals(world.log.take(), ["5 down", `5 up ${durationMs}`]);
  done(world);
});

Deno.test("§2.5.2.3.1: shorter segments that adjoin", () => {
  const world = bed();
  world.hear([
    { timestamp: 0, duration: 0x3f00, marker: true },
    { timestamp: 0x3f00, duration: 160 },
    { timestamp: 0x3f00, duration: 800, end: true },
  ]);
  assertEquals(world.log.presses.length, 1);
  assertEquals(world.log.presses[0]?.durationMs, (0x3f00 + 800) / 8);
  done(world);
});

Deno.test("§2.5.2.4: several events in a packet", () => {
  const world = bed();
  world.hear([{
    event: 1,
    duration: 800,
    end: true,
    marker: true,
    more: [{ event: 2, duration: 400, end: true }, { event: 3, duration: 80 }],
  }, {
    event: 3,
    // §2.5.2.4: "the sum of the start time of the preceding event plus the duration of the preceding event"
    timestamp: 1000 + 1200,
    duration: 480,
    end: true,
  }]);
  assertEquals(world.log.lines, [
    "1 down",
    "1 up 100",
    "2 down",
    "2 up 50",
    "3 down",
    "3 up 60",
  ]);
  done(world);
});

Deno.test("a sender whose timestamps run with the duration", () => {
  const world = bed();
  let timestamp = 1000;
  const moving = (sequence: number): EventPacket[] =>
    key({ marker: false, sequence }).map((packet) => {
      timestamp += 160;
      return { ...packet, timestamp };
    });
  world.hear(moving(1));
  timestamp += 2000;
  world.hear(moving(20));
  assertEquals(world.log.lines, ["5 down", "5 up 100", "5 down", "5 up 100"]);
  done(world);
});

Deno.test("another stream: the same timestamp is another key", () => {
  const world = bed();
  world.hear(key());
  world.hear(key({ ssrc: 8 }));
  assertEquals(world.log.presses.length, 2);
  done(world);
});

Deno.test("packets of a key that was overtaken by the next", () => {
  const world = bed();
  world.hear(key({ event: 1, timestamp: 3000, sequence: 20 }).slice(0, 2));
  world.hear(key({ event: 9, timestamp: 1000, sequence: 5 }), 1);
  world.hear(
    key({ event: 1, timestamp: 3000, sequence: 20 }).slice(2),
  );
  assertEquals(world.log.lines, ["1 down", "1 up 100"]);
  done(world);
});

Deno.test("the leg ends while a key is down", () => {
  const world = bed();
  world.hear(key().slice(0, 3));
  world.receiver.close();
  assertEquals(world.log.lines, ["5 down", "5 up 60"]);
  done(world);
});

Deno.test("whatever arrives: each key down is up, and nothing waits", () => {
  const random = seededRandom(2833);
  const upTo = (limit: number): number => Math.floor(random.fraction() * limit);
  for (let round = 0; round < 200; round++) {
    const world = bed();
    const view = new RtpView();
    for (let count = 0; count < 200; count++) {
      const bytes = random.fraction() < 0.1
        ? Uint8Array.from({ length: upTo(40) }, () => upTo(256))
        : eventPacket({
          event: upTo(20),
          duration: [0, 160, upTo(2000), 0xffff][upTo(4)]!,
          end: random.fraction() < 0.3,
          marker: random.fraction() < 0.3,
          timestamp: upTo(4) * 1600,
          sequence: upTo(70_000),
          ssrc: upTo(2),
        }).subarray(0, 12 + upTo(8));
      if (view.wrap(bytes)) world.receiver.receive(view);
      world.clock.advance(world.clock.now() + upTo(60));
    }
    done(world);
  }
});

Deno.test("pjsip: twelve packets and three ends", () => {
  const world = bed();
  const packets = Array.from({ length: 15 }, (_, index) => ({
    duration: 160 * Math.min(index + 1, 13),
    end: index >= 12,
    marker: index === 0,
    sequence: index,
  }));
  world.hear(packets);
  assertEquals(world.log.lines, ["5 down", "5 up 260"]);
  done(world);
});
