/**
 * INVITEs refused at a fixed cost: no transaction, no timer, no call; only the fact that they were, for a while.
 *
 * RFC 3261 section 8.2.7 has the rules for it. A refused INVITE that comes again is refused again, whatever has become of
 * the load: its caller may have had the first answer, and would take no other.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import { Headers } from "../message/headers.ts";

/** Who decides whether an INVITE may begin a call. */
export interface InviteGate {
  /** Asked once for each; retransmissions are not asked for. */
  admits(): boolean;
  /** What the refused are told; 0: nothing. */
  readonly retryAfterSeconds: number;
}

/** An INVITE is sent again for 64 times T1 (section 17.1.1.2); whoever has lost the answer does so much sooner. */
const REMEMBERED_MS = 8_000;
/** Most of them remembered, twice: some hundred bytes each. */
const MOST = 50_000;

/** See the module comment. They are known by their stateless tags. */
export class StatelessRefusals {
  readonly headers: Headers | undefined;
  readonly #gate: InviteGate;
  readonly #clock: Clock;
  #recent = new Set<string>();
  #older = new Set<string>();
  #turnedAtMs = 0;

  constructor(gate: InviteGate, clock: Clock) {
    this.#gate = gate;
    this.#clock = clock;
    // RFC 3261 §21.5.4: "The server MAY indicate when the client should retry the request in a Retry-After header field."
    const seconds = gate.retryAfterSeconds;
    this.headers = seconds === 0
      ? undefined
      : new Headers().append("Retry-After", `${seconds}`);
  }

  /** None is remembered, and there is no need to compute a tag. */
  get isEmpty(): boolean {
    return this.#recent.size + this.#older.size === 0;
  }

  /** Whether an INVITE that no transaction knows is to be refused; `tag` computes its stateless tag. */
  refuses(tag: () => string): boolean {
    if (!this.isEmpty && this.has(tag())) return true;
    if (this.#gate.admits()) return false;
    if (this.#recent.size >= MOST) this.#turn(this.#clock.now());
    this.#recent.add(tag());
    return true;
  }

  /** Whether the request with this tag was refused. */
  has(tag: string): boolean {
    const nowMs = this.#clock.now();
    const sinceMs = nowMs - this.#turnedAtMs;
    if (sinceMs > REMEMBERED_MS) this.#turn(nowMs);
    if (sinceMs > 2 * REMEMBERED_MS) this.#older.clear();
    return this.#recent.has(tag) || this.#older.has(tag);
  }

  #turn(nowMs: number): void {
    this.#older = this.#recent;
    this.#recent = new Set();
    this.#turnedAtMs = nowMs;
  }
}
