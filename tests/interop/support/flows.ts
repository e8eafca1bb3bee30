/** A transport layer on real sockets of this process, at either end of flows with a program of somebody else. */

import { SystemClock } from "../../../app/system_clock.ts";
import { SystemRandom } from "../../../app/system_random.ts";
import { DEFAULT_LIMITS } from "../../../core/base/limits.ts";
import { CountingObserver } from "../../../core/base/observer.ts";
import { responseTo } from "../../../core/message/build.ts";
import type { SipMessage } from "../../../core/message/message.ts";
import type { NameAddr } from "../../../core/message/name_addr.ts";
import { serialize } from "../../../core/message/serialize.ts";
import {
  type Address,
  formatAddress,
} from "../../../core/transport/address.ts";
import type { Flow } from "../../../core/transport/flow.ts";
import type { WireKeepAlive } from "../../../core/transport/keep_alive.ts";
import { TcpTransport } from "../../../core/transport/tcp.ts";
import { TransportLayer } from "../../../core/transport/transport_layer.ts";
import { UdpTransport } from "../../../core/transport/udp.ts";
import {
  type FlowAgreement,
  FlowKeepAlive,
  type FlowKeepAliveSettings,
} from "../../../core/trunk/flow_keep_alive.ts";
import { pause } from "./ports.ts";

/** Closes its sockets when disposed. */
export class RealFlows implements AsyncDisposable {
  readonly observer = new CountingObserver();
  /** What a kept flow came to: `mapped 127.0.0.1:5060`, or why it failed. */
  readonly told: string[] = [];
  /** Keep-alives that came: transport, kind and time in ms. */
  readonly pings: { transport: string; kind: WireKeepAlive; atMs: number }[] =
    [];
  /** Contacts of the REGISTERs that came; each was answered 200. */
  readonly contacts: NameAddr[] = [];
  /** Fields of that 200. */
  answer: readonly (readonly [string, string])[] = [];
  readonly #clock = new SystemClock();
  readonly #layer: TransportLayer;
  #kept: FlowKeepAlive | undefined;

  constructor() {
    const local = { host: "127.0.0.1", port: 0 };
    this.#layer = new TransportLayer({
      transports: [
        new UdpTransport(local),
        new TcpTransport(local, { clock: this.#clock }),
      ],
      clock: this.#clock,
      random: new SystemRandom(),
      limits: DEFAULT_LIMITS,
      observer: this.observer,
    });
    this.#layer.handler = {
      onMessage: (message, flow): void => this.#register(message, flow),
      onMalformed(): void {},
      onKeepAlive: (kind, _bytes, { transport }): boolean => {
        this.pings.push({ transport, kind, atMs: performance.now() });
        return false;
      },
    };
  }

  /** Where it is heard. */
  listener(transport: "udp" | "tcp"): string {
    return this.#layer.listeners.find((one) => one.startsWith(transport))!
      .slice(4);
  }

  static async open(): Promise<RealFlows> {
    const flows = new RealFlows();
    await flows.#layer.open();
    return flows;
  }

  to(transport: "UDP" | "TCP", port: number): Flow {
    return this.#layer.flowTo({ transport, host: "127.0.0.1", port })!;
  }

  keep(
    flow: Flow,
    agreement: FlowAgreement,
    settings: FlowKeepAliveSettings = {},
  ): void {
    this.#kept = new FlowKeepAlive({
      flow,
      transport: this.#layer.flows,
      clock: this.#clock,
      random: new SystemRandom(),
      settings,
      user: {
        onFlowFailed: (reason): void => void this.told.push(reason),
        onMappedAddress: (address: Address): void =>
          void this.told.push(`mapped ${formatAddress(address)}`),
      },
    });
    this.#kept.start(agreement);
  }

  counted(counter: string): number {
    return this.observer.counters.get(counter) ?? 0;
  }

  #register(message: SipMessage, flow: Flow): void {
    if (message.kind !== "request" || message.method !== "REGISTER") return;
    const { contact } = message;
    if (contact !== undefined) this.contacts.push(contact);
    const ok = responseTo(message, 200, { toTag: "registrar" });
    if (contact !== undefined) ok.headers.append("Contact", String(contact));
    for (const [name, value] of this.answer) ok.headers.append(name, value);
    this.#layer.send(serialize(ok), flow);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#kept?.stop();
    await this.#layer.close();
    this.#clock.stop();
  }
}

/** Waits until it is so; real peers live in real time. */
export async function until(
  what: string,
  isSo: () => boolean,
): Promise<void> {
  for (let tries = 0; tries < 1_200; tries++) {
    if (isSo()) return;
    await pause(25);
  }
  throw new Error(`not within 30 s: ${what}`);
}
