/** The ACK of a 2xx, which is no transaction (RFC 3261 section 13.2.2.4): sent, and sent again. */

import type { Clock, Timed, Timer } from "../base/clock.ts";
import type { Observer } from "../base/observer.ts";
import type { SipRequest } from "../message/message.ts";
import { serialize } from "../message/serialize.ts";
import type { Target } from "../transport/address.ts";
import type { Flow } from "../transport/flow.ts";
import { type Attempts, estimatedBytes } from "./attempts.ts";
import type { LastingAck } from "./acknowledged_invites.ts";
import { type Destination, openFlow } from "./destination.ts";
import { attemptsFor, finished, type SendRoute } from "./send_route.ts";
import type { MessageTransport } from "./transport_port.ts";

/** An ACK that was sent. */
export interface SentAck {
  /** Sends the same bytes again; nothing while they still wait for their address. */
  resend(): void;
}

/** What an {@linkcode AckSender} needs. */
export interface AckContext {
  readonly transactions: {
    /** The request with our Via on top. */
    stamped(request: SipRequest, flow: Flow): SipRequest;
  };
  readonly clock: Clock;
  readonly observer: Observer;
  readonly transport: MessageTransport;
}

/**
 * An ACK on its way, or waiting for its address. It keeps no more than its bytes once it is sent, and with no other way left
 * to try hands them on to who repeats it from then on.
 */
export class AckSender implements SentAck, Timed {
  readonly #context: AckContext;
  readonly #length: number;
  /** Gone once no other way is left to try: it holds the dialog, and the ACK is kept for 32 s. */
  #parts: { readonly ack: SipRequest; readonly route: SendRoute } | undefined;
  #attempts: Attempts | undefined;
  #destination: Destination | undefined;
  #bytes: Uint8Array | undefined;
  #broken: Timer | undefined;
  readonly #onLast: ((ack: LastingAck) => void) | undefined;

  constructor(
    parts: {
      ack: SipRequest;
      route: SendRoute;
      onLast?: ((ack: LastingAck) => void) | undefined;
    },
    context: AckContext,
  ) {
    this.#context = context;
    this.#parts = parts;
    this.#onLast = parts.onLast;
    this.#length = estimatedBytes(parts.ack) + (parts.route.addedBytes ?? 0);
  }

  /** The targets are known: sends it. */
  start(targets: readonly Target[]): void {
    if (this.#parts === undefined) return;
    const { transport } = this.#context;
    this.#attempts = attemptsFor(targets, this.#parts.route, transport);
    this.#try(this.#attempts.next(this.#length));
  }

  resend(): void {
    if (this.#bytes === undefined || this.#destination === undefined) return;
    const { transport } = this.#context;
    const way = openFlow(this.#destination, transport);
    // Made for each time it is sent, which is once: it need not be kept for 32 s.
    transport.send(this.#bytes, way, () => {
      this.#broken ??= this.#context.clock.schedule(0, this, "next");
    });
  }

  onTimer(_name: string): void {
    this.#broken = undefined;
    const attempts = this.#attempts;
    this.#try(attempts?.backToUdp() ?? attempts?.next(this.#length));
  }

  #try(destination: Destination | undefined): void {
    const { transactions, observer } = this.#context;
    if (destination === undefined || this.#parts === undefined) {
      observer.count("transaction_acks_unsendable");
      return;
    }
    const { ack, route } = this.#parts;
    const { flow } = destination;
    const message = transactions.stamped(finished(ack, route, flow), flow);
    this.#destination = destination;
    this.#bytes = serialize(message);
    this.resend();
    if (!this.#attempts?.exhausted) return;
    this.#parts = this.#attempts = undefined;
    this.#onLast?.({ bytes: this.#bytes, to: destination });
  }
}
