/**
 * A datagram socket of Deno's, reached past the runtime: the kernel knows it by a number, and by that number whole
 * batches are received and sent. Deno still owns it: it has asked for the permission, waits for what arrives, and closes
 * it.
 *
 * @module
 */

import { BATCH, type ReceiveBatch, type SendBatch } from "./datagram_batch.ts";
import { EAGAIN, EINTR, type Libc } from "./libc.ts";
import { NAME_BYTES, socketName } from "./socket_name.ts";

const SOL_SOCKET = 1;
const SO_TYPE = 3;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
const SO_REUSEPORT = 15;
const SO_RXQ_OVFL = 40;
const SOCK_DGRAM = 2;
const MSG_DONTWAIT = 0x40;
/**
 * Twenty times the system's default: some three thousand messages, a tenth of a second at the most calls that one core
 * carries. What waits longer than T1 (RFC 3261 section 17.1.1.1) has been sent again by then, so that more room would only
 * keep an overloaded process overloaded. The kernel keeps books in twice that.
 */
const BUFFER_BYTES = 4 * 1024 * 1024;
/** How many descriptors other threads may have opened at the same moment. */
const NEAR = 16;

/** See the module's text. */
export class KernelSocket {
  readonly #libc: Libc;
  readonly #fd: number;

  private constructor(libc: Libc, fd: number) {
    this.#libc = libc;
    this.#fd = fd;
    this.#enlarge(SO_RCVBUFFORCE, SO_RCVBUF);
    this.#enlarge(SO_SNDBUFFORCE, SO_SNDBUF);
    this.#set(SO_RXQ_OVFL, 1);
  }

  /** Opens a socket by `listen` and finds it; undefined when it is not to be found, and then it is closed again. */
  static open(
    libc: Libc,
    listen: () => Deno.DatagramConn,
  ): { socket: Deno.DatagramConn; kernel: KernelSocket } | undefined {
    const lowest = lowestFree(libc);
    const socket = listen();
    const { addr } = socket;
    if (addr.transport === "udp") {
      const name = socketName({ host: addr.hostname, port: addr.port });
      for (let fd = lowest; fd < lowest + NEAR; fd++) {
        if (!isBoundTo(libc, fd, name)) continue;
        return { socket, kernel: new KernelSocket(libc, fd) };
      }
    }
    socket.close();
    return undefined;
  }

  /** How many datagrams were there to be received; negative: an error number, and none where it means none. */
  receive(batch: ReceiveBatch): number {
    const { calls } = this.#libc;
    const got = calls.recvmmsg(
      this.#fd,
      batch.headers,
      BATCH,
      MSG_DONTWAIT,
      0n,
    );
    if (got >= 0) return got;
    const errno = this.#libc.errno();
    return errno === EAGAIN || errno === EINTR ? 0 : -errno;
  }

  /** How many datagrams have left of a batch, from one of them on; negative: why that one has not. */
  send(batch: SendBatch, from: number): number {
    const { calls } = this.#libc;
    const count = batch.count - from;
    const sent = calls.sendmmsg(
      this.#fd,
      batch.from(from),
      count,
      MSG_DONTWAIT,
    );
    return sent >= 0 ? sent : -this.#libc.errno();
  }

  /**
   * Gives up the port that the socket has for one that other sockets may have too; the error number where it cannot be had.
   * Dissolving an association frees the port of a socket that has not chosen its own (connect(2) with AF_UNSPEC), and the
   * runtime goes on waiting for the socket as before.
   */
  share(name: Uint8Array<ArrayBuffer>): number {
    const { calls } = this.#libc;
    const nobody = new Uint8Array(new ArrayBuffer(16));
    const isShared = calls.connect(this.#fd, nobody, nobody.length) === 0 &&
      this.#set(SO_REUSEPORT, 1) &&
      calls.bind(this.#fd, name, name.length) === 0;
    return isShared ? 0 : this.#libc.errno();
  }

  /** By right where the process has it, else as far as the system allows everyone. */
  #enlarge(force: number, option: number): void {
    if (!this.#set(force, BUFFER_BYTES)) this.#set(option, BUFFER_BYTES);
  }

  #set(option: number, value: number): boolean {
    const { calls } = this.#libc;
    const room = word(value);
    return calls.setsockopt(this.#fd, SOL_SOCKET, option, room, 4) === 0;
  }
}

/** A new descriptor is the lowest number that is free. */
function lowestFree({ calls }: Libc): number {
  const lowest = calls.dup(0);
  if (lowest >= 0) calls.close(lowest);
  return Math.max(0, lowest);
}

function isBoundTo(libc: Libc, fd: number, name: Uint8Array): boolean {
  const found = new Uint8Array(new ArrayBuffer(NAME_BYTES));
  const length = word(NAME_BYTES);
  return libc.calls.getsockname(fd, found, length) === 0 &&
    length[0] === name.length &&
    name.every((byte, at) => found[at] === byte) &&
    getOption(libc, fd, SO_TYPE) === SOCK_DGRAM;
}

function getOption({ calls }: Libc, fd: number, option: number): number {
  const value = word(0);
  calls.getsockopt(fd, SOL_SOCKET, option, value, word(4));
  return value[0]!;
}

/** A C `int` to point at. */
function word(value: number): Int32Array<ArrayBuffer> {
  const room = new Int32Array(new ArrayBuffer(4));
  room[0] = value;
  return room;
}
