/**
 * As much of a session description as tells what a re-INVITE is for, and answers one on its leg: lines, by media
 * section. Everything is kept as it is.
 *
 * @module
 */

/** The four values of RFC 4566 section 6. */
export type Direction = "sendrecv" | "sendonly" | "recvonly" | "inactive";

/** One m= line with what belongs to it, or what stands before the first one. */
export interface SdpSection {
  readonly lines: readonly string[];
}

/** A description taken apart. */
export interface SdpSections {
  readonly head: SdpSection;
  readonly media: readonly SdpSection[];
}

const DIRECTION = /^a=(sendrecv|sendonly|recvonly|inactive)$/;

/** Takes a description apart; `text` is a byte string. */
export function sectionsOf(text: string): SdpSections {
  const sections: string[][] = [[]];
  for (const line of text.split(/\r?\n/)) {
    if (line === "") continue;
    if (line.startsWith("m=")) sections.push([]);
    sections.at(-1)!.push(line);
  }
  const [head = [], ...media] = sections;
  return { head: { lines: head }, media: media.map((lines) => ({ lines })) };
}

/** Puts lines together again. */
export function sdpText(lines: readonly string[]): string {
  return lines.map((line) => `${line}\r\n`).join("");
}

/** What a section says of its direction, or the session for it. RFC 3264 §5.1: "sendrecv is the default". */
export function directionOf(section: SdpSection, head: SdpSection): Direction {
  for (const { lines } of [section, head]) {
    for (const line of lines) {
      const found = DIRECTION.exec(line)?.[1];
      if (found !== undefined) return found as Direction;
    }
  }
  return "sendrecv";
}

/** The same lines without any direction. */
export function withoutDirection(section: SdpSection): string[] {
  return section.lines.filter((line) => !DIRECTION.test(line));
}

/** The c= line that holds for a section. */
export function connectionOf(section: SdpSection, head: SdpSection): string {
  return [...section.lines, ...head.lines].find((line) =>
    line.startsWith("c=")
  ) ?? "";
}

/** The words of its m= line: kind, port, protocol, formats. */
export function mediaWords(section: SdpSection): string[] {
  return (section.lines[0] ?? "").slice(2).split(" ");
}

/** RFC 3264 §8.4 and its forebear: sendonly, inactive, or the address 0.0.0.0. A refused stream is not held. */
export function isHeld(section: SdpSection, head: SdpSection): boolean {
  if (mediaWords(section)[1] === "0") return false;
  const direction = directionOf(section, head);
  return direction === "sendonly" || direction === "inactive" ||
    connectionOf(section, head) === "c=IN IP4 0.0.0.0";
}
