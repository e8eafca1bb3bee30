/**
 * Telephone events in a description (RFC 4733 section 7.1.1): added where one side shall have them though the other
 * knows none, taken out where it shall not, and renumbered where a number means something else on that leg.
 *
 * @module
 */

import { payloadFormats, removeFormats } from "../sdp/codecs.ts";
import type { SessionDescription } from "../sdp/session_description.ts";
import type { MediaDescription } from "../sdp/media_description.ts";

/** Events of one clock rate. */
export interface EventPayload {
  readonly payload: number;
  readonly clock: number;
  /** Which of them, as `0-15`; "" where nothing says so. */
  readonly events?: string;
}

const NAME = "telephone-event";
/** RFC 4733 §7.1.1: events 0 to 15, and the flash of RFC 2833. */
const EVENTS = "0-16";
/** The number that most peers know it by. */
const USUAL = 101;
const FIRST_DYNAMIC = 96;
const LAST_DYNAMIC = 127;

/** The payload types of telephone events in a stream. */
export function eventPayloads(stream: MediaDescription): EventPayload[] {
  return payloadFormats(stream)
    .filter(({ name }) => name.toLowerCase() === NAME)
    .map(({ payload, clock, fmtp }) => ({
      payload,
      clock: clock || 8000,
      events: fmtp,
    }));
}

/**
 * Adds events to the audio of a description, or takes them out. `known` is what the side that gets it knows them by,
 * stream by stream: in an answer, those it has offered.
 */
export function shapeEvents(
  { media }: SessionDescription,
  { how, known }: {
    how: "add" | "hide" | undefined;
    known: (stream: number) => readonly EventPayload[];
  },
): void {
  if (how === undefined) return;
  media.forEach((stream, at) => {
    if (stream.kind !== "audio") return;
    if (how === "hide") {
      removeEvents(stream);
      return;
    }
    const clock = payloadFormats(stream).find(({ clock }) => clock > 0)?.clock;
    const mine = known(at).find((one) => one.clock === clock) ?? known(at)[0];
    addEvents(stream, {
      ...(mine === undefined ? {} : { wanted: mine.payload }),
      ...(mine?.events ? { events: mine.events } : {}),
    });
  });
}

/**
 * Adds events at the clock of the stream's first codec, and gives what was added; undefined where the stream has some
 * already, is refused, or has no number left. `wanted` is the number the leg has known them by before.
 */
export function addEvents(
  stream: MediaDescription,
  { wanted = USUAL, events = EVENTS }: { wanted?: number; events?: string } =
    {},
): EventPayload | undefined {
  const formats = payloadFormats(stream);
  const codec = formats.find(({ clock }) => clock > 0);
  if (stream.port === 0 || codec === undefined) return undefined;
  if (eventPayloads(stream).length > 0) return undefined;
  const taken = new Set(formats.map(({ payload }) => payload));
  const payload = freePayload(taken, wanted);
  if (payload === undefined) return undefined;
  // RFC 4733 §2.1: events share the clock of the audio they stand among.
  const { clock } = codec;
  stream.formats = [...stream.formats, String(payload)];
  stream.appendAttribute({
    name: "rtpmap",
    value: `${payload} ${NAME}/${clock}`,
  });
  stream.appendAttribute({ name: "fmtp", value: `${payload} ${events}` });
  return { payload, clock };
}

/** Takes events out; says how many payload types went. */
export function removeEvents(stream: MediaDescription): number {
  return removeFormats(stream, ({ name }) => name.toLowerCase() === NAME);
}

/** Gives a payload type another number, in all that names it; false where the new one is taken. */
export function renumberFormat(
  stream: MediaDescription,
  { from, to }: { from: number; to: number },
): boolean {
  if (from === to) return true;
  const { formats } = stream;
  if (!formats.includes(String(from)) || formats.includes(String(to))) {
    return false;
  }
  stream.formats = formats.map((format) =>
    format === String(from) ? String(to) : format
  );
  const start = new RegExp(`^${from}(?=\\s)`);
  for (const name of ["rtpmap", "fmtp", "rtcp-fb"]) {
    const mine = stream.attributes().filter((one) =>
      one.name === name && start.test(one.value ?? "")
    );
    if (mine.length === 0) continue;
    stream.removeAttributes((one) =>
      one.name === name && start.test(one.value ?? "")
    );
    for (const { value = "" } of mine) {
      stream.appendAttribute({ name, value: value.replace(start, `${to}`) });
    }
  }
  return true;
}

function freePayload(
  taken: ReadonlySet<number>,
  wanted: number,
): number | undefined {
  if (!taken.has(wanted)) return wanted;
  for (let payload = LAST_DYNAMIC; payload >= FIRST_DYNAMIC; payload--) {
    if (!taken.has(payload)) return payload;
  }
  return undefined;
}
