/**
 * Our INVITEs whose 2xx has its ACK, for as long as the 2xx may come again and others of its forks may answer (RFC 6026
 * section 8.4, RFC 3261 section 13.2.2.4): records that repeat the ACK by themselves, and what a late fork needs.
 *
 * @module
 */

import type { Observer } from "../base/observer.ts";
import type { SipRequest, SipResponse } from "../message/message.ts";
import { restored } from "../message/skeleton.ts";
import { sameAddress } from "../transport/address.ts";
import type { Flow } from "../transport/flow.ts";
import type { ClientTransaction } from "./client_transaction.ts";
import { type Destination, openFlow } from "./destination.ts";
import type { EndedStore } from "./ended_store.ts";
import type { MessageTransport } from "./transport_port.ts";

/** What another dialog of a fork is made from: an INVITE of ours. */
export interface ForkedInvite {
  /** With our Via on top; of what it was no more may be left than its skeleton. */
  readonly request: SipRequest;
  /** What it was sent on. */
  readonly flow: Flow;
}

/** Who is given the 2xx of other forks once that of one has its ACK. */
export interface ForkUser {
  /** A 2xx with another To tag, its doubles too. Gives whom the next one is for. */
  onFork(response: SipResponse, invite: ForkedInvite): ForkUser;
  /** The time for any is over. Not called when the layer is closed. */
  onOver?(): void;
  /** It is the same for many INVITEs, and keeps none of them. */
  readonly isShared?: boolean;
}

/** An ACK that has left, with no other way to try. */
export interface LastingAck {
  readonly bytes: Uint8Array;
  readonly to: Destination;
}

/** The 2xx that has its ACK. */
export interface Acknowledged {
  /** Its To tag, "" where it has none. */
  readonly tag: string;
  readonly ack: LastingAck;
  readonly forks: ForkUser;
}

/** What the record of such an INVITE holds; calls that are over share one. */
export class ForkWay {
  constructor(
    /** What the INVITE was sent on. */
    readonly flow: Flow,
    readonly ackTo: Destination,
    readonly forks: ForkUser,
  ) {}
}

/** What is held for one of our ended transactions: itself, what its forks need, or where the ACK of a refusal goes. */
export type HeldByClient = ClientTransaction | ForkWay | Flow;

/** See the module's text. The records are those of the layer's store. */
export class AcknowledgedInvites {
  readonly #ended: EndedStore<HeldByClient>;
  readonly #transport: MessageTransport;
  /** What calls that are over share, by what their INVITEs were sent on. */
  readonly #shared = new WeakMap<Flow, ForkWay>();
  readonly #onUnsendable: () => void;

  constructor(
    ended: EndedStore<HeldByClient>,
    world: { transport: MessageTransport; observer: Observer },
  ) {
    this.#ended = ended;
    this.#transport = world.transport;
    this.#onUnsendable = () =>
      world.observer.count("transaction_acks_unsendable");
  }

  /** From now on the record stands for the INVITE, whose time goes on. */
  keep(
    record: number,
    { tag, ack, forks }: Acknowledged,
    invite: { flow: Flow; skeleton: string; waitMs: number },
  ): void {
    const { bytes, to } = ack;
    const { flow, skeleton: text, waitMs } = invite;
    const held = this.#wayOf(flow, to, forks);
    this.#ended.replace(record, { waitMs, tag, bytes, text, held });
  }

  /** Gives what still comes to somebody else. */
  handOver(record: number, forks: ForkUser): void {
    const held = this.#ended.held(record);
    if (!(held instanceof ForkWay)) return;
    const { flow, ackTo } = held;
    this.#ended.hold(record, this.#wayOf(flow, ackTo, forks));
  }

  /** A response of the INVITE. */
  receive(record: number, way: ForkWay, response: SipResponse): void {
    // RFC 6026 §8.4 has every 2xx passed to the TU in "Accepted"; anything else a fork still sends is of no more use.
    if (response.status < 200 || response.status >= 300) return;
    const ended = this.#ended;
    if (ended.tag(record) === (response.to?.tag ?? "")) {
      // §13.2.2.4: "The ACK MUST be passed to the client transport every time a retransmission of the 2xx final response
      // that triggered the ACK arrives."
      const bytes = ended.bytes(record);
      const flow = openFlow(way.ackTo, this.#transport);
      if (bytes) this.#transport.send(bytes, flow, this.#onUnsendable);
      return;
    }
    const request = restored("INVITE", ended.text(record));
    const forks = way.forks.onFork(response, { request, flow: way.flow });
    if (forks !== way.forks) this.handOver(record, forks);
  }

  #wayOf(flow: Flow, ackTo: Destination, forks: ForkUser): ForkWay {
    if (forks.isShared !== true) return new ForkWay(flow, ackTo, forks);
    const known = this.#shared.get(flow);
    if (
      known !== undefined && known.forks === forks && isSame(known.ackTo, ackTo)
    ) return known;
    const way = new ForkWay(flow, ackTo, forks);
    this.#shared.set(flow, way);
    return way;
  }
}

function isSame(a: Destination, b: Destination): boolean {
  return a.flow === b.flow && a.target.transport === b.target.transport &&
    sameAddress(a.target, b.target) &&
    a.target.serverName === b.target.serverName;
}
