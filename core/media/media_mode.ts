/** Whether the media of two legs go by us, and by what: their trunks' settings, and what `auto` makes of them. */

import type { SessionDescription } from "../sdp/session_description.ts";
import type { DtmfSettings } from "./dtmf_settings.ts";
import { eventPayloads } from "./event_formats.ts";

/** What a trunk asks for. */
export type MediaMode = "bypass" | "relay" | "rtpengine" | "auto";

/** What relays. */
export type AnchorKind = "relay" | "rtpengine";

/** One leg's trunk. */
export interface LegMedia {
  readonly mode: MediaMode;
  readonly dtmf: DtmfSettings;
}

/**
 * What relays between the caller and a target: what either trunk asks for by name, rtpengine before our own; nothing
 * when either bypasses and the other leaves it open; and for `auto` on both, our relay where keys have to be taken out
 * of the media or put into them. `offer` is the caller's; undefined where it comes late.
 */
export function anchorKind(
  { a, b }: { a: LegMedia; b: LegMedia },
  offer: () => SessionDescription | undefined,
): AnchorKind | undefined {
  const modes = [a.mode, b.mode];
  if (modes.includes("rtpengine")) return "rtpengine";
  if (modes.includes("relay")) return "relay";
  if (modes.includes("bypass")) return undefined;
  // Keys that leave as they came need nobody: most calls end here.
  if (a.dtmf.send === "auto" && b.dtmf.send === "auto") return undefined;
  const offered = offer();
  const aHasEvents = offered === undefined || hasEvents(offered);
  return touchesMedia(a.dtmf, b.dtmf, aHasEvents) ||
      // What the callee can do is not known yet: as much as the caller offers, and its trunk says.
      touchesMedia(b.dtmf, a.dtmf, aHasEvents)
    ? "relay"
    : undefined;
}

/** Whether keys between two legs have to be read from their media, or written into them, by their trunks' settings. */
export function translatesKeys(a: DtmfSettings, b: DtmfSettings): boolean {
  return touchesMedia(a, b, true) || touchesMedia(b, a, true);
}

/**
 * What becomes of telephone events in a description on its way to a side: gone where the side has no use for them, or
 * has not offered them; added where keys are to be sent to it so, or where it has offered them and the other side cannot
 * hear them, but we do. `offered` says, of an answer, whether the offer had any.
 */
export function eventsFor(
  to: DtmfSettings,
  { has, offered }: { has: boolean; offered: boolean | undefined },
): "add" | "hide" | undefined {
  const uses = to.send === "rfc4733" || to.receive.includes("rfc4733");
  if (offered === undefined) {
    if (has) return uses ? undefined : "hide";
    return to.send === "rfc4733" ? "add" : undefined;
  }
  if (has) return offered ? undefined : "hide";
  return offered && uses ? "add" : undefined;
}

/** Whether any stream has telephone events. */
export function hasEvents({ media }: SessionDescription): boolean {
  return media.some((stream) => eventPayloads(stream).length > 0);
}

/**
 * Whether keys from one leg to the other have to be read from RTP, or written into it. What a leg sends is taken to be
 * the best of what its trunk receives: RTP events where there are any.
 */
function touchesMedia(
  from: DtmfSettings,
  to: DtmfSettings,
  eventsOffered: boolean,
): boolean {
  if (from.receive.length === 0 || to.send === "auto") return false;
  const heard = from.receive.includes("rfc4733") && eventsOffered
    ? "rfc4733"
    : from.receive.find((kind) => kind !== "rfc4733") ?? "rfc4733";
  const sent = to.send === "info-dtmf" ? "info" : to.send;
  if (heard === sent) return false;
  return [heard, sent].some((kind) => kind === "rfc4733" || kind === "inband");
}
