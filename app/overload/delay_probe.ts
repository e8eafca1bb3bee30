/**
 * How long datagrams wait: a listener sends one to itself now and then, and sees how late it is handed up.
 *
 * It waits where all others wait, in the kernel's queue and in the runtime's; nothing else shows a queue that is yet to be
 * received. The plain transport's sockets hold few datagrams, and the kernel drops the rest: then none of ours comes back
 * in time, and that is as good an answer.
 *
 * @module
 */

import type { DelayGauge } from "../../core/call/overload.ts";
import type { Address } from "../../core/transport/address.ts";
import type { Flow } from "../../core/transport/flow.ts";
import type {
  FramingProblem,
  Transport,
  TransportEvents,
} from "../../core/transport/transport.ts";

/** The host's own timer, and its time with fractions. */
export interface ProbeTime {
  nowMs(): number;
  /** Calls again and again; what is returned ends it. */
  every(ms: number, callback: () => void): () => void;
}

/** The time of the process. */
export const PROCESS_PROBE_TIME: ProbeTime = {
  nowMs: () => performance.now(),
  every(ms, callback) {
    const handle = setInterval(callback, ms);
    return () => clearInterval(handle);
  },
};

const EVERY_MS = 25;
/** A probe that has not come back by then is given up. */
const LOST_MS = 1_000;
/** The mark, a number and the token. No SIP message and no keep-alive begins so. */
const MARK = 0xff;
const TOKEN_AT = 5;
const TOKEN_BYTES = 8;
const PROBE_BYTES = TOKEN_AT + TOKEN_BYTES;

/** Measures on every datagram listener it has wrapped; with none, how late the timers of the process are. */
export class DelayProbe implements DelayGauge {
  readonly #time: ProbeTime;
  readonly #token: Uint8Array;
  readonly #listeners: ProbedTransport[] = [];
  /** When each probe left, by its number, the oldest first. */
  readonly #sent = new Map<number, number>();
  #next = 0;
  #answered = true;
  #lastMs = 0;
  #onDelay: ((delayMs: number) => void) | undefined;
  #stop: (() => void) | undefined;

  /** Strangers do not know the token, and can not make it believe anything. */
  constructor(time: ProbeTime, token: Uint8Array) {
    this.#time = time;
    this.#token = token.subarray(0, TOKEN_BYTES);
  }

  /** The transport as the layers above are to have it. */
  wrap(transport: Transport): Transport {
    const wrapped = new ProbedTransport(transport, this);
    this.#listeners.push(wrapped);
    return wrapped;
  }

  start(onDelay: (delayMs: number) => void): void {
    this.#stop?.();
    this.#onDelay = onDelay;
    this.#answered = true;
    this.#lastMs = this.#time.nowMs();
    this.#stop = this.#time.every(EVERY_MS, () => this.#turn());
  }

  stop(): void {
    this.#stop?.();
    this.#stop = this.#onDelay = undefined;
    this.#sent.clear();
  }

  /** Whether a datagram was one of ours; then it is done with. */
  take(bytes: Uint8Array): boolean {
    for (let at = 0; at < TOKEN_BYTES; at++) {
      if (bytes[TOKEN_AT + at] !== this.#token[at]) return false;
    }
    const number = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
    const sentMs = this.#sent.get(number);
    if (sentMs !== undefined) {
      this.#sent.delete(number);
      this.#answered = true;
      this.#onDelay?.(this.#time.nowMs() - sentMs);
    }
    return true;
  }

  #turn(): void {
    const nowMs = this.#time.nowMs();
    const lateMs = Math.max(0, nowMs - this.#lastMs - EVERY_MS);
    this.#lastMs = nowMs;
    for (const [number, sentMs] of this.#sent) {
      if (nowMs - sentMs < LOST_MS) break;
      this.#sent.delete(number);
    }
    const open = this.#listeners.filter(({ isProbed }) => isProbed);
    if (open.length === 0) this.#onDelay?.(lateMs);
    // Whatever waits has waited since the last turn at least.
    else if (!this.#answered) this.#onDelay?.(EVERY_MS + lateMs);
    this.#answered = false;
    for (const listener of open) {
      const number = this.#next = (this.#next + 1) >>> 0;
      this.#sent.set(number, nowMs);
      listener.sendToSelf(this.#probe(number));
    }
  }

  #probe(number: number): Uint8Array {
    const bytes = new Uint8Array(PROBE_BYTES);
    bytes[0] = MARK;
    new DataView(bytes.buffer).setUint32(1, number);
    bytes.set(this.#token, TOKEN_AT);
    return bytes;
  }
}

/** A datagram transport that keeps probes to itself. Hot path: what is no probe passes after one look at its length. */
class ProbedTransport implements Transport, TransportEvents {
  readonly #transport: Transport;
  readonly #probe: DelayProbe;
  #events: TransportEvents | undefined;
  #self: Flow | undefined;

  constructor(transport: Transport, probe: DelayProbe) {
    this.#transport = transport;
    this.#probe = probe;
  }

  get name(): Transport["name"] {
    return this.#transport.name;
  }

  get listener(): string {
    return this.#transport.listener;
  }

  get local(): Address {
    return this.#transport.local;
  }

  get isProbed(): boolean {
    return this.#self !== undefined;
  }

  async open(events: TransportEvents, advertise?: string): Promise<void> {
    this.#events = events;
    await this.#transport.open(this, advertise);
    this.#self = this.#transport.flowTo(reachable(this.local));
  }

  flowTo(remote: Address): Flow {
    return this.#transport.flowTo(remote);
  }

  send(flow: Flow, bytes: Uint8Array, onError?: (reason: string) => void) {
    this.#transport.send(flow, bytes, onError);
  }

  sendToSelf(bytes: Uint8Array): void {
    if (this.#self !== undefined) this.#transport.send(this.#self, bytes);
  }

  close(): Promise<void> {
    this.#self = undefined;
    return this.#transport.close();
  }

  onBytes(bytes: Uint8Array, flow: Flow): void {
    if (
      bytes.length === PROBE_BYTES && bytes[0] === MARK &&
      this.#probe.take(bytes)
    ) return;
    this.#events?.onBytes(bytes, flow);
  }

  onFramingError(problem: FramingProblem, flow: Flow): void {
    this.#events?.onFramingError(problem, flow);
  }

  onClosed(flow: Flow, reason: string): void {
    this.#events?.onClosed(flow, reason);
  }

  onFault(counter: string, by?: number): void {
    this.#events?.onFault(counter, by);
  }
}

/** A socket on all addresses is reached on the loopback's. */
function reachable({ host, port }: Address): Address {
  if (host === "0.0.0.0") return { host: "127.0.0.1", port };
  return { host: host === "::" ? "::1" : host, port };
}
