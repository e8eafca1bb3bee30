/**
 * Keeps one flow to a server alive from the client's side, and tells when it has failed: RFC 5626 section 4.4. Whoever
 * registers over a flow has one of these for it.
 *
 * @module
 */

import type { Clock, Timed, Timer } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import { type Address, sameAddress } from "../transport/address.ts";
import type { Flow } from "../transport/flow.ts";
import type { FlowTransport } from "../transport/flow_transport.ts";
import type { FlowWatcher } from "../transport/flow_watchers.ts";
import type {
  StunFailure,
  StunTransaction,
  StunUser,
} from "../transport/stun_client.ts";

/** What an operator may set. Every wait of 0 switches off what waits. */
export interface FlowKeepAliveSettings {
  /**
   * `auto`: a double CRLF on streams, STUN on datagrams (RFC 5626 section 3.5). `stun` on a stream is CRLF, `crlf` on
   * datagrams goes unanswered. Default: `auto`.
   */
  readonly kind?: FlowKeepAliveKind;
  /** Longest time between pings on a stream whose server says no Flow-Timer. Default: 120. */
  readonly streamSeconds?: number;
  /** The same for datagrams, which a NAT forgets sooner. Default: 29. */
  readonly datagramSeconds?: number;
  /** How long a pong may take where one is due. Default: 10. */
  readonly pongSeconds?: number;
}

/** How a flow is kept. */
export type FlowKeepAliveKind = "auto" | "crlf" | "stun" | "none";

/** What the server said in its 2xx to a REGISTER. */
export interface FlowAgreement {
  /** Flow-Timer. */
  readonly flowTimerSeconds?: number | undefined;
  /** `Require: outbound`: the server speaks RFC 5626, so a pong is due. */
  readonly outbound: boolean;
}

/** Who registers over the flow. */
export interface FlowUser {
  /** The flow is of no use any more: a new one is to be had after {@linkcode flowRecoveryDelay}. Said once. */
  onFlowFailed(reason: string): void;
  /** STUN shows where the server sees us: for the first time, or elsewhere than before (`previous`). */
  onMappedAddress(address: Address, previous: Address | undefined): void;
}

/** What a {@linkcode FlowKeepAlive} is made of. */
export interface FlowKeepAliveOptions {
  readonly flow: Flow;
  readonly transport: FlowTransport;
  readonly clock: Clock;
  readonly random: Random;
  readonly user: FlowUser;
  readonly settings?: FlowKeepAliveSettings;
}

const STREAM_SECONDS = 120;
const DATAGRAM_SECONDS = 29;
const PONG_SECONDS = 10;

/** The pings of one flow; see the module's text. */
export class FlowKeepAlive implements Timed, FlowWatcher, StunUser {
  readonly #options: FlowKeepAliveOptions;
  readonly #kind: "crlf" | "stun" | "none";
  #agreement: FlowAgreement = { outbound: false };
  #pinging: Timer | undefined;
  #pongDue: Timer | undefined;
  #binding: StunTransaction | undefined;
  #mapped: Address | undefined;
  #state: "idle" | "running" | "over" = "idle";

  constructor(options: FlowKeepAliveOptions) {
    this.#options = options;
    const { flow, settings } = options;
    const kind = settings?.kind ?? "auto";
    if (kind === "none") this.#kind = "none";
    else if (flow.reliable) this.#kind = "crlf";
    else this.#kind = kind === "crlf" ? "crlf" : "stun";
  }

  /** Where the server sees us, once STUN has told. */
  get mappedAddress(): Address | undefined {
    return this.#mapped;
  }

  /**
   * Begins, or goes on, as the server's 2xx to a REGISTER has it. A STUN request leaves at once the first time: the mapped
   * address is wanted, and a server that does not know STUN is found out before the NAT forgets.
   */
  start(agreement: FlowAgreement): void {
    if (this.#state === "over") return;
    const before = this.#agreement.flowTimerSeconds;
    this.#agreement = agreement;
    if (this.#state === "running") {
      // A refreshed registration leaves the rhythm alone, unless the server has set another.
      if (before !== agreement.flowTimerSeconds) this.#schedule();
      return;
    }
    this.#state = "running";
    this.#options.transport.watch(this.#options.flow, this);
    if (this.#kind === "stun" && this.#intervalSeconds > 0) this.#bind();
    this.#schedule();
  }

  /** Ends; nothing more is said, and the flow is left as it is. */
  stop(): void {
    if (this.#state === "over") return;
    this.#state = "over";
    const { clock, transport, flow } = this.#options;
    clock.cancel(this.#pinging);
    clock.cancel(this.#pongDue);
    this.#binding?.cancel();
    transport.unwatch(flow, this);
  }

  onTimer(name: string): void {
    if (name === "pong") {
      // §4.4.1: no pong within ten seconds of a ping: the flow has failed.
      this.#pongDue = undefined;
      this.#fail("no pong came");
      return;
    }
    this.#pinging = undefined;
    if (this.#kind === "stun") this.#bind();
    else this.#ping();
    // Schedule only what still runs: sending may have found the flow closed.
    this.#schedule();
  }

  onPong(): void {
    this.#options.clock.cancel(this.#pongDue);
    this.#pongDue = undefined;
  }

  onClosed(reason: string): void {
    this.#fail(reason);
  }

  onMappedAddress(address: Address): void {
    this.#binding = undefined;
    const previous = this.#mapped;
    if (previous !== undefined && sameAddress(previous, address)) return;
    this.#mapped = address;
    this.#options.user.onMappedAddress(address, previous);
  }

  onStunFailure(failure: StunFailure): void {
    this.#binding = undefined;
    this.#fail(STUN_FAILURES[failure]);
  }

  /** The longest time between two pings; 0 for none. */
  get #intervalSeconds(): number {
    const { flow, settings } = this.#options;
    if (this.#kind === "none") return 0;
    const own = flow.reliable
      ? settings?.streamSeconds ?? STREAM_SECONDS
      : settings?.datagramSeconds ?? DATAGRAM_SECONDS;
    return own === 0 ? 0 : this.#agreement.flowTimerSeconds ?? own;
  }

  /** §4.4: each wait is a new random number between 80 and 100 percent of the interval. */
  #schedule(): void {
    const { clock, random } = this.#options;
    clock.cancel(this.#pinging);
    this.#pinging = undefined;
    const seconds = this.#intervalSeconds;
    if (this.#state !== "running" || seconds === 0) return;
    const waitMs = Math.floor(
      seconds * 1_000 * (0.8 + 0.2 * random.fraction()),
    );
    this.#pinging = clock.schedule(Math.max(1, waitMs), this, "ping");
  }

  #ping(): void {
    const { transport, flow, clock, settings } = this.#options;
    transport.ping(flow);
    const seconds = settings?.pongSeconds ?? PONG_SECONDS;
    // §4.4.1: a pong is due only from a server that said it speaks this protocol.
    const due = this.#agreement.outbound && flow.ping !== undefined &&
      seconds > 0;
    if (due && this.#state === "running" && this.#pongDue === undefined) {
      this.#pongDue = clock.schedule(seconds * 1_000, this, "pong");
    }
  }

  #bind(): void {
    // One that still waits for its answer is being retransmitted.
    if (this.#binding !== undefined) return;
    const { transport, flow } = this.#options;
    this.#binding = transport.bind(flow, this);
  }

  #fail(reason: string): void {
    if (this.#state !== "running") return;
    this.stop();
    this.#options.transport.finish(this.#options.flow, reason);
    this.#options.user.onFlowFailed(reason);
  }
}

const STUN_FAILURES: Readonly<Record<StunFailure, string>> = {
  timeout: "no answer to STUN came",
  transport: "STUN could not be sent",
  refused: "the server refuses STUN",
};
