import { assert, assertEquals } from "@std/assert";
import { seededRandom } from "../../../core/base/random.ts";
import { TimerWheel } from "../../../core/base/timer_wheel.ts";
import { type G711, PCMA, PCMU } from "../../../core/media/g711.ts";
import { InbandReceiver } from "../../../core/media/inband_receiver.ts";
import type { Key } from "../../../core/media/key.ts";
import { RtpView } from "../../../core/media/rtp.ts";
import { KeyLog } from "./key_log.ts";
import {
  join,
  mix,
  noise,
  packets,
  silence,
  sine,
  tone,
  type ToneShape,
  voice,
} from "./tones.ts";

const KEYS = [..."0123456789*#ABCD"] as Key[];
const GAP = silence(60);

interface Heard {
  readonly log: KeyLog;
  /** Which packets were to be kept from the other leg. */
  readonly muted: readonly boolean[];
  readonly clock: TimerWheel;
}

/** What a receiver hears in audio, and nothing left afterwards. */
function hear(
  audio: Float64Array,
  options: {
    law?: G711;
    ms?: number;
    loses?: (index: number) => boolean;
    silentEndMs?: number;
  } = {},
): Heard {
  const { law = PCMU, ms = 20 } = options;
  const clock = new TimerWheel();
  const log = new KeyLog();
  const receiver = new InbandReceiver({
    clock,
    listener: log,
    laws: [PCMU, PCMA],
  });
  const view = new RtpView();
  const muted: boolean[] = [];
  for (const [index, bytes] of packets(audio, { law, ms }).entries()) {
    if (options.loses?.(index) !== true) {
      view.wrap(bytes);
      muted.push(receiver.receive(view));
    }
    clock.advance(clock.now() + ms);
  }
  clock.advance(clock.now() + (options.silentEndMs ?? 0));
  receiver.close();
  assertEquals(clock.pending, 0);
  return { log, muted, clock };
}

function keysIn(audio: Float64Array, law?: G711): string {
  const { log } = hear(audio, law === undefined ? {} : { law });
  return log.presses.map(({ key }) => key).join("");
}

/** A key, with silence before and after it. */
function alone(key: Key, shape: ToneShape = {}): Float64Array {
  return join(GAP, tone(key, shape), GAP);
}

Deno.test("every key, either law, loud and low", () => {
  for (const law of [PCMU, PCMA]) {
    for (const dBm0 of [-4, -9, -18, -30]) {
      const audio = join(
        GAP,
        ...KEYS.flatMap((key) => [
          tone(key, { lowDBm0: dBm0, highDBm0: dBm0 }),
          GAP,
        ]),
      );
      const { log } = hear(audio, { law });
      assertEquals(log.presses.map(({ key }) => key), KEYS);
      for (const { durationMs } of log.presses) {
        assert(Math.abs(durationMs - 100) <= 10, `${durationMs} ms`);
      }
    }
  }
});

Deno.test("a key is known before it ends", () => {
  const { log } = hear(join(GAP, tone("5", { ms: 60 })));
  assertEquals(log.lines[0], "5 down");
});

Deno.test("packets of any length", () => {
  for (const ms of [5, 10, 20, 30, 60]) {
    const audio = join(GAP, tone("5"), GAP, tone("5"), GAP);
    const { log } = hear(audio, { ms });
    assertEquals(log.presses.map(({ key }) => key), ["5", "5"]);
  }
});

Deno.test("Q.24: frequencies 1.5 % off are keys, 3.5 % off are none", () => {
  for (const key of KEYS) {
    for (const sign of [-1, 1]) {
      for (const other of [-0.015, 0, 0.015]) {
        const near = sign * 0.015;
        const far = sign * 0.035;
        const shapes = (offset: number): ToneShape[] => [
          { lowOffset: offset, highOffset: other },
          { lowOffset: other, highOffset: offset },
        ];
        for (const shape of shapes(near)) {
          assertEquals(keysIn(alone(key, shape)), key, JSON.stringify(shape));
        }
        for (const shape of shapes(far)) {
          assertEquals(keysIn(alone(key, shape)), "", JSON.stringify(shape));
        }
      }
    }
  }
});

Deno.test("Q.24: 40 ms are a key, 22 ms are none, wherever they begin", () => {
  for (let shift = 0; shift < 102; shift += 3) {
    const before = new Float64Array(480 + shift);
    for (const key of ["1", "D", "0"] as const) {
      const of = (ms: number): string =>
        keysIn(join(before, tone(key, { ms }), GAP));
      assertEquals(of(40), key, `40 ms after ${shift} samples`);
      assertEquals(of(22), "", `22 ms after ${shift} samples`);
    }
  }
});

Deno.test("Q.24: a pause of 40 ms makes two keys, an interruption of 10 ms one", () => {
  for (let shift = 0; shift < 102; shift += 3) {
    const before = new Float64Array(480 + shift);
    const of = (pauseMs: number): string =>
      keysIn(join(before, tone("7"), silence(pauseMs), tone("7"), GAP));
    assertEquals(of(40), "77", `after ${shift} samples`);
    assertEquals(of(10), "7", `after ${shift} samples`);
  }
});

Deno.test("keys that follow each other at once", () => {
  assertEquals(
    keysIn(join(GAP, tone("1"), tone("2"), tone("#"), GAP)),
    "12#",
  );
});

Deno.test("a twist of 8 dB is a key, of 12 dB none, either way", () => {
  for (const key of KEYS) {
    for (const sign of [-1, 1]) {
      const twisted = (dB: number): string =>
        keysIn(alone(key, { lowDBm0: -14, highDBm0: -14 + sign * dB }));
      assertEquals(twisted(8), key);
      assertEquals(twisted(12), "");
    }
  }
});

Deno.test("a tone under -40 dBm0 is none", () => {
  assertEquals(keysIn(alone("5", { lowDBm0: -41, highDBm0: -41 })), "");
});

Deno.test("keys in noise of 15 dB less, and in a voice far behind", () => {
  const random = seededRandom(24);
  for (const key of KEYS) {
    const audio = alone(key, { ms: 80 });
    const ms = audio.length / 8;
    assertEquals(keysIn(mix(audio, noise(random, { ms, dBm0: -20 }))), key);
    const behind = voice(random, ms / 1000).map((sample) => sample / 20);
    assertEquals(keysIn(mix(audio, behind)), key);
  }
});

Deno.test("noise and the tones of a network are no keys", () => {
  const random = seededRandom(1);
  for (const dBm0 of [-40, -25, -10]) {
    assertEquals(keysIn(noise(random, { ms: 30_000, dBm0 })), "");
  }
  for (
    const hz of [[350, 440], [440, 480], [480, 620], [425], [950, 1400], [1800]]
      .concat([[1100], [2100], [697], [1209], [697, 770], [1209, 1336]])
  ) {
    const parts = hz.map((each) => sine(each, { ms: 2000, dBm0: -10 }));
    assertEquals(keysIn(mix(...parts)), "", `${hz} Hz`);
  }
});

Deno.test("talk-off: three minutes of voices are no keys", () => {
  for (let speaker = 0; speaker < 6; speaker++) {
    const { log, muted } = hear(voice(seededRandom(speaker), 30));
    assertEquals(log.lines, [], `speaker ${speaker}`);
    const share = muted.filter((isMuted) => isMuted).length / muted.length;
    assert(share < 0.015, `${share} of the packets of speaker ${speaker}`);
  }
});

Deno.test("the tone is kept from the other leg, but for less than 23 ms", () => {
  for (let shift = 0; shift < 160; shift += 10) {
    const before = new Float64Array(480 + shift);
    const { muted } = hear(join(before, tone("5"), silence(100)));
    const firstSample = muted.indexOf(true) * 160;
    const heardMs = (firstSample - before.length) / 8;
    assert(heardMs < 23, `${heardMs} ms of tone after ${shift} samples`);
    const lastSample = (muted.lastIndexOf(true) + 1) * 160;
    const end = before.length + 800;
    assert((end - lastSample) / 8 < 10, "the end of the tone is heard");
    assert((lastSample - end) / 8 < 60, "muted for long after the tone");
  }
});

Deno.test("a muted packet is silent, its header as it was", () => {
  for (const law of [PCMU, PCMA]) {
    const receiver = new InbandReceiver({
      clock: new TimerWheel(),
      listener: new KeyLog(),
      laws: [law],
    });
    const [bytes] = packets(tone("5"), { law });
    const view = new RtpView();
    view.wrap(bytes!);
    receiver.mute(view);
    assertEquals(bytes!.slice(12), new Uint8Array(160).fill(law.silence));
    assertEquals(law.linear[law.silence]! <= 8, true);
  }
});

Deno.test("lost packets: a tone goes on over a hole, and ends with a long one", () => {
  const audio = join(silence(100), tone("5", { ms: 300 }), silence(100));
  for (let lost = 4; lost <= 24; lost++) {
    const { log } = hear(audio, { loses: (index) => index === lost });
    assertEquals(log.presses.length, 1, `packet ${lost}`);
    const { durationMs } = log.presses[0]!;
    assert(Math.abs(durationMs - 300) <= 35, `${lost}: ${durationMs} ms`);
  }
  const { log } = hear(audio, { loses: (index) => index >= 9 && index < 15 });
  assertEquals(log.presses.map(({ key }) => key), ["5", "5"]);
});

Deno.test("packets late or doubled are not heard twice", () => {
  const clock = new TimerWheel();
  const log = new KeyLog();
  const receiver = new InbandReceiver({ clock, listener: log, laws: [PCMU] });
  const view = new RtpView();
  const all = packets(join(GAP, tone("5"), GAP, tone("6"), GAP), { law: PCMU });
  for (const [index, bytes] of all.entries()) {
    for (const again of [bytes, all[Math.max(0, index - 5)]!, bytes]) {
      view.wrap(again);
      receiver.receive(view);
    }
  }
  assertEquals(log.presses.map(({ key }) => key), ["5", "6"]);
  receiver.close();
  assertEquals(clock.pending, 0);
});

Deno.test("a sender that begins its numbers anew is heard again", () => {
  const clock = new TimerWheel();
  const log = new KeyLog();
  const receiver = new InbandReceiver({ clock, listener: log, laws: [PCMU] });
  const view = new RtpView();
  const audio = join(silence(2500), tone("5"), GAP);
  for (let time = 0; time < 2; time++) {
    for (const bytes of packets(audio, { law: PCMU })) {
      view.wrap(bytes);
      receiver.receive(view);
    }
  }
  assertEquals(log.presses.length, 2);
  receiver.close();
});

Deno.test("a sender that suppresses silence: the key is up when nothing comes", () => {
  const { log } = hear(join(GAP, tone("5")), { silentEndMs: 150 });
  assertEquals(log.lines.length, 2);
  assertEquals(log.lines[0], "5 down");
});

Deno.test("another payload type is not heard", () => {
  const clock = new TimerWheel();
  const receiver = new InbandReceiver({
    clock,
    listener: new KeyLog(),
    laws: [PCMU],
  });
  const view = new RtpView();
  for (const bytes of packets(tone("5", { ms: 500 }), { law: PCMA })) {
    view.wrap(bytes);
    assertEquals(receiver.receive(view), false);
    receiver.mute(view);
    assertEquals(bytes.slice(12).every((byte) => byte === 0xff), false);
  }
});
