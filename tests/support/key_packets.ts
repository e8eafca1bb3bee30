/** The RTP packets that our senders make of keys, for programs that are to hear them. */

import { TimerWheel } from "../../core/base/timer_wheel.ts";
import type { G711 } from "../../core/media/g711.ts";
import type { Key } from "../../core/media/key.ts";
import type { KeySource, OutgoingStream } from "../../core/media/key_sink.ts";
import { StreamSink } from "../../core/media/stream_sink.ts";
import type { EventFormat } from "../../core/media/telephone_event.ts";
import { TelephoneEventSender } from "../../core/media/telephone_event_sender.ts";
import { ToneSender } from "../../core/media/tone_sender.ts";

/** A press to be sent. */
export interface Press {
  readonly key: Key;
  readonly durationMs: number;
}

/** Keys as telephone events. */
export function eventPackets(
  presses: readonly Press[],
  format: EventFormat,
): Uint8Array[] {
  const events = new Set(Array.from({ length: 17 }, (_, event) => event));
  const stream = streamOf(format.clockRate);
  const source = new TelephoneEventSender(stream, { ...format, events });
  return sent(presses, { kind: "rfc4733", source });
}

/** Keys as tones. */
export function tonePackets(
  presses: readonly Press[],
  law: G711,
): Uint8Array[] {
  const source = new ToneSender(streamOf(8000), { law });
  return sent(presses, { kind: "inband", source });
}

function sent(
  presses: readonly Press[],
  options: { kind: "rfc4733" | "inband"; source: KeySource },
): Uint8Array[] {
  const clock = new TimerWheel();
  const packets: Uint8Array[] = [];
  const out = {
    sendPacket(bytes: Uint8Array, length: number): void {
      packets.push(bytes.slice(0, length));
    },
  };
  const sink = new StreamSink({ clock, out, ...options });
  for (const press of presses) {
    let isSent = false;
    sink.send(press, {
      keySent(): void {
        isSent = true;
      },
    });
    while (!isSent) clock.advance(clock.now() + 1);
  }
  return packets;
}

function streamOf(clockRate: number): OutgoingStream {
  let sequence = 100;
  return {
    ssrc: 0xcafe,
    nextSequence: () => sequence++,
    timestampAt: (nowMs) => Math.round(nowMs * clockRate / 1000),
  };
}
