import { assert, assertEquals } from "@std/assert";
import { TimerWheel } from "../../../core/base/timer_wheel.ts";
import { amplitudeOf, tonesOfKey } from "../../../core/media/dtmf_tones.ts";
import { type G711, PCMA, PCMU } from "../../../core/media/g711.ts";
import { InbandReceiver } from "../../../core/media/inband_receiver.ts";
import type { Key } from "../../../core/media/key.ts";
import { RtpView } from "../../../core/media/rtp.ts";
import { StreamSink } from "../../../core/media/stream_sink.ts";
import { ToneSender } from "../../../core/media/tone_sender.ts";
import { KeyLog, TestStream } from "./key_log.ts";

const KEYS = [..."0123456789*#ABCD"] as Key[];

function bed(law: G711 = PCMU, stepMs = 20) {
  const clock = new TimerWheel();
  const stream = new TestStream();
  const log = new KeyLog();
  const receiver = new InbandReceiver({ clock, listener: log, laws: [law] });
  const view = new RtpView();
  const times: number[] = [];
  const timestamps: number[] = [];
  const samples: number[] = [];
  const sink = new StreamSink({
    clock,
    kind: "inband",
    source: new ToneSender(stream, { law, stepMs }),
    out: {
      sendPacket(bytes, length): void {
        assertEquals(view.wrap(bytes, length), true);
        times.push(clock.now());
        timestamps.push(view.timestamp);
        for (let at = view.payloadStart; at < view.payloadEnd; at++) {
          samples.push(law.linear[bytes[at]!]!);
        }
        receiver.receive(view);
      },
    },
  });
  const outcomes: string[] = [];
  const user = {
    keySent(outcome: string): void {
      outcomes.push(`${clock.now()} ${outcome}`);
    },
  };
  const send = (key: Key, durationMs?: number): void =>
    sink.send({ key, durationMs }, user);
  return { clock, sink, log, times, timestamps, samples, outcomes, send };
}

Deno.test("our tones are heard by our ear, in either law", () => {
  for (const law of [PCMU, PCMA]) {
    const { clock, send, log } = bed(law);
    for (const key of KEYS) {
      send(key, 100);
      clock.advance(clock.now() + 400);
    }
    assertEquals(log.presses.map(({ key }) => key), KEYS);
    for (const { durationMs } of log.presses) {
      assert(Math.abs(durationMs - 100) <= 10, `${durationMs} ms`);
    }
    assertEquals(clock.pending, 0);
  }
});

Deno.test("packets follow each other in the stream's time", () => {
  const { clock, sink, send, times, timestamps, outcomes } = bed();
  clock.advance(500);
  send("5", 100);
  clock.advance(599);
  assertEquals(sink.busy, true);
  clock.advance(2000);
  assertEquals(times, [500, 520, 540, 560, 580]);
  assertEquals(
    timestamps,
    [0, 160, 320, 480, 640].map((at) => 1000 + 4000 + at),
  );
  assertEquals(sink.busy, false);
  assertEquals(outcomes, ["650 sent"]);
});

Deno.test("the levels are right: -9 and -7 dBm0", () => {
  const { clock, send, samples } = bed();
  send("5", 1000);
  clock.advance(2000);
  const { lowHz, highHz } = tonesOfKey("5")!;
  for (const [hz, dBm0] of [[lowHz, -9], [highHz, -7]] as const) {
    const middle = samples.slice(800, 7200);
    let re = 0;
    let im = 0;
    for (const [index, sample] of middle.entries()) {
      re += sample * Math.cos(2 * Math.PI * hz * index / 8000);
      im += sample * Math.sin(2 * Math.PI * hz * index / 8000);
    }
    const amplitude = 2 * Math.hypot(re, im) / middle.length;
    const error = 20 * Math.log10(amplitude / amplitudeOf(dBm0));
    assert(Math.abs(error) < 0.1, `${hz} Hz is ${error} dB wrong`);
  }
});

Deno.test("tones begin and end softly, and are as long as they were to be", () => {
  const { clock, send, samples } = bed();
  send("D", 73);
  clock.advance(2000);
  const end = 73 * 8;
  const largest = Math.max(...samples.map(Math.abs));
  const near = (from: number, to: number): number =>
    Math.max(...samples.slice(from, to).map(Math.abs)) / largest;
  assert(near(0, 4) < 0.15, "a click at the beginning");
  assert(near(end - 4, end) < 0.15, "a click at the end");
  assert(near(30, 200) > 0.8);
  assertEquals(samples.slice(end).every((sample) => sample === 0), true);
  assertEquals(samples.length, 640);
});

Deno.test("a held key ends when it is released, at the end of what was sent at the soonest", () => {
  const { clock, sink, send, samples, outcomes, log } = bed();
  send("*");
  clock.advance(1000);
  sink.release(990);
  clock.advance(2000);
  assertEquals(log.lines.length, 2);
  const durationMs = log.presses[0]!.durationMs;
  assert(durationMs >= 990 && durationMs <= 1030, `${durationMs} ms`);
  assertEquals(samples.length % 160, 0);
  assertEquals(outcomes.length, 1);
});

Deno.test("flash has no tone", () => {
  const { send, outcomes, times, clock } = bed();
  send("flash", 100);
  assertEquals([outcomes, times], [["0 failed"], []]);
  assertEquals(clock.pending, 0);
});

Deno.test("a sink that is closed is silent", () => {
  const { clock, sink, send, times } = bed();
  send("1", 500);
  clock.advance(100);
  sink.close();
  clock.advance(1000);
  assertEquals(times.length, 6);
  assertEquals(clock.pending, 0);
});
