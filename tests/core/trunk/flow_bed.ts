/** Two transport layers that meet in memory: a client that keeps its flow to a server, and the server. */

import { assertEquals } from "@std/assert";
import { DEFAULT_LIMITS } from "../../../core/base/limits.ts";
import { CountingObserver } from "../../../core/base/observer.ts";
import { seededRandom } from "../../../core/base/random.ts";
import { TimerWheel } from "../../../core/base/timer_wheel.ts";
import {
  type Address,
  formatAddress,
} from "../../../core/transport/address.ts";
import type { Flow } from "../../../core/transport/flow.ts";
import type { WireKeepAlive } from "../../../core/transport/keep_alive.ts";
import {
  MemoryNetwork,
  MemoryTransport,
} from "../../../core/transport/memory.ts";
import { TransportLayer } from "../../../core/transport/transport_layer.ts";
import {
  FlowKeepAlive,
  type FlowKeepAliveSettings,
} from "../../../core/trunk/flow_keep_alive.ts";

const CLIENT = { host: "192.0.2.1", port: 5060 };
export const SERVER = { host: "192.0.2.2", port: 5060 };

/** See above. */
export class FlowBed implements AsyncDisposable {
  readonly clock = new TimerWheel();
  readonly network = new MemoryNetwork({ clock: this.clock });
  readonly observer = new CountingObserver();
  readonly client: TransportLayer;
  readonly server: TransportLayer;
  /** What the server heard: time in ms and kind. */
  readonly pings: { atMs: number; kind: WireKeepAlive }[] = [];
  /** What the client's flow came to. */
  readonly told: string[] = [];
  /** The server does not answer pings. */
  mute = false;
  #seed = 0;

  constructor() {
    this.client = this.#layer(CLIENT);
    this.server = this.#layer(SERVER);
    this.server.handler = {
      onMessage(): void {},
      onMalformed(): void {},
      onKeepAlive: (kind): boolean => {
        this.pings.push({ atMs: this.clock.now(), kind });
        return this.mute;
      },
    };
  }

  static async open(): Promise<FlowBed> {
    const bed = new FlowBed();
    await bed.client.open();
    await bed.server.open();
    return bed;
  }

  flow(transport: "UDP" | "TCP", to: Address = SERVER): Flow {
    return this.client.flowTo({ ...to, transport })!;
  }

  keep(flow: Flow, settings: FlowKeepAliveSettings = {}): FlowKeepAlive {
    return new FlowKeepAlive({
      flow,
      transport: this.client.flows,
      clock: this.clock,
      random: seededRandom(++this.#seed),
      settings,
      user: {
        onFlowFailed: (reason): void => void this.told.push(reason),
        onMappedAddress: (address, previous): void => {
          const before = previous === undefined
            ? "new"
            : formatAddress(previous);
          this.told.push(`${before} -> ${formatAddress(address)}`);
        },
      },
    });
  }

  /** Seconds between one ping and the next. */
  get gaps(): number[] {
    return this.pings.slice(1).map(({ atMs }, i) =>
      (atMs - this.pings[i]!.atMs) / 1_000
    );
  }

  advance(seconds: number): void {
    this.clock.advance(this.clock.now() + seconds * 1_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
    await this.server.close();
    this.advance(1);
    assertEquals(this.client.flows.size + this.server.flows.size, 0);
    assertEquals(this.clock.pending, 0);
    assertEquals(this.network.inFlight, 0);
  }

  #layer(at: Address): TransportLayer {
    return new TransportLayer({
      transports: (["UDP", "TCP"] as const).map((name) =>
        new MemoryTransport(this.network, { name, ...at })
      ),
      clock: this.clock,
      random: seededRandom(at.port + at.host.length),
      limits: DEFAULT_LIMITS,
      observer: this.observer,
    });
  }
}
