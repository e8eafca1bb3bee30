/** A datagram socket for protocols of text: rtpengine's ng and its log of keys. */

import { fromBytes, toBytes } from "../core/message/bytes.ts";

/** Receiving fails this often in a row before the socket is given up. */
const MAX_FAILURES = 100;

/** One bound socket; what it sends and receives are byte strings. */
export class TextSocket {
  readonly #socket: Deno.DatagramConn;
  readonly #onFault: (what: string) => void;
  #open = true;

  /** Port 0 takes any free one. Throws where the address cannot be had. */
  constructor(
    local: { host: string; port: number },
    { received, onFault }: {
      received: (text: string) => void;
      onFault: (what: string) => void;
    },
  ) {
    this.#socket = Deno.listenDatagram({
      transport: "udp",
      hostname: local.host,
      port: local.port,
    });
    this.#onFault = onFault;
    this.#receive(received);
  }

  /** The port it has. */
  get port(): number {
    const { addr } = this.#socket;
    return addr.transport === "udp" ? addr.port : 0;
  }

  send(text: string, to: { host: string; port: number }): void {
    if (!this.#open) return;
    this.#socket.send(toBytes(text), {
      transport: "udp",
      hostname: to.host,
      port: to.port,
    }).catch(() => this.#onFault("media_ng_send_failed"));
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#socket.close();
  }

  async #receive(received: (text: string) => void): Promise<void> {
    let failures = 0;
    while (this.#open) {
      try {
        const [bytes] = await this.#socket.receive();
        failures = 0;
        received(fromBytes(bytes));
      } catch {
        // A refused datagram of before is reported on the next receive.
        if (!this.#open) return;
        this.#onFault("media_ng_receive_failed");
        if (++failures === MAX_FAILURES) return this.close();
      }
    }
  }
}
