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
    const probes = new ListenerProbes(this.#time, this.#token);
    const wrapped = new ProbedTransport(transport, probes);
    this.#listeners.push(wrapped);
    return wrapped;
  }

  start(onDelay: (delayMs: number) => void): void {
    this.#stop?.();
    for (const { probes } of this.#listeners) probes.clear();
    this.#onDelay = onDelay;
    this.#lastMs = this.#time.nowMs();
    this.#stop = this.#time.every(EVERY_MS, () => this.#turn());
  }

  stop(): void {
    this.#stop?.();
    this.#stop = this.#onDelay = undefined;
  }

  #turn(): void {
    const nowMs = this.#time.nowMs();
    const lateMs = Math.max(0, nowMs - this.#lastMs - EVERY_MS);
    this.#lastMs = nowMs;
    const open = this.#listeners.filter(({ isProbed }) => isProbed);
    // A listener that nothing comes to says nothing of another's queue: the longest counts.
    let delayMs = open.length === 0 ? lateMs : -1;
    for (const { probes } of open) {
      delayMs = Math.max(delayMs, probes.delayAt(nowMs));
    }
    if (delayMs >= 0) this.#onDelay?.(delayMs);
    for (const listener of open) listener.sendToSelf(listener.probes.next());
  }
}

/** The probes of one listener that are on their way. */
class ListenerProbes {
  readonly #time: ProbeTime;
  readonly #token: Uint8Array;
  /** When each left, by its number, the oldest first. */
  readonly #sent = new Map<number, number>();
  #next = 0;
  /** The shortest delay since it was asked for; -1 where none came back. */
  #leastMs = -1;

  constructor(time: ProbeTime, token: Uint8Array) {
    this.#time = time;
    this.#token = token;
  }

  clear(): void {
    this.#sent.clear();
    this.#leastMs = -1;
  }

  /** How long what arrives has to wait, as far as is known; -1 where nothing was asked. */
  delayAt(nowMs: number): number {
    const leastMs = this.#leastMs;
    this.#leastMs = -1;
    if (leastMs >= 0) return leastMs;
    for (const [number, sentMs] of this.#sent) {
      // What waits has waited as long as the oldest, unless that was dropped: then the queue is full.
      if (nowMs - sentMs < LOST_MS) return nowMs - sentMs;
      this.#sent.delete(number);
    }
    return -1;
  }

  next(): Uint8Array {
    const number = this.#next = (this.#next + 1) >>> 0;
    this.#sent.set(number, this.#time.nowMs());
    const bytes = new Uint8Array(PROBE_BYTES);
    bytes[0] = MARK;
    new DataView(bytes.buffer).setUint32(1, number);
    bytes.set(this.#token, TOKEN_AT);
    return bytes;
  }

  /** Whether a datagram was one of ours; then it is done with. */
  take(bytes: Uint8Array): boolean {
    for (let at = 0; at < TOKEN_BYTES; at++) {
      if (bytes[TOKEN_AT + at] !== this.#token[at]) return false;
    }
    const number = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
    const sentMs = this.#sent.get(number);
    if (sentMs === undefined) return true;
    const delayMs = this.#time.nowMs() - sentMs;
    this.#leastMs = this.#leastMs < 0
      ? delayMs
      : Math.min(this.#leastMs, delayMs);
    // It has overtaken none: those before it are lost.
    for (const earlier of this.#sent.keys()) {
      this.#sent.delete(earlier);
      if (earlier === number) break;
    }
    return true;
  }
}

/** A datagram transport that keeps probes to itself. Hot path: what is no probe passes after one look at its length. */
class ProbedTransport implements Transport, TransportEvents {
  readonly #transport: Transport;
  readonly probes: ListenerProbes;
  #events: TransportEvents | undefined;
  #self: Flow | undefined;

  constructor(transport: Transport, probes: ListenerProbes) {
    this.#transport = transport;
    this.probes = probes;
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
      this.probes.take(bytes)
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
