/**
 * The media of one call: every description that crosses is shown to what relays them, if anything does. Most calls have
 * nothing that does, and then this is never made.
 *
 * @module
 */

import { DEFAULT_DTMF } from "../media/dtmf_settings.ts";
import type {
  KeySettings,
  MediaAnchor,
  MediaUser,
  Side,
} from "../media/media_anchor.ts";
import {
  type AnchorKind,
  anchorKind,
  eventsFor,
  hasEvents,
  type LegMedia,
  translatesKeys,
} from "../media/media_mode.ts";
import type { MediaSummary } from "../media/media_summary.ts";
import { fromBytes } from "../message/bytes.ts";
import { SessionDescription } from "../sdp/session_description.ts";
import { BLeg } from "./b_leg.ts";
import type { CallKeys } from "./call_keys.ts";
import type { CallPolicy } from "./call_policy.ts";
import type { CallContext } from "./call_context.ts";
import type { CallEvent } from "./call_event.ts";
import { type Content, NO_CONTENT } from "./header_policy.ts";
import type { Leg } from "./leg.ts";
import { type Pass, sdpPartOf } from "./sdp_part.ts";

/** The call whose media they are. */
export interface MediaOwner {
  readonly over: boolean;
  readonly queue: {
    hold(): void;
    resume(act: () => void): void;
  };
  readonly keys: CallKeys;
  readonly policy: CallPolicy;
  legOf(side: Side): Leg | undefined;
  otherOf(leg: Leg): Leg | undefined;
  hangUp(cause: string): void;
}

/** A target, by what its media go. */
interface Anchored {
  readonly anchor: MediaAnchor;
  readonly kind: AnchorKind;
  readonly target: number;
  /** Whether the last offer had telephone events. */
  offersEvents: boolean;
}

/** What an answer that cannot be relayed is as good as. */
const NO_MEDIA: CallEvent = {
  type: "fail",
  status: 503,
  reason: "No Media",
  content: NO_CONTENT,
  contacts: [],
  local: true,
};

/** See the module's text. */
export class CallMedia implements MediaUser {
  readonly #owner: MediaOwner;
  readonly #context: CallContext;
  /** Made with the first target whose media go by us: those of most calls do not. */
  #anchors: Map<AnchorKind, MediaAnchor> | undefined;
  #targets: Map<Leg, Anchored> | undefined;
  #count = 0;
  #hasKeys = false;
  /** The INVITE had no offer: the callee's description is one. */
  #isLate = false;

  constructor(
    owner: MediaOwner,
    context: CallContext,
  ) {
    this.#owner = owner;
    this.#context = context;
  }

  /** Media of some target go by us. */
  get anchors(): boolean {
    return this.#targets !== undefined;
  }

  /** What the media go by, or would with the target that is tried first. */
  get kind(): AnchorKind | undefined {
    for (const { kind } of this.#targets?.values() ?? []) return kind;
    return undefined;
  }

  /** What the caller's INVITE says is written anew for each target it goes to. */
  invites(content: Content, from: Leg): (to: BLeg, pass: Pass) => void {
    return (to, pass) => this.#invite(content, { from, to, pass });
  }

  /** An event of a leg, on its way to the call: what it says of media is written for the other side first. */
  event(leg: Leg, event: CallEvent, take: (event: CallEvent) => void): void {
    switch (event.type) {
      case "ring":
      case "answer":
        this.cross(event.content, {
          from: leg,
          to: this.#owner.otherOf(leg),
          role: this.#isLate ? "offer" : "answer",
          pass: (content) => this.#taken(leg, { event, content, take }),
        });
        return;
      case "change":
        this.cross(event.content, {
          from: leg,
          to: this.#owner.otherOf(leg),
          role: "offer",
          pass: (content) => {
            if (content !== undefined) take({ ...event, content });
          },
        });
        return;
      case "fail":
        this.#gone(leg);
        take(event);
        return;
      case "settled":
        this.#settled(leg, event.content);
        return;
      case "acknowledge":
      case "request":
      case "withdraw":
      case "end":
        take(event);
        return;
    }
  }

  /** A description between two legs, if there is one in what crosses. */
  cross(
    content: Content,
    { from, to, role, pass }: {
      from: Leg;
      to: Leg | undefined;
      role: "offer" | "answer";
      pass: Pass;
    },
  ): void {
    const anchored = this.#between(from, to);
    const sdp = anchored && sdpPartOf(content);
    if (anchored === undefined || sdp === undefined) {
      pass(content);
      return;
    }
    let isHeld = false;
    let isDone = false;
    const { queue } = this.#owner;
    const standing = to?.described;
    const has = hasEventsIn(sdp.text);
    const offered = role === "answer" ? anchored.offersEvents : undefined;
    anchored.anchor.cross(sdp.text, {
      from: from.name,
      role,
      target: anchored.target,
      standing: standing && fromBytes(standing.body),
      events: to && eventsFor(this.#settings(to).dtmf, { has, offered }),
      keys: to !== undefined && this.#takesKeys(from, to),
    }, (crossed) => {
      isDone = true;
      if (role === "offer") anchored.offersEvents = has;
      else if (to !== undefined) {
        this.#hear(anchored, { from, to, differ: has !== offered });
      }
      if (crossed.kind === "failed") this.#report(crossed.reason);
      const passed = crossed.kind === "failed"
        ? undefined
        : crossed.sdp === sdp.text
        ? content
        : sdp.with(crossed.sdp);
      if (isHeld) queue.resume(() => pass(passed));
      else pass(passed);
    });
    if (isDone) return;
    // What comes later waits, so that it arrives later.
    isHeld = true;
    queue.hold();
  }

  /** The offer of a request between two legs was refused, or came to nothing. */
  refused(from: Leg, to: Leg | undefined): void {
    const anchored = this.#between(from, to);
    anchored?.anchor.refused(anchored.target);
  }

  /** A target has the call. */
  chosen(leg: Leg): void {
    if (this.#targets === undefined) return;
    const chosen = this.#targets.get(leg);
    for (const anchor of this.#anchors?.values() ?? []) {
      if (anchor !== chosen?.anchor) anchor.end();
    }
    this.#targets.clear();
    if (chosen === undefined) return;
    this.#targets.set(leg, chosen);
    chosen.anchor.chosen(chosen.target);
  }

  /** The call is over. */
  end(): MediaSummary | undefined {
    if (this.#anchors === undefined) return undefined;
    this.#targets?.clear();
    let summary: MediaSummary | undefined;
    for (const anchor of this.#anchors.values()) {
      summary = anchor.end() ?? summary;
    }
    return summary;
  }

  mediaTimedOut(): void {
    this.#context.observer.count("media_timeouts");
    this.#owner.hangUp("media timeout");
  }

  #invite(
    content: Content,
    { from, to, pass }: { from: Leg; to: BLeg; pass: Pass },
  ): void {
    const sdp = sdpPartOf(content);
    this.#isLate = sdp === undefined;
    const kind = anchorKind(
      { a: this.#settings(from), b: this.#settings(to) },
      () => sdp && SessionDescription.parse(sdp.text),
    );
    if (kind === undefined || this.#context.media?.[kind] === undefined) {
      pass(content);
      return;
    }
    const anchor = this.#anchor(kind);
    if (anchor === undefined) {
      this.#context.observer.count("media_not_anchored");
      pass(undefined);
      return;
    }
    this.#targets ??= new Map();
    this.#targets.set(to, {
      anchor,
      kind,
      target: ++this.#count,
      offersEvents: false,
    });
    this.cross(content, { from, to, role: "offer", pass });
  }

  keySettings(side: Side): KeySettings {
    const leg = this.#owner.legOf(side);
    return leg === undefined ? DEFAULT_DTMF : this.#settings(leg).dtmf;
  }

  /** Keys are looked for in media where they do not pass by themselves, or a script wants to know of them. */
  #hear(
    { anchor }: Anchored,
    { from, to, differ }: { from: Leg; to: Leg; differ: boolean },
  ): void {
    const { keys } = anchor;
    if (keys === undefined) return;
    if (this.#hasKeys) {
      this.#owner.keys.refresh();
      return;
    }
    this.#hasKeys = differ || this.#takesKeys(from, to);
    if (this.#hasKeys) this.#owner.keys.setMedia(keys);
  }

  #takesKeys(from: Leg, to: Leg): boolean {
    return this.#owner.policy.events.hasOnDtmf ||
      translatesKeys(this.#settings(from).dtmf, this.#settings(to).dtmf);
  }

  #taken(leg: Leg, { event, content, take }: {
    event: Extract<CallEvent, { type: "ring" | "answer" }>;
    content: Content | undefined;
    take: (event: CallEvent) => void;
  }): void {
    if (content !== undefined) {
      take({ ...event, content });
    } else if (event.type === "answer") {
      // It cannot be told where its media go: as good as no answer.
      if (leg instanceof BLeg) leg.acknowledge();
      leg.bye();
      this.#gone(leg);
      take(NO_MEDIA);
    } else {
      const headers = event.content.headers.clone();
      headers.delete("Content-Type");
      take({ ...event, content: { ...NO_CONTENT, headers } });
    }
  }

  #settled(leg: Leg, content: Content): void {
    const anchored = this.#between(leg, this.#owner.otherOf(leg));
    const sdp = anchored && sdpPartOf(content);
    if (anchored === undefined || sdp === undefined) return;
    const { anchor, target } = anchored;
    anchor.settled?.(sdp.text, { from: leg.name, target });
  }

  #gone(leg: Leg): void {
    const anchored = this.#targets?.get(leg);
    this.#targets?.delete(leg);
    anchored?.anchor.gone(anchored.target);
  }

  #between(from: Leg, to: Leg | undefined): Anchored | undefined {
    return this.#targets?.get(from) ?? (to && this.#targets?.get(to));
  }

  #anchor(kind: AnchorKind): MediaAnchor | undefined {
    let anchor = this.#anchors?.get(kind);
    if (anchor === undefined) {
      anchor = this.#context.media?.[kind]?.begin(this);
      if (anchor !== undefined) {
        this.#anchors ??= new Map();
        this.#anchors.set(kind, anchor);
      }
    }
    return anchor;
  }

  #settings({ trunk }: Leg): LegMedia {
    const settings = trunk === undefined
      ? undefined
      : this.#context.trunks.get(trunk);
    return {
      mode: settings?.media ?? "auto",
      dtmf: settings?.dtmf ?? DEFAULT_DTMF,
    };
  }

  #report(reason: string): void {
    this.#context.observer.count("media_not_anchored");
    this.#context.observer.log({
      level: "warn",
      text: "media cannot be relayed",
      fields: { reason },
    });
  }
}

function hasEventsIn(text: string): boolean {
  const description = SessionDescription.parse(text);
  return description !== undefined && hasEvents(description);
}
