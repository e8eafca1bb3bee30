/**
 * In which order a request's targets are tried and by which transport: RFC 3263 section 4.3, RFC 3261 section 18.1.1.
 *
 * @module
 */

import type { SipRequest } from "../message/message.ts";
import type { Target } from "../transport/address.ts";
import type { Flow } from "../transport/flow.ts";
import type { Destination } from "./destination.ts";
import type { MessageTransport } from "./transport_port.ts";

/** RFC 3261 section 18.1.1: what is larger goes by a transport with congestion control. */
export const LARGEST_DATAGRAM_REQUEST = 1300;

/** What a request still grows by: our Via, Contact, Content-Length. Some more is no harm, since 1300 is a guess itself. */
const GROWTH_BYTES = 240;

/** How the targets are to be reached. */
export interface Way {
  readonly targets: readonly Target[];
  /** A flow to prefer, where it leads to the target. */
  readonly flow?: Flow | undefined;
  readonly listener?: string | undefined;
  /** UDP was asked for in so many words and is to stay. */
  readonly udpOnly: boolean;
}

/** The ways of one request, one after the other. */
export class Attempts {
  readonly #transport: MessageTransport;
  readonly #way: Way;
  #next = 0;
  /** The UDP target of which TCP is being tried only because of the size. */
  #switchedFrom: Target | undefined;

  constructor(transport: MessageTransport, way: Way) {
    this.#transport = transport;
    this.#way = way;
  }

  /** True while another target, or another transport, is left. */
  get left(): boolean {
    return this.#next < this.#way.targets.length;
  }

  /** True when there is no way left to turn to, not even back to UDP. */
  get exhausted(): boolean {
    return !this.left && this.#switchedFrom === undefined;
  }

  /** The next way that a listener of ours leads to; undefined when there is none left. */
  next(bytes: number): Destination | undefined {
    this.#switchedFrom = undefined;
    while (this.#next < this.#way.targets.length) {
      const target = this.#way.targets[this.#next++]!;
      const found = this.#byTcp(target, bytes) ?? this.#straight(target);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /**
   * The UDP way, after TCP was tried for the size alone. Section 18.1.1: "if the attempt to establish the connection
   * generates either an ICMP Protocol Not Supported, or results in a TCP reset, the element SHOULD retry the request,
   * using UDP."
   */
  backToUdp(): Destination | undefined {
    const target = this.#switchedFrom;
    this.#switchedFrom = undefined;
    return target === undefined ? undefined : this.#straight(target);
  }

  #straight(target: Target): Destination | undefined {
    const { flow: preferred, listener } = this.#way;
    const flow = this.#transport.flowTo(target, preferred, listener);
    return flow === undefined ? undefined : { target, flow };
  }

  #byTcp(target: Target, bytes: number): Destination | undefined {
    // §18.1.1: "If a request is within 200 bytes of the path MTU, or if it is larger than 1300 bytes and the path MTU is
    // unknown, the request MUST be sent using an RFC 2914 congestion controlled transport protocol, such as TCP." RFC 3263
    // §4.1 lets that overrule UDP where it "was used by default"; `transport=udp` in the URI stands.
    if (
      bytes <= LARGEST_DATAGRAM_REQUEST || target.transport !== "UDP" ||
      this.#way.udpOnly || !this.#transport.supports("TCP")
    ) return undefined;
    const tcp: Target = { ...target, transport: "TCP" };
    const flow = this.#transport.flowTo(tcp, this.#way.flow);
    if (flow === undefined) return undefined;
    this.#switchedFrom = target;
    return { target: tcp, flow };
  }
}

/** How long a request is going to be: known before the way is, since Via and Contact depend on the way. */
export function estimatedBytes(request: SipRequest): number {
  let bytes = GROWTH_BYTES + request.uri.length + request.body.length;
  for (const line of request.headers.lines) bytes += line.bytes;
  return bytes;
}
