/**
 * Several rtpengine servers: which are alive, and which takes the next call. A server is asked with `ping` now and then;
 * one that is silent twice, or lets a request of a call run out, is down until it answers again.
 *
 * @module
 */

import type { Clock, Timed, Timer } from "../base/clock.ts";
import type { Observer } from "../base/observer.ts";
import type { Random } from "../base/random.ts";
import type { BencodedDictionary } from "./bencode.ts";
import type { NgAddress, NgExchange, NgOutcome } from "./ng_exchange.ts";

/** One server as the operator names it. */
export interface NgServerSettings {
  readonly address: NgAddress;
  /** Its share of the calls beside the others'. Default: 1; 0 takes calls only when all others are down. */
  readonly weight?: number;
}

/** One server as it stands. */
export interface NgServerState {
  /** `127.0.0.1:2223`. */
  readonly name: string;
  readonly up: boolean;
  readonly weight: number;
  /** Calls whose media it has. */
  readonly calls: number;
}

/** Settings of {@linkcode NgServers}. */
export interface NgServersOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
  readonly exchange: NgExchange;
  readonly servers: readonly NgServerSettings[];
  /** How often each is asked whether it lives. Default: 10; 0: never. */
  readonly pingSeconds?: number;
}

/** Pings in a row without an answer before a server is down. */
const MISSES = 2;

/** All servers. */
export class NgServers implements Timed {
  readonly #options: NgServersOptions;
  readonly #servers: NgServer[];
  #timer: Timer | undefined;

  constructor(options: NgServersOptions) {
    this.#options = options;
    this.#servers = options.servers.map((settings) =>
      new NgServer(settings, options)
    );
  }

  /** Begins to ask. */
  open(): void {
    this.onTimer("ping");
  }

  close(): void {
    this.#options.clock.cancel(this.#timer);
  }

  get states(): readonly NgServerState[] {
    return this.#servers.map(({ name, up, weight, calls }) => ({
      name,
      up,
      weight,
      calls,
    }));
  }

  /**
   * A server for a new call: one that is up, at random by weight; when all are down, any of them, since a server may be
   * back before it is asked. None of `tried`. Undefined when there is no other.
   */
  choose(tried: ReadonlySet<NgServer> = new Set()): NgServer | undefined {
    const others = this.#servers.filter((server) => !tried.has(server));
    const up = others.filter((server) => server.up);
    const candidates = up.length > 0 ? up : others;
    const total = candidates.reduce((sum, { weight }) => sum + weight, 0);
    if (total === 0) return candidates[0];
    let at = this.#options.random.fraction() * total;
    for (const server of candidates) {
      at -= server.weight;
      if (at < 0) return server;
    }
    return candidates.at(-1);
  }

  onTimer(_name: string): void {
    const { clock, pingSeconds = 10 } = this.#options;
    if (pingSeconds === 0) return;
    for (const server of this.#servers) server.ping();
    this.#timer = clock.schedule(pingSeconds * 1000, this, "ping");
  }
}

/** One server. */
export class NgServer {
  readonly name: string;
  readonly weight: number;
  /** Calls whose media it has: counted by who gives it calls. */
  calls = 0;
  readonly #address: NgAddress;
  readonly #options: NgServersOptions;
  #misses = 0;
  #up = true;

  constructor(settings: NgServerSettings, options: NgServersOptions) {
    const { host, port } = settings.address;
    this.name = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
    this.weight = settings.weight ?? 1;
    this.#address = settings.address;
    this.#options = options;
  }

  get up(): boolean {
    return this.#up;
  }

  /** Asks it something about a call. */
  request(
    command: BencodedDictionary,
    done: (outcome: NgOutcome) => void,
  ): void {
    this.#options.exchange.request(command, {
      to: this.#address,
      done: (outcome) => {
        // The request has been sent several times over: there is nothing to wait for.
        if (outcome.kind === "timeout") this.#miss(MISSES);
        else if (outcome.kind !== "full") this.#alive();
        done(outcome);
      },
    });
  }

  ping(): void {
    this.#options.exchange.request({ command: "ping" }, {
      to: this.#address,
      done: (outcome) => {
        if (outcome.kind === "timeout") this.#miss(1);
        else if (outcome.kind !== "full") this.#alive();
      },
    });
  }

  #miss(count: number): void {
    this.#misses += count;
    if (this.#misses >= MISSES && this.#up) this.#turn(false);
  }

  #alive(): void {
    this.#misses = 0;
    if (!this.#up) this.#turn(true);
  }

  #turn(up: boolean): void {
    this.#up = up;
    const { observer } = this.#options;
    observer.count(up ? "media_ng_up" : "media_ng_down");
    observer.log({
      level: up ? "info" : "warn",
      text: up ? "rtpengine answers again" : "rtpengine does not answer",
      fields: { server: this.name },
    });
  }
}
