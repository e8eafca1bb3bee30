/**
 * Keys in media that rtpengine has: heard from its log, and played by it. A key of a side whose events reach the other
 * side by themselves is left to the server, since it would arrive there twice.
 *
 * @module
 */

import type { Clock, Timed, Timer } from "../base/clock.ts";
import type { Observer } from "../base/observer.ts";
import { SessionDescription } from "../sdp/session_description.ts";
import type { KeyListener } from "./key.ts";
import type { KeySink, KeySinkUser, KeyToSend } from "./key_sink.ts";
import type { Side } from "./media_anchor.ts";
import type { MediaKeys } from "./media_keys.ts";
import { hasEvents } from "./media_mode.ts";
import type { NgSession, NgWishes } from "./ng_session.ts";

/** What they are made of. */
export interface NgKeysParts {
  readonly clock: Clock;
  readonly observer: Observer;
  /** The pause after a key that is played to a side. */
  gapMs(side: Side): number;
}

/** See the module's text. */
export class NgKeys implements MediaKeys {
  readonly #parts: NgKeysParts;
  readonly #listeners: Partial<Record<Side, KeyListener>> = {};
  readonly #sinks = new Set<PlayedKeys>();
  #session: NgSession | undefined;
  #hasEvents: Readonly<Record<Side, boolean>> = { a: false, b: false };
  #canPlay = false;

  constructor(parts: NgKeysParts) {
    this.#parts = parts;
  }

  /** Two descriptions hold, as their sides gave them. */
  agreed(
    session: NgSession,
    { a, b, wishes }: { a: string; b: string; wishes: NgWishes },
  ): void {
    this.#session = session;
    this.#hasEvents = { a: eventsIn(a), b: eventsIn(b) };
    this.#canPlay = wishes.injectKeys === true;
    session.onKey = (from, press) => {
      // The last who answered is the other side.
      if (session !== this.#session) return;
      if (this.#hasEvents.a && this.#hasEvents.b) {
        this.#parts.observer.count("media_ng_keys_passed");
        return;
      }
      this.#listeners[from]?.keyUp(press);
    };
  }

  /** A target is given up. */
  left(session: NgSession): void {
    if (session === this.#session) this.#session = undefined;
  }

  listen(side: Side, listener: KeyListener): void {
    this.#listeners[side] = listener;
  }

  sinks(side: Side): readonly KeySink[] {
    const session = this.#session;
    if (session === undefined || !this.#canPlay || !this.#hasEvents[side]) {
      return [];
    }
    const sink = new PlayedKeys({
      clock: this.#parts.clock,
      session,
      to: side,
      gapMs: this.#parts.gapMs(side),
      onClose: () => this.#sinks.delete(sink),
    });
    this.#sinks.add(sink);
    return [sink];
  }

  /** The call is over. */
  close(): void {
    for (const sink of [...this.#sinks]) sink.close();
    this.#session = undefined;
  }
}

interface PlayedKeysParts {
  readonly clock: Clock;
  readonly session: NgSession;
  readonly to: Side;
  readonly gapMs: number;
  onClose(): void;
}

/** Keys that the server plays to a side, one at a time: it would put them one over the other. */
class PlayedKeys implements KeySink, Timed {
  readonly kind = "rfc4733";
  /** `play DTMF` says how long the key is. */
  readonly takesHeldKeys = false;
  readonly #parts: PlayedKeysParts;
  #user: KeySinkUser | undefined;
  #timer: Timer | undefined;

  constructor(parts: PlayedKeysParts) {
    this.#parts = parts;
  }

  send({ key, durationMs = 0 }: KeyToSend, user: KeySinkUser): void {
    const { clock, session, to, gapMs } = this.#parts;
    this.#user = user;
    session.playKey(key, {
      to,
      durationMs,
      done: (outcome) => {
        if (this.#user !== user) return;
        if (outcome === "failed") this.#finish("failed");
        else {
          const afterMs = durationMs + gapMs;
          this.#timer = clock.schedule(afterMs, this, "played key");
        }
      },
    });
  }

  release(_durationMs: number): void {}

  onTimer(_name: string): void {
    this.#timer = undefined;
    this.#finish("sent");
  }

  close(): void {
    this.#user = undefined;
    this.#parts.clock.cancel(this.#timer);
    this.#parts.onClose();
  }

  #finish(outcome: "sent" | "failed"): void {
    const user = this.#user;
    this.#user = undefined;
    user?.keySent(outcome);
  }
}

function eventsIn(sdp: string): boolean {
  const description = SessionDescription.parse(sdp);
  return description !== undefined && hasEvents(description);
}
