/** rtpengine as a configuration has it, with the sockets that it is spoken to by. */

import type { Clock } from "../../core/base/clock.ts";
import type { Observer } from "../../core/base/observer.ts";
import type { Random } from "../../core/base/random.ts";
import { NgMedia } from "../../core/media/ng_media.ts";
import type { NgAddress } from "../../core/media/ng_exchange.ts";
import type { NgServerState } from "../../core/media/ng_servers.ts";
import { ListenError } from "../../core/transport/listen_error.ts";
import { isLoopback } from "../config/address.ts";
import type { Config } from "../config/schema.ts";
import { TextSocket } from "../text_socket.ts";

/** What it lives in. */
export interface RtpengineWorld {
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
}

/** The servers of a configuration, asked from now on whether they live. */
export class Rtpengine {
  readonly media: NgMedia;
  readonly #sockets: TextSocket[] = [];

  private constructor(
    settings: NonNullable<Config["rtpengine"]>,
    world: RtpengineWorld,
  ) {
    const { servers, dtmf_log, ping, retry_ms, tries } = settings;
    // One socket for each family of addresses that there is.
    const sockets = new Map<boolean, TextSocket>();
    const options = {
      received: (text: string) => this.media.received(text),
      onFault: (what: string) => world.observer.count(what),
    };
    this.media = new NgMedia({
      ...world,
      socket: {
        send: (text, to) => sockets.get(isV6(to))?.send(text, to),
      },
      servers,
      pingSeconds: ping,
      retryMs: retry_ms,
      tries,
    });
    for (const v6 of new Set(servers.map(({ address }) => isV6(address)))) {
      const mine = servers.filter(({ address }) => isV6(address) === v6);
      const local = mine.every(({ address }) => isLoopback(address.host))
        ? v6 ? "::1" : "127.0.0.1"
        : v6
        ? "::"
        : "0.0.0.0";
      sockets.set(v6, this.#open({ host: local, port: 0 }, options));
    }
    if (dtmf_log !== undefined) {
      this.#open(dtmf_log, {
        ...options,
        received: (text) => this.media.logged(text),
      });
    }
    this.media.open();
  }

  /** Undefined where there is none. Throws a `ListenError` for an address that cannot be had. */
  static open(
    { rtpengine }: Pick<Config, "rtpengine">,
    world: RtpengineWorld,
  ): Rtpengine | undefined {
    return rtpengine && new Rtpengine(rtpengine, world);
  }

  get states(): readonly NgServerState[] {
    return this.media.states;
  }

  close(): void {
    this.media.close();
    for (const socket of this.#sockets) socket.close();
  }

  #open(
    at: NgAddress,
    options: ConstructorParameters<typeof TextSocket>[1],
  ): TextSocket {
    try {
      const socket = new TextSocket(at, options);
      this.#sockets.push(socket);
      return socket;
    } catch (error) {
      this.close();
      const name = isV6(at)
        ? `[${at.host}]:${at.port}`
        : `${at.host}:${at.port}`;
      throw new ListenError(`udp:${name}`, error);
    }
  }
}

function isV6({ host }: NgAddress): boolean {
  return host.includes(":");
}
