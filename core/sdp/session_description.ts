/**
 * A session description (RFC 8866) that is edited in place: every line that nobody edits leaves byte for byte as it
 * came, its line break included.
 *
 * @module
 */

import { type SdpLine, splitLines } from "./line.ts";
import { MediaDescription } from "./media_description.ts";
import { SdpSection } from "./section.ts";

/** See the module comment. Texts are whatever strings the caller has: characters above 127 are not looked at. */
export class SessionDescription {
  private constructor(
    /** The lines before the first medium. */
    readonly session: SdpSection,
    readonly media: readonly MediaDescription[],
  ) {}

  /** Takes a text apart; undefined when it does not begin as a session description does. */
  static parse(text: string): SessionDescription | undefined {
    // §5: the lines "MUST appear in exactly the order given here", and "v=" is the first.
    if (!text.startsWith("v=")) return undefined;
    const lines = splitLines(text);
    const ending = lines[0]!.ending === "" ? "\r\n" : lines[0]!.ending;
    const sections: SdpLine[][] = [[]];
    for (const line of lines) {
      if (line.type === "m") sections.push([]);
      sections[sections.length - 1]!.push(line);
    }
    const [session = [], ...media] = sections;
    return new SessionDescription(
      new SdpSection(session, ending),
      media.map((lines) => new MediaDescription(lines, ending)),
    );
  }

  toString(): string {
    return this.session + this.media.join("");
  }
}

/** The address of a `c=` value: `192.0.2.1` of `IN IP4 192.0.2.1`. */
export function addressOf(connection: string | undefined): string | undefined {
  return connection === undefined
    ? undefined
    : connection.split(" ").filter((word) => word !== "")[2] ?? "";
}

/**
 * Writes an address as the `c=` line of a section; §5.7: `c=<nettype> <addrtype> <connection-address>`. Throws
 * TypeError for what can be no address.
 */
export function setAddress(section: SdpSection, address: string): void {
  if (!/^[\w.:%/-]+$/.test(address)) {
    throw new TypeError(
      `Cannot set connection: found ${
        JSON.stringify(address)
      }, wanted an address`,
    );
  }
  const type = address.includes(":") ? "IP6" : "IP4";
  section.set("c", `IN ${type} ${address}`, "btrzka");
}
