import type { Clock } from "../base/clock.ts";
import type { Observer } from "../base/observer.ts";
import type { G711 } from "./g711.ts";
import { InbandReceiver } from "./inband_receiver.ts";
import type { KeyListener } from "./key.ts";
import type { OutgoingStream } from "./key_sink.ts";
import type { RtpView } from "./rtp.ts";
import type { PacketTap } from "./splicer.ts";
import { type PacketOut, StreamSink } from "./stream_sink.ts";
import type { EventFormat } from "./telephone_event.ts";
import { TelephoneEventReceiver } from "./telephone_event_receiver.ts";
import {
  TelephoneEventSender,
  type TelephoneEventSenderOptions,
} from "./telephone_event_sender.ts";
import { ToneSender } from "./tone_sender.ts";

/** The port of a relay that a side speaks to and is spoken to from. */
export interface KeyPort extends PacketOut {
  readonly stream: OutgoingStream;
}

/** What the keys of a port are made of. */
export interface PortKeysParts {
  readonly clock: Clock;
  readonly observer: Observer;
  readonly port: KeyPort;
  /** Who is told of the keys that the side presses. */
  readonly listener: KeyListener;
}

/** How a side's media may carry its keys. */
export interface HeardMedia {
  /** Telephone-event, by the numbers that the side sends it under. */
  readonly formats: readonly EventFormat[];
  /** The laws in which tones are listened for; none where the trunk has no `inband`. */
  readonly laws: readonly G711[];
  /** The other side hears events as they come: they are told of, and passed on. Else they end here. */
  readonly passesEvents: boolean;
}

/** How keys can be sent to a side. */
export interface SentMedia {
  /** Telephone-event, as the side takes it. */
  readonly events?: TelephoneEventSenderOptions;
  /** The law of its audio, where that is G.711. */
  readonly law?: G711;
  readonly gapMs?: number;
}

/**
 * Keys in the media of one side of a relayed call: heard in what it sends, and sent into what it is sent. It is the
 * port's tap.
 */
export class PortKeys implements PacketTap {
  readonly #parts: PortKeysParts;
  readonly #events: TelephoneEventReceiver;
  #tones: InbandReceiver | undefined;
  #passesEvents = true;
  /** Of the other side, which hears what this one says. */
  #partner: PortKeys | undefined;
  #sinks: StreamSink[] = [];

  constructor(parts: PortKeysParts) {
    this.#parts = parts;
    this.#events = new TelephoneEventReceiver({ ...parts, formats: [] });
  }

  /** Both sides of a call: while a key is sent to one, what the other says is not. */
  join(partner: PortKeys | undefined): void {
    this.#partner = partner;
    if (partner !== undefined) partner.#partner = this;
  }

  /** A key is being sent to this side. */
  get busy(): boolean {
    for (const sink of this.#sinks) if (sink.busy) return true;
    return false;
  }

  /** The side's session stands, or has changed. A key that is down goes on. */
  hear({ formats, laws, passesEvents }: HeardMedia): void {
    this.#events.setFormats(formats);
    this.#passesEvents = passesEvents;
    if (laws.length === 0) {
      this.#tones?.close();
      this.#tones = undefined;
    } else if (this.#tones === undefined) {
      this.#tones = new InbandReceiver({ ...this.#parts, laws });
    } else {
      this.#tones.setLaws(laws);
    }
  }

  /** What keys can be sent to the side with, as its session stands. */
  sinks({ events, law, gapMs }: SentMedia): readonly StreamSink[] {
    const { clock, port } = this.#parts;
    const shared = {
      clock,
      out: port,
      ...(gapMs === undefined ? {} : { gapMs }),
    };
    const made: StreamSink[] = [];
    if (events !== undefined) {
      const source = new TelephoneEventSender(port.stream, events);
      made.push(new StreamSink({ ...shared, kind: "rfc4733", source }));
    }
    if (law !== undefined) {
      const source = new ToneSender(port.stream, {
        law,
        ...(events?.stepMs === undefined ? {} : { stepMs: events.stepMs }),
      });
      made.push(new StreamSink({ ...shared, kind: "inband", source }));
    }
    // A key that another one is sending is finished by it.
    this.#sinks = [...this.#sinks.filter(({ busy }) => busy), ...made];
    return made;
  }

  onPacket(view: RtpView): boolean {
    if (this.#events.receive(view)) return this.#passesEvents;
    const isTone = this.#tones?.receive(view) === true;
    if (this.#partner?.busy === true) return false;
    if (isTone) this.#tones?.mute(view);
    return true;
  }

  /** The call is over: keys that are down are up, nothing more is sent. */
  close(): void {
    this.#events.close();
    this.#tones?.close();
    for (const sink of this.#sinks.splice(0)) sink.close();
  }
}
