/** The calls of one simulated peer, and the names that ladder lines have for them. */

import { PeerCall } from "./peer_call.ts";

/** See the module's text. */
export class PeerCalls implements Iterable<PeerCall> {
  readonly #peer: { name: string; host: string };
  #calls: PeerCall[] = [];
  readonly #callIds = new Map<string, string>();
  #tags = 0;

  constructor(peer: { name: string; host: string }) {
    this.#peer = peer;
  }

  [Symbol.iterator](): Iterator<PeerCall> {
    return this.#calls.slice()[Symbol.iterator]();
  }

  /** A new call, with a tag of its own. */
  add(callId: string): PeerCall {
    const tag = `${this.#peer.name}${++this.#tags}`;
    const call = new PeerCall(callId, tag, this.#peer);
    this.#calls.push(call);
    return call;
  }

  find(callId: string): PeerCall | undefined {
    return this.#calls.find((call) => call.callId === callId);
  }

  /** The call a line speaks of: by name, or the latest. */
  called(name: string | undefined): PeerCall | undefined {
    if (name === undefined) return this.#calls.at(-1);
    const callId = this.#callIds.get(name);
    return callId === undefined ? undefined : this.find(callId);
  }

  /**
   * The call whose request a line answers: that of the name, or the latest; where that one has no such request, the latest
   * that has one to be answered.
   */
  asking(
    name: string | undefined,
    method: string | undefined,
  ): PeerCall | undefined {
    const call = this.called(name);
    if (name !== undefined || call?.find(method) !== undefined) return call;
    return this.#calls.findLast((one) =>
      one.find(method)?.status === undefined &&
      one.find(method) !== undefined
    );
  }

  /** Gives a call the name by which lines speak of it. */
  name(callId: string, name: string): void {
    this.#callIds.set(name, callId);
  }

  /** The Call-ID of a named call. */
  callIdOf(name: string): string | undefined {
    return this.#callIds.get(name);
  }

  /** Stops and forgets all. */
  clear(): void {
    for (const call of this.#calls) call.close();
    this.#calls = [];
  }
}
