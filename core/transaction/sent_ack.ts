/** The ACK of a 2xx, which is no transaction (RFC 3261 section 13.2.2.4): sent, and sent again. */

import type { Clock, Timed, Timer } from "../base/clock.ts";
import type { Observer } from "../base/observer.ts";
import type { SipRequest } from "../message/message.ts";
import { serialize } from "../message/serialize.ts";
import type { Flow } from "../transport/flow.ts";
import type { Attempts } from "./attempts.ts";
import type { Destination } from "./client_transactions.ts";
import type { MessageTransport } from "./transport_port.ts";

/** An ACK that was sent. */
export interface SentAck {
  /** Sends the same bytes again; nothing while they still wait for their address. */
  resend(): void;
}

/** What an {@linkcode AckSender} needs. */
export interface AckParts {
  /** The ACK for a flow, our Via on top. */
  readonly messageFor: (flow: Flow) => SipRequest;
  /** How long it is going to be. */
  readonly bytes: number;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly transport: MessageTransport;
}

/** An ACK on its way, or waiting for its address. It keeps no more than its bytes once it is sent. */
export class AckSender implements SentAck, Timed {
  readonly #clock: Clock;
  readonly #observer: Observer;
  readonly #transport: MessageTransport;
  readonly #length: number;
  /** Gone once no other way is left to try: it holds the dialog, and the ACK is kept for 32 s. */
  #messageFor: AckParts["messageFor"] | undefined;
  #attempts: Attempts | undefined;
  #destination: Destination | undefined;
  #bytes: Uint8Array | undefined;
  #broken: Timer | undefined;

  constructor(parts: AckParts) {
    this.#clock = parts.clock;
    this.#observer = parts.observer;
    this.#transport = parts.transport;
    this.#length = parts.bytes;
    this.#messageFor = parts.messageFor;
  }

  /** The targets are known: sends it. */
  start(attempts: Attempts): void {
    this.#attempts = attempts;
    this.#try(attempts.next(this.#length));
  }

  resend(): void {
    if (this.#bytes === undefined || this.#destination === undefined) return;
    const { target, flow } = this.#destination;
    const way = flow.open
      ? flow
      : this.#transport.flowTo(target, undefined, flow.listener) ?? flow;
    // Made for each time it is sent, which is once: it need not be kept for 32 s.
    this.#transport.send(this.#bytes, way, () => {
      this.#broken ??= this.#clock.schedule(0, this, "next");
    });
  }

  onTimer(_name: string): void {
    this.#broken = undefined;
    const attempts = this.#attempts;
    this.#try(attempts?.backToUdp() ?? attempts?.next(this.#length));
  }

  #try(destination: Destination | undefined): void {
    if (destination === undefined || this.#messageFor === undefined) {
      this.#observer.count("transaction_acks_unsendable");
      return;
    }
    this.#destination = destination;
    this.#bytes = serialize(this.#messageFor(destination.flow));
    this.resend();
    if (this.#attempts?.exhausted) {
      this.#messageFor = this.#attempts = undefined;
    }
  }
}
