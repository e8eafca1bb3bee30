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
import { hashOf, type TransactionKey } from "./transaction_key.ts";

/** Who decides whether an INVITE may begin a call. */
export interface InviteGate {
  /** Whether any are refused at present. */
  readonly isRefusing: boolean;
  /** True where another may not, and counts as refused; false takes nothing, and {@linkcode admits} is to be asked. */
  refusesAnother(): boolean;
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

  /** Whether INVITEs are refused at present, or have been not long ago. */
  get isRefusing(): boolean {
    return this.#gate.isRefusing || !this.isEmpty;
  }

  /** None is remembered, and there is no need to compute a tag. */
  get isEmpty(): boolean {
    return this.#recent.size + this.#older.size === 0;
  }

  /** Whether an INVITE that no transaction knows is to be refused; `tag` computes its stateless tag. */
  refuses(tag: () => string): boolean {
    if (!this.isEmpty && this.has(tag())) return true;
    if (this.#gate.admits()) return false;
    this.#remember(tag());
    return true;
  }

  /** Whether a new INVITE is refused for certain; else it is to be read, and {@linkcode refuses} asked. */
  refusesAnother(tag: string): boolean {
    if (!this.#gate.refusesAnother()) return false;
    this.#remember(tag);
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

  #remember(tag: string): void {
    if (this.#recent.size >= MOST) this.#turn(this.#clock.now());
    this.#recent.add(tag);
  }

  #turn(nowMs: number): void {
    this.#older = this.#recent;
    this.#recent = new Set();
    this.#turnedAtMs = nowMs;
  }
}

/**
 * The To tag of an answer that no transaction sends. §8.2.7: "To header tags MUST be generated for responses in a stateless
 * manner - in a manner that will generate the same tag for the same request consistently." An ACK has the Via and the
 * Call-ID of its INVITE, and so the same. The key is salted; nothing hangs on the tag's being hard to guess.
 */
export function statelessTag(key: TransactionKey, callId: string): string {
  return hashOf(callId, key.hash).toString(36).padStart(6, "0");
}
