/** The relay of this process: its ports, and the media of the calls that use them. */

import type { Clock } from "../base/clock.ts";
import type { Observer } from "../base/observer.ts";
import type { Random } from "../base/random.ts";
import type { LatchMode } from "./latch.ts";
import type { MediaAnchors, MediaUser } from "./media_anchor.ts";
import type { MediaSockets } from "./media_socket.ts";
import { PortPool } from "./port_pool.ts";
import { RelayAnchor } from "./relay_anchor.ts";
import type { PortSource } from "./relay_endpoint.ts";
import { RelayPort } from "./relay_port.ts";
import { newSessionId } from "./origin.ts";

/** What a relay is made of. */
export interface MediaRelayOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
  readonly sockets: MediaSockets;
  /** The first and the last port. */
  readonly ports: { readonly from: number; readonly to: number };
  /** A call of which nothing is heard for so long is over. */
  readonly timeoutSeconds: number;
  /** Default: `signalled`. */
  readonly latch?: LatchMode;
}

/** Ports of others that are stepped over for one of ours. */
const MAX_TAKEN = 16;

/** See the module's text. */
export class MediaRelay implements MediaAnchors, PortSource {
  readonly #options: MediaRelayOptions;
  readonly #pool: PortPool;
  #calls = 0;

  constructor(options: MediaRelayOptions) {
    this.#options = options;
    this.#pool = new PortPool({ clock: options.clock, ...options.ports });
  }

  get address(): string {
    return this.#options.sockets.address;
  }

  get ports(): number {
    return this.#pool.inUse;
  }

  /** Calls whose media are relayed. */
  get calls(): number {
    return this.#calls;
  }

  begin(user: MediaUser): RelayAnchor {
    this.#calls++;
    const { clock, observer, timeoutSeconds } = this.#options;
    return new RelayAnchor({
      clock,
      observer,
      source: this,
      user,
      timeoutMs: timeoutSeconds * 1000,
      onEnd: () => this.#calls--,
    });
  }

  sessionId(): string {
    return newSessionId(this.#options.random);
  }

  openPort(): RelayPort | undefined {
    const { clock, observer, random, sockets, latch } = this.#options;
    for (let tries = 0; tries < MAX_TAKEN; tries++) {
      const number = this.#pool.take();
      if (number === undefined) break;
      const port = RelayPort.open(number, {
        sockets,
        clock,
        latch: latch ?? "signalled",
        ssrc: Math.floor(random.fraction() * 2 ** 32),
      });
      if (port !== undefined) return port;
      observer.count("media_ports_taken");
      this.#pool.give(number);
    }
    observer.count("media_ports_exhausted");
    return undefined;
  }

  closePort(port: RelayPort): void {
    const { port: number } = port;
    port.close();
    this.#pool.give(number);
  }
}
