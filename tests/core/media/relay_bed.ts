/** A relay on a virtual clock and a network in memory, with peers that send RTP. */

import { assertEquals } from "@std/assert";
import { CountingObserver } from "../../../core/base/observer.ts";
import { seededRandom } from "../../../core/base/random.ts";
import { TimerWheel } from "../../../core/base/timer_wheel.ts";
import { DEFAULT_DTMF } from "../../../core/media/dtmf_settings.ts";
import type { LatchMode } from "../../../core/media/latch.ts";
import type { Crossing } from "../../../core/media/media_anchor.ts";
import { MediaRelay } from "../../../core/media/media_relay.ts";
import type {
  MediaPeer,
  MediaSocket,
} from "../../../core/media/media_socket.ts";
import { MemoryMedia } from "../../../core/media/memory_sockets.ts";
import type { RelayAnchor } from "../../../core/media/relay_anchor.ts";
import { writeRtpHeader } from "../../../core/media/rtp.ts";
import {
  type StreamFacts,
  streamFacts,
} from "../../../core/media/stream_facts.ts";
import { parsed } from "./sdp_texts.ts";

export const RELAY = "203.0.113.9";

/** A datagram as it arrived. */
export interface Arrived {
  readonly bytes: Uint8Array;
  readonly from: MediaPeer;
}

/** One who sends and hears. */
export class Phone {
  readonly heard: Arrived[] = [];
  readonly #socket: MediaSocket;
  readonly #bed: RelayBed;
  sequence = 100;
  ssrc = 0x1234;

  constructor(bed: RelayBed, host: string, port: number) {
    this.#bed = bed;
    const socket = bed.network.host(host).open(port, {
      onPacket: (bytes, length, from) =>
        this.heard.push({ bytes: bytes.slice(0, length), from }),
    });
    if (socket === undefined) throw new Error("the port is taken");
    this.#socket = socket;
  }

  /** One packet of 20 ms. */
  speak(toPort: number, payloadType = 0): void {
    const bytes = new Uint8Array(172);
    const sequence = this.sequence++ & 0xffff;
    writeRtpHeader(bytes, {
      marker: false,
      payloadType,
      sequence,
      timestamp: sequence * 160,
      ssrc: this.ssrc,
    });
    this.send(bytes, toPort);
  }

  send(bytes: Uint8Array, toPort: number): void {
    this.#socket.send(bytes, bytes.length, { host: RELAY, port: toPort });
  }

  close(): void {
    this.#socket.close();
  }
}

/** See the module's text. */
export class RelayBed {
  readonly clock = new TimerWheel();
  readonly observer = new CountingObserver();
  readonly network: MemoryMedia;
  readonly relay: MediaRelay;
  timeouts = 0;
  readonly #phones: Phone[] = [];

  constructor(
    { latch, ports = { from: 20000, to: 20099 }, timeoutSeconds = 60, isLost }:
      {
        latch?: LatchMode;
        ports?: { from: number; to: number };
        timeoutSeconds?: number;
        isLost?: () => boolean;
      } = {},
  ) {
    this.network = new MemoryMedia({
      clock: this.clock,
      ...(isLost === undefined ? {} : { isLost }),
    });
    this.relay = new MediaRelay({
      clock: this.clock,
      random: seededRandom(7),
      observer: this.observer,
      sockets: this.network.host(RELAY),
      ports,
      timeoutSeconds,
      ...(latch === undefined ? {} : { latch }),
    });
  }

  begin(): RelayAnchor {
    return this.relay.begin({
      mediaTimedOut: () => this.timeouts++,
      keySettings: () => DEFAULT_DTMF,
    });
  }

  phone(host: string, port: number): Phone {
    const phone = new Phone(this, host, port);
    this.#phones.push(phone);
    return phone;
  }

  pass(ms: number): void {
    this.clock.advance(this.clock.now() + ms);
  }

  /** Proves that nothing is left. */
  end(...anchors: RelayAnchor[]): void {
    for (const anchor of anchors) anchor.end();
    for (const phone of this.#phones) phone.close();
    this.pass(10);
    assertEquals(this.relay.ports, 0);
    assertEquals(this.relay.calls, 0);
    assertEquals(this.network.open, 0);
    assertEquals(this.network.inFlight, 0);
    assertEquals(this.clock.pending, 0);
  }
}

/** What the other side gets; throws where it gets nothing. */
export function crossed(
  anchor: RelayAnchor,
  sdp: string,
  how: Pick<Crossing, "from" | "role" | "events"> & {
    target?: number;
    standing?: string;
  },
): string {
  let text: string | undefined;
  anchor.cross(sdp, {
    target: 1,
    standing: undefined,
    ...how,
  }, (outcome) => {
    if (outcome.kind === "failed") throw new Error(outcome.reason);
    text = outcome.sdp;
  });
  if (text === undefined) throw new Error("it has not crossed");
  return text;
}

/** The streams that a description speaks of. */
export function facts(sdp: string): StreamFacts[] {
  return streamFacts(parsed(sdp));
}

/** The port of the first stream. */
export function portOf(sdp: string): number {
  return facts(sdp)[0]!.rtp!.port;
}
