/**
 * Media by the C library: sockets of the kernel's own, received from in batches. Hot path: for a packet nothing is
 * allocated, and its source is known by comparing bytes.
 *
 * @module
 */

import type {
  MediaPeer,
  MediaReceiver,
  MediaSocket,
  MediaSockets,
} from "../../core/media/media_socket.ts";
import { canonicalHost, ipVersion } from "../../core/transport/address.ts";
import { BATCH, ReceiveBatch } from "../../core/transport/datagram_batch.ts";
import type { Libc } from "../../core/transport/libc.ts";
import {
  addressOfName,
  NAME_BYTES,
  socketName,
} from "../../core/transport/socket_name.ts";
import { ReadySockets, type Waiting } from "./ready_sockets.ts";

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_DGRAM = 2;
/** Non-blocking, and closed in programs that are started. */
const SOCK_FLAGS = 0x800 | 0x80000;
const MSG_DONTWAIT = 0x40;
/** The longest datagram that is taken whole: larger than any frame. */
const SLOT_BYTES = 2_048;

/** Words of the machine's are of another kind than numbers, and would be allocated for each packet. */
const LENGTHS = Array.from({ length: SLOT_BYTES + 1 }, (_, at) => BigInt(at));

/** A peer with its name as the kernel writes it. */
interface NamedPeer extends MediaPeer {
  readonly name: Uint8Array<ArrayBuffer>;
}

/** What all sockets share. */
interface Shared {
  readonly libc: Libc;
  readonly ready: ReadySockets;
  readonly batch: ReceiveBatch;
  /** Of each place in the batch. */
  readonly slots: readonly Uint8Array[];
}

/** The sockets of one address of this machine. */
export class BatchedMedia implements MediaSockets {
  readonly address: string;
  readonly #shared: Shared;

  constructor(address: string, libc: Libc) {
    this.address = canonicalHost(address);
    const batch = new ReceiveBatch(libc, SLOT_BYTES);
    this.#shared = {
      libc,
      batch,
      ready: new ReadySockets(libc),
      slots: Array.from(
        { length: BATCH },
        (_, at) => batch.bytes.subarray(at * SLOT_BYTES, (at + 1) * SLOT_BYTES),
      ),
    };
  }

  /** Resolves when all sockets are closed, and nothing waits any more. */
  get idle(): Promise<void> {
    return this.#shared.ready.idle;
  }

  open(port: number, receiver: MediaReceiver): MediaSocket | undefined {
    const { calls } = this.#shared.libc;
    const family = this.address.includes(":") ? AF_INET6 : AF_INET;
    const fd = calls.socket(family, SOCK_DGRAM | SOCK_FLAGS, 0);
    if (fd < 0) return undefined;
    const name = socketName({ host: this.address, port });
    if (calls.bind(fd, name, name.length) !== 0) {
      calls.close(fd);
      return undefined;
    }
    return new BatchedMediaSocket(this.#shared, { fd, port, receiver });
  }

  peer(host: string, port: number): MediaPeer | undefined {
    const canonical = canonicalHost(host);
    return ipVersion(canonical) === 0 || port < 1 || port > 65_535
      ? undefined
      : named({ host: canonical, port });
  }
}

/** One of them. */
class BatchedMediaSocket implements MediaSocket, Waiting {
  readonly fd: number;
  readonly port: number;
  readonly #shared: Shared;
  readonly #receiver: MediaReceiver;
  #isOpen = true;
  /** Whom the last datagram came from: mostly the next one does too. */
  #last: NamedPeer | undefined;

  constructor(
    shared: Shared,
    { fd, port, receiver }: {
      fd: number;
      port: number;
      receiver: MediaReceiver;
    },
  ) {
    this.fd = fd;
    this.port = port;
    this.#shared = shared;
    this.#receiver = receiver;
    shared.ready.add(this);
  }

  send(bytes: Uint8Array, length: number, to: MediaPeer): void {
    if (!this.#isOpen) return;
    const { name } = "name" in to ? to as NamedPeer : named(to);
    // What the kernel does not take at once is lost: RTP that waits is of no use.
    this.#shared.libc.calls.sendto(
      this.fd,
      bytes as Uint8Array<ArrayBuffer>,
      LENGTHS[length] ?? BigInt(length),
      MSG_DONTWAIT,
      name,
      name.length,
    );
  }

  receive(): number {
    const { libc, batch, slots } = this.#shared;
    const count = libc.calls.recvmmsg(
      this.fd,
      batch.headers,
      BATCH,
      MSG_DONTWAIT,
      0n,
    );
    if (count <= 0) return 0;
    for (let at = 0; at < count && this.#isOpen; at++) {
      const length = Math.min(batch.lengthOf(at), SLOT_BYTES);
      this.#receiver.onPacket(slots[at]!, length, this.#peer(at));
    }
    batch.reset(count);
    return count;
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#shared.ready.remove(this);
    this.#shared.libc.calls.close(this.fd);
  }

  #peer(at: number): NamedPeer {
    const last = this.#last;
    const { names } = this.#shared.batch;
    if (last !== undefined && isAt(last.name, names, at * NAME_BYTES)) {
      return last;
    }
    const name = this.#shared.batch.name(at);
    return this.#last = { ...addressOfName(name), name };
  }
}

function named({ host, port }: MediaPeer): NamedPeer {
  return { host, port, name: socketName({ host, port }) };
}

/** Port first: what differs mostly differs there. */
function isAt(name: Uint8Array, names: Uint8Array, start: number): boolean {
  for (let at = 2; at < name.length; at++) {
    if (names[start + at] !== name[at]) return false;
  }
  return true;
}
