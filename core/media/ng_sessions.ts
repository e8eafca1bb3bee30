/** All calls whose media rtpengine has: where a new one is begun, and the keys that the servers tell of find theirs. */

import type { Observer } from "../base/observer.ts";
import type { Random } from "../base/random.ts";
import { parseDtmfLog } from "./dtmf_log.ts";
import type { NgServers } from "./ng_servers.ts";
import { NgSession } from "./ng_session.ts";

/** See the module's text. */
export class NgSessions {
  readonly #parts: {
    readonly servers: NgServers;
    readonly random: Random;
    readonly observer: Observer;
  };
  readonly #sessions = new Map<string, NgSession>();

  constructor(
    parts: { servers: NgServers; random: Random; observer: Observer },
  ) {
    this.#parts = parts;
  }

  /** Calls that have not ended. */
  get size(): number {
    return this.#sessions.size;
  }

  /** The media of a new call; to be given back by {@linkcode NgSessions.end}. */
  begin(): NgSession {
    const session = new NgSession(
      this.#parts.servers,
      this.#parts.random.token(),
    );
    this.#sessions.set(session.callId, session);
    return session;
  }

  /** Ends a session; see {@linkcode NgSession.end}. */
  end(
    session: NgSession,
    done?: Parameters<NgSession["end"]>[0],
  ): void {
    this.#sessions.delete(session.callId);
    session.end(done);
  }

  /** A datagram of a server's log of keys. */
  logged(text: string): void {
    const key = parseDtmfLog(text);
    const session = key && this.#sessions.get(key.callId);
    if (key === undefined || session === undefined) {
      this.#parts.observer.count("media_ng_stray_keys");
    } else session.heard(key);
  }
}
