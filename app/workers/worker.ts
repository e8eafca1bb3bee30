/** One of the processes that a supervisor has started: it shares each listener with the others. */

import type { Clock } from "../../core/base/clock.ts";
import type { Observer } from "../../core/base/observer.ts";
import type { Random } from "../../core/base/random.ts";
import { DEFAULT_LIMITS } from "../../core/base/limits.ts";
import { workerMark } from "../../core/transport/owner_scan.ts";
import { SharedUdpTransport } from "../../core/transport/shared_udp.ts";
import { SharedTcpTransport } from "../../core/transport/shared_tcp.ts";
import { TcpTransport } from "../../core/transport/tcp.ts";
import {
  SECRET_BYTES,
  WorkerChannel,
} from "../../core/transport/worker_channel.ts";
import { WorkerLinks } from "../../core/transport/worker_links.ts";
import { SystemRandom } from "../system_random.ts";
import { type BatchedMaker, batchedMaker, type UdpMaker } from "../udp.ts";
import type { TcpMaker } from "../wiring.ts";
import { DRAINED, linesOf, readOrder } from "./lines.ts";
import { MarkedRandom } from "./marked_random.ts";
import type { WorkerPlace } from "./worker_place.ts";

/** The variable that carries what the workers of one supervisor know and nobody else. */
export const SECRET_VARIABLE = "LEGWORK_WORKER_SECRET";
const HOST = "127.0.0.1";

/** What a {@linkcode Worker} is given to open. */
export interface WorkerParts {
  /** The maker that the worker names, wrapped perhaps: it makes the socket of the channel. */
  readonly udp: UdpMaker;
  readonly observer: Pick<Observer, "count">;
  readonly clock: Clock;
  /** Whether it has listeners of connections, too. */
  readonly hasTcp: boolean;
}

/** See the module's text. */
export class Worker {
  readonly random: Random;
  /** Resolves with why the worker is to take no new calls. */
  readonly drain: Promise<string>;
  /** Resolves when it is to end at once. */
  readonly end: Promise<void>;
  /** Resolves when no supervisor is there any more. */
  readonly alone: Promise<void>;
  readonly #place: WorkerPlace;
  readonly #secret: Uint8Array;
  readonly #make: BatchedMaker;
  readonly #drain = Promise.withResolvers<string>();
  readonly #end = Promise.withResolvers<void>();
  readonly #alone = Promise.withResolvers<void>();
  #channel: WorkerChannel | undefined;
  #links: WorkerLinks | undefined;

  private constructor(
    place: WorkerPlace,
    secret: Uint8Array,
    make: BatchedMaker,
  ) {
    this.#place = place;
    this.#secret = secret;
    this.#make = make;
    this.random = new MarkedRandom(
      new SystemRandom(),
      workerMark(place.number),
    );
    this.drain = this.#drain.promise;
    this.end = this.#end.promise;
    this.alone = this.#alone.promise;
  }

  /** The worker of that place, or why this process cannot be it. */
  static at(place: WorkerPlace): Worker | string {
    const secret = secretOf(Deno.env.get(SECRET_VARIABLE));
    if (secret === undefined) {
      return "Cannot be a worker: no supervisor has started this process, wanted --workers";
    }
    const make = batchedMaker();
    return typeof make === "string"
      ? `Cannot share listeners: ${make}, wanted -P=workers`
      : new Worker(place, secret, make);
  }

  /** Makes the socket of the channel. Calls wait there, so it is that socket whose delay is measured. */
  get channelMaker(): UdpMaker {
    return (local, limits) => this.#make(local, { limits });
  }

  /** Opens what leads to the other workers, and gives back what makes listeners. */
  async open({ udp, observer, clock, hasTcp }: WorkerParts): Promise<{
    udp: UdpMaker;
    tcp?: TcpMaker;
  }> {
    const common = {
      secret: this.#secret,
      worker: this.#place.number,
      workers: this.#place.of,
      onFault: (counter: string, by?: number) => observer.count(counter, by),
    };
    const transport = udp({ host: HOST, port: 0 }, DEFAULT_LIMITS);
    const channel = new WorkerChannel({ ...common, transport });
    await channel.open();
    this.#channel = channel;
    const makeUdp: UdpMaker = (local, limits) =>
      new SharedUdpTransport(
        this.#make(local, { limits, shared: true }),
        channel,
      );
    if (!hasTcp) return { udp: makeUdp };
    const flows = DEFAULT_LIMITS.connections;
    const links = new WorkerLinks({ ...common, clock, flows });
    links.open();
    this.#links = links;
    return {
      udp: makeUdp,
      tcp: (local, options) =>
        new SharedTcpTransport(
          new TcpTransport(local, { ...options, shared: true }),
          links,
        ),
    };
  }

  /** What the supervisor waits for, as a line. */
  announcement(listeners: readonly string[]): string {
    const channel = this.#channel?.local.port ?? 0;
    const link = this.#links?.port ?? 0;
    return JSON.stringify({ channel, link, listeners });
  }

  /**
   * Its calls are over. It may hold connections that carry calls of others: then it says that it is done, and stays until
   * all are.
   */
  async drained(say: (line: string) => void): Promise<void> {
    if (this.#links === undefined) return;
    say(DRAINED);
    await Promise.race([this.end, this.alone]);
  }

  /** Does as the supervisor says, for as long as it is there. */
  async listen(onReload: () => void): Promise<void> {
    try {
      for await (const line of linesOf(Deno.stdin.readable)) {
        const order = readOrder(line);
        switch (order?.say) {
          case "peers":
            this.#channel?.meet(
              order.ports.map((port) =>
                port === null ? undefined : { host: HOST, port }
              ),
            );
            this.#links?.meet(order.links.map((port) => port ?? undefined));
            break;
          case "reload":
            onReload();
            break;
          case "drain":
            this.#drain.resolve("supervisor");
            break;
          case "end":
            this.#end.resolve();
            break;
          case undefined:
            break;
        }
      }
    } catch {
      // A pipe that breaks is a supervisor that is gone.
    }
    this.#drain.resolve("supervisor gone");
    this.#alone.resolve();
  }

  async close(): Promise<void> {
    await this.#links?.close();
    await this.#channel?.close();
  }
}

function secretOf(text: string | undefined): Uint8Array | undefined {
  if (!/^[0-9a-f]+$/.test(text ?? "")) return undefined;
  const secret = Uint8Array.fromHex(text ?? "");
  return secret.length === SECRET_BYTES ? secret : undefined;
}
