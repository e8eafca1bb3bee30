/** The RTP of one side: talks, presses keys as RFC 4733 has it, and notices those that come. */

const CLOCK = 8_000;
const PACKET_MS = 20;
const TICKS = CLOCK * PACKET_MS / 1000;
const EVENTS = 101;
const KEYS = "0123456789*#ABCD";

/** One phone on a port of its own. */
export class Phone {
  /** The keys that came, in order. */
  heard = "";
  readonly #socket: Deno.DatagramConn = Deno.listenDatagram({
    transport: "udp",
    hostname: "127.0.0.1",
    port: 0,
  });
  #sequence = 1;
  #timestamp = 0;
  #lastEvent = -1;

  constructor() {
    this.#listen();
  }

  get port(): number {
    const { addr } = this.#socket;
    return addr.transport === "udp" ? addr.port : 0;
  }

  /** Presses a key for 120 ms, its last packet three times, then says nothing for 100 ms. */
  async press(key: string, to: number): Promise<void> {
    for (let step = 1; step <= 8; step++) {
      const duration = Math.min(step, 6) * TICKS;
      const payload = [KEYS.indexOf(key), (step >= 6 ? 0x80 : 0) | 10];
      payload.push(duration >> 8, duration & 0xff);
      await this.#send(EVENTS | (step === 1 ? 0x80 : 0), payload, to);
    }
    this.#timestamp += 8 * TICKS;
    await this.talk(to, 5);
  }

  /** Silence for so many packets. */
  async talk(to: number, packets: number): Promise<void> {
    for (let i = 0; i < packets; i++) {
      await this.#send(0, new Array(TICKS).fill(0xff), to);
      this.#timestamp += TICKS;
    }
  }

  close(): void {
    this.#socket.close();
  }

  async #send(type: number, payload: number[], to: number): Promise<void> {
    const packet = new Uint8Array([0x80, type, ...new Array(10), ...payload]);
    const view = new DataView(packet.buffer);
    view.setUint16(2, this.#sequence++);
    view.setUint32(4, this.#timestamp);
    view.setUint32(8, 14);
    await this.#socket.send(packet, {
      transport: "udp",
      hostname: "127.0.0.1",
      port: to,
    });
    await new Promise((done) => setTimeout(done, PACKET_MS));
  }

  async #listen(): Promise<void> {
    for await (const [packet] of this.#socket) {
      const view = new DataView(packet.buffer, packet.byteOffset);
      const ended = packet.length >= 16 && (packet[13]! & 0x80) !== 0;
      // One key has one timestamp, however often its end is repeated.
      if ((packet[1]! & 0x7f) !== EVENTS || !ended) continue;
      if (view.getUint32(4) === this.#lastEvent) continue;
      this.#lastEvent = view.getUint32(4);
      this.heard += KEYS[packet[12]!] ?? "?";
    }
  }
}
