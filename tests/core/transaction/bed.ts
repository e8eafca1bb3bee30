/** A transaction layer on a virtual clock over a transport that only takes notes. */

import { assertEquals, assertExists } from "@std/assert";
import { DEFAULT_LIMITS, type Limits } from "../../../core/base/limits.ts";
import { CountingObserver } from "../../../core/base/observer.ts";
import { seededRandom } from "../../../core/base/random.ts";
import { TimerWheel } from "../../../core/base/timer_wheel.ts";
import { type ResponseParts, responseTo } from "../../../core/message/build.ts";
import { toBytes } from "../../../core/message/bytes.ts";
import type {
  SipMessage,
  SipRequest,
  SipResponse,
} from "../../../core/message/message.ts";
import { parseMessage } from "../../../core/message/parse.ts";
import { serialize } from "../../../core/message/serialize.ts";
import type { Via } from "../../../core/message/via.ts";
import type {
  ClientFailure,
  ClientTransaction,
  ClientUser,
} from "../../../core/transaction/client_transaction.ts";
import type {
  ServerTransaction,
  ServerUser,
} from "../../../core/transaction/server_transaction.ts";
import type { InviteGate } from "../../../core/transaction/stateless_refusals.ts";
import { DEFAULT_TIMERS } from "../../../core/transaction/timers.ts";
import {
  TransactionLayer,
  type TransactionUser,
} from "../../../core/transaction/transaction_layer.ts";
import type { MessageTransport } from "../../../core/transaction/transport_port.ts";
import type { Target, TransportName } from "../../../core/transport/address.ts";
import type { Flow } from "../../../core/transport/flow.ts";
import type { TransportHandler } from "../../../core/transport/transport_layer.ts";

export const T1 = DEFAULT_TIMERS.t1Ms;
export const T2 = DEFAULT_TIMERS.t2Ms;
export const T4 = DEFAULT_TIMERS.t4Ms;

/** One message that was handed to the transport. */
export interface Sent {
  readonly atMs: number;
  readonly bytes: Uint8Array;
  readonly message: SipMessage;
  readonly flow: FakeFlow;
}

/** A flow that a test can break. */
export class FakeFlow implements Flow {
  readonly reliable: boolean;
  readonly local = { host: "192.0.2.1", port: 5060 };
  readonly listener: string;
  readonly sentBy = "192.0.2.1:5060";
  open = true;
  readonly connected = true;
  /** What sending on it fails with. */
  fault: string | undefined;

  constructor(
    readonly transport: TransportName,
    readonly remote = { host: "192.0.2.9", port: 5060 },
  ) {
    this.reliable = transport !== "UDP";
    this.listener = `${transport.toLowerCase()}:192.0.2.1:5060`;
  }
}

/** Keeps what is sent; says by whom, and what fails. */
export class FakeTransport implements MessageTransport {
  handler: TransportHandler = { onMessage(): void {}, onMalformed(): void {} };
  readonly sent: Sent[] = [];
  readonly flows = new Map<string, FakeFlow>();
  readonly names: TransportName[] = ["UDP", "TCP"];
  /** Sending to `TCP 192.0.2.9` and the like fails so from the start. */
  readonly unreachable = new Set<string>();
  /** What a test does from inside {@linkcode FakeTransport.send}. */
  onSent: ((message: SipMessage) => void) | undefined;
  readonly #wheel: TimerWheel;
  #taken = 0;

  constructor(wheel: TimerWheel) {
    this.#wheel = wheel;
  }

  supports(transport: TransportName): boolean {
    return this.names.includes(transport);
  }

  flowTo(target: Target, preferred?: Flow): Flow | undefined {
    if (
      preferred?.open === true && preferred.transport === target.transport &&
      preferred.remote.host === target.host
    ) return preferred;
    if (!this.supports(target.transport)) return undefined;
    const key = `${target.transport} ${target.host}`;
    let flow = this.flows.get(key);
    if (flow === undefined || !flow.open) {
      flow = new FakeFlow(target.transport, target);
      if (this.unreachable.has(key)) flow.fault = "refused";
      this.flows.set(key, flow);
    }
    return flow;
  }

  responseFlow(_via: Via, flow: Flow): Flow | undefined {
    return flow.open ? flow : undefined;
  }

  send(
    bytes: Uint8Array,
    flow: Flow,
    onError?: (reason: string) => void,
  ): void {
    if (!(flow instanceof FakeFlow)) throw new TypeError("a flow of its own");
    const parsed = parseMessage(bytes);
    if (!parsed.ok) throw new TypeError(parsed.problem.reason);
    const { message } = parsed;
    this.sent.push({ atMs: this.#wheel.now(), bytes, message, flow });
    if (flow.fault !== undefined) onError?.(flow.fault);
    this.onSent?.(message);
  }

  /** The last message sent. */
  get last(): Sent {
    const sent = this.sent.at(-1);
    assertExists(sent);
    return sent;
  }

  /** What was sent since it was last asked: `500 INVITE`, `700 100 INVITE`. */
  take(): string[] {
    const labels = this.sent.slice(this.#taken).map(({ atMs, message }) =>
      `${atMs} ${label(message)}`
    );
    this.#taken = this.sent.length;
    return labels;
  }
}

/** The layer with everything around it; what its users are told is kept as text. */
export class Bed implements TransactionUser, ClientUser {
  readonly wheel = new TimerWheel();
  readonly observer = new CountingObserver();
  readonly transport: FakeTransport = new FakeTransport(this.wheel);
  readonly layer: TransactionLayer;
  readonly flow: FakeFlow;
  readonly target: Target;
  readonly servers: ServerTransaction[] = [];
  readonly acks: SipRequest[] = [];
  /** What the client user was told: `200`, `timeout`, `terminated`. */
  readonly told: string[] = [];

  constructor(
    options: {
      transport?: TransportName;
      limits?: Partial<Limits>;
      gate?: InviteGate;
    } = {},
  ) {
    const transport = options.transport ?? "UDP";
    this.target = { transport, host: "192.0.2.9", port: 5060 };
    this.flow = new FakeFlow(transport);
    this.transport.flows.set(`${transport} 192.0.2.9`, this.flow);
    this.layer = new TransactionLayer({
      clock: this.wheel,
      random: seededRandom(1),
      transport: this.transport,
      timers: DEFAULT_TIMERS,
      limits: { ...DEFAULT_LIMITS, ...options.limits },
      observer: this.observer,
      user: this,
      gate: options.gate,
    });
  }

  /** Lets time pass. */
  run(ms: number): void {
    this.wheel.advance(this.wheel.now() + ms);
  }

  /** Starts a client transaction. */
  request(method: string): ClientTransaction {
    const to = { target: this.target, flow: this.flow };
    const transaction = this.layer.request(ownRequest(method), to, this);
    assertExists(transaction);
    return transaction;
  }

  /** The peer answers a request of ours. */
  answer(request: SipRequest, status: number, parts: ResponseParts = {}): void {
    this.receive(responseTo(request, status, { toTag: "peer", ...parts }));
  }

  /** A message arrives, by way of bytes as in life. */
  receive(message: SipMessage | string, flow: Flow = this.flow): void {
    const bytes = typeof message === "string"
      ? toBytes(message)
      : serialize(message);
    const parsed = parseMessage(bytes);
    if (parsed.ok) this.transport.handler.onMessage(parsed.message, flow);
    else this.transport.handler.onMalformed(parsed.problem, flow);
  }

  /** The server transaction made last. */
  get server(): ServerTransaction {
    const server = this.servers.at(-1);
    assertExists(server);
    return server;
  }

  /** Answers on the server transaction made last. */
  respond(status: number, toTag = "ours"): SipResponse {
    const response = responseTo(this.server.request, status, { toTag });
    this.server.respond(response);
    return response;
  }

  /** How often something was counted. */
  counted(counter: string): number {
    return this.observer.counters.get(counter) ?? 0;
  }

  /** Ends a test: no timer, no transaction. */
  assertNothingLeft(): void {
    assertEquals(this.layer.size, 0);
    assertEquals(this.wheel.pending, 0);
  }

  onRequest(transaction: ServerTransaction): void {
    this.servers.push(transaction);
    transaction.user = new NotingUser(this.told);
  }

  onCancel(_transaction: ServerTransaction, cancel: SipRequest): void {
    this.told.push(cancel.method);
  }

  onAck(ack: SipRequest): void {
    this.acks.push(ack);
  }

  onStrayResponse(response: SipResponse): void {
    this.told.push(`stray ${response.status}`);
  }

  onResponse(response: SipResponse): void {
    this.told.push(String(response.status));
  }

  onFailure(failure: ClientFailure): void {
    this.told.push(failure);
  }

  onTerminated(): void {
    this.told.push("terminated");
  }
}

class NotingUser implements ServerUser {
  constructor(private readonly told: string[]) {}

  onTransportError(): void {
    this.told.push("transport error");
  }

  onAckTimeout(): void {
    this.told.push("no ACK");
  }

  onTerminated(): void {
    this.told.push("terminated");
  }
}

/** A request as the core hands it down: without Via. */
export function ownRequest(method: string, extra: string[] = []): SipRequest {
  const parsed = parseMessage(toBytes(
    [
      `${method} sip:bob@192.0.2.9 SIP/2.0`,
      "Max-Forwards: 70",
      "From: <sip:alice@192.0.2.1>;tag=a",
      "To: <sip:bob@192.0.2.9>",
      "Call-ID: call-1",
      `CSeq: 1 ${method}`,
      ...extra,
      "",
      "",
    ].join("\r\n"),
  ));
  if (!parsed.ok || parsed.message.kind !== "request") {
    throw new TypeError("a request");
  }
  return parsed.message;
}

/** A request of the peer's. */
export function peerRequest(
  method: string,
  parts: {
    branch?: string | undefined;
    cseq?: string;
    toTag?: string;
    sentBy?: string;
    callId?: string;
  } = {},
): string {
  const branch = "branch" in parts ? parts.branch : "z9hG4bKpeer1";
  const param = branch === undefined ? "" : `;branch=${branch}`;
  const tag = parts.toTag === undefined ? "" : `;tag=${parts.toTag}`;
  return [
    `${method} sip:alice@192.0.2.1 SIP/2.0`,
    `Via: SIP/2.0/UDP ${parts.sentBy ?? "192.0.2.9:5060"}${param}`,
    "Max-Forwards: 70",
    "From: <sip:bob@192.0.2.9>;tag=b",
    `To: <sip:alice@192.0.2.1>${tag}`,
    `Call-ID: ${parts.callId ?? "call-2"}`,
    `CSeq: ${parts.cseq ?? "1"} ${method}`,
    "",
    "",
  ].join("\r\n");
}

function label(message: SipMessage): string {
  return message.kind === "request"
    ? message.method
    : `${message.status} ${message.cseq?.method}`;
}
