/** A phone that is nothing but its RTP: it talks, presses keys, and listens. */

import { pause } from "./ports.ts";

const CLOCK = 8_000;
const PACKET_MS = 20;
const TICKS = CLOCK * PACKET_MS / 1000;

/** One phone on a port of its own. */
export class RtpPhone implements AsyncDisposable {
  /** Where it sends. */
  peer = 0;
  /** Audio packets that came. */
  heardAudio = 0;
  /** Codes of the events that came, each once. */
  readonly heardEvents: number[] = [];
  readonly #socket: Deno.DatagramConn;
  readonly #events: number | undefined;
  readonly #listening: Promise<void>;
  readonly #ssrc = Math.floor(Math.random() * 2 ** 32);
  #sequence = 1;
  #timestamp = 0;
  #lastEvent: number | undefined;

  /** `events` is its payload type of telephone-event; it has none without. */
  constructor(events: number | undefined) {
    this.#events = events;
    this.#socket = Deno.listenDatagram({
      transport: "udp",
      hostname: "127.0.0.1",
      port: 0,
    });
    this.#listening = this.#listen();
  }

  get port(): number {
    const { addr } = this.#socket;
    return addr.transport === "udp" ? addr.port : 0;
  }

  get sdp(): string {
    const events = this.#events === undefined ? [] : [
      `a=rtpmap:${this.#events} telephone-event/${CLOCK}`,
      `a=fmtp:${this.#events} 0-16`,
    ];
    return [
      "v=0",
      "o=phone 1 1 IN IP4 127.0.0.1",
      "s=-",
      "c=IN IP4 127.0.0.1",
      "t=0 0",
      `m=audio ${this.port} RTP/AVP 0${
        this.#events === undefined ? "" : ` ${this.#events}`
      }`,
      "a=rtpmap:0 PCMU/8000",
      ...events,
      "a=sendrecv",
      "",
    ].join("\r\n");
  }

  /** Sends so many packets of silence, one each 20 ms. */
  async talk(packets: number): Promise<void> {
    for (let i = 0; i < packets; i++) {
      this.#timestamp += TICKS;
      await this.#send(0, new Uint8Array(TICKS).fill(0xff));
      await pause(PACKET_MS);
    }
  }

  /** Presses a key as RFC 4733 has it, its last packet three times. */
  async press(event: number, options: { durationMs: number }): Promise<void> {
    if (this.#events === undefined) throw new TypeError("it has no events");
    this.#timestamp += TICKS;
    const steps = options.durationMs / PACKET_MS;
    for (let step = 1; step <= steps + 2; step++) {
      const ended = step >= steps;
      const duration = Math.min(step, steps) * TICKS;
      const payload = new Uint8Array(4);
      payload[0] = event;
      payload[1] = (ended ? 0x80 : 0) | 10;
      new DataView(payload.buffer).setUint16(2, duration);
      await this.#send(this.#events | (step === 1 ? 0x80 : 0), payload);
      await pause(PACKET_MS);
    }
    this.#timestamp += steps * TICKS;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await this.#listening;
  }

  async #send(type: number, payload: Uint8Array): Promise<void> {
    const packet = new Uint8Array(12 + payload.length);
    const view = new DataView(packet.buffer);
    view.setUint8(0, 0x80);
    view.setUint8(1, type);
    view.setUint16(2, this.#sequence++ & 0xffff);
    view.setUint32(4, this.#timestamp);
    view.setUint32(8, this.#ssrc);
    packet.set(payload, 12);
    await this.#socket.send(packet, {
      transport: "udp",
      hostname: "127.0.0.1",
      port: this.peer,
    });
  }

  async #listen(): Promise<void> {
    for (;;) {
      try {
        const [packet] = await this.#socket.receive();
        this.#heard(packet);
      } catch {
        return;
      }
    }
  }

  #heard(packet: Uint8Array): void {
    if (packet.length < 16) return;
    const type = packet[1]! & 0x7f;
    if (type === 0) this.heardAudio++;
    // Any dynamic type: a side without events must hear none.
    if (type < 96) return;
    const timestamp = new DataView(packet.buffer, packet.byteOffset)
      .getUint32(4);
    if (timestamp === this.#lastEvent) return;
    this.#lastEvent = timestamp;
    this.heardEvents.push(packet[12]!);
  }
}
