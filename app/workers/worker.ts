/** One of the processes that a supervisor has started: it shares each listener with the others. */

import type { Observer } from "../../core/base/observer.ts";
import type { Random } from "../../core/base/random.ts";
import { DEFAULT_LIMITS } from "../../core/base/limits.ts";
import { workerMark } from "../../core/transport/owner_scan.ts";
import { SharedUdpTransport } from "../../core/transport/shared_udp.ts";
import {
  SECRET_BYTES,
  WorkerChannel,
} from "../../core/transport/worker_channel.ts";
import { SystemRandom } from "../system_random.ts";
import { type BatchedMaker, batchedMaker, type UdpMaker } from "../udp.ts";
import { linesOf, readOrder } from "./lines.ts";
import { MarkedRandom } from "./marked_random.ts";
import type { WorkerPlace } from "./worker_place.ts";

/** The variable that carries what the workers of one supervisor know and nobody else. */
export const SECRET_VARIABLE = "LEGWORK_WORKER_SECRET";
const HOST = "127.0.0.1";

/** See the module's text. */
export class Worker {
  readonly random: Random;
  /** Resolves with why the worker is to take no new calls. */
  readonly drain: Promise<string>;
  /** Resolves when it is to end at once. */
  readonly end: Promise<void>;
  readonly #place: WorkerPlace;
  readonly #secret: Uint8Array;
  readonly #make: BatchedMaker;
  readonly #drain = Promise.withResolvers<string>();
  readonly #end = Promise.withResolvers<void>();
  #channel: WorkerChannel | undefined;

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

  /** Opens the channel, and gives back what makes listeners. `channel` is the maker above, wrapped perhaps. */
  async open(
    channel: UdpMaker,
    observer: Pick<Observer, "count">,
  ): Promise<UdpMaker> {
    const opened = new WorkerChannel({
      transport: channel({ host: HOST, port: 0 }, DEFAULT_LIMITS),
      secret: this.#secret,
      worker: this.#place.number,
      workers: this.#place.of,
      onFault: (counter) => observer.count(counter),
    });
    await opened.open();
    this.#channel = opened;
    return (local, limits) =>
      new SharedUdpTransport(
        this.#make(local, { limits, shared: true }),
        opened,
      );
  }

  /** What the supervisor waits for, as a line. */
  announcement(listeners: readonly string[]): string {
    const channel = this.#channel?.local.port ?? 0;
    return JSON.stringify({ channel, listeners });
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
  }

  async close(): Promise<void> {
    await this.#channel?.close();
  }
}

function secretOf(text: string | undefined): Uint8Array | undefined {
  if (!/^[0-9a-f]+$/.test(text ?? "")) return undefined;
  const secret = Uint8Array.fromHex(text ?? "");
  return secret.length === SECRET_BYTES ? secret : undefined;
}
