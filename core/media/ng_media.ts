/** rtpengine as what relays the media of calls: its servers, the exchange with them, and who has which call. */

import type { Clock } from "../base/clock.ts";
import type { Observer } from "../base/observer.ts";
import type { Random } from "../base/random.ts";
import type { MediaAnchors, MediaUser } from "./media_anchor.ts";
import { NgAnchor } from "./ng_anchor.ts";
import { NgExchange, type NgSocket } from "./ng_exchange.ts";
import {
  NgServers,
  type NgServerSettings,
  type NgServerState,
} from "./ng_servers.ts";
import { NgSessions } from "./ng_sessions.ts";
import { newSessionId } from "./origin.ts";

/** Settings of {@linkcode NgMedia}. */
export interface NgMediaOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
  readonly socket: NgSocket;
  readonly servers: readonly NgServerSettings[];
  readonly pingSeconds: number;
  readonly retryMs: number;
  readonly tries: number;
}

/** See the module's text. */
export class NgMedia implements MediaAnchors {
  readonly #options: NgMediaOptions;
  readonly #exchange: NgExchange;
  readonly #servers: NgServers;
  readonly #sessions: NgSessions;

  constructor(options: NgMediaOptions) {
    this.#options = options;
    this.#exchange = new NgExchange(options);
    this.#servers = new NgServers({ ...options, exchange: this.#exchange });
    this.#sessions = new NgSessions({ ...options, servers: this.#servers });
  }

  /** Sessions that servers hold for calls. */
  get ports(): number {
    return this.#sessions.size;
  }

  get states(): readonly NgServerState[] {
    return this.#servers.states;
  }

  /** Begins to ask the servers whether they live. */
  open(): void {
    this.#servers.open();
  }

  close(): void {
    this.#servers.close();
    this.#exchange.close();
  }

  begin(user: MediaUser): NgAnchor {
    const { clock, observer, random } = this.#options;
    return new NgAnchor({
      clock,
      observer,
      user,
      sessions: this.#sessions,
      sessionId: () => newSessionId(random),
    });
  }

  /** A datagram of a server. */
  received(text: string): void {
    this.#exchange.received(text);
  }

  /** A datagram of a server's log of keys. */
  logged(text: string): void {
    this.#sessions.logged(text);
  }
}
