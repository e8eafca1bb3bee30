/**
 * The media of one call at rtpengine servers. Each target that is tried has a session of its own there, since the caller
 * hears one of them at a time and a server tells the keys of a session by its two sides.
 *
 * @module
 */

import { SessionDescription } from "../sdp/session_description.ts";
import type {
  Crossed,
  Crossing,
  MediaAnchor,
  MediaUser,
  Side,
} from "./media_anchor.ts";
import type { MediaSummary } from "./media_summary.ts";
import { NgKeys, type NgKeysParts } from "./ng_keys.ts";
import type {
  NgRewritten,
  NgSession,
  NgTotals,
  NgWishes,
} from "./ng_session.ts";
import type { NgSessions } from "./ng_sessions.ts";
import { OriginKeeper } from "./origin.ts";

/** What the media of a call are made of. */
export interface NgAnchorParts extends Pick<NgKeysParts, "clock" | "observer"> {
  readonly sessions: NgSessions;
  readonly user: MediaUser;
  /** A number in digits that nobody else uses: the session of an `o=` line. */
  sessionId(): string;
}

/** A description as its side gave it. */
interface Said {
  readonly sdp: string;
  readonly from: Side;
}

/** One target's. */
interface Branch {
  readonly session: NgSession;
  readonly origin: OriginKeeper;
  /** Of the offer; its answer is asked for with the same. */
  wishes: NgWishes;
  offer: Said | undefined;
  agreed: { offer: Said; answer: Said; wishes: NgWishes } | undefined;
}

/** The `o=` line names no place where media are: any address will do. */
const ORIGIN_ADDRESS = "0.0.0.0";

/** See the module's text. */
export class NgAnchor implements MediaAnchor {
  readonly keys: NgKeys;
  readonly #parts: NgAnchorParts;
  readonly #origin: OriginKeeper;
  readonly #branches = new Map<number, Branch>();
  #ended = false;

  constructor(parts: NgAnchorParts) {
    this.#parts = parts;
    this.#origin = new OriginKeeper(parts.sessionId(), ORIGIN_ADDRESS);
    this.keys = new NgKeys({
      clock: parts.clock,
      observer: parts.observer,
      gapMs: (side) => parts.user.keySettings(side).gapMs,
    });
  }

  cross(
    sdp: string,
    crossing: Crossing,
    done: (crossed: Crossed) => void,
  ): void {
    if (this.#ended) {
      done({ kind: "failed", reason: "the call is over" });
      return;
    }
    // What is no description passes as it came.
    if (SessionDescription.parse(sdp) === undefined) {
      done({ kind: "ok", sdp });
      return;
    }
    const branch = this.#branch(crossing.target);
    const said = { sdp, from: crossing.from };
    const rewritten = (got: NgRewritten): void =>
      done(this.#took(got, { branch, crossing, said }));
    if (crossing.role === "offer") {
      const { events } = crossing;
      branch.wishes = {
        injectKeys: crossing.keys ?? false,
        ...(events === undefined ? {} : { events }),
      };
      branch.offer = said;
      const { wishes } = branch;
      branch.session.offer(sdp, { from: said.from, wishes, done: rewritten });
    } else {
      const { wishes } = branch;
      branch.session.answer(sdp, { from: said.from, wishes, done: rewritten });
    }
  }

  /** RFC 3261 §14.1: the session goes on as if the re-INVITE had never been, so the server is told of it again. */
  refused(target: number): void {
    const branch = this.#branches.get(target);
    if (branch?.offer === undefined) return;
    branch.offer = undefined;
    if (branch.agreed === undefined) return;
    const { offer, answer, wishes } = branch.agreed;
    const { session } = branch;
    branch.wishes = wishes;
    session.offer(offer.sdp, {
      from: offer.from,
      wishes,
      done: ({ kind }) => {
        if (kind === "failed") return;
        session.answer(answer.sdp, {
          from: answer.from,
          wishes,
          done: () => {},
        });
      },
    });
  }

  gone(target: number): void {
    const branch = this.#branches.get(target);
    if (branch === undefined) return;
    this.#branches.delete(target);
    this.keys.left(branch.session);
    this.#end(branch);
  }

  chosen(target: number): void {
    for (const other of [...this.#branches.keys()]) {
      if (other !== target) this.gone(other);
    }
  }

  end(): MediaSummary | undefined {
    if (this.#ended) return undefined;
    this.#ended = true;
    this.keys.close();
    const branches = [...this.#branches.values()];
    this.#branches.clear();
    for (const branch of branches) this.#end(branch);
    return branches.some(({ agreed }) => agreed !== undefined)
      ? { mode: "rtpengine", flows: [] }
      : undefined;
  }

  #took(
    got: NgRewritten,
    { branch, crossing, said }: {
      branch: Branch;
      crossing: Crossing;
      said: Said;
    },
  ): Crossed {
    if (got.kind === "failed") {
      if (crossing.role === "offer") this.refused(crossing.target);
      return got;
    }
    if (this.#ended) return { kind: "failed", reason: "the call is over" };
    const description = SessionDescription.parse(got.sdp);
    if (description === undefined) {
      return { kind: "failed", reason: "no description came from rtpengine" };
    }
    // Else each target's own would reach the caller, one after the other.
    const origin = said.from === "a" ? branch.origin : this.#origin;
    origin.write(description, crossing.standing);
    const { offer, wishes } = branch;
    if (crossing.role === "answer" && offer !== undefined) {
      branch.agreed = { offer, answer: said, wishes };
      const [a, b] = said.from === "a"
        ? [said.sdp, offer.sdp]
        : [offer.sdp, said.sdp];
      this.keys.agreed(branch.session, { a, b, wishes });
    }
    return { kind: "ok", sdp: String(description) };
  }

  #branch(target: number): Branch {
    let branch = this.#branches.get(target);
    if (branch === undefined) {
      const { sessions, sessionId } = this.#parts;
      branch = {
        session: sessions.begin(),
        origin: new OriginKeeper(sessionId(), ORIGIN_ADDRESS),
        wishes: {},
        offer: undefined,
        agreed: undefined,
      };
      this.#branches.set(target, branch);
    }
    return branch;
  }

  #end({ session }: Branch): void {
    const { sessions, observer } = this.#parts;
    const { server } = session;
    sessions.end(session, (totals: NgTotals | undefined) => {
      if (totals === undefined) return;
      observer.count("media_ng_packets", totals.packets);
      observer.count("media_ng_bytes", totals.bytes);
      observer.log({
        level: "info",
        text: "media ended",
        fields: {
          server: server ?? "",
          session: session.callId,
          packets: totals.packets,
          bytes: totals.bytes,
          errors: totals.errors,
        },
      });
    });
  }
}
