/** Keys that other programs are to read from us, and we from them. */

import { assert, assertEquals } from "@std/assert";
import { packets as captured } from "../../app/replay/capture.ts";
import { segmentOf } from "../../app/replay/datagram.ts";
import { CountingObserver } from "../../core/base/observer.ts";
import { TimerWheel } from "../../core/base/timer_wheel.ts";
import { HIGH_HZ, LOW_HZ, tonesOfKey } from "../../core/media/dtmf_tones.ts";
import { type G711, PCMA, PCMU } from "../../core/media/g711.ts";
import { InbandReceiver } from "../../core/media/inband_receiver.ts";
import type { Key, KeyPress } from "../../core/media/key.ts";
import { RTP_HEADER_BYTES, RtpView } from "../../core/media/rtp.ts";
import { TelephoneEventReceiver } from "../../core/media/telephone_event_receiver.ts";
import { ethernet, ipv4, pcap, udp } from "../app/support/capture_writer.ts";
import { KeyLog } from "../core/media/key_log.ts";
import { packets as audioPackets } from "../core/media/tones.ts";
import { eventPackets, tonePackets } from "../support/key_packets.ts";
import { peerTest, start } from "./support/peer.ts";

const KEYS = [..."0123456789*#ABCD"] as Key[];
/** tshark's number for an expert note of the severity "warning". */
const EXPERT_WARNING = 6291456;
const SIPP_CAPTURES = "/usr/share/sip-tester";

peerTest("tshark: our events are RTP events, and nothing is wrong", [
  "tshark",
], async () => {
  const presses = [...KEYS, "flash" as const].map((key, index) => ({
    key,
    durationMs: 100 + index,
  }));
  // One in segments.
  presses.push({ key: "5", durationMs: 9000 });
  await inFolder(async (folder) => {
    const bytes = eventPackets(presses, { payloadType: 101, clockRate: 8000 });
    const frames = bytes.map((packet) => ethernet(ipv4(udp(packet))));
    await Deno.writeFile(
      `${folder}/keys.pcap`,
      pcap(frames, { linkType: 1 }),
    );
    const args = ["-r", `${folder}/keys.pcap`, "-d", "udp.port==5060,rtp"];
    const asEvents = ["-o", "rtpevent.event_payload_type_value:101"];
    const all = [...args, ...asEvents];
    const wrong = `_ws.malformed || _ws.expert.severity >= ${EXPERT_WARNING}`;
    assertEquals(await lines("tshark", [...all, "-Y", wrong]), []);

    const fields = ["rtpevent.event_id", "rtpevent.end_of_event", "rtp.marker"]
      .concat("rtpevent.duration")
      .flatMap((field) => ["-e", field]);
    const read = (await lines("tshark", [...all, "-T", "fields", ...fields]))
      .map((line) => line.split("\t"));
    assertEquals(read.length, bytes.length);
    const isSet = (flag?: string): boolean => flag === "1" || flag === "True";
    const ends = read.filter(([, end]) => isSet(end));
    assertEquals(ends.length, 3 * presses.length);
    assertEquals(
      read.filter(([, , marker]) => isSet(marker)).length,
      presses.length,
    );
    assertEquals(
      ends.filter((_, index) => index % 3 === 0)
        .map(([event, , , duration]) => [Number(event), Number(duration)]),
      presses.map(({ durationMs }, index) => [
        index < 17 ? index : 5,
        durationMs * 8 > 0xffff ? durationMs * 8 - 0xffff : durationMs * 8,
      ]),
    );
  });
});

peerTest("SIPp's captures of keys are heard, each once", ["sipp"], async () => {
  // They are linphone's: telephone-event of 16 kHz, the end three times with one sequence number.
  const names = [..."0123456789", "star", "pound"];
  const heard: string[] = [];
  for (const name of names) {
    const path = `${SIPP_CAPTURES}/dtmf_2833_${name}.pcap`;
    const clock = new TimerWheel();
    const log = new KeyLog();
    const receiver = new TelephoneEventReceiver({
      clock,
      listener: log,
      observer: new CountingObserver(),
      formats: [{ payloadType: 101, clockRate: 16_000 }],
    });
    const view = new RtpView();
    let startMs: number | undefined;
    for (const packet of captured(await Deno.readFile(path))) {
      startMs ??= packet.atMs;
      clock.advance(packet.atMs - startMs);
      const payload = segmentOf(packet)?.payload;
      if (payload !== undefined && view.wrap(payload)) receiver.receive(view);
    }
    heard.push(
      ...log.presses.map(({ key, durationMs }) => `${key} ${durationMs}`),
    );
    receiver.close();
    assertEquals(clock.pending, 0);
  }
  assertEquals(heard, [..."0123456789*#"].map((key) => `${key} 140`));
});

peerTest("sox: its tones are keys, in either law", ["sox"], async () => {
  for (const law of [PCMU, PCMA]) {
    const audio = new Uint8Array(
      (await Promise.all(KEYS.map((key) => soxTone(key, { law }))))
        .flatMap((bytes) => [...bytes]),
    );
    assertEquals(keysIn(audio, law).map(({ key }) => key), KEYS);
    for (const { durationMs } of keysIn(audio, law)) {
      assert(Math.abs(durationMs - 100) <= 10, `${durationMs} ms`);
    }
  }
});

peerTest("sox: its tones off frequency, too short, too uneven", [
  "sox",
], async () => {
  const heard = async (
    shape: Parameters<typeof soxTone>[1],
  ): Promise<boolean[]> =>
    await Promise.all(
      (["1", "5", "9", "D", "0"] as const).map(async (key) =>
        keysIn(await soxTone(key, shape), shape.law)[0]?.key === key
      ),
    );
  const none = Array(5).fill(false);
  const law = PCMU;
  // ITU-T Q.24, table A-1.
  assertEquals(await heard({ law, offset: 0.015 }), none.map((no) => !no));
  assertEquals(await heard({ law, offset: -0.015 }), none.map((no) => !no));
  assertEquals(await heard({ law, offset: 0.035 }), none);
  assertEquals(await heard({ law, offset: -0.035 }), none);
  assertEquals(await heard({ law, ms: 40 }), none.map((no) => !no));
  assertEquals(await heard({ law, ms: 22 }), none);
  assertEquals(await heard({ law, twist: 2.5 }), none.map((no) => !no));
  assertEquals(await heard({ law, twist: 5 }), none);
});

peerTest("sox: its noises and voices are no keys", ["sox"], async () => {
  // With -R sox makes the same noise each time.
  const mixtures = [
    "synth 30 whitenoise gain -6",
    "synth 30 pinknoise gain -3",
    "synth 30 brownnoise gain -3",
    "synth 30 sawtooth 90-260 tremolo 4 80 gain -8",
    "synth 30 square 110-330 sinc 300-3400 tremolo 5 90 gain -8",
    "synth 30 pluck 196 gain -6",
    "synth 30 sine 300-3400 gain -6",
    "synth 30 triangle 140:400 synth 30 pinknoise fmod 3 gain -6",
    "synth 30 sine 440 synth 30 sine mix 480 gain -6",
    "synth 30 sine 350 synth 30 sine mix 440 gain -6",
    "synth 30 sawtooth 697 gain -6",
    "synth 30 square 1209 gain -6",
  ];
  for (const mixture of mixtures) {
    const audio = await sox(["-n"], { law: PCMU, effects: mixture.split(" ") });
    assertEquals(audio.length, 240_000, mixture);
    assertEquals(keysIn(audio, PCMU), [], mixture);
  }
});

peerTest("sox: our samples of both laws are its samples", ["sox"], async () => {
  for (const law of [PCMU, PCMA]) {
    await inFolder(async (folder) => {
      const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
      await Deno.writeFile(`${folder}/all.${soxName(law)}`, all);
      await run("sox", [
        ...["-r", "8000", "-c", "1", `${folder}/all.${soxName(law)}`],
        ...["-t", "raw", "-e", "signed", "-b", "16", `${folder}/all.raw`],
      ]);
      const bytes = await Deno.readFile(`${folder}/all.raw`);
      assertEquals(new Int16Array(bytes.buffer), law.linear);
    });
  }
});

peerTest("multimon-ng hears our tones", ["multimon-ng", "sox"], async () => {
  for (const law of [PCMU, PCMA]) {
    for (const durationMs of [60, 100, 400]) {
      const presses = KEYS.map((key) => ({ key, durationMs }));
      const audio = concatenated(tonePackets(presses, law), {
        law,
        gapMs: durationMs < 100 ? 100 : 60,
      });
      const heard = await inFolder(async (folder) => {
        await Deno.writeFile(`${folder}/keys.${soxName(law)}`, audio);
        await run("sox", [
          ...["-r", "8000", "-c", "1", `${folder}/keys.${soxName(law)}`],
          ...["-t", "raw", "-r", "22050", "-e", "signed", "-b", "16"],
          ...[`${folder}/keys.raw`, "pad", "0.2", "0.2"],
        ]);
        return await lines("multimon-ng", [
          ...["-q", "-a", "DTMF", "-t", "raw", `${folder}/keys.raw`],
        ]);
      });
      assertEquals(
        heard.filter((line) => line.startsWith("DTMF: "))
          .map((line) => line.slice("DTMF: ".length)),
        KEYS,
        `${law.name}, ${durationMs} ms`,
      );
    }
  }
});

/** A tone by sox, with silence after it. `twist`: how much stronger the high tone is, as amplitude. */
async function soxTone(
  key: Key,
  options: { law: G711; ms?: number; offset?: number; twist?: number },
): Promise<Uint8Array> {
  const { law, ms = 100, offset = 0, twist = 1 } = options;
  const { lowHz, highHz } = tonesOfKey(key)!;
  assert(LOW_HZ.includes(lowHz) && HIGH_HZ.includes(highHz));
  const factor = 1 + offset;
  const seconds = String(ms / 1000);
  return await inFolder(async (folder) => {
    const parts = [[lowHz, 0.3], [highHz, 0.3 * twist]] as const;
    for (const [index, [hz, level]] of parts.entries()) {
      const tone = ["synth", seconds, "sine", String(hz * factor)];
      await run("sox", [
        ...["-R", "-n", "-r", "8000", "-c", "1", "-b", "16"],
        ...[`${folder}/${index}.wav`, ...tone, "vol", String(level / 3)],
      ]);
    }
    return await sox(["-m", `${folder}/0.wav`, `${folder}/1.wav`], {
      law,
      effects: ["pad", "0.06", "0.06"],
    });
  });
}

/** What sox makes of its input, as bytes of a law. */
async function sox(
  input: readonly string[],
  options: { law: G711; effects: readonly string[] },
): Promise<Uint8Array> {
  return await inFolder(async (folder) => {
    const file = `${folder}/out.${soxName(options.law)}`;
    const format = ["-r", "8000", "-c", "1", file];
    await run("sox", ["-R", ...input, ...format, ...options.effects]);
    return await Deno.readFile(file);
  });
}

function soxName(law: G711): string {
  return law.name === "PCMU" ? "ul" : "al";
}

function keysIn(audio: Uint8Array, law: G711): readonly KeyPress[] {
  const clock = new TimerWheel();
  const log = new KeyLog();
  const receiver = new InbandReceiver({ clock, listener: log, laws: [law] });
  const view = new RtpView();
  const samples = Float64Array.from(audio, (byte) => law.linear[byte]!);
  for (const bytes of audioPackets(samples, { law })) {
    view.wrap(bytes);
    receiver.receive(view);
  }
  receiver.close();
  assertEquals(clock.pending, 0);
  return log.presses;
}

/** The audio of packets, by their timestamps, with a longer pause wherever there is one. */
function concatenated(
  packets: readonly Uint8Array[],
  options: { law: G711; gapMs: number },
): Uint8Array {
  const view = new RtpView();
  const parts: number[] = [];
  let next = 0;
  for (const bytes of packets) {
    view.wrap(bytes);
    if (view.timestamp !== next) {
      parts.push(...Array(options.gapMs * 8).fill(options.law.silence));
    }
    parts.push(...bytes.subarray(RTP_HEADER_BYTES));
    next = view.timestamp + bytes.length - RTP_HEADER_BYTES;
  }
  return Uint8Array.from(parts);
}

async function lines(
  program: string,
  args: readonly string[],
): Promise<string[]> {
  const output = await run(program, args);
  return output.split("\n").filter((line) =>
    line.trim() !== "" && !line.startsWith("Running as user")
  );
}

async function run(program: string, args: readonly string[]): Promise<string> {
  await using running = start(program, args, { withinMs: 30_000 });
  const { code, output } = await running.ended;
  assertEquals(code, 0, `${program} ${args.join(" ")}: ${output}`);
  return output;
}

async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir({ prefix: "keys-" });
  try {
    return await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
