import { assertEquals } from "@std/assert";
import { TimerWheel } from "../../../core/base/timer_wheel.ts";
import type { Key } from "../../../core/media/key.ts";
import { RtpView } from "../../../core/media/rtp.ts";
import { StreamSink } from "../../../core/media/stream_sink.ts";
import {
  TelephoneEventSender,
  type TelephoneEventSenderOptions,
} from "../../../core/media/telephone_event_sender.ts";
import { eventsOf, readReport } from "../../../core/media/telephone_event.ts";
import { TestStream } from "./key_log.ts";

interface Sent {
  readonly atMs: number;
  readonly marker: boolean;
  readonly sequence: number;
  readonly timestamp: number;
  readonly event: number;
  readonly end: boolean;
  readonly duration: number;
}

/** A sender in its sink, and what it sent. */
function bed(
  options: Partial<TelephoneEventSenderOptions> & { gapMs?: number } = {},
  stream = new TestStream(),
) {
  const clock = new TimerWheel();
  const packets: Sent[] = [];
  const view = new RtpView();
  const sink = new StreamSink({
    clock,
    kind: "rfc4733",
    source: new TelephoneEventSender(stream, {
      payloadType: 101,
      clockRate: stream.clockRate,
      ...options,
    }),
    out: {
      sendPacket(bytes, length): void {
        assertEquals(view.wrap(bytes, length), true);
        assertEquals([view.payloadType, view.ssrc], [101, stream.ssrc]);
        const report = { event: 0, end: false, volume: 0, duration: 0 };
        readReport(bytes, { at: view.payloadStart, report });
        assertEquals(report.volume, 10);
        const { marker, sequence, timestamp } = view;
        const { event, end, duration } = report;
        const atMs = clock.now();
        packets.push({
          atMs,
          marker,
          sequence,
          timestamp,
          event,
          end,
          duration,
        });
      },
    },
    ...(options.gapMs === undefined ? {} : { gapMs: options.gapMs }),
  });
  let freeMs = -1;
  const user = {
    keySent(): void {
      freeMs = clock.now();
    },
  };
  return {
    clock,
    packets,
    sink,
    send(key: Key, durationMs?: number): void {
      sink.send({ key, durationMs }, user);
    },
    freeMs: () => freeMs,
  };
}

Deno.test("a key of 100 ms in steps of 20 ms", () => {
  const { clock, packets, sink, send, freeMs } = bed();
  clock.advance(500);
  send("#", 100);
  clock.advance(505);
  assertEquals(sink.busy, true);
  clock.advance(5000);
  assertEquals(
    packets.map(({ atMs, duration, end }) => [atMs - 500, duration, end]),
    [
      [20, 160, false],
      [40, 320, false],
      [60, 480, false],
      [80, 640, false],
      [100, 800, true],
      // §2.5.1.4: "The final packet for each event and for each segment SHOULD be sent a total of three times at
      // the interval used by the source for updates."
      [120, 800, true],
      [140, 800, true],
    ],
  );
  // §2.5.1.2: "The update packets MUST have the same RTP timestamp value as the initial packet for the event"
  assertEquals(new Set(packets.map(({ timestamp }) => timestamp)).size, 1);
  assertEquals(packets[0]?.timestamp, 1000 + 4000);
  // §2.5.1.2: "The first packet for an event MUST have the M bit set."
  assertEquals(packets.map(({ marker }) => marker).indexOf(true, 1), -1);
  assertEquals(packets[0]?.marker, true);
  // §2.5.1.6: "The RTP sequence number MUST be incremented by one in each successive RTP packet sent."
  assertEquals(packets.map(({ sequence }) => sequence), [1, 2, 3, 4, 5, 6, 7]);
  assertEquals(new Set(packets.map(({ event }) => event)), new Set([11]));
  assertEquals(freeMs(), 500 + 100 + 50, "the gap counts from the key's end");
  assertEquals(sink.busy, false);
  assertEquals(clock.pending, 0);
});

Deno.test("§2.5.1.2: steps of 50 ms, and a key that is no whole number of them", () => {
  const { clock, packets, send, freeMs } = bed({ stepMs: 50 });
  send("1", 120);
  clock.advance(5000);
  assertEquals(
    packets.map(({ atMs, duration, end }) => [atMs, duration, end]),
    [
      [50, 400, false],
      [100, 800, false],
      [120, 960, true],
      [170, 960, true],
      [220, 960, true],
    ],
  );
  assertEquals(freeMs(), 220, "the next key waits for the repeated end");
  assertEquals(clock.pending, 0);
});

Deno.test("a key that is held ends when it is released", () => {
  const { clock, packets, sink, send } = bed();
  send("1");
  clock.advance(1005);
  assertEquals(packets.length, 50);
  sink.release(1003);
  assertEquals(sink.busy, true);
  clock.advance(1006);
  assertEquals(sink.busy, false);
  assertEquals([packets[50]?.duration, packets[50]?.end], [1003 * 8, true]);
  clock.advance(2000);
  assertEquals(packets.length, 53);
  assertEquals(clock.pending, 0);
});

Deno.test("a key that is released as shorter than it is already keeps its length", () => {
  const { clock, packets, sink, send } = bed();
  send("1");
  clock.advance(1005);
  sink.release(900);
  clock.advance(2000);
  // §2.5.1.2: "the duration MUST be increased to reflect the total cumulative duration"
  assertEquals([packets[50]?.duration, packets[50]?.end], [8000, true]);
  assertEquals(packets.length, 53);
});

Deno.test("a key that is released as longer goes on until then", () => {
  const { clock, packets, sink, send } = bed();
  send("1");
  clock.advance(30);
  sink.release(100);
  clock.advance(2000);
  assertEquals(
    packets.map(({ atMs, duration, end }) => [atMs, duration, end]),
    [
      [20, 160, false],
      [40, 320, false],
      [60, 480, false],
      [80, 640, false],
      [100, 800, true],
      [120, 800, true],
      [140, 800, true],
    ],
  );
});

Deno.test("other clocks", () => {
  for (const clockRate of [16_000, 24_000, 48_000]) {
    const { clock, packets, send } = bed({ clockRate });
    send("1", 100);
    clock.advance(1000);
    assertEquals(packets[0]?.duration, clockRate / 50);
    assertEquals(packets.at(-1)?.duration, clockRate / 10);
  }
});

Deno.test("§2.5.1.3: long keys go in segments", () => {
  const { clock, packets, send } = bed(
    {},
    new TestStream(8000, { timestamp: 0xffff_0000, sequence: 0xfff0 }),
  );
  send("1", 17_000);
  clock.advance(20_000);
  const segments = [...new Set(packets.map(({ timestamp }) => timestamp))];
  // "with the RTP timestamp set to the time at which the previous segment ended"
  assertEquals(segments, [0xffff_0000, 0xffff_ffff, 0xfffe]);
  const ends = packets.filter(({ end }) => end);
  // "only the final packet for the final segment will have the E bit set" (§2.3.2)
  assertEquals(
    ends.map(({ timestamp, duration }) => [timestamp, duration]),
    Array(3).fill([0xfffe, 17_000 * 8 - 2 * 0xffff]),
  );
  const full = packets.filter(({ duration }) => duration === 0xffff);
  assertEquals(
    full.map(({ timestamp }) => timestamp),
    [...Array(3).fill(segments[0]), ...Array(3).fill(segments[1])],
  );
  // "The M bit of the first packet reporting the new segment MUST NOT be set."
  assertEquals(packets.filter(({ marker }) => marker).length, 1);
  assertEquals(
    packets.every(({ sequence }, index) =>
      sequence === ((0xfff0 + index) & 0xffff)
    ),
    true,
  );
  assertEquals(clock.pending, 0);
});

Deno.test("a sink that is closed sends nothing more", () => {
  const { clock, packets, sink, send, freeMs } = bed();
  send("1", 100);
  clock.advance(50);
  sink.close();
  clock.advance(1000);
  assertEquals(packets.length, 2);
  assertEquals([sink.busy, clock.pending, freeMs()], [false, 0, -1]);
});

Deno.test("a driver that is late sends no burst", () => {
  const stream = new TestStream();
  const sender = new TelephoneEventSender(stream, {
    payloadType: 101,
    clockRate: 8000,
  });
  const out = new Uint8Array(16);
  sender.begin({ key: "1", durationMs: 200 }, 0);
  const durations: number[] = [];
  for (const nowMs of [19, 70, 70, 79, 80, 500, 500, 540, 540, 580]) {
    const length = sender.write(nowMs, out);
    durations.push(length === 0 ? 0 : out[14]! << 8 | out[15]!);
  }
  assertEquals(durations, [0, 560, 0, 0, 640, 1600, 0, 1600, 0, 1600]);
  assertEquals(sender.dueMs, Infinity);
});

Deno.test("§2.5.1.1: only events that the peer lists are sent", () => {
  const { send, packets, clock, freeMs } = bed();
  // "the sender SHOULD assume support for the DTMF events 0-15 but for no other events."
  send("flash", 100);
  clock.advance(1000);
  assertEquals([packets.length, freeMs()], [0, 0]);
  const more = bed({ events: eventsOf("0-11,16") });
  more.send("flash", 100);
  more.clock.advance(1000);
  assertEquals(more.packets[0]?.event, 16);
});

Deno.test("§2.4: lists of events", () => {
  const read = (list: string): number[] => [...eventsOf(list)];
  assertEquals(read("0-3,16"), [0, 1, 2, 3, 16]);
  assertEquals(read("66,70-71"), [66, 70, 71]);
  assertEquals(read("254-999"), [254, 255]);
  assertEquals(read(" 1 , 2-2 ,x,5-4,-3,,"), [1, 2]);
  assertEquals(read(""), []);
});
