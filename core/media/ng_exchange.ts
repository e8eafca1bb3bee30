/**
 * Requests to rtpengine servers and their replies: the ng protocol on UDP. A request bears a cookie, is repeated with it
 * until its reply comes, and is answered once: rtpengine gives a repeated cookie the reply it gave before.
 *
 * @module
 */

import type { Clock, Timed, Timer } from "../base/clock.ts";
import type { Observer } from "../base/observer.ts";
import type { Random } from "../base/random.ts";
import {
  type BencodedDictionary,
  decode,
  dictionary,
  encode,
} from "./bencode.ts";

/** Where an ng server listens: a literal IP address and a port. */
export interface NgAddress {
  readonly host: string;
  readonly port: number;
}

/** Sends datagrams to ng servers; what comes back goes to {@linkcode NgExchange.received}. */
export interface NgSocket {
  /** `text` is a byte string. */
  send(text: string, to: NgAddress): void;
}

/** What became of a request. `full`: too many are under way already. */
export type NgOutcome =
  | { readonly kind: "ok"; readonly reply: BencodedDictionary }
  | { readonly kind: "error"; readonly reason: string }
  | { readonly kind: "timeout" }
  | { readonly kind: "full" };

/** Settings of an {@linkcode NgExchange}. */
export interface NgExchangeOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
  readonly socket: NgSocket;
  /** How long a reply is waited for before the request is repeated. Default: 250. */
  readonly retryMs?: number;
  /** How often a request is sent altogether. Default: 4. */
  readonly tries?: number;
  /** Most requests under way at once. Default: 10,000. */
  readonly limit?: number;
}

/** All requests of one socket. */
export class NgExchange {
  readonly #options: NgExchangeOptions;
  readonly #waiting = new Map<string, Request>();
  /** What no other process of this machine begins its cookies with. */
  readonly #prefix: string;
  #count = 0;

  constructor(options: NgExchangeOptions) {
    this.#options = options;
    this.#prefix = options.random.token();
  }

  /** Requests without a reply yet. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Sends a request; `done` is called once, never before this returns. */
  request(
    command: BencodedDictionary,
    { to, done }: { to: NgAddress; done: (outcome: NgOutcome) => void },
  ): void {
    const { clock, socket, observer } = this.#options;
    if (this.#waiting.size >= (this.#options.limit ?? 10_000)) {
      observer.count("media_ng_full");
      clock.schedule(0, { onTimer: () => done({ kind: "full" }) }, "full");
      return;
    }
    const cookie = `${this.#prefix}_${this.#count++}`;
    const request = new Request(`${cookie} ${encode(command)}`, {
      clock,
      socket,
      to,
      retryMs: this.#options.retryMs ?? 250,
      tries: this.#options.tries ?? 4,
      done: (outcome) => {
        this.#waiting.delete(cookie);
        if (outcome.kind === "timeout") observer.count("media_ng_timeouts");
        if (outcome.kind === "error") observer.count("media_ng_errors");
        done(outcome);
      },
    });
    this.#waiting.set(cookie, request);
    request.send();
  }

  /** Takes a datagram; what is no reply to anything is counted and dropped. */
  received(text: string): void {
    const space = text.indexOf(" ");
    const request = this.#waiting.get(text.slice(0, Math.max(0, space)));
    const reply = request && dictionary(decode(text.slice(space + 1)));
    if (request === undefined || reply === undefined) {
      this.#options.observer.count("media_ng_stray_replies");
      return;
    }
    request.finish(outcomeOf(reply));
  }

  /** Forgets all requests; nobody hears of them any more. */
  close(): void {
    for (const request of this.#waiting.values()) request.drop();
    this.#waiting.clear();
  }
}

function outcomeOf(reply: BencodedDictionary): NgOutcome {
  switch (reply["result"]) {
    case "ok":
    case "pong":
      return { kind: "ok", reply };
  }
  const reason = reply["error-reason"] ?? reply["result"];
  return {
    kind: "error",
    reason: typeof reason === "string" ? reason : "no result in the reply",
  };
}

interface RequestParts {
  readonly clock: Clock;
  readonly socket: NgSocket;
  readonly to: NgAddress;
  readonly retryMs: number;
  readonly tries: number;
  done(outcome: NgOutcome): void;
}

class Request implements Timed {
  readonly #text: string;
  readonly #parts: RequestParts;
  #sent = 0;
  #timer: Timer | undefined;

  constructor(text: string, parts: RequestParts) {
    this.#text = text;
    this.#parts = parts;
  }

  send(): void {
    const { clock, socket, to, retryMs } = this.#parts;
    this.#sent++;
    socket.send(this.#text, to);
    this.#timer = clock.schedule(retryMs, this, "retry");
  }

  onTimer(_name: string): void {
    if (this.#sent < this.#parts.tries) this.send();
    else this.#parts.done({ kind: "timeout" });
  }

  finish(outcome: NgOutcome): void {
    this.drop();
    this.#parts.done(outcome);
  }

  drop(): void {
    this.#parts.clock.cancel(this.#timer);
  }
}
