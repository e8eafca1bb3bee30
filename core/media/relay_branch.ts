/**
 * The offers and answers between the caller and one target of a relayed call (RFC 3264): what was offered, what is in
 * force, and what it goes back to when an offer comes to nothing.
 *
 * @module
 */

import type { SessionDescription } from "../sdp/session_description.ts";
import type { Crossing, Side } from "./media_anchor.ts";
import { shapeEvents } from "./event_formats.ts";
import { isRelayed, type RelayEndpoint } from "./relay_endpoint.ts";
import { type StreamFacts, streamFacts } from "./stream_facts.ts";

/** Both sides' descriptions, together in force. */
interface Agreed {
  readonly a: readonly StreamFacts[];
  readonly b: readonly StreamFacts[];
}

/** The last offer, until another follows. */
interface Offer {
  readonly from: Side;
  readonly streams: readonly StreamFacts[];
  /** What holds if it is refused. */
  readonly before: Agreed | undefined;
  /** In a provisional response perhaps, and then once more in the final one: the offer stands for both. */
  isAnswered: boolean;
}

/** One target's. */
export class RelayBranch {
  readonly #a: RelayEndpoint;
  readonly b: RelayEndpoint;
  #offer: Offer | undefined;
  #agreed: Agreed | undefined;

  constructor(sides: { a: RelayEndpoint; b: RelayEndpoint }) {
    this.#a = sides.a;
    this.b = sides.b;
  }

  /** True once an answer has come, provisional or not. */
  get isAgreed(): boolean {
    return this.#agreed !== undefined;
  }

  /** A stream that is in use, or on offer, and has its ports. */
  uses(at: number): boolean {
    const { a, b } = this.#agreed ?? {};
    const offered = this.#offer?.isAnswered === false
      ? this.#offer.streams[at]
      : undefined;
    return (offered !== undefined && isRelayed(offered)) ||
      (a?.[at] !== undefined && b?.[at] !== undefined && isRelayed(a[at]) &&
        isRelayed(b[at]));
  }

  /** Takes a description, and writes it for the other side; undefined when there are no ports for it. */
  cross(
    description: SessionDescription,
    crossing: Crossing,
  ): string | undefined {
    const { from, role, standing } = crossing;
    const streams = streamFacts(description);
    const to = from === "a" ? this.b : this.#a;
    if (!to.open(streams)) return undefined;
    // In an answer, those that were offered; in an offer, those of before.
    const theirs = role === "answer" ? this.#offered(from) : to.facts;
    shapeEvents(description, {
      how: crossing.events,
      known: (at) => theirs?.[at]?.events ?? [],
    });
    if (role === "offer") {
      this.#offer = { from, streams, before: this.#agreed, isAnswered: false };
    } else {
      this.#answer(streams, from);
    }
    return to.write(description, { streams, standing });
  }

  /** A side's offer was answered in the other's place. */
  settled(streams: readonly StreamFacts[], from: Side): void {
    const agreed = this.#agreed;
    if (agreed === undefined || streams.length !== agreed[from].length) return;
    this.#agreed = { ...agreed, [from]: streams };
    (from === "a" ? this.#a : this.b).apply(streams);
  }

  /**
   * The last offer came to nothing. RFC 3261 §14.1: the session goes on as if the re-INVITE had never been.
   */
  refused(): void {
    const before = this.#offer?.before;
    this.#offer = undefined;
    this.#agreed = before;
    if (before === undefined) return;
    this.#a.apply(before.a);
    this.b.apply(before.b);
  }

  /** What a side's answer is an answer to. */
  #offered(by: Side): readonly StreamFacts[] | undefined {
    return this.#offer?.streams ??
      (by === "a" ? this.#agreed?.b : this.#agreed?.a);
  }

  #answer(streams: readonly StreamFacts[], from: Side): void {
    const offered = this.#offered(from);
    if (offered === undefined) return;
    // RFC 3264 §6: the i-th stream of the answer is that of the offer; refused in either, it is not there.
    const agreed = from === "a"
      ? { a: streams, b: offered }
      : { a: offered, b: streams };
    this.#agreed = agreed;
    if (this.#offer !== undefined) this.#offer.isAnswered = true;
    this.#a.apply(agreed.a);
    this.b.apply(agreed.b);
  }
}
