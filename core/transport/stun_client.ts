/**
 * STUN Binding requests of ours on the flows that SIP uses: sent, retransmitted, answered (RFC 5389 section 7, RFC 5626
 * section 4.4.2).
 *
 * @module
 */

import type { Clock, Timed, Timer } from "../base/clock.ts";
import type { Limits } from "../base/limits.ts";
import type { Random } from "../base/random.ts";
import type { Address } from "./address.ts";
import type { Flow } from "./flow.ts";
import {
  encodeStun,
  STUN_ATTRIBUTE,
  stunId,
  stunKey,
  type StunMessage,
  stunValue,
} from "./stun.ts";
import { addressIn } from "./stun_address.ts";

/** Why there is no address. `refused`: an error response, or one that is of no use. */
export type StunFailure = "timeout" | "transport" | "refused";

/** Who asked. Nothing is called before {@linkcode StunClient.request} has returned. */
export interface StunUser {
  /** The peer sees us at this address. */
  onMappedAddress(address: Address): void;
  onStunFailure(failure: StunFailure): void;
}

/** A request on its way. */
export interface StunTransaction {
  /** Its user hears no more of it. */
  cancel(): void;
}

/** What a {@linkcode StunClient} is made of. */
export interface StunClientOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: Limits;
  send(bytes: Uint8Array, flow: Flow, onError: () => void): void;
}

/** §7.2.1: "In fixed-line access links, a value of 500 ms is RECOMMENDED." */
const RTO_MS = 500;
/** §7.2.1: "Rc SHOULD be configurable and SHOULD have a default of 7." */
const MOST_REQUESTS = 7;
/** §7.2.1: "Rm SHOULD be configurable and SHOULD have a default of 16." */
const LAST_WAIT_RTOS = 16;
/** §12.1: what a server of RFC 3489 may put into its response, besides what is known. */
const KNOWN = new Set([
  0x0001,
  0x0002,
  0x0004,
  0x0005,
  0x0008,
  0x0009,
  0x000a,
  0x000b,
  0x0020,
]);

/** All transactions of a transport layer. */
export class StunClient {
  readonly #options: StunClientOptions;
  readonly #running = new Map<string, Binding>();

  constructor(options: StunClientOptions) {
    this.#options = options;
  }

  /** Transactions without a response. */
  get size(): number {
    return this.#running.size;
  }

  /** Asks the peer of a flow under which address it sees us. Undefined when too many such requests are on their way. */
  request(flow: Flow, user: StunUser): StunTransaction | undefined {
    const { clock, random, limits } = this.#options;
    if (this.#running.size >= limits.stunTransactions) return undefined;
    // §6: "the transaction ID MUST be uniformly and randomly chosen from the interval 0 .. 2**96-1".
    const id = stunId(
      Uint8Array.from(
        { length: 12 },
        () => Math.floor(random.fraction() * 256),
      ),
    );
    const key = stunKey(id);
    const binding = new Binding({
      clock,
      user,
      reliable: flow.reliable,
      send: (onError) =>
        this.#options.send(encodeStun({ kind: "request", id }), flow, onError),
      ended: () => void this.#running.delete(key),
    });
    this.#running.set(key, binding);
    binding.start();
    return binding;
  }

  /** Gives a response to its transaction; false when it has none. */
  receive(response: StunMessage): boolean {
    const binding = this.#running.get(stunKey(response.id));
    // §7.3: "If any errors are detected, the message is silently discarded."
    if (binding === undefined || response.fingerprint === "wrong") return false;
    binding.receive(response);
    return true;
  }

  /** Ends all silently. */
  close(): void {
    for (const binding of [...this.#running.values()]) binding.cancel();
  }
}

interface BindingOptions {
  readonly clock: Clock;
  readonly user: StunUser;
  readonly reliable: boolean;
  send(onError: () => void): void;
  ended(): void;
}

class Binding implements StunTransaction, Timed {
  readonly #options: BindingOptions;
  #sent = 0;
  #timer: Timer | undefined;
  #ended = false;

  constructor(options: BindingOptions) {
    this.#options = options;
  }

  start(): void {
    this.#send();
  }

  receive(response: StunMessage): void {
    const address = response.kind === "success" && understood(response)
      ? addressIn(response)
      : undefined;
    this.#end();
    const { user } = this.#options;
    if (address === undefined) user.onStunFailure("refused");
    else user.onMappedAddress(address);
  }

  cancel(): void {
    this.#end();
  }

  onTimer(_name: string): void {
    this.#timer = undefined;
    if (this.#sent < MOST_REQUESTS && !this.#options.reliable) this.#send();
    else this.#fail("timeout");
  }

  /**
   * §7.2.1: "requests would be sent at times 0 ms, 500 ms, 1500 ms, 3500 ms, 7500 ms, 15500 ms, and 31500 ms. If the
   * client has not received a response after 39500 ms, the client will consider the transaction to have timed out."
   * §7.2.2: over a stream "there are no retransmissions at the STUN protocol level", and Ti is the same 39.5 s.
   */
  #send(): void {
    const { clock, reliable } = this.#options;
    const last = ++this.#sent === MOST_REQUESTS;
    const waitMs = reliable
      ? RTO_MS * (2 ** (MOST_REQUESTS - 1) - 1 + LAST_WAIT_RTOS)
      : RTO_MS * (last ? LAST_WAIT_RTOS : 2 ** (this.#sent - 1));
    this.#timer = clock.schedule(waitMs, this, "retransmit");
    // §7.2.1: "A STUN transaction over UDP is also considered failed if there has been a hard ICMP error".
    this.#options.send(() => this.#fail("transport"));
  }

  #fail(failure: StunFailure): void {
    if (this.#ended) return;
    this.#end();
    this.#options.user.onStunFailure(failure);
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#options.clock.cancel(this.#timer);
    this.#options.ended();
  }
}

/** §7.3.3: "If the success response contains unknown comprehension-required attributes, the response is discarded". */
function understood(response: StunMessage): boolean {
  return stunValue(response, STUN_ATTRIBUTE.errorCode) === undefined &&
    response.attributes.every(({ type }) => type >= 0x8000 || KNOWN.has(type));
}
