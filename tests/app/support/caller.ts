/** A caller of few words on UDP: sends INVITEs as text and waits for their final answers. */

/** One socket. */
export class Caller implements AsyncDisposable {
  readonly port: number;
  readonly #socket: Deno.DatagramConn;
  readonly #to: Deno.NetAddr;
  readonly #reading: Promise<void>;
  #number = 0;
  #final = Promise.withResolvers<number>();
  readonly #request = Promise.withResolvers<string>();

  private constructor(socket: Deno.DatagramConn, toPort: number) {
    this.#socket = socket;
    this.port = (socket.addr as Deno.NetAddr).port;
    this.#to = { transport: "udp", hostname: "127.0.0.1", port: toPort };
    this.#reading = this.#read();
  }

  /** A caller of Legwork's at this port. */
  static open(toPort: number): Promise<Caller> {
    const socket = Deno.listenDatagram({
      transport: "udp",
      hostname: "127.0.0.1",
      port: 0,
    });
    return Promise.resolve(new Caller(socket, toPort));
  }

  /** Sends a datagram that asks for no answer. */
  async ping(text: string): Promise<void> {
    await this.#send(text);
  }

  /** Calls once; resolves with the final status, or 0 when it was given up. */
  async call(): Promise<number> {
    this.#final = Promise.withResolvers();
    const invite = this.#message("INVITE", ++this.#number);
    await this.#send(invite);
    // The first datagram may be lost on a busy machine; this is what timer A is for.
    const again = setInterval(() => this.#send(invite), 500);
    const status = await this.#final.promise;
    clearInterval(again);
    if (status > 0) await this.#send(this.#message("ACK", this.#number));
    return status;
  }

  /** The first request that comes in. */
  request(): Promise<string> {
    return this.#request.promise;
  }

  giveUp(): void {
    this.#final.resolve(0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.giveUp();
    this.#socket.close();
    await this.#reading;
  }

  async #read(): Promise<void> {
    for await (const [bytes] of this.#socket) {
      const text = new TextDecoder().decode(bytes);
      const status = Number(/^SIP\/2\.0 (\d{3})/.exec(text)?.[1] ?? 0);
      const number = Number(/^CSeq: (\d+)/mi.exec(text)?.[1]);
      if (status === 0) this.#request.resolve(text);
      else if (status >= 200 && number === this.#number) {
        this.#final.resolve(status);
      }
    }
  }

  async #send(text: string): Promise<void> {
    await this.#socket.send(new TextEncoder().encode(text), this.#to);
  }

  #message(method: string, number: number): string {
    const me = `127.0.0.1:${this.port}`;
    return [
      `${method} sip:1000@127.0.0.1 SIP/2.0`,
      `Via: SIP/2.0/UDP ${me};branch=z9hG4bK${this.port}x${number};rport`,
      "Max-Forwards: 70",
      `From: <sip:me@${me}>;tag=${this.port}x${number}`,
      "To: <sip:1000@127.0.0.1>",
      `Call-ID: ${this.port}x${number}`,
      `CSeq: ${number} ${method}`,
      `Contact: <sip:me@${me}>`,
      "Content-Length: 0",
      "",
      "",
    ].join("\r\n");
  }
}
