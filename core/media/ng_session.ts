/**
 * The media of one call at an rtpengine server: offers and answers go there and come back with the server's addresses.
 * What the server is told of a call is an identifier of our own, since the two legs have different Call-IDs.
 *
 * @module
 */

import type { BencodedDictionary } from "./bencode.ts";
import type { LoggedKey } from "./dtmf_log.ts";
import { eventOfKey, type Key, type KeyPress } from "./key.ts";
import type { NgOutcome } from "./ng_exchange.ts";
import type { NgServer, NgServers } from "./ng_servers.ts";

/** A side of the call. */
export type NgSide = "a" | "b";

/** What a server made of a description. */
export type NgRewritten =
  | { readonly kind: "ok"; readonly sdp: string }
  | { readonly kind: "failed"; readonly reason: string };

/** What is asked besides the rewriting. */
export interface NgWishes {
  /** Keys are going to be played to the side that gets this description. */
  readonly injectKeys?: boolean;
  /**
   * Telephone events in an offer: `add` offers them though the other side has none, `hide` does not offer them though
   * the other side has them, and answers with them. Absent: as they are.
   */
  readonly events?: "add" | "hide";
}

/** Packets and bytes that a server has relayed, both directions together. */
export interface NgTotals {
  readonly packets: number;
  readonly bytes: number;
  readonly errors: number;
}

/** Keys that were played and that the server has not told us of yet: more are not waited for. */
const MAX_ECHOES = 32;

/** One call at one server. */
export class NgSession {
  readonly callId: string;
  /** Hears of the keys that a side pressed. */
  onKey: (from: NgSide, press: KeyPress) => void = () => {};
  readonly #servers: NgServers;
  /** Keys we played, each as the side it sounds to come from and its key: the server hears those, too. */
  readonly #echoes: string[] = [];
  readonly #tried = new Set<NgServer>();
  #server: NgServer | undefined;
  /** Whose offer was the first: with a late offer the server may know no other side. */
  #first: NgSide = "a";
  /** The server has the call: it does not move any more. */
  #settled = false;
  #ended = false;

  /** `callId` is known to nobody else. */
  constructor(servers: NgServers, callId: string) {
    this.#servers = servers;
    this.callId = callId;
  }

  /** The server that has it; undefined before the first offer. */
  get server(): string | undefined {
    return this.#server?.name;
  }

  /** An offer of one side. The first goes to another server when the chosen one does not answer. */
  offer(
    sdp: string,
    { from, wishes = {}, done }: {
      from: NgSide;
      wishes?: NgWishes;
      done: (rewritten: NgRewritten) => void;
    },
  ): void {
    if (this.#server === undefined) this.#first = from;
    const command = {
      command: "offer",
      "from-tag": from,
      ...(this.#settled ? { "to-tag": other(from) } : {}),
      sdp,
      ...options(wishes),
    };
    this.#ask(command, done);
  }

  /** The answer of a side to the offer of the other. */
  answer(
    sdp: string,
    { from, wishes = {}, done }: {
      from: NgSide;
      wishes?: NgWishes;
      done: (rewritten: NgRewritten) => void;
    },
  ): void {
    // The ng protocol names the offerer in both, whoever speaks.
    const command = {
      command: "answer",
      "from-tag": other(from),
      "to-tag": from,
      sdp,
      ...options(wishes),
    };
    this.#ask(command, done);
  }

  /** Plays a key to one side, as if the other had pressed it; `failed` before media has flowed. */
  playKey(
    key: Key,
    { to, durationMs, done }: {
      to: NgSide;
      durationMs: number;
      done: (outcome: "sent" | "failed") => void;
    },
  ): void {
    const server = this.#server;
    if (server === undefined || this.#ended) {
      done("failed");
      return;
    }
    const echo = `${other(to)}${key}`;
    if (this.#echoes.length < MAX_ECHOES) this.#echoes.push(echo);
    server.request({
      command: "play DTMF",
      "call-id": this.callId,
      // It names the side whose stream the key is put into, which the other side hears.
      "from-tag": other(to),
      code: eventOfKey(key),
      duration: durationMs,
    }, (outcome) => {
      if (outcome.kind !== "ok") this.#isEcho(echo);
      done(outcome.kind === "ok" ? "sent" : "failed");
    });
  }

  /** The server has heard a key in this call. */
  heard({ from, key, durationMs }: LoggedKey): void {
    if (from !== "a" && from !== "b") return;
    if (this.#isEcho(`${from}${key}`)) return;
    this.onKey(from, { key, durationMs, kind: "rfc4733" });
  }

  /** What has been relayed so far; undefined when the server does not say. */
  query(done: (totals: NgTotals | undefined) => void): void {
    const server = this.#server;
    if (server === undefined) {
      done(undefined);
      return;
    }
    server.request(
      { command: "query", "call-id": this.callId },
      (outcome) => done(totalsOf(outcome)),
    );
  }

  /** The call is over: the server lets go of it, and says what it has relayed. */
  end(done: (totals: NgTotals | undefined) => void = () => {}): void {
    const server = this.#server;
    if (this.#ended || server === undefined) return;
    this.#ended = true;
    server.calls--;
    server.request({
      command: "delete",
      "call-id": this.callId,
      "from-tag": this.#first,
      // At once: nothing of this call is resent or late.
      "delete-delay": 0,
    }, (outcome) => done(totalsOf(outcome)));
  }

  #isEcho(echo: string): boolean {
    const at = this.#echoes.indexOf(echo);
    if (at >= 0) this.#echoes.splice(at, 1);
    return at >= 0;
  }

  #ask(
    command: BencodedDictionary,
    done: (rewritten: NgRewritten) => void,
  ): void {
    const server = this.#server ?? this.#choose();
    if (server === undefined || this.#ended) {
      const reason = this.#ended ? "the call is over" : "no rtpengine server";
      done({ kind: "failed", reason });
      return;
    }
    server.request({ ...command, "call-id": this.callId }, (outcome) => {
      if (outcome.kind === "ok") {
        this.#settled = true;
        const { sdp } = outcome.reply;
        done(
          typeof sdp === "string"
            ? { kind: "ok", sdp }
            : { kind: "failed", reason: "no SDP in the reply" },
        );
        return;
      }
      const next = this.#settled || this.#ended ? undefined : this.#choose();
      if (next !== undefined) this.#ask(command, done);
      else done({ kind: "failed", reason: reasonOf(outcome) });
    });
  }

  /** Moves to a server that was not tried yet. */
  #choose(): NgServer | undefined {
    if (this.#server !== undefined) this.#server.calls--;
    this.#server = this.#servers.choose(this.#tried);
    if (this.#server === undefined) return undefined;
    this.#tried.add(this.#server);
    this.#server.calls++;
    return this.#server;
  }
}

function options({ injectKeys, events }: NgWishes): BencodedDictionary {
  const flags: string[] = [];
  if (injectKeys === true) flags.push("inject-DTMF");
  // Else packets pass by the part of the server that hears keys and keeps them from a side that has no events.
  if (events !== undefined) flags.push("always-transcode");
  return {
    replace: ["origin", "session-connection"],
    ICE: "remove",
    "rtcp-mux": ["demux"],
    flags,
    ...(events === undefined ? {} : { codec: CODECS[events] }),
  };
}

const CODECS = {
  add: { transcode: ["telephone-event"] },
  hide: { mask: ["telephone-event"] },
} as const;

function totalsOf(outcome: NgOutcome): NgTotals | undefined {
  if (outcome.kind !== "ok") return undefined;
  const rtp = valueAt(outcome.reply, ["totals", "RTP"]);
  const number = (name: string): number => {
    const value = valueAt(rtp, [name]);
    return typeof value === "number" ? value : 0;
  };
  return rtp === undefined ? undefined : {
    packets: number("packets"),
    bytes: number("bytes"),
    errors: number("errors"),
  };
}

function valueAt(
  value: unknown,
  path: readonly string[],
): unknown {
  return path.reduce<unknown>(
    (found, name) =>
      typeof found === "object" && found !== null
        ? (found as Record<string, unknown>)[name]
        : undefined,
    value,
  );
}

function reasonOf(outcome: Exclude<NgOutcome, { kind: "ok" }>): string {
  return outcome.kind === "error" ? outcome.reason : {
    timeout: "rtpengine does not answer",
    full: "too many requests to rtpengine are under way",
  }[outcome.kind];
}

function other(side: NgSide): NgSide {
  return side === "a" ? "b" : "a";
}
