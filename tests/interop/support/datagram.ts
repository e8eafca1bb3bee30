/** A UDP socket of the test's own. */

/** Closed when disposed. */
export class Datagrams implements Disposable {
  readonly #socket = Deno.listenDatagram({
    transport: "udp",
    hostname: "127.0.0.1",
    port: 0,
  });

  get port(): number {
    return (this.#socket.addr as Deno.NetAddr).port;
  }

  async send(bytes: Uint8Array<ArrayBuffer>, port: number): Promise<void> {
    const to = { transport: "udp", hostname: "127.0.0.1", port } as const;
    await this.#socket.send(bytes, to);
  }

  /** The next datagram as text, or undefined when none comes in time. */
  async receive(withinMs: number): Promise<string | undefined> {
    const late = setTimeout(() => this.#socket.close(), withinMs);
    try {
      const [bytes] = await this.#socket.receive();
      return new TextDecoder().decode(bytes);
    } catch {
      return undefined;
    } finally {
      clearTimeout(late);
    }
  }

  [Symbol.dispose](): void {
    try {
      this.#socket.close();
    } catch {
      // Closed by a receive that came to its end.
    }
  }
}
