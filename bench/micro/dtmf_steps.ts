/** The steps of keys that cost something for each packet, for the benchmarks of their time and of their memory. */

import { CountingObserver } from "../../core/base/observer.ts";
import { TimerWheel } from "../../core/base/timer_wheel.ts";
import { PCMU } from "../../core/media/g711.ts";
import { InbandReceiver } from "../../core/media/inband_receiver.ts";
import type { KeySource } from "../../core/media/key_sink.ts";
import { PortKeys } from "../../core/media/port_keys.ts";
import { RtpView } from "../../core/media/rtp.ts";
import { TelephoneEventReceiver } from "../../core/media/telephone_event_receiver.ts";
import { TelephoneEventSender } from "../../core/media/telephone_event_sender.ts";
import { ToneSender } from "../../core/media/tone_sender.ts";
import { seededRandom } from "../../core/base/random.ts";
import { packets, voice } from "../../tests/core/media/tones.ts";
import {
  eventPacket,
  KeyLog,
  TestStream,
} from "../../tests/core/media/key_log.ts";

/** What is done for one packet, over and over; a step leaves nothing behind. */
export interface Step {
  readonly name: string;
  run(): void;
}

/** A ring of packets for a view. */
class Ring {
  readonly #packets: readonly Uint8Array[];
  #next = 0;

  constructor(packets: readonly Uint8Array[]) {
    this.#packets = packets;
  }

  /** Turns the view to the next packet, with a number and a time that go on. */
  next(view: RtpView): void {
    const at = this.#next++;
    view.wrap(this.#packets[at % this.#packets.length]!);
    view.sequence = at;
    view.timestamp = 160 * at;
  }
}

/** All steps. */
export function steps(): Step[] {
  return [
    headers(),
    receiver("RFC 4733: an update received", { payloadType: 101 }),
    receiver("RFC 4733: a packet of audio passed over", { payloadType: 0 }),
    portKeys(),
    sender(
      "RFC 4733: a packet written",
      new TelephoneEventSender(new TestStream(), {
        payloadType: 101,
        clockRate: 8000,
      }),
    ),
    detector(),
    sender(
      "tones: a packet of 20 ms written",
      new ToneSender(new TestStream(), { law: PCMU }),
    ),
  ];
}

function headers(): Step {
  const view = new RtpView();
  const bytes = eventPacket({ duration: 160 });
  return {
    name: "RTP: a header read and rewritten",
    run(): void {
      view.wrap(bytes);
      view.sequence = view.sequence + 1;
      view.timestamp = view.timestamp + 160;
      view.payloadType = 96;
    },
  };
}

/** A key that is held: its updates, again and again; or audio, which is most packets of a call. */
function receiver(name: string, packet: { payloadType: number }): Step {
  const receiver = new TelephoneEventReceiver({
    clock: new TimerWheel(),
    listener: new KeyLog(),
    observer: new CountingObserver(),
    formats: [{ payloadType: 101, clockRate: 8000 }],
  });
  const view = new RtpView();
  const updates = [160, 320, 480].map((duration) =>
    eventPacket({ duration, ...packet })
  );
  let at = 0;
  return {
    name,
    run(): void {
      view.wrap(updates[at++ % updates.length]!);
      receiver.receive(view);
    },
  };
}

/** The tap of a relayed call whose keys are translated: what each packet of its audio costs. */
function portKeys(): Step {
  const parts = {
    clock: new TimerWheel(),
    observer: new CountingObserver(),
    listener: new KeyLog(),
    port: { stream: new TestStream(), sendPacket(): void {} },
  };
  const [here, there] = [new PortKeys(parts), new PortKeys(parts)];
  here.join(there);
  const format = { payloadType: 101, clockRate: 8000 };
  here.hear({ formats: [format], laws: [], passesEvents: false });
  there.sinks({ events: format, law: PCMU });
  const view = new RtpView();
  const bytes = eventPacket({ duration: 160, payloadType: 0 });
  return {
    name: "relay: a packet of audio through the keys of its port",
    run(): void {
      view.wrap(bytes);
      here.onPacket(view);
    },
  };
}

function detector(): Step {
  const receiver = new InbandReceiver({
    clock: new TimerWheel(),
    listener: new KeyLog(),
    laws: [PCMU],
  });
  const view = new RtpView();
  const ring = new Ring(packets(voice(seededRandom(3), 30), { law: PCMU }));
  return {
    name: "tones: a packet of 20 ms of speech heard",
    run(): void {
      ring.next(view);
      receiver.receive(view);
    },
  };
}

/** A key that is held: its packets. */
function sender(name: string, source: KeySource): Step {
  const out = new Uint8Array(512);
  source.begin({ key: "5", durationMs: undefined }, 0);
  let nowMs = 0;
  return {
    name,
    run(): void {
      nowMs += 20;
      while (source.write(nowMs, out) > 0);
    },
  };
}
