/**
 * Where the media of a call go: the port between a call and whatever relays its media. A call whose media pass by it
 * has none, and pays nothing.
 *
 * @module
 */

import type { DtmfSettings } from "./dtmf_settings.ts";
import type { MediaKeys } from "./media_keys.ts";
import type { AnchorKind } from "./media_mode.ts";
import type { MediaSummary } from "./media_summary.ts";

/** The side that called, or one that was called. */
export type Side = "a" | "b";

/** A description on its way from one side to the other. */
export interface Crossing {
  readonly from: Side;
  /** RFC 3264: which of the two it is is the message's to say, not the description's. */
  readonly role: "offer" | "answer";
  /** Which called side is meant: targets are counted from 1, and each answers for itself. */
  readonly target: number;
  /** What the side it goes to was told last; undefined where that is nothing. */
  readonly standing: string | undefined;
  /** Telephone events that the side it goes to shall have, or shall not; undefined: as they came. */
  readonly events?: "add" | "hide" | undefined;
  /** Keys of these two sides do not pass by themselves: they are heard, and sent, by us. */
  readonly keys?: boolean;
}

/** The description as the other side gets it; or that there is none it could be given. */
export type Crossed =
  | { readonly kind: "ok"; readonly sdp: string }
  | { readonly kind: "failed"; readonly reason: string };

/** Hears what becomes of the media of a call. */
export interface MediaUser {
  /** Nothing was heard of either side for so long that the call is over. */
  mediaTimedOut(): void;
  /** How the keys of a side are heard and sent. */
  keySettings(side: Side): KeySettings;
}

/** Of one side. */
export type KeySettings = Pick<DtmfSettings, "receive" | "gapMs">;

/** The media of one call. Descriptions are byte strings. */
export interface MediaAnchor {
  /** Writes a description anew for the other side; `done` is called once, perhaps before this returns. */
  cross(
    sdp: string,
    crossing: Crossing,
    done: (crossed: Crossed) => void,
  ): void;
  /** The keys in them; undefined where they cannot be heard. Nothing is looked at before somebody listens. */
  readonly keys: MediaKeys | undefined;
  /** The last offer between the caller and this target came to nothing: all is as it was before. */
  refused(target: number): void;
  /**
   * An offer of one side was answered without asking the other, a hold say: what the side says of itself holds, and
   * nothing crosses. Absent where nobody has to know.
   */
  settled?(sdp: string, of: Pick<Crossing, "from" | "target">): void;
  /** A target is given up, or failed. */
  gone(target: number): void;
  /** A target answered the call: it is the other side from now on, and the others are gone. */
  chosen(target: number): void;
  /** The call is over, everything is given back; what was relayed, as far as it is known at once. */
  end(): MediaSummary | undefined;
}

/** Begins the media of calls. */
export interface MediaAnchors {
  /** Undefined where there is nothing that could relay, for now. */
  begin(user: MediaUser): MediaAnchor | undefined;
  /** Ports, or whatever else is held, in use. */
  readonly ports: number;
}

/** What may relay the media of calls. */
export type MediaServices = Readonly<
  Partial<Record<AnchorKind, MediaAnchors>>
>;

/** What all of them hold. */
export function portsInUse(services: MediaServices | undefined): number {
  return (services?.relay?.ports ?? 0) + (services?.rtpengine?.ports ?? 0);
}
