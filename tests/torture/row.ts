/** The shape of one torture message, and how its text becomes bytes. */

import { toBytes } from "../../core/message/bytes.ts";

/** What the RFC asks for, or lets us choose, and what Legwork does of it. */
export interface Expectation {
  /**
   * What parser and validation make of it: taken, refused with that status (which a response cannot be: it is
   * dropped), or dropped without any answer.
   */
  readonly message: "accepted" | "dropped" | 400 | 505;
  /** What a user agent server that gets it answers, where the RFC says so; a later test sends it through one. */
  readonly uas?: number | readonly number[];
  /** What the RFC says of it, shortened. */
  readonly why: string;
}

/** One message of a torture test RFC. */
export interface TortureMessage {
  /** The RFC's name for it. */
  readonly name: string;
  /** `RFC 4475 §3.1.1.1`. */
  readonly section: string;
  readonly title: string;
  readonly bytes: Uint8Array;
  readonly expect: Expectation;
}

/** Lines (byte strings) to a message: each gets its CRLF. */
export function lines(...text: readonly string[]): string {
  return text.map((line) => `${line}\r\n`).join("");
}

/** The SDP most of these messages carry. `host` is where its `o=` and `c=` lines point. */
export function sdp(host: string, connection = host, time = "0 0"): string {
  return lines(
    "v=0",
    `o=mhandley 29739 7272939 IN IP4 ${host}`,
    "s=-",
    `c=IN IP4 ${connection}`,
    `t=${time}`,
    "m=audio 49217 RTP/AVP 0 12",
    "m=video 3227 RTP/AVP 31",
    "a=rtpmap:31 LPC",
  );
}

/** A row of an RFC's table. */
export function row(
  section: string,
  [name, title]: readonly [string, string],
  rest: { readonly text: string; readonly expect: Expectation },
): TortureMessage {
  return {
    name,
    section,
    title,
    bytes: toBytes(rest.text),
    expect: rest.expect,
  };
}
