/**
 * The wire as a peer from before RFC 3261 writes it: no branch and no rport in Via, no tag in the From of its
 * requests and in the To of its responses. Its transactions work as today's do; what they need is taken off what
 * leaves and put back on what arrives.
 *
 * @module
 */

import { fromBytes, toBytes } from "../../core/message/bytes.ts";
import type { Address, TransportName } from "../../core/transport/address.ts";
import type { Flow } from "../../core/transport/flow.ts";
import type {
  FramingProblem,
  Transport,
  TransportEvents,
} from "../../core/transport/transport.ts";

/** A transport of such a peer. */
export class Rfc2543Transport implements Transport, TransportEvents {
  readonly #inner: Transport;
  /** Via parameters taken off, by Call-ID and CSeq. */
  readonly #taken = new Map<string, string>();
  #events: TransportEvents | undefined;

  constructor(inner: Transport) {
    this.#inner = inner;
  }

  get name(): TransportName {
    return this.#inner.name;
  }

  get listener(): string {
    return this.#inner.listener;
  }

  get local(): Address {
    return this.#inner.local;
  }

  open(events: TransportEvents, advertise?: string): Promise<void> | void {
    this.#events = events;
    return this.#inner.open(this, advertise);
  }

  flowTo(remote: Address): Flow {
    return this.#inner.flowTo(remote);
  }

  send(
    flow: Flow,
    bytes: Uint8Array,
    onError?: (reason: string) => void,
  ): void {
    const text = fromBytes(bytes);
    const sent = text.startsWith("SIP/2.0 ")
      ? text.replace(/^(To:.*?);tag=[^;\r\n]+/m, "$1")
      : this.#withoutBranch(text).replace(/^(From:.*?);tag=[^;\r\n]+/m, "$1");
    this.#inner.send(flow, toBytes(sent), onError);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  onBytes(bytes: Uint8Array, flow: Flow): void {
    const text = fromBytes(bytes);
    const taken = text.startsWith("SIP/2.0 ")
      ? this.#taken.get(transactionOf(text))
      : undefined;
    this.#events?.onBytes(
      taken === undefined
        ? bytes
        : toBytes(text.replace(/^(Via: [^\r\n]+)/m, `$1${taken}`)),
      flow,
    );
  }

  onFramingError(problem: FramingProblem, flow: Flow): void {
    this.#events?.onFramingError(problem, flow);
  }

  onClosed(flow: Flow, reason: string): void {
    this.#events?.onClosed(flow, reason);
  }

  onPing(flow: Flow): boolean {
    return this.#events?.onPing?.(flow) ?? false;
  }

  onPong(flow: Flow): void {
    this.#events?.onPong?.(flow);
  }

  onFault(counter: string): void {
    this.#events?.onFault(counter);
  }

  #withoutBranch(text: string): string {
    const via = /^(Via: [^;\r\n]+)(;[^\r\n]*)/m.exec(text);
    if (via === null) return text;
    this.#taken.set(transactionOf(text), via[2]!);
    return text.replace(via[0], via[1]!);
  }
}

function transactionOf(text: string): string {
  const callId = /^Call-ID: *([^\r\n]+)/m.exec(text)?.[1];
  const cseq = /^CSeq: *([^\r\n]+)/m.exec(text)?.[1];
  return `${callId} ${cseq}`;
}
