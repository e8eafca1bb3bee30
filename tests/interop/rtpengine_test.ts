/** The ng client against rtpengine: media through it, keys heard by it and played by it. */

import { assertEquals } from "@std/assert";
import { SystemClock } from "../../app/system_clock.ts";
import { SystemRandom } from "../../app/system_random.ts";
import { TextSocket } from "../../app/text_socket.ts";
import { CountingObserver } from "../../core/base/observer.ts";
import { NgExchange } from "../../core/media/ng_exchange.ts";
import { NgServers } from "../../core/media/ng_servers.ts";
import type {
  NgRewritten,
  NgSession,
  NgSide,
  NgTotals,
  NgWishes,
} from "../../core/media/ng_session.ts";
import { NgSessions } from "../../core/media/ng_sessions.ts";
import { peerTest } from "./support/peer.ts";
import { freePort, pause } from "./support/ports.ts";
import { RtpPhone } from "./support/rtp_phone.ts";
import { mediaServer } from "./support/rtpengine.ts";

interface Case {
  readonly name: string;
  /** The telephone-event payload types of each side; none: it has no events. */
  readonly events: { readonly a?: number; readonly b?: number };
  readonly wishes: NgWishes;
  /** Pressed as RTP events, and by whom; told by the log. */
  readonly pressed: NgSide;
  /** Played to the other one. */
  readonly played: NgSide;
}

const CASES: readonly Case[] = [
  {
    name: "the caller has events, the called side has none",
    events: { a: 101 },
    wishes: { injectKeys: true, events: "hide" },
    pressed: "a",
    played: "a",
  },
  {
    name: "the called side has events, the caller has none",
    events: { b: 96 },
    wishes: { injectKeys: true, events: "add" },
    pressed: "b",
    played: "b",
  },
];

for (const one of CASES) {
  peerTest(`rtpengine: ${one.name}`, ["rtpengine"], async () => {
    await using bed = await Bed.open();
    const { session } = bed;
    await using a = new RtpPhone(one.events.a);
    await using b = new RtpPhone(one.events.b);
    const [wishes, keys] = [one.wishes, [] as string[]];
    session.onKey = (from, { key, durationMs }) =>
      keys.push(`${from} ${key} ${durationMs}`);
    const offered = await rewritten((done) =>
      session.offer(a.sdp, { from: "a", wishes, done })
    );
    assertEquals(/telephone-event/.test(offered), one.events.b !== undefined);
    const answered = await rewritten((done) =>
      session.answer(b.sdp, { from: "b", wishes, done })
    );
    assertEquals(/telephone-event/.test(answered), one.events.a !== undefined);
    [b.peer, a.peer] = [portOf(offered), portOf(answered)];
    const phones = { a, b };
    await Promise.all([a.talk(10), b.talk(10)]);
    await phones[one.pressed].press(5, { durationMs: 120 });
    session.playKey("8", { to: one.played, durationMs: 160, done: () => {} });
    await Promise.all([a.talk(25), b.talk(25)]);
    assertEquals(keys, [`${one.pressed} 5 120`]);
    assertEquals(a.heardEvents, one.played === "a" ? [8] : []);
    assertEquals(b.heardEvents, one.played === "b" ? [8] : []);
    assertEquals(a.heardAudio > 20 && b.heardAudio > 20, true);
    const totals = await bed.end();
    assertEquals((totals?.packets ?? 0) > 60, true, JSON.stringify(totals));
  });
}

peerTest("rtpengine: a new call goes to the server that is left", [
  "rtpengine",
], async () => {
  // Nobody listens on the first.
  await using bed = await Bed.open([freePort()]);
  await using a = new RtpPhone(101);
  for (let i = 0; i < 4; i++) {
    const session = bed.sessions.begin();
    const offered = await rewritten((done) =>
      session.offer(a.sdp, { from: "a", done })
    );
    assertEquals(portOf(offered) > 0, true);
    await new Promise((done) => bed.sessions.end(session, done));
  }
  assertEquals(bed.servers.states.map(({ calls }) => calls), [0, 0]);
});

/** Our side of a server of its own. */
class Bed implements AsyncDisposable {
  readonly sessions: NgSessions;
  readonly session: NgSession;

  private constructor(
    readonly servers: NgServers,
    parts: {
      random: SystemRandom;
      observer: CountingObserver;
      log: (logged: (text: string) => void) => void;
    },
    readonly close: () => Promise<void>,
  ) {
    const { random, observer } = parts;
    this.sessions = new NgSessions({ servers, random, observer });
    parts.log((text) => this.sessions.logged(text));
    this.session = this.sessions.begin();
  }

  static async open(others: readonly number[] = []): Promise<Bed> {
    let logged: (text: string) => void = () => {};
    const fault = (what: unknown): never => {
      throw new Error(String(what));
    };
    const here = { host: "127.0.0.1", port: 0 };
    const log = new TextSocket(here, {
      received: (text) => logged(text),
      onFault: fault,
    });
    const server = await mediaServer({ dtmfLog: log.port });
    const socket = new TextSocket(here, {
      received: (text) => exchange.received(text),
      onFault: () => {},
    });
    const clock = new SystemClock({ onFault: fault });
    const random = new SystemRandom();
    const observer = new CountingObserver();
    const exchange = new NgExchange({ clock, random, observer, socket });
    const servers = new NgServers({
      clock,
      random,
      observer,
      exchange,
      servers: [...others, server.port].map((port) => ({
        address: { host: "127.0.0.1", port },
      })),
    });
    const log_ = (heard: (text: string) => void): void => {
      logged = heard;
    };
    return new Bed(servers, { random, observer, log: log_ }, async () => {
      exchange.close();
      socket.close();
      log.close();
      await server[Symbol.asyncDispose]();
    });
  }

  end(): Promise<NgTotals | undefined> {
    return new Promise((done) => this.sessions.end(this.session, done));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

async function rewritten(
  ask: (done: (got: NgRewritten) => void) => void,
): Promise<string> {
  const got = await new Promise<NgRewritten>(ask);
  if (got.kind === "failed") throw new Error(got.reason);
  await pause(0);
  return got.sdp;
}

function portOf(sdp: string): number {
  return Number(/^m=audio (\d+)/m.exec(sdp)?.[1]);
}
