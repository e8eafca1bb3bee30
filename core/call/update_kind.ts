/** What a re-INVITE or UPDATE is for, found by comparing it with what is in force on its leg. */

import { fromBytes } from "../message/bytes.ts";
import type { SipRequest } from "../message/message.ts";
import { type SdpBody, sdpOf } from "../dialog/session_sdp.ts";
import type { UpdateKind } from "./event_views.ts";
import {
  connectionOf,
  isHeld,
  mediaWords,
  type SdpSection,
  type SdpSections,
  sectionsOf,
  withoutDirection,
} from "./sdp_sections.ts";

/** The kind; `contact` is the peer's remote target, `remote` the description it sent last. */
export function updateKind(
  request: SipRequest,
  before: { contact: string; remote: SdpBody | undefined },
): UpdateKind {
  const moved = request.contact !== undefined &&
    request.contact.uri !== before.contact;
  if (request.body.length === 0) {
    if (moved) return "target";
    return request.method === "INVITE" ? "offer" : "refresh";
  }
  const offer = sdpOf(request);
  if (offer === undefined || before.remote === undefined) return "codec";
  const now = sectionsOf(fromBytes(offer.body));
  const then = sectionsOf(fromBytes(before.remote.body));
  const held = heldOf(now);
  const heldBefore = heldOf(then);
  if (held.some((one, at) => one && heldBefore[at] !== true)) return "hold";
  if (heldBefore.some((one, at) => one && held[at] === false)) return "resume";
  if (formats(now) !== formats(then)) return "codec";
  return moved || addresses(now) !== addresses(then) ? "target" : "refresh";
}

function heldOf({ head, media }: SdpSections): boolean[] {
  return media.map((section) => isHeld(section, head));
}

/** All that describes the media but for where they are, and the line that counts changes. */
function formats({ head, media }: SdpSections): string {
  return [head, ...media].flatMap((section) =>
    withoutDirection(section).flatMap((line) => {
      if (/^[oc]=/.test(line)) return [];
      return line.startsWith("m=") ? [words(section)] : [line];
    })
  ).join("\n");
}

/** A port of 0 refuses the stream, any other only says where it is (RFC 3264 §8.2). */
function words(section: SdpSection): string {
  const [kind = "", port, ...rest] = mediaWords(section);
  return [kind, port === "0" ? "off" : "on", ...rest].join(" ");
}

function addresses({ head, media }: SdpSections): string {
  return media.map((section) =>
    `${connectionOf(section, head)} ${mediaWords(section)[1]}`
  ).join("\n");
}
