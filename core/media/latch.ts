/**
 * Whose packets one port takes, and where its own go. A peer behind NAT sends from elsewhere than its description says,
 * so what it sends from counts; and since anybody can send to an open port, only as far as the setting allows.
 *
 * @module
 */

import { type MediaPeer, samePeer } from "./media_socket.ts";

/**
 * Whom a port listens to: `signalled`: the address of the description, from any port of it; `any`: whoever sends first;
 * `always`: whoever sends, even later; `off`: address and port of the description, to the letter.
 */
export type LatchMode = "signalled" | "any" | "always" | "off";

/** Packets in a row of one new source before it is believed, where anybody may be one. */
const IN_A_ROW = 3;

/** Of one port. Hot path: a packet of the known source costs one comparison. */
export class Latch {
  readonly #mode: LatchMode;
  #signalled: MediaPeer | undefined;
  #latched: MediaPeer | undefined;
  #candidate: MediaPeer | undefined;
  #inARow = 0;
  #paused = false;

  constructor(mode: LatchMode) {
    this.#mode = mode;
  }

  /** Where packets for this side go; undefined: nowhere. */
  get target(): MediaPeer | undefined {
    return this.#paused ? undefined : this.#latched ?? this.#signalled;
  }

  /**
   * What a new description says. The same address again changes nothing, so that a refresh opens no door; another one
   * is a new beginning. Without an address (on hold) nothing is sent, and what was known stays known.
   */
  expect(signalled: MediaPeer | undefined): void {
    this.#paused = signalled === undefined;
    if (signalled === undefined || samePeer(signalled, this.#signalled)) return;
    this.#signalled = signalled;
    this.#latched = this.#candidate = undefined;
    this.#inARow = 0;
  }

  /** Whether a packet of this source is taken. */
  accept(from: MediaPeer): boolean {
    const latched = this.#latched;
    if (latched !== undefined && samePeer(from, latched)) {
      this.#inARow = 0;
      return true;
    }
    // Whom the description names by address and port needs no proof, and gives way to nobody who came before: phones
    // behind one NAT share a host.
    if (samePeer(from, this.#signalled)) return this.#take(from);
    if (!this.#mayBe(from)) return false;
    if (this.#mode !== "always" && this.#mode !== "any") {
      return this.#take(from);
    }
    if (!samePeer(from, this.#candidate)) {
      this.#candidate = from;
      this.#inARow = 0;
    }
    if (++this.#inARow < IN_A_ROW) return false;
    return this.#take(from);
  }

  #mayBe(from: MediaPeer): boolean {
    switch (this.#mode) {
      case "always":
        return true;
      case "any":
        return this.#latched === undefined;
      case "signalled":
        return this.#latched === undefined &&
          from.host === this.#signalled?.host;
      case "off":
        return false;
    }
  }

  #take(from: MediaPeer): true {
    this.#latched = from;
    this.#candidate = undefined;
    this.#inARow = 0;
    return true;
  }
}
