/** The codecs of a medium: payload types, what they stand for, and the attributes that belong to each. */

import type { MediaDescription } from "./media_description.ts";

/** One payload type of a medium of RTP. */
export interface PayloadFormat {
  readonly payload: number;
  /** "" when nothing says what it is. */
  readonly name: string;
  /** Hz; 0 for an unknown one. */
  readonly clock: number;
  readonly channels: number;
  /** The value of `a=fmtp` after the payload type; "" without one. */
  readonly fmtp: string;
}

/** RFC 3551 section 6, tables 4 and 5: payload types that need no `a=rtpmap`. */
const STATIC: Readonly<Record<number, string>> = {
  0: "PCMU/8000",
  3: "GSM/8000",
  4: "G723/8000",
  5: "DVI4/8000",
  6: "DVI4/16000",
  7: "LPC/8000",
  8: "PCMA/8000",
  // RFC 3551 §4.5.2: G722 is sampled at 16 kHz; its clock is 8,000 and "must remain unchanged".
  9: "G722/8000",
  10: "L16/44100/2",
  11: "L16/44100",
  12: "QCELP/8000",
  13: "CN/8000",
  14: "MPA/90000",
  15: "G728/8000",
  16: "DVI4/11025",
  17: "DVI4/22050",
  18: "G729/8000",
  25: "CelB/90000",
  26: "JPEG/90000",
  28: "nv/90000",
  31: "H261/90000",
  32: "MPV/90000",
  33: "MP2T/90000",
  34: "H263/90000",
};

/** Attributes whose value begins with a payload type. */
const PER_FORMAT: readonly string[] = [
  "rtpmap",
  "fmtp",
  "rtcp-fb",
  "imageattr",
];

/** Formats that carry no speech or picture of their own (RFC 4733, 3389, 2198, 5109, 4588). */
const COMPANIONS: readonly string[] = [
  "telephone-event",
  "cn",
  "red",
  "ulpfec",
  "flexfec-03",
  "rtx",
];

/** All payload types in order; none when the medium is not of RTP. */
export function payloadFormats(media: MediaDescription): PayloadFormat[] {
  if (!/\bRTP\b/i.test(media.protocol)) return [];
  const named = new Map<string, string>();
  const parameters = new Map<string, string>();
  for (const { name, value } of media.attributes()) {
    if (value === undefined) continue;
    if (name === "rtpmap") keepFirst(named, value);
    else if (name === "fmtp") keepFirst(parameters, value);
  }
  return media.formats.filter((format) => /^(?:0|[1-9]\d{0,2})$/.test(format))
    .map((format) => {
      const payload = Number(format);
      const encoding = named.get(format) ?? STATIC[payload] ?? "";
      const [name = "", clock = "0", channels = "1"] = encoding.split("/");
      return {
        payload,
        name,
        clock: Number(clock) || 0,
        channels: Number(channels) || 1,
        fmtp: parameters.get(format) ?? "",
      };
    });
}

/** Whether `PCMA`, `pcma` or `opus/48000` means this one. */
export function isNamed(format: PayloadFormat, name: string): boolean {
  const [wanted = "", clock] = name.toLowerCase().split("/");
  return format.name.toLowerCase() === wanted &&
    (clock === undefined || Number(clock) === format.clock);
}

/** Whether a format is of no use without another one: tones, comfort noise, repair. */
export function isCompanion(format: PayloadFormat): boolean {
  return COMPANIONS.includes(format.name.toLowerCase());
}

/**
 * Removes payload types with their attributes, and what repairs them (RFC 4588 section 8.1: `apt`); says how many
 * went. When only companions would be left the medium is disabled and its formats stay, since an `m=` line has one at
 * least (RFC 3264 section 6: "the port number in the corresponding stream in the answer MUST be set to zero").
 */
export function removeFormats(
  media: MediaDescription,
  unwanted: (format: PayloadFormat) => boolean,
): number {
  const all = payloadFormats(media);
  const gone = new Set(all.filter(unwanted).map((each) => each.payload));
  if (gone.size === 0) return 0;
  for (const { payload, name, fmtp } of all) {
    const repaired = /(?:^|[;\s])apt=(\d+)/.exec(fmtp)?.[1];
    if (/^rtx$/i.test(name) && gone.has(Number(repaired))) gone.add(payload);
  }
  const left = all.filter((each) => !gone.has(each.payload));
  if (
    left.length === 0 || (left.every(isCompanion) && !all.every(isCompanion))
  ) {
    media.port = 0;
    return gone.size;
  }
  media.formats = media.formats.filter((format) => !gone.has(Number(format)));
  media.removeAttributes(({ name, value }) =>
    PER_FORMAT.includes(name) && gone.has(Number(payloadOf(value)))
  );
  return gone.size;
}

/** Puts payload types first, in the order of `names`; says whether anything changed. */
export function preferFormats(
  media: MediaDescription,
  names: readonly string[],
): boolean {
  const all = payloadFormats(media);
  const first = names.flatMap((name) =>
    all.filter((format) => isNamed(format, name))
  );
  const order = [...new Set([...first, ...all])].map((each) =>
    String(each.payload)
  );
  const before = media.formats;
  // What is no payload type has no place in a medium of RTP, and keeps its own at the end.
  const placed = new Set(order);
  const rest = before.filter((format) => !placed.has(format));
  const after = [...order, ...rest];
  if (all.length === 0 || after.join(" ") === before.join(" ")) return false;
  media.formats = after;
  return true;
}

function keepFirst(table: Map<string, string>, value: string): void {
  const space = value.indexOf(" ");
  if (space < 0) return;
  const payload = value.slice(0, space);
  if (table.has(payload)) return;
  let start = space + 1;
  let end = value.length;
  while (start < end && isBlank(value.charAt(start))) start++;
  while (end > start && isBlank(value.charAt(end - 1))) end--;
  table.set(payload, value.slice(start, end));
}

function isBlank(char: string): boolean {
  return char === " " || char === "\t";
}

function payloadOf(value: string | undefined): string {
  return /^\d+(?=\s)/.exec(value ?? "")?.[0] ?? "";
}
