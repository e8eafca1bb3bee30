/**
 * One stream on one side of a relayed call: a pair of ports, whom they listen to, and what has come by them. Packets are
 * handed to the same stream on the other side.
 *
 * Hot path: every packet of every relayed call passes here, and nothing is allocated for it.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { PacketOut } from "./stream_sink.ts";
import { Latch, type LatchMode } from "./latch.ts";
import type {
  MediaPeer,
  MediaReceiver,
  MediaSocket,
  MediaSockets,
} from "./media_socket.ts";
import { Reception } from "./reception.ts";
import { isRtcp, RtpView } from "./rtp.ts";
import { type PacketTap, Splicer } from "./splicer.ts";
import type { StreamFacts } from "./stream_facts.ts";

/** What a port is made of. */
export interface RelayPortParts {
  readonly sockets: MediaSockets;
  readonly clock: Clock;
  readonly latch: LatchMode;
  /** Begins a stream of our own making. */
  readonly ssrc: number;
}

/** See the module's text. */
export class RelayPort implements MediaReceiver, PacketOut {
  /** The other side; undefined while there is none. */
  partner: RelayPort | undefined;
  /** Sees what comes from this side before it is passed on. */
  tap: PacketTap | undefined;
  readonly reception: Reception = new Reception();
  /** What leaves on this side. */
  readonly stream: Splicer;
  /** When a packet was taken last. */
  heardAtMs: number;
  readonly #clock: Clock;
  readonly #rtpLatch: Latch;
  readonly #rtcpLatch: Latch;
  readonly #sockets: MediaSockets;
  readonly #view = new RtpView();
  #rtp: MediaSocket | undefined;
  #rtcp: MediaSocket | undefined;
  #facts: StreamFacts | undefined;
  /** Of the packet at hand. */
  readonly #how = { nowMs: 0, clockRate: 0 };
  #isRtp = true;
  #isMuxed = false;

  private constructor(parts: RelayPortParts) {
    this.#clock = parts.clock;
    this.#sockets = parts.sockets;
    this.#rtpLatch = new Latch(parts.latch);
    this.#rtcpLatch = new Latch(parts.latch);
    this.stream = new Splicer(parts.ssrc);
    this.heardAtMs = parts.clock.now();
  }

  /** RFC 3550 §11: an even port and the next; undefined when somebody else has one of them. */
  static open(port: number, parts: RelayPortParts): RelayPort | undefined {
    const opened = new RelayPort(parts);
    opened.#rtp = parts.sockets.open(port, opened);
    if (opened.#rtp === undefined) return undefined;
    opened.#rtcp = parts.sockets.open(port + 1, {
      onPacket: (bytes, length, from) => opened.#onRtcp(bytes, length, from),
    });
    if (opened.#rtcp !== undefined) return opened;
    opened.#rtp.close();
    return undefined;
  }

  get port(): number {
    return this.#rtp?.port ?? 0;
  }

  get rtcpPort(): number {
    return this.#rtcp?.port ?? 0;
  }

  /** What this side's description says of the stream; undefined before it has said anything. */
  get facts(): StreamFacts | undefined {
    return this.#facts;
  }

  /** This side's description came into force. */
  apply(facts: StreamFacts): void {
    this.#facts = facts;
    this.#isRtp = facts.transport === "rtp";
    this.#isMuxed = facts.mux;
    const { rtp, rtcp } = facts;
    this.#rtpLatch.expect(rtp && this.#sockets.peer(rtp.host, rtp.port));
    this.#rtcpLatch.expect(rtcp && this.#sockets.peer(rtcp.host, rtcp.port));
    this.reception.setClockRates(facts.clockRates);
  }

  onPacket(bytes: Uint8Array, length: number, from: MediaPeer): void {
    if (!this.#isRtp) {
      this.#relay(bytes, length, from);
      return;
    }
    if (this.#isMuxed && isRtcp(bytes)) {
      this.#onRtcp(bytes, length, from);
      return;
    }
    const view = this.#view;
    if (!view.wrap(bytes, length) || !this.#rtpLatch.accept(from)) {
      this.reception.refused++;
      return;
    }
    const nowMs = this.#clock.now();
    this.heardAtMs = nowMs;
    this.reception.count(view, nowMs);
    const { partner, tap } = this;
    const isPassed = tap === undefined || tap.onPacket(view, nowMs);
    if (partner === undefined) return;
    const how = this.#how;
    how.nowMs = nowMs;
    how.clockRate = this.reception.clockRateOf(view.payloadType);
    if (!isPassed) {
      partner.stream.skip(view, how);
      return;
    }
    partner.stream.pass(view, how);
    partner.sendPacket(bytes, length);
  }

  sendPacket(bytes: Uint8Array, length: number): void {
    const to = this.#rtpLatch.target;
    if (to !== undefined) this.#rtp?.send(bytes, length, to);
  }

  close(): void {
    this.partner = undefined;
    this.tap = undefined;
    this.#rtp?.close();
    this.#rtcp?.close();
    this.#rtp = this.#rtcp = undefined;
  }

  #relay(bytes: Uint8Array, length: number, from: MediaPeer): void {
    if (length === 0 || !this.#rtpLatch.accept(from)) {
      this.reception.refused++;
      return;
    }
    this.heardAtMs = this.#clock.now();
    this.reception.countBytes(length);
    this.partner?.sendPacket(bytes, length);
  }

  #onRtcp(bytes: Uint8Array, length: number, from: MediaPeer): void {
    // RFC 5761 §4: with a shared port, what RTP may be sent from is what RTCP comes from.
    const latch = this.#isMuxed ? this.#rtpLatch : this.#rtcpLatch;
    if (
      length < 8 || (this.#isRtp && !isRtcp(bytes)) || !latch.accept(from)
    ) {
      this.reception.refused++;
      return;
    }
    const { partner } = this;
    if (partner !== undefined) partner.#sendRtcp(bytes, length);
  }

  #sendRtcp(bytes: Uint8Array, length: number): void {
    if (this.#isMuxed) {
      this.sendPacket(bytes, length);
      return;
    }
    const to = this.#rtcpLatch.target;
    if (to !== undefined) this.#rtcp?.send(bytes, length, to);
  }
}
