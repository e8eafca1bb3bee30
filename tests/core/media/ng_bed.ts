/** rtpengine servers that do what a test says, on the virtual clock. */

import { CountingObserver } from "../../../core/base/observer.ts";
import { seededRandom } from "../../../core/base/random.ts";
import { TimerWheel } from "../../../core/base/timer_wheel.ts";
import {
  type BencodedDictionary,
  decode,
  dictionary,
  encode,
} from "../../../core/media/bencode.ts";
import { NgExchange } from "../../../core/media/ng_exchange.ts";
import {
  NgServers,
  type NgServerSettings,
} from "../../../core/media/ng_servers.ts";
import { NgSessions } from "../../../core/media/ng_sessions.ts";

/** What a server does with a command: a reply, or silence. */
export type Behaviour = (
  command: BencodedDictionary,
) => BencodedDictionary | undefined;

/** A command as it came in. */
export interface Seen {
  readonly port: number;
  readonly cookie: string;
  readonly command: BencodedDictionary;
}

/** Servers, and our side of them. */
export class NgBed {
  readonly clock = new TimerWheel(0, { wallTimeMs: 0 });
  readonly observer = new CountingObserver();
  readonly random = seededRandom(5);
  readonly seen: Seen[] = [];
  readonly exchange: NgExchange;
  readonly servers: NgServers;
  readonly sessions: NgSessions;
  /** By port; a server that is not here is silent. */
  readonly behaviours = new Map<number, Behaviour>();

  constructor(
    weights: readonly number[] = [1],
    { limit = 10, pingSeconds = 0 } = {},
  ) {
    const { clock, observer, random } = this;
    this.exchange = new NgExchange({
      clock,
      observer,
      random,
      limit,
      socket: { send: (text, to) => this.#arrived(text, to.port) },
    });
    const servers = weights.map((weight, i): NgServerSettings => ({
      address: { host: "192.0.2.9", port: 2001 + i },
      weight,
    }));
    for (const { address } of servers) {
      this.behaviours.set(address.port, agreeable);
    }
    const { exchange } = this;
    this.servers = new NgServers({
      clock,
      observer,
      random,
      exchange,
      servers,
      pingSeconds,
    });
    this.sessions = new NgSessions({
      servers: this.servers,
      random,
      observer,
    });
  }

  /** Lets time pass. */
  pass(ms: number): void {
    this.clock.advance(this.clock.now() + ms);
  }

  /** The commands of that name, in order, a repeated one once. */
  commands(name: string): BencodedDictionary[] {
    const cookies = new Set<string>();
    return this.seen.filter(({ cookie, command }) => {
      const first = !cookies.has(cookie);
      cookies.add(cookie);
      return first && command["command"] === name;
    }).map(({ command }) => command);
  }

  #arrived(text: string, port: number): void {
    const space = text.indexOf(" ");
    const cookie = text.slice(0, space);
    const command = dictionary(decode(text.slice(space + 1)));
    if (command === undefined) throw new TypeError(`no ng request: ${text}`);
    this.seen.push({ port, cookie, command });
    const reply = this.behaviours.get(port)?.(command);
    if (reply === undefined) return;
    const onTimer = (): void =>
      this.exchange.received(`${cookie} ${encode(reply)}`);
    this.clock.schedule(1, { onTimer }, "reply");
  }
}

/** A server that does all it is asked. */
export function agreeable(command: BencodedDictionary): BencodedDictionary {
  switch (command["command"]) {
    case "ping":
      return { result: "pong" };
    case "offer":
    case "answer":
      return { result: "ok", sdp: `${command["sdp"]} by rtpengine` };
    case "delete":
    case "query":
      return {
        result: "ok",
        totals: { RTP: { packets: 12, bytes: 2064, errors: 1 } },
      };
  }
  return { result: "ok" };
}
