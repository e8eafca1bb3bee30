/**
 * Keep-alives sent within a dialog: a request that asks for nothing, each interval, whose answer proves that the peer
 * still has the call. Several silences in a row end it, never one.
 *
 * @module
 */

import type { Clock, Timed, Timer } from "../base/clock.ts";
import { Headers } from "../message/headers.ts";
import type { SipResponse } from "../message/message.ts";
import type { OutgoingUser } from "./outgoing.ts";
import type { PeerRefusals } from "./refresh_steps.ts";

/** What may be sent. */
export type KeepAliveMethod = "INFO" | "UPDATE" | "MESSAGE" | "OPTIONS";

/** What a trunk wants. */
export interface SessionKeepAliveSettings {
  readonly method: KeepAliveMethod;
  readonly intervalSeconds: number;
  /** So many without a sign of life in a row, at least 2, end the call. */
  readonly misses: number;
}

/** The session that is kept alive. */
export interface KeepAliveSession {
  /** An INVITE of either side is unanswered or not acknowledged. */
  readonly inviteInProgress: boolean;
  /** Sends a request within the dialog, to its remote target as it is now; the outcome is for the asker to judge. */
  request(
    method: KeepAliveMethod,
    options: {
      parts: { headers: Headers };
      user: OutgoingUser;
      judged: true;
    },
  ): unknown;
}

/** Whose session it is: a leg. */
export interface KeepAliveOwner {
  /** What the peer is known to refuse; asked for once a call. */
  readonly refusals: PeerRefusals;
  /** A response, before anything is made of it. */
  onKeepAliveResponse(response: SipResponse): SipResponse;
  /** One went without a sign of life; `inRow` of them are too few to end the call. */
  onKeepAliveMissed(inRow: number): void;
  /** The peer is gone: BYE on both legs. */
  onPeerGone(): void;
}

/**
 * After a miss the next is not long in coming: a peer that is gone shall not hold the other side for a second interval.
 */
const PROBE_MS = 30_000;
/** While an INVITE is open, UPDATE waits for its end. */
const INVITE_OPEN_MS = 2_000;

/** The keep-alives of one leg. */
export class SessionKeepAlive implements Timed {
  readonly #clock: Clock;
  readonly #settings: SessionKeepAliveSettings;
  readonly #session: KeepAliveSession;
  readonly #owner: KeepAliveOwner;
  readonly #refusals: PeerRefusals;
  #method: KeepAliveMethod;
  #timer: Timer | undefined;
  #misses = 0;
  #stopped = false;

  constructor(
    parts: {
      clock: Clock;
      settings: SessionKeepAliveSettings;
      session: KeepAliveSession;
      owner: KeepAliveOwner;
    },
  ) {
    this.#clock = parts.clock;
    this.#settings = parts.settings;
    this.#session = parts.session;
    this.#owner = parts.owner;
    this.#refusals = parts.owner.refusals;
    const { method } = parts.settings;
    this.#method = method === "UPDATE" && this.#refusals.refuses(BARE_UPDATE)
      ? "OPTIONS"
      : method;
  }

  /** The call is up. */
  start(): void {
    this.#wait(this.#intervalMs);
  }

  /** The peer sent something of its own: it lives, whatever it left unanswered. */
  heard(): void {
    this.#misses = 0;
  }

  /** The session is over: no timer is left. */
  stop(): void {
    this.#stopped = true;
    this.#clock.cancel(this.#timer);
    this.#timer = undefined;
  }

  onTimer(_name: string): void {
    this.#timer = undefined;
    if (this.#method === "UPDATE" && this.#session.inviteInProgress) {
      this.#wait(Math.min(INVITE_OPEN_MS, this.#intervalMs));
      return;
    }
    this.#send(this.#method);
  }

  #send(method: KeepAliveMethod): void {
    const headers = new Headers();
    // RFC 3261 §11.1: "An Accept header field SHOULD be included to indicate the type of message body the UAC wishes to
    // receive in the response."
    if (method === "OPTIONS") headers.append("Accept", "application/sdp");
    this.#session.request(method, {
      parts: { headers },
      judged: true,
      user: {
        onResponse: (response) => {
          const { status } = this.#owner.onKeepAliveResponse(response);
          if (status >= 200) this.#onStatus(method, status);
        },
        onFailure: (failure) => {
          if (failure === "ended") return;
          // A stack that drops what it does not know is as silent as a dead one; OPTIONS tells them apart.
          // RFC 3261 §11: "All UAs MUST support the OPTIONS method."
          this.#method = "OPTIONS";
          this.#missed();
        },
      },
    });
  }

  #onStatus(method: KeepAliveMethod, status: number): void {
    if (this.#stopped) return;
    if (!provesLife(status)) {
      this.#missed();
      return;
    }
    this.#misses = 0;
    if (method !== "OPTIONS" && (status === 405 || status === 501)) {
      // It lives, and does not know the method: another is no trouble to it.
      this.#method = "OPTIONS";
      if (method === "UPDATE") this.#refusals.remember(BARE_UPDATE);
    }
    this.#wait(this.#intervalMs);
  }

  #missed(): void {
    if (this.#stopped) return;
    this.#misses++;
    if (this.#misses >= this.#settings.misses) {
      this.stop();
      this.#owner.onPeerGone();
      return;
    }
    this.#owner.onKeepAliveMissed(this.#misses);
    this.#wait(Math.min(PROBE_MS, this.#intervalMs));
  }

  #wait(afterMs: number): void {
    if (this.#stopped) return;
    this.#timer = this.#clock.schedule(afterMs, this, "keep-alive");
  }

  get #intervalMs(): number {
    return this.#settings.intervalSeconds * 1000;
  }
}

const BARE_UPDATE = { method: "UPDATE", withSdp: false } as const;

/**
 * Whatever a peer refuses a keep-alive with, it is there to refuse it. Not so when it says that there is no such call
 * (481), or when somebody on the way says that it does not answer (408, 504) or can not be reached (430, RFC 5626).
 *
 * Departs from RFC 3261 §12.2.1.2, by which one 481 ends the dialog: of a keep-alive it may be a mistake on the way, so
 * another is asked, and the second ends the call.
 */
function provesLife(status: number): boolean {
  switch (status) {
    case 408:
    case 430:
    case 481:
    case 504:
      return false;
  }
  return true;
}
