/** The payload of RFC 4733 §2.3: one event report of four bytes. */

/** Bytes of one report. */
export const EVENT_BYTES = 4;
/** The longest duration that a report can say; what lasts longer comes in segments (§2.5.1.3). */
export const MAX_DURATION = 0xffff;

/** §2.3.1: "a number between 0 and 255". */
const LAST_EVENT = 255;

/** Which RTP payload type carries telephone-event, and the clock of its durations. */
export interface EventFormat {
  readonly payloadType: number;
  readonly clockRate: number;
}

/** What one report says. */
export interface EventReport {
  event: number;
  end: boolean;
  /** Power in dBm0 without its sign. */
  volume: number;
  /** In units of the clock. */
  duration: number;
}

/** §2.5.1.1: where nothing is said, "the sender SHOULD assume support for the DTMF events 0-15 but for no other events." */
export const DTMF_EVENTS: ReadonlySet<number> = eventsOf("0-15");

/** The events that the value of an `fmtp` lists: `0-15,66` (§2.4). What cannot be read lists nothing. */
export function eventsOf(list: string): ReadonlySet<number> {
  const events = new Set<number>();
  for (const element of list.split(",")) {
    const [, from, to = from] =
      /^\s*(\d{1,3})(?:-(\d{1,3}))?\s*$/.exec(element) ??
        [];
    const last = Math.min(Number(to ?? -1), LAST_EVENT);
    for (let event = Number(from); event <= last; event++) events.add(event);
  }
  return events;
}

/** Reads the report at `at` into `report`, which is used again and again. */
export function readReport(
  bytes: Uint8Array,
  options: { at: number; report: EventReport },
): void {
  const { at, report } = options;
  report.event = bytes[at]!;
  // §2.3.3: "This field is reserved for future use. The sender MUST set it to zero, and the receiver MUST ignore it."
  report.end = (bytes[at + 1]! & 0x80) !== 0;
  report.volume = bytes[at + 1]! & 0x3f;
  report.duration = bytes[at + 2]! << 8 | bytes[at + 3]!;
}

/** Writes a report at `at`. */
export function writeReport(
  bytes: Uint8Array,
  options: { at: number; report: Readonly<EventReport> },
): void {
  const { at, report } = options;
  bytes[at] = report.event;
  bytes[at + 1] = report.volume & 0x3f | (report.end ? 0x80 : 0);
  bytes[at + 2] = report.duration >>> 8;
  bytes[at + 3] = report.duration;
}
