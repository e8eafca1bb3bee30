/** The session description in what crosses, alone or as one part of several. */

import { keepSample, KINDS } from "../base/samples.ts";
import { fromBytes, toBytes } from "../message/bytes.ts";
import {
  joinMultipart,
  mediaType,
  parseMultipart,
  withPartBody,
} from "../message/multipart.ts";
import type { Content } from "./header_policy.ts";

/** One found. */
export interface SdpPart {
  /** A byte string. */
  readonly text: string;
  /** The same content with another description in its place, all else byte for byte. */
  with(text: string): Content;
}

/** Takes what crosses as the other side gets it; undefined: its media cannot be relayed. */
export type Pass = (content: Content | undefined) => void;

/** The first description; undefined when there is none, or it is compressed. */
export function sdpPartOf(content: Content): SdpPart | undefined {
  const { headers, body } = content;
  if (body.length === 0 || headers.has("content-encoding")) return undefined;
  const type = headers.first("content-type")?.value;
  if (mediaType(type) === "application/sdp") {
    return new WholeBody(content);
  }
  if (!mediaType(type).startsWith("multipart/")) return undefined;
  const multipart = parseMultipart(type, fromBytes(body));
  const at =
    multipart?.parts.findIndex((part) =>
      mediaType(part.headers.first("content-type")?.value) === "application/sdp"
    ) ?? -1;
  const part = multipart?.parts[at];
  if (multipart === undefined || part === undefined) return undefined;
  return {
    text: part.body,
    with: (text) => {
      const { boundary } = multipart;
      const parts = multipart.parts.with(
        at,
        withPartBody(part, { body: text, boundary }),
      );
      const joined = joinMultipart({ ...multipart, parts });
      return { headers, body: toBytes(joined) };
    },
  };
}

/** A body that is the description, read when somebody asks what it says. */
class WholeBody implements SdpPart {
  readonly #content: Content;
  #text: string | undefined;

  constructor(content: Content) {
    this.#content = content;
    keepSample(KINDS.description, this);
  }

  get text(): string {
    return this.#text ??= fromBytes(this.#content.body);
  }

  with(text: string): Content {
    return { headers: this.#content.headers, body: toBytes(text) };
  }
}
