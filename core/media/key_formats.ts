/**
 * What the descriptions of an audio stream say of keys in it: by which numbers a side sends telephone events and may be
 * sent them, and whether its audio can have tones.
 *
 * @module
 */

import {
  isCompanion,
  type PayloadFormat,
  payloadFormats,
} from "../sdp/codecs.ts";
import type { MediaDescription } from "../sdp/media_description.ts";
import { type G711, G711_RATE, PCMA, PCMU } from "./g711.ts";
import type { HeardMedia, SentMedia } from "./port_keys.ts";
import { DTMF_EVENTS, eventsOf } from "./telephone_event.ts";

/** A stream by both its descriptions. */
export interface KeyStream {
  /** What the side said of it: so it wants to be spoken to. */
  readonly theirs: MediaDescription;
  /** What it was told: so it speaks. */
  readonly ours: MediaDescription;
}

const EVENT = "telephone-event";
/** Of a description that has no `ptime`. */
const USUAL_STEP_MS = 20;

/**
 * How the side's keys may come: events by any number that it was told (linphone, offered three clocks, takes the
 * second), tones in G.711.
 */
export function heardMedia(
  { ours }: KeyStream,
): Pick<HeardMedia, "formats" | "laws"> {
  const formats = payloadFormats(ours);
  return {
    formats: formats.filter(isEvent).map(({ payload, clock }) => ({
      payloadType: payload,
      clockRate: clock || G711_RATE,
    })),
    laws: formats.flatMap((format) => lawOf(format) ?? []),
  };
}

/** How keys can be sent to the side; nothing where it takes neither events nor tones. */
export function sentMedia({ theirs, ours }: KeyStream): SentMedia {
  const told = payloadFormats(ours);
  const agreed = payloadFormats(theirs).filter((format) =>
    told.some((other) => isSame(format, other))
  );
  const audio = agreed.find((format) => !isCompanion(format));
  const law = audio && lawOf(audio);
  const events = agreed.filter(isEvent);
  // RFC 4733 §2.1: events are a codec of the stream like any other, so that its clock suits best.
  const event = events.find(({ clock }) => clock === audio?.clock) ?? events[0];
  const stepMs = stepOf(theirs);
  return {
    ...(law === undefined ? {} : { law }),
    ...(event === undefined ? {} : {
      events: {
        payloadType: event.payload,
        clockRate: event.clock || G711_RATE,
        stepMs,
        events: event.fmtp === "" ? DTMF_EVENTS : eventsOf(event.fmtp),
      },
    }),
  };
}

function isEvent({ name }: PayloadFormat): boolean {
  return name.toLowerCase() === EVENT;
}

function isSame(one: PayloadFormat, other: PayloadFormat): boolean {
  return one.name.toLowerCase() === other.name.toLowerCase() &&
    one.clock === other.clock;
}

function lawOf({ name, clock, payload }: PayloadFormat): G711 | undefined {
  return [PCMU, PCMA].find((law) =>
    law.name === name.toUpperCase() && clock === G711_RATE &&
    payload === law.payloadType
  );
}

/** RFC 4733 §2.5.1.2: "A natural interval is the spacing between non-event audio packets." */
function stepOf(stream: MediaDescription): number {
  const value = stream.attribute("ptime")?.value ?? "";
  return /^\s*\d{1,3}/.test(value) ? parseInt(value, 10) : USUAL_STEP_MS;
}
