/**
 * Between transports and transactions: bytes become checked messages, what is no SIP is dropped and counted, the top
 * Via is marked with where a request came from, and each message gets the flow it leaves on (RFC 3261 section 18).
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { Limits } from "../base/limits.ts";
import type { Observer } from "../base/observer.ts";
import type { Random } from "../base/random.ts";
import { fromBytes } from "../message/bytes.ts";
import type { SipMessage, SipRequest } from "../message/message.ts";
import {
  parseHead,
  parseMessage,
  type ParseProblem,
} from "../message/parse.ts";
import { validateRequest, validateResponse } from "../message/validate.ts";
import { parseVia, type Via } from "../message/via.ts";
import {
  canonicalHost,
  ipVersion,
  sameAddress,
  type Target,
  type TransportName,
} from "./address.ts";
import type { Flow } from "./flow.ts";
import { FlowService } from "./flow_service.ts";
import {
  WIRE_COUNTERS,
  type WireKeepAlive,
  wireKeepAlive,
} from "./keep_alive.ts";
import { responseAddress, sentByKey, withReceived } from "./received.ts";
import { decodeStun } from "./stun.ts";
import {
  type FramingProblem,
  sentByOf,
  type Transport,
  type TransportEvents,
} from "./transport.ts";

/** Who receives what the transport layer lets through. */
export interface TransportHandler {
  /** Parsed, its mandatory fields checked; a request's top Via bears `received` and `rport` where they are due. */
  onMessage(message: SipMessage, flow: Flow): void;
  /**
   * A request that is to be refused with `problem.status`. Its `problem.message` has a top Via to answer to. It is
   * never an ACK, and nothing else about it is certain.
   */
  onMalformed(problem: ParseProblem, flow: Flow): void;
  /**
   * A message as it came, before it is parsed: true when it is dealt with. Not asked where a tap is to see all. `bytes` are
   * only good during the call.
   */
  onUnread?(bytes: Uint8Array, flow: Flow): boolean;
  /** A connection is gone, and with it what was to come on it. */
  onClosed?(flow: Flow, reason: string): void;
  /**
   * A keep-alive that is no SIP message: a datagram, or a double CRLF on a stream. `bytes` are only good during the
   * call, and empty for a stream. True when it is dealt with, be it by silence; false leaves it to the transport:
   * a pong on a stream, an answer to a STUN request, nothing to other datagrams.
   */
  onKeepAlive?(kind: WireKeepAlive, bytes: Uint8Array, flow: Flow): boolean;
}

const NO_BYTES = new Uint8Array(0);

/** Sees every message that arrives or leaves, retransmissions too. */
export interface Tap {
  (
    direction: "in" | "out",
    message: SipMessage,
    flow: Flow,
    atMs: number,
  ): void;
}

/** What a {@linkcode TransportLayer} is made of. */
export interface TransportLayerOptions {
  readonly transports: readonly Transport[];
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: Limits;
  readonly observer: Observer;
  /** The host, or host:port, that Via and Contact say where it differs from the local address. */
  readonly advertise?: string;
  readonly tap?: Tap;
}

/** See the module's text. */
export class TransportLayer implements TransportEvents {
  /** Assigned once, before {@linkcode TransportLayer.open}. */
  handler: TransportHandler = { onMessage(): void {}, onMalformed(): void {} };
  /** Keeps flows and watches them (RFC 5626). */
  readonly flows: FlowService;
  readonly #transports: readonly Transport[];
  readonly #clock: Clock;
  readonly #limits: Limits;
  readonly #observer: Observer;
  readonly #advertise: string | undefined;
  readonly #tap: Tap | undefined;
  readonly #byListener = new Map<string, Transport>();
  /** What our Vias say, as {@linkcode sentByKey} spells it. */
  readonly #ours = new Set<string>();

  constructor(options: TransportLayerOptions) {
    this.#transports = options.transports;
    this.#clock = options.clock;
    this.#limits = options.limits;
    this.#observer = options.observer;
    this.#advertise = options.advertise;
    this.#tap = options.tap;
    this.flows = new FlowService({
      ...options,
      send: (bytes, flow, onError): void =>
        this.sendKeepAlive(bytes, flow, onError),
    });
  }

  /** Opens all listeners, or throws a {@linkcode ListenError} and leaves none open. */
  async open(): Promise<void> {
    try {
      for (const transport of this.#transports) {
        await transport.open(this, this.#advertise);
        this.#byListener.set(transport.listener, transport);
        const sentBy = sentByOf(transport.local, this.#advertise);
        const via = parseVia(`SIP/2.0/${transport.name} ${sentBy}`);
        if (via !== undefined) this.#ours.add(sentByKey(via));
      }
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.flows.close();
    const open = [...this.#byListener.values()];
    this.#byListener.clear();
    await Promise.all(open.map((transport) => transport.close()));
  }

  /** The names of the open listeners, in the order given. */
  get listeners(): readonly string[] {
    return [...this.#byListener.keys()];
  }

  supports(transport: TransportName): boolean {
    return this.#transports.some((one) => one.name === transport);
  }

  /**
   * The flow to a target: `preferred` where it is an open connection to that host by that transport, so that a dialog
   * stays on the connection it began on; else from `listener`, or the first listener of the target's transport and
   * address family. Undefined when there is no such listener.
   */
  flowTo(
    target: Target,
    preferred?: Flow,
    listener?: string,
  ): Flow | undefined {
    if (
      preferred !== undefined && preferred.open && preferred.reliable &&
      preferred.transport === target.transport &&
      preferred.remote.host === canonicalHost(target.host)
    ) return preferred;
    return this.#transportFor(target, listener ?? preferred?.listener)
      ?.flowTo(target);
  }

  /** Sends bytes; see {@linkcode Transport.send}. `message` is what they say, for the tap. */
  send(
    bytes: Uint8Array,
    flow: Flow,
    onError?: (reason: string) => void,
    message?: SipMessage,
  ): void {
    const transport = this.#byListener.get(flow.listener);
    if (transport === undefined) {
      this.onFault("transport_send_failed");
      if (onError !== undefined) {
        queueMicrotask(() => onError("the listener is closed"));
      }
      return;
    }
    this.#observer.count("transport_sent");
    if (this.#tap !== undefined) this.#tapSent(message, bytes, flow);
    transport.send(flow, bytes, onError);
  }

  /** Sends bytes that are no message. */
  sendKeepAlive(
    bytes: Uint8Array,
    flow: Flow,
    onError?: (reason: string) => void,
  ): void {
    const transport = this.#byListener.get(flow.listener);
    if (transport === undefined) {
      this.onFault("transport_send_failed");
      if (onError !== undefined) {
        queueMicrotask(() => onError("the listener is closed"));
      }
      return;
    }
    this.#observer.count("transport_keep_alives_sent");
    transport.send(flow, bytes, onError);
  }

  /**
   * Where a response goes: RFC 3261 section 18.2.2 and RFC 3581 section 4. `via` is the request's top Via as it was
   * handed up, `flow` what the request came on.
   */
  responseFlow(via: Via, flow: Flow): Flow | undefined {
    // §18.2.2: "If the "sent-protocol" is a reliable transport protocol [...] the response MUST be sent using the
    // existing connection to the source of the original request that created the transaction, if that connection is
    // still open."
    if (flow.reliable && (flow.open || flow.halfClosed === true)) return flow;
    const address = responseAddress(via, flow.remote);
    // RFC 3581 §4: "The response MUST be sent from the same address and port that the corresponding request was received on".
    if (!flow.reliable && sameAddress(address, flow.remote)) return flow;
    // §18.2.2: "If that connection is no longer open, the server SHOULD open a connection to the IP address in the
    // "received" parameter, if present, using the port in the "sent-by" value, or the default port for that
    // transport".
    return this.flowTo(
      { ...address, transport: flow.transport },
      undefined,
      flow.listener,
    );
  }

  onBytes(bytes: Uint8Array, flow: Flow): void {
    this.#observer.count("transport_received");
    const ping = flow.reliable ? undefined : wireKeepAlive(bytes);
    if (ping !== undefined) {
      if (ping === "stun") this.#stun(bytes, flow);
      else this.#keepAlive(ping, bytes, flow);
      return;
    }
    if (this.#tap === undefined && this.#isTaken(bytes, flow)) return;
    const parsed = parseMessage(bytes, this.#limits);
    if (!parsed.ok) {
      this.#malformed(parsed.problem, flow);
    } else if (parsed.message.kind === "request") {
      this.#request(parsed.message, flow);
    } else {
      const wrong = validateResponse(parsed.message);
      if (wrong !== undefined) this.onFault("transport_malformed_response");
      else if (!this.#isOurs(parsed.message.via!, flow)) {
        // §18.1.2: "If the value of the "sent-by" parameter in that header field value does not correspond to a value
        // that the client transport is configured to insert into requests, the response MUST be silently discarded."
        this.onFault("transport_foreign_response");
      } else this.#deliver(parsed.message, flow);
    }
  }

  onFramingError(problem: FramingProblem, flow: Flow): void {
    this.onFault("transport_framing_error");
    if (problem.head === undefined) return;
    const head = parseHead(fromBytes(problem.head), { limits: this.#limits });
    if (head === undefined) return;
    const { status, reason } = problem;
    this.#malformed({ status, reason, message: head.message }, flow);
  }

  onPing(flow: Flow): boolean {
    return this.#keepAlive("crlf", NO_BYTES, flow);
  }

  onPong(flow: Flow): void {
    this.flows.ponged(flow);
  }

  onHalfClosed(flow: Flow): void {
    this.onClosed(flow, "closed by the peer");
  }

  onClosed(flow: Flow, reason: string): void {
    this.flows.closed(flow, reason);
    this.handler.onClosed?.(flow, reason);
  }

  onFault(counter: string, by = 1): void {
    this.#observer.count(counter, by);
  }

  /** A response to a request of ours keeps nothing alive here. */
  #stun(bytes: Uint8Array, flow: Flow): void {
    const message = decodeStun(bytes);
    if (message === undefined) {
      this.onFault("transport_malformed_stun");
    } else if (message.kind === "request") {
      if (this.#keepAlive("stun", bytes, flow)) return;
      this.flows.answer(message, flow);
    } else if (message.kind === "indication") {
      this.#keepAlive("stun", bytes, flow);
    } else {
      this.flows.response(message);
    }
  }

  #keepAlive(kind: WireKeepAlive, bytes: Uint8Array, flow: Flow): boolean {
    this.onFault(WIRE_COUNTERS[kind]);
    this.flows.pinged(flow);
    try {
      return this.handler.onKeepAlive?.(kind, bytes, flow) ?? false;
    } catch (error) {
      this.#handlerFailed(error);
      return false;
    }
  }

  #request(request: SipRequest, flow: Flow): void {
    const problem = validateRequest(request);
    if (problem === undefined) {
      this.#deliver(withReceived(request, flow.remote), flow);
    } else {
      this.#malformed({ ...problem, message: request }, flow);
    }
  }

  /** A retransmission may come as bytes alone. */
  #tapSent(
    known: SipMessage | undefined,
    bytes: Uint8Array,
    flow: Flow,
  ): void {
    const parsed = known === undefined ? parseMessage(bytes) : undefined;
    const message = parsed?.ok ? parsed.message : known;
    if (message !== undefined) {
      this.#tap?.("out", message, flow, this.#clock.now());
    }
  }

  #isTaken(bytes: Uint8Array, flow: Flow): boolean {
    try {
      return this.handler.onUnread?.(bytes, flow) ?? false;
    } catch (error) {
      this.#handlerFailed(error);
      return true;
    }
  }

  #deliver(message: SipMessage, flow: Flow): void {
    this.#tap?.("in", message, flow, this.#clock.now());
    try {
      this.handler.onMessage(message, flow);
    } catch (error) {
      this.#handlerFailed(error);
    }
  }

  #malformed(problem: ParseProblem, flow: Flow): void {
    const { message } = problem;
    if (message === undefined) {
      this.onFault("transport_garbage");
    } else if (message.kind === "response") {
      this.onFault("transport_malformed_response");
    } else {
      this.onFault("transport_malformed_request");
      // §17.1.1.3: an ACK is never answered; without a Via there is nowhere to answer to.
      if (message.method === "ACK" || message.via === undefined) return;
      const answerable = withReceived(message, flow.remote);
      try {
        this.handler.onMalformed({ ...problem, message: answerable }, flow);
      } catch (error) {
        this.#handlerFailed(error);
      }
    }
  }

  /** A fault of ours in handling one message must not take down the socket that all others come on. */
  #handlerFailed(error: unknown): void {
    this.onFault("transport_handler_failed");
    const text = error instanceof Error
      ? error.stack ?? error.message
      : String(error);
    this.#observer.log({
      level: "error",
      text: "Handling a message failed",
      fields: { error: text },
    });
  }

  #isOurs(via: Via, flow: Flow): boolean {
    return via.sentBy === flow.sentBy || this.#ours.has(sentByKey(via));
  }

  #transportFor(
    target: Target,
    listener: string | undefined,
  ): Transport | undefined {
    const asked = listener === undefined
      ? undefined
      : this.#byListener.get(listener);
    if (asked !== undefined && leadsTo(asked, target)) return asked;
    for (const transport of this.#byListener.values()) {
      if (leadsTo(transport, target)) return transport;
    }
    return undefined;
  }
}

function leadsTo({ name, local }: Transport, target: Target): boolean {
  return name === target.transport &&
    speaks(local.host, ipVersion(target.host));
}

/** Whether a socket bound to `host` reaches addresses of a family: `::` reaches both. */
function speaks(host: string, version: 4 | 6 | 0): boolean {
  return version === ipVersion(host) || (version === 4 && host === "::");
}
