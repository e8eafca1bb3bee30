/** What the fields of a ladder line put into a message that a simulated peer sends. */

import { fromText, toBytes } from "../../core/message/bytes.ts";
import type { Headers } from "../../core/message/headers.ts";
import type { Field } from "./ladder.ts";
import type { PeerSdp, SdpWord } from "./peer_sdp.ts";
import { unquoted } from "./unquoted.ts";

/** What a line says besides its label. Values have their `{names}` filled in. */
export interface LineContent {
  readonly fields: readonly Field[];
  /** The last request once more, on another branch. */
  readonly merged: boolean;
  /** The reason phrase of a response. */
  readonly reason: string | undefined;
}

/** Fields that are no headers. */
const PSEUDO = ["sdp", "body", "tag", "call", "uri", "reason", "auth"];

/** True for a field of ours, false for a header of the message. */
export function isPseudo(name: string): boolean {
  return PSEUDO.includes(name);
}

/** The value of a field that is no header. */
export function pseudo(content: LineContent, name: string): string | undefined {
  return content.fields.find((field) => field.name === name)?.value;
}

/** Writes the line's header fields into `headers`: the first of a name replaces, the next are added. */
export function addFields(headers: Headers, content: LineContent): Headers {
  const written = new Set<string>();
  for (const { name, value, test } of content.fields) {
    if (isPseudo(name)) continue;
    const key = name.toLowerCase();
    if (test === "absent") headers.delete(name);
    else if (written.has(key)) headers.append(name, fromText(value));
    else headers.set(name, fromText(value));
    written.add(key);
  }
  return headers;
}

/** The body a line asks for, or the usual one of such a message. */
export function bodyOf(
  content: LineContent,
  call: {
    sdp: PeerSdp;
    usual: { word: SdpWord | undefined; offered?: Uint8Array | undefined };
  },
): { body: Uint8Array; type: string | undefined } {
  const text = pseudo(content, "body");
  if (text !== undefined) {
    return { body: toBytes(fromText(unquoted(text))), type: "text/plain" };
  }
  const asked = pseudo(content, "sdp");
  const word = asked === undefined ? call.usual.word : sdpWord(asked);
  if (word === undefined) return { body: new Uint8Array(0), type: undefined };
  return {
    body: call.sdp.write(word, call.usual.offered),
    type: "application/sdp",
  };
}

function sdpWord(text: string): SdpWord | undefined {
  switch (text) {
    case "offer":
    case "answer":
    case "hold":
    case "same as before":
      return text;
  }
  return undefined;
}
