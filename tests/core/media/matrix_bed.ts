/**
 * A call with keys in it: a phone that presses them, the leg that hears them, the translator, the leg that passes
 * them on, and the phone that hears those. Everything between a phone and its leg is lossy: packets are lost,
 * requests and their answers too, which are then sent again as SIP does.
 */

import type { Clock, Timed } from "../../../core/base/clock.ts";
import { CountingObserver } from "../../../core/base/observer.ts";
import { type Random, seededRandom } from "../../../core/base/random.ts";
import { TimerWheel } from "../../../core/base/timer_wheel.ts";
import { readKeyInfo, writeKeyInfo } from "../../../core/media/dtmf_info.ts";
import { DtmfTranslator } from "../../../core/media/dtmf_translator.ts";
import { PCMA, PCMU } from "../../../core/media/g711.ts";
import { InbandReceiver } from "../../../core/media/inband_receiver.ts";
import type { Key, KeyListener, KeyPress } from "../../../core/media/key.ts";
import type { KeySink } from "../../../core/media/key_sink.ts";
import { MessageSink } from "../../../core/media/message_sink.ts";
import {
  RTP_HEADER_BYTES,
  RtpView,
  writeRtpHeader,
} from "../../../core/media/rtp.ts";
import { StreamSink } from "../../../core/media/stream_sink.ts";
import { TelephoneEventReceiver } from "../../../core/media/telephone_event_receiver.ts";
import { TelephoneEventSender } from "../../../core/media/telephone_event_sender.ts";
import { ToneSender } from "../../../core/media/tone_sender.ts";
import { TestStream } from "./key_log.ts";

/** A way for keys, by its name in a trunk's `send`. */
export type Way = "rfc4733" | "info" | "info-dtmf" | "inband" | "kpml";

/** A leg of the call. */
export interface LegSetting {
  readonly way: Way;
  /** Of telephone-event. */
  readonly clockRate?: number;
}

/** What came of it. */
export interface Outcome {
  readonly heard: readonly KeyPress[];
  /** The most packets in a row that a link lost, from the phone and to the phone. */
  readonly lostInARow: readonly [number, number];
}

const STEP_MS = 20;
const DELAY_MS = 30;
/** What a NOTIFY of KPML is taken for: it says no length. */
export const KPML_MS = 200;

/** Presses keys on the phone of leg A, and tells what the phone of leg B heard. */
export function playCall(
  presses: readonly { readonly key: Key; readonly durationMs: number }[],
  options: {
    from: LegSetting;
    to: LegSetting;
    loss: number;
    seed: number;
  },
): Outcome {
  const { from, to, loss, seed } = options;
  const clock = new TimerWheel();
  const observer = new CountingObserver();
  const random = seededRandom(seed);
  const heard: KeyPress[] = [];
  const ear: KeyListener = {
    keyDown(): void {},
    keyUp(press): void {
      heard.push(press);
    },
  };
  const world = { clock, random, loss, observer };
  const there = way(world, { ...to, listener: ear });
  const translator = new DtmfTranslator({
    clock,
    observer,
    receive: [from.way === "info-dtmf" ? "info" : from.way],
  });
  const here = way(world, { ...from, listener: translator });
  const phone = new DtmfTranslator({ clock, observer, receive: [] });

  translator.attach([there.sink]);
  phone.attach([here.sink]);
  for (const press of presses) phone.inject(press);
  clock.advance(120_000);

  for (const end of [phone, translator, here, there]) end.close();
  clock.advance(clock.now() + 10_000);
  const left = [clock.pending, phone.waiting, translator.waiting];
  if (left.some((count) => count !== 0)) throw new Error(`left: ${left}`);
  return { heard, lostInARow: [here.lostInARow(), there.lostInARow()] };
}

interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly loss: number;
  readonly observer: CountingObserver;
}

/** One way between a leg and its phone: a sink at one end, a listener at the other. */
interface Path {
  readonly sink: KeySink;
  close(): void;
  lostInARow(): number;
}

function way(
  world: World,
  leg: LegSetting & { readonly listener: KeyListener },
): Path {
  switch (leg.way) {
    case "rfc4733":
      return eventPath(world, leg);
    case "inband":
      return tonePath(world, leg.listener);
    case "info":
    case "info-dtmf":
    case "kpml":
      return messagePath(world, { kind: leg.way, listener: leg.listener });
  }
}

function eventPath(
  world: World,
  leg: LegSetting & { readonly listener: KeyListener },
): Path {
  const { clock, observer } = world;
  const format = { payloadType: 101, clockRate: leg.clockRate ?? 8000 };
  const receiver = new TelephoneEventReceiver({
    clock,
    observer,
    listener: leg.listener,
    formats: [format],
  });
  const link = new PacketLink(world, (packet) => void receiver.receive(packet));
  // Sequence numbers and timestamps wrap on the way.
  const start = { sequence: 0xfff0, timestamp: 0xffff_f000 };
  const sink = new StreamSink({
    clock,
    kind: "rfc4733",
    source: new TelephoneEventSender(
      new TestStream(format.clockRate, start),
      { ...format, stepMs: STEP_MS },
    ),
    out: link,
  });
  return {
    sink,
    close: () => receiver.close(),
    lostInARow: () => link.lostInARow,
  };
}

function tonePath(world: World, listener: KeyListener): Path {
  const { clock, random } = world;
  const law = random.fraction() < 0.5 ? PCMU : PCMA;
  const receiver = new InbandReceiver({ clock, listener, laws: [law] });
  const link = new PacketLink(world, (packet) => void receiver.receive(packet));
  const stream = new TestStream(8000, { timestamp: 0xffff_f000 });
  const sink = new StreamSink({
    clock,
    kind: "inband",
    source: new ToneSender(stream, { law, stepMs: STEP_MS }),
    out: link,
    // As long as five packets, which are hardly lost together.
    gapMs: 100,
  });
  const silence = new Silence(clock, () => {
    if (sink.busy) return;
    const bytes = new Uint8Array(RTP_HEADER_BYTES + 160).fill(law.silence);
    writeRtpHeader(bytes, {
      marker: false,
      payloadType: law.payloadType,
      sequence: stream.nextSequence(),
      timestamp: stream.timestampAt(clock.now()),
      ssrc: stream.ssrc,
    });
    link.sendPacket(bytes, bytes.length);
  });
  return {
    sink,
    close(): void {
      silence.close();
      receiver.close();
    },
    lostInARow: () => link.lostInARow,
  };
}

function messagePath(
  world: World,
  leg: { kind: "info" | "info-dtmf" | "kpml"; listener: KeyListener },
): Path {
  const { kind, listener } = leg;
  const sink = new MessageSink({
    kind,
    out: {
      sendKey(press, answered): void {
        const arrived = (): void => {
          if (kind === "kpml") {
            listener.keyUp({ key: press.key, durationMs: KPML_MS, kind });
            return;
          }
          const read = readKeyInfo(writeKeyInfo(press, kind));
          if (read.kind === "key") {
            const { key, durationMs } = read;
            listener.keyUp({ key, durationMs, kind: "info" });
          }
        };
        new Request(world, { arrived, answered }).send();
      },
    },
  });
  return { sink, close(): void {}, lostInARow: () => 0 };
}

/** Packets on their way: some are lost, all are late by the same. */
class PacketLink implements Timed {
  /** The most that were lost one after the other. */
  lostInARow = 0;
  readonly #world: World;
  readonly #deliver: (packet: RtpView) => void;
  readonly #onTheWay: Uint8Array[] = [];
  readonly #view = new RtpView();
  #lost = 0;

  constructor(world: World, deliver: (packet: RtpView) => void) {
    this.#world = world;
    this.#deliver = deliver;
  }

  sendPacket(bytes: Uint8Array, length: number): void {
    const { clock, random, loss } = this.#world;
    if (random.fraction() < loss) {
      this.lostInARow = Math.max(this.lostInARow, ++this.#lost);
      return;
    }
    this.#lost = 0;
    this.#onTheWay.push(bytes.slice(0, length));
    clock.schedule(DELAY_MS, this, "packet arrives");
  }

  onTimer(_name: string): void {
    const bytes = this.#onTheWay.shift();
    if (bytes !== undefined && this.#view.wrap(bytes)) {
      this.#deliver(this.#view);
    }
  }
}

/** A request that is sent until it is answered, and arrives once. */
class Request implements Timed {
  readonly #world: World;
  readonly #ends: { arrived(): void; answered(isAccepted: boolean): void };
  #waitMs = 500;
  #hasArrived = false;
  #isAnswered = false;

  constructor(
    world: World,
    ends: { arrived(): void; answered(isAccepted: boolean): void },
  ) {
    this.#world = world;
    this.#ends = ends;
  }

  send(): void {
    const { clock } = this.#world;
    if (!this.#isLost()) clock.schedule(DELAY_MS, this, "request arrives");
    clock.schedule(this.#waitMs, this, "request again");
    this.#waitMs = Math.min(4000, 2 * this.#waitMs);
  }

  onTimer(name: string): void {
    const { clock } = this.#world;
    if (name === "request again") {
      if (!this.#isAnswered) this.send();
    } else if (name === "request arrives") {
      if (!this.#hasArrived) this.#ends.arrived();
      this.#hasArrived = true;
      if (!this.#isLost()) clock.schedule(DELAY_MS, this, "answer arrives");
    } else if (!this.#isAnswered) {
      this.#isAnswered = true;
      this.#ends.answered(true);
    }
  }

  #isLost(): boolean {
    return this.#world.random.fraction() < this.#world.loss;
  }
}

/** The audio between the keys: a packet of silence each 20 ms. */
class Silence implements Timed {
  readonly #clock: Clock;
  readonly #send: () => void;
  #isClosed = false;

  constructor(clock: Clock, send: () => void) {
    this.#clock = clock;
    this.#send = send;
    this.onTimer();
  }

  onTimer(): void {
    if (this.#isClosed) return;
    this.#send();
    this.#clock.schedule(STEP_MS, this, "silence");
  }

  close(): void {
    this.#isClosed = true;
  }
}
