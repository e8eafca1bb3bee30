/**
 * The `o=` line of the descriptions that one leg gets from us. Their origin is ours, since what one side says may come
 * from several targets in turn, and the leg shall see one session of one author (RFC 3264 section 8).
 *
 * @module
 */

import type { Random } from "../base/random.ts";
import { SessionDescription } from "../sdp/session_description.ts";

/** RFC 8866 §5.2: an id of a session is a number; 53 bits of it are as many as every peer can hold. */
export function newSessionId(random: Random): string {
  return String(1 + Math.floor(random.fraction() * 2 ** 52));
}

/** Counts the versions of one leg. */
export class OriginKeeper {
  readonly #id: string;
  readonly #address: string;
  #version = 0n;
  #last: string | undefined;

  /** `id` is a number in digits that nobody else of this address uses. */
  constructor(id: string, address: string) {
    this.#id = id;
    this.#address = address;
  }

  /**
   * Writes the line; the description as text. `standing` is what the leg was told last, where someone else than this keeper may have said it.
   *
   * RFC 3264 §8: "When issuing an offer that modifies the session, the "o=" line of the new SDP MUST be identical to
   * that in the previous SDP, except that the version in the origin field MUST increment by one from the previous SDP.
   * If the version in the origin line does not increment, the SDP MUST be identical to the SDP with that version
   * number."
   */
  write(description: SessionDescription, standing: string | undefined): string {
    const before = this.#standing(standing);
    if (before === undefined || !isSame(before, description)) this.#version++;
    const family = this.#address.includes(":") ? "IP6" : "IP4";
    description.session.set(
      "o",
      `- ${this.#id} ${this.#version} IN ${family} ${this.#address}`,
      "siuepcbtrzka",
    );
    return this.#last = String(description);
  }

  #standing(text: string | undefined): SessionDescription | undefined {
    const said = text === undefined
      ? undefined
      : SessionDescription.parse(text);
    const [, id = "", version = ""] = (said?.session.get("o") ?? "").split(" ");
    if (id === this.#id && /^\d{1,19}$/.test(version)) {
      // An answer of the leg's own making has counted on (a hold answered at once, say).
      const theirs = BigInt(version);
      if (theirs > this.#version) {
        this.#version = theirs;
        this.#last = text;
      }
    }
    return this.#last === undefined
      ? undefined
      : SessionDescription.parse(this.#last);
  }
}

/** True when two descriptions differ in their origin at most. */
function isSame(a: SessionDescription, b: SessionDescription): boolean {
  return withoutOrigin(a) === withoutOrigin(b);
}

function withoutOrigin({ session, media }: SessionDescription): string {
  return session.lines.filter((line) => line.type !== "o").join("") +
    media.join("");
}
