/** The media of one call through our own relay: an endpoint for the caller, and one for each target that is tried. */

import type { Clock, Timed, Timer } from "../base/clock.ts";
import type { Observer } from "../base/observer.ts";
import { SessionDescription } from "../sdp/session_description.ts";
import type {
  Crossed,
  Crossing,
  MediaAnchor,
  MediaUser,
  Side,
} from "./media_anchor.ts";
import type { MediaFlow, MediaSummary } from "./media_summary.ts";
import { RelayBranch } from "./relay_branch.ts";
import {
  MAX_STREAMS,
  type PortSource,
  RelayEndpoint,
} from "./relay_endpoint.ts";
import { type CrossedTexts, RelayKeys } from "./relay_keys.ts";
import type { RelayPort } from "./relay_port.ts";
import { isHeld, streamFacts } from "./stream_facts.ts";

/** What the media of a call are made of. */
export interface RelayAnchorParts {
  readonly clock: Clock;
  readonly observer: Observer;
  readonly source: PortSource;
  readonly user: MediaUser;
  readonly timeoutMs: number;
  onEnd(): void;
}

/** See the module's text. */
export class RelayAnchor implements MediaAnchor, Timed {
  readonly #parts: RelayAnchorParts;
  readonly #a: RelayEndpoint;
  readonly keys: RelayKeys;
  /** The last offer between the caller and each target, for what looks into media. */
  readonly #offers = new Map<number, CrossedTexts>();
  readonly #branches = new Map<number, RelayBranch>();
  /** Whose media the caller hears, and is heard by. */
  #active: RelayBranch | undefined;
  #flows: MediaFlow[] = [];
  #timer: Timer | undefined;
  #quietSinceMs = 0;
  #ended = false;

  constructor(parts: RelayAnchorParts) {
    this.#parts = parts;
    this.#a = new RelayEndpoint(parts.source);
    const { clock, observer, user } = parts;
    this.keys = new RelayKeys({
      clock,
      observer,
      anchor: this,
      settings: (side) => user.keySettings(side),
    });
  }

  cross(
    sdp: string,
    crossing: Crossing,
    done: (crossed: Crossed) => void,
  ): void {
    done(this.#cross(sdp, crossing));
  }

  refused(target: number): void {
    this.#branches.get(target)?.refused();
    this.#offers.delete(target);
    this.#settle();
  }

  settled(
    sdp: string,
    { from, target }: Pick<Crossing, "from" | "target">,
  ): void {
    const description = SessionDescription.parse(sdp);
    if (description === undefined) return;
    this.#branches.get(target)?.settled(streamFacts(description), from);
    this.#settle();
  }

  gone(target: number): void {
    const branch = this.#branches.get(target);
    if (branch === undefined) return;
    this.#branches.delete(target);
    if (this.#active === branch) this.#active = undefined;
    this.#close(branch.b, "b");
    this.#settle();
  }

  chosen(target: number): void {
    for (const other of [...this.#branches.keys()]) {
      if (other !== target) this.gone(other);
    }
    const branch = this.#branches.get(target);
    if (branch === undefined) return;
    if (branch.isAgreed) this.#active = branch;
    this.#settle();
    this.#quietSinceMs = this.#parts.clock.now();
    this.#watch(this.#parts.timeoutMs);
  }

  end(): MediaSummary | undefined {
    if (this.#ended) return undefined;
    this.#ended = true;
    this.#parts.clock.cancel(this.#timer);
    this.keys.close();
    this.#offers.clear();
    const branches = [...this.#branches.values()];
    this.#branches.clear();
    this.#close(this.#a, "a");
    for (const { b } of branches) this.#close(b, "b");
    this.#parts.onEnd();
    return this.#flows.length === 0
      ? undefined
      : { mode: "relay", flows: this.#flows };
  }

  /** The port of a stream on one side, for what listens to its packets or adds to them; undefined where there is none. */
  port(side: Side, stream: number): RelayPort | undefined {
    return (side === "a" ? this.#a : this.#active?.b)?.ports[stream];
  }

  onTimer(_name: string): void {
    this.#timer = undefined;
    const { clock, timeoutMs, user } = this.#parts;
    const now = clock.now();
    const heardAtMs = this.#heardAtMs();
    // Whoever is on hold need not be heard.
    if (heardAtMs === undefined) this.#quietSinceMs = now;
    const quietMs = now - Math.max(heardAtMs ?? 0, this.#quietSinceMs);
    if (quietMs >= timeoutMs) user.mediaTimedOut();
    else this.#watch(timeoutMs - quietMs);
  }

  #cross(sdp: string, crossing: Crossing): Crossed {
    if (this.#ended) return { kind: "failed", reason: "the call is over" };
    const description = SessionDescription.parse(sdp);
    // What is no description passes as it came.
    if (description === undefined) return { kind: "ok", sdp };
    if (description.media.length > MAX_STREAMS) {
      return { kind: "failed", reason: "too many streams" };
    }
    const branch = this.#branch(crossing.target);
    const written = branch.cross(description, crossing);
    if (written === undefined) {
      this.refused(crossing.target);
      return { kind: "failed", reason: "no media ports" };
    }
    if (crossing.role === "answer") this.#active = branch;
    this.#settle();
    this.#note({ from: crossing.from, received: sdp, written }, crossing);
    return { kind: "ok", sdp: written };
  }

  #note(texts: CrossedTexts, { role, target }: Crossing): void {
    if (role === "offer") {
      this.#offers.set(target, texts);
      return;
    }
    const offer = this.#offers.get(target);
    if (offer !== undefined) this.keys.offered(offer);
    this.keys.answered(texts);
  }

  #branch(target: number): RelayBranch {
    let branch = this.#branches.get(target);
    if (branch === undefined) {
      const b = new RelayEndpoint(this.#parts.source);
      branch = new RelayBranch({ a: this.#a, b });
      this.#branches.set(target, branch);
    }
    return branch;
  }

  /** Gives back the ports of streams that nobody uses, and joins those of the two sides that speak. */
  #settle(): void {
    const branches = [...this.#branches.values()];
    this.#keep(this.#a, "a", (at) => branches.some((one) => one.uses(at)));
    for (const branch of branches) {
      this.#keep(branch.b, "b", (at) => branch.uses(at));
      if (branch !== this.#active) {
        for (const port of branch.b.ports) join(port, undefined);
      }
    }
    const { ports } = this.#a;
    ports.forEach((port, at) => {
      const other = this.#active?.b.ports[at];
      join(port, other);
      join(other, port);
    });
  }

  #close(endpoint: RelayEndpoint, side: Side): void {
    this.#keep(endpoint, side, () => false);
  }

  #keep(
    endpoint: RelayEndpoint,
    side: Side,
    keep: (at: number) => boolean,
  ): void {
    endpoint.ports.forEach((port, at) => {
      if (port === undefined || keep(at)) return;
      const { packets, bytes, lost, jitterMs, refused } = port.reception;
      if (packets === 0 && refused === 0) return;
      const kind = port.facts?.kind ?? "";
      const counts = { packets, bytes, lost, jitterMs, refused };
      this.#flows.push({ from: side, stream: at, kind, ...counts });
    });
    endpoint.trim(keep);
  }

  /** When either side was heard last; undefined while a stream is on hold, or none is there. */
  #heardAtMs(): number | undefined {
    const branch = this.#active;
    if (branch === undefined) return undefined;
    const held = [this.#a, branch.b].some((side) =>
      (side.facts ?? []).some(isHeld)
    );
    if (held) return undefined;
    const heard = [...this.#a.ports, ...branch.b.ports].flatMap((port) =>
      port === undefined ? [] : [port.heardAtMs]
    );
    return heard.length === 0 ? undefined : Math.max(...heard);
  }

  #watch(afterMs: number): void {
    const { clock } = this.#parts;
    clock.cancel(this.#timer);
    this.#timer = clock.schedule(afterMs, this, "media timeout");
  }
}

function join(port: RelayPort | undefined, to: RelayPort | undefined): void {
  if (port !== undefined) port.partner = to;
}
